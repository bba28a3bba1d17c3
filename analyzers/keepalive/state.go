package keepalive

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/httpwire"
	"pcaptriage/decoders/stream"
)

// conn is what every TCP connection has. All times are on the capture clock. What
// every segment needs comes first, in half a line of the cache.
type conn struct {
	// busy is that of the last segment that carried or acknowledged something:
	// what idle is measured against. Probes and their answers do not move it.
	busy      int64
	busyFrame decoders.FrameRef
	ack       [2]uint32 // last acknowledgement number of each side
	http      uint32    // handle, 0: none
	flags     connFlags
	dataDir   uint8
	closeDir  uint8 // who sent the first FIN or RST

	// data is that of the last payload that was new; dataDir its direction,
	// valid if it has flagData0 or flagData1.
	data        int64
	probes, ask uint32 // handles, 0: none
	// closed is that of the first FIN or RST, 0: none.
	closed      int64
	closedFrame decoders.FrameRef

	// resent is that of the last retransmission of payload by the client.
	resent int64

	// Turns of a connection that does not carry HTTP/1.x: how often the client's
	// payload was answered, and the longest idle time before one.
	longest int64
	turns   uint32
	tls     uint32 // handle of a tlsPart, 0: none

	_ [8]byte // a whole number of half lines
}

type connFlags uint16

const (
	flagData0     connFlags = 1 << iota // direction 0 has sent payload
	flagData1                           // direction 1 has
	flagReset                           // the connection was closed by RST
	flagAnswering                       // a turn of the client waits for its answer
	flagHTTP                            // HTTP/1.x messages were found, and go on
	flagHeld                            // a stream holds something back
	flagRetired                         // HTTP was read to its end and its state is gone, or there was no room for it
	flagHTTP2                           // it was HTTP/2; valid once the HTTP state is gone
	flagTunnel                          // it became something else; likewise
	flagWatched                         // any segment may matter: probes or an ask are open, a stream holds something back, or it is closed
)

func (c *conn) sent(d uint8) bool { return c.flags&(flagData0<<d) != 0 }
func (c *conn) sentAny() bool     { return c.flags&(flagData0|flagData1) != 0 }

// ask is client payload sent on an idle connection, while the server is silent.
type ask struct {
	first, last           int64 // when it was sent first and last
	gap                   int64 // how long the connection had been idle
	frame, again, lastOne decoders.FrameRef
	seq                   uint32
	sends                 uint32
	dir                   uint8
}

// httpPart is what a connection has that carries HTTP/1.x. What each exchange
// touches comes first, up to the first request of the queue: three lines of the
// cache. A test holds the places.
type httpPart struct {
	exchangeState
	targets [httpwire.MaxPending]uint32 // hashes of the requests' targets, by serial
	queue   httpwire.Queue
	connState
	sides [2]side // by direction

	// ends is what the correlator's events about the connection say of it; valid if
	// hasClient.
	ends endpoints
	pend reuseNote // about the request of pendSerial, if pendGap is at least config.ReuseMin
}

// exchangeState is what each exchange touches.
type exchangeState struct {
	flags               httpFlags
	client              uint8 // direction of the requests; valid if hasClient
	requests, responses uint32

	// rows are the latency rows of the server, by row*; 0: not looked up yet.
	rows [numRows]analyzers.Series

	// The last request on a connection that was idle: how long it had been so,
	// and its serial in the queue. Valid if pendSerial is not 0.
	pendSerial uint32
	pendSeq    uint32 // sequence number of its first byte
	pendGap    int64

	// lastDone is the end of the last final response.
	lastDone  int64
	doneFrame decoders.FrameRef

	// A connection is busy from a request until it has been idle for settled.
	// firstDone is the end of the first response since it became busy, 0: none
	// yet; host is that of the last request (see hostOf). Valid if isBusy.
	firstDone int64
	host      uint64
	longest   int64 // idle time before a request
}

// connState is what few exchanges touch.
type connState struct {
	id uint64 // of the connection, for the correlator; 0: the value is not in use

	finTime  int64 // of the server's first FIN
	finFrame decoders.FrameRef
	finAck   uint32 // what it acknowledged

	serverTimeout int32  // seconds, that the server announced (Keep-Alive: timeout=); -1: none
	gaps          uint32 // idle times of at least config.ReuseMin before a request that was answered
}

// renew makes h that of a new connection, whatever it was: a third of its lines
// tell what is valid in the others.
func (h *httpPart) renew() {
	h.exchangeState, h.connState = exchangeState{}, connState{}
	h.queue.Reset()
	for d := range h.sides {
		h.sides[d].stream = stream.Stream{}
		h.sides[d].parser.Reset()
	}
}

// side is one direction of an HTTP connection. What nearly every segment touches
// of stream and parser, where they meet, is one line of the cache.
type side struct {
	stream stream.Stream
	parser httpwire.Parser
	_      [40]byte
}

// endpoints are a connection's client and server.
type endpoints struct {
	client, server decoders.Addr
	cport, sport   uint16
	tunnel         uint32
}

// Indexes into httpPart.rows.
const (
	rowFirst  = iota // http.response of a connection's first exchange
	rowReused        // and of the others
	rowIdle          // conn.idle_before_reuse
	numRows
)

// reuseNote is a request on an idle connection that has no answer yet.
type reuseNote struct {
	begin              int64
	frame, done, probe decoders.FrameRef // of the request, of the response before, of the first probe between
	before             uint32            // requests before it
	probes             [2]uint16         // of client and server, in between
}

// tlsPart is what a connection has that carries TLS, while the client waits for
// an answer or may be using it again. What looks like a request is application
// data of the client behind application data of the server.
type tlsPart struct {
	pend reuseNote // the last that looks like a request, after a pause
	gap  int64     // how long the connection had been idle before it
	seq  uint32    // of its first byte

	// served is when the server last sent something larger than an alert.
	served      int64
	servedFrame decoders.FrameRef

	reuses  uint32
	asked   bool // the client has sent application data
	idle    bool // and the server something after it
	waiting bool // pend has no answer yet
	knewFIN bool // the client had acknowledged the server's FIN when it sent pend
}

type httpFlags uint16

const (
	hasClient    httpFlags = 1 << iota
	fromStart              // the connection's first payload is in the capture
	askedClose             // a message said that the connection closes: Connection: close
	askedHTTP10            // a message was HTTP/1.0 without keep-alive
	untilClose             // a response ended with the connection
	partial                // an exchange is not whole
	raceReported           // the lone request was reported as lost
	upgraded               // became a tunnel
	knewFIN                // the client had acknowledged the server's FIN when it sent the lone request
	isBusy                 // the correlator was told of a request, and not yet that the connection is idle again
	isQueued               // it is in the queue of connections that may become idle
	headCut                // a message's head was cut by the capture
	lastCloses             // a message of the last exchange said that the connection closes
	unasked                // the latest response with httpwire.Unasked is the server's own initiative
	cutOff                 // a response ended before its end, with the connection
)
