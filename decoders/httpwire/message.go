package httpwire

import "pcaptriage/decoders/stream"

// Kind tells requests from responses.
type Kind uint8

const (
	Request Kind = iota + 1
	Response
)

// Mark is a place in a direction's bytes.
type Mark = stream.Mark

// Message is what is known of one message. Handlers see it twice, when its head
// has been read and when it is over; it belongs to the Parser.
type Message struct {
	Kind   Kind
	Flags  Flags
	Method Method // a request's own; of a response, the one it answers: Unknown if that is not known
	// Status is a response's status code.
	Status uint16
	// Major and Minor are the HTTP version; 0.0 when the start line was cut
	// before it.
	Major, Minor uint8
	Framing      Framing
	HeadLen      uint32 // bytes, up to and including the empty line

	// Begin is the first byte. Last is behind the last byte so far, with the
	// latest segment that brought any of them: after reordering that is the
	// moment from which the message was complete.
	Begin, Last Mark

	// Length is the value of Content-Length, -1 if there was none (or none
	// that can be read).
	Length int64
	// Body is the number of content bytes, without chunked coding, those
	// included that are missing from the capture. Final in Done.
	Body uint64
	// Missing is the number of bytes of the message that are not in the capture
	// (head, body and coding). Unknown ones behind a hole in the head do not
	// count. Final in Done.
	Missing uint64

	// Host (lower case) and Agent are hashes of a request's Host and
	// User-Agent, 0 when absent.
	Host, Agent uint64
	// KeepAliveTimeout (seconds) and KeepAliveMax are a Keep-Alive header's
	// parameters, -1 when absent.
	KeepAliveTimeout, KeepAliveMax int32
}

// Flags of a message.
type Flags uint16

const (
	// Partial: bytes of the message are missing, or its end was not found.
	Partial Flags = 1 << iota
	// HeadCut: the head is not whole, so headers may be missing and nobody knows
	// where the message ends.
	HeadCut
	// Truncated: the stream ended before the message did.
	Truncated
	// Malformed: net/http would refuse it.
	Malformed
	// Conflict: Content-Length and Transfer-Encoding both; the latter holds.
	Conflict
	// CloseAsked: "Connection: close" was sent.
	CloseAsked
	// KeepAliveAsked: "Connection: keep-alive" was sent.
	KeepAliveAsked
	// Closes: the connection does not outlive the exchange as far as this
	// message says (RFC 9112 9.3): close asked for, or HTTP/1.0 without
	// keep-alive, or a body that ends with the connection.
	Closes
	// UpgradeAsked: Upgrade header with the connection option.
	UpgradeAsked
	// ExpectContinue: "Expect: 100-continue".
	ExpectContinue
	// EventStream: Content-Type text/event-stream.
	EventStream
	// Informational: a 1xx response other than 101; the final one follows.
	Informational
	// Trailers: fields followed a chunked body.
	Trailers
	// LeadingCRLF: empty lines preceded the message (RFC 9112 2.2).
	LeadingCRLF
	// Unpaired: a response to a request that was not seen.
	Unpaired
	// Unasked: an Unpaired response while every request that was read has had its
	// own, and no bytes are missing: the server's own initiative (408 before an
	// idle connection is closed), unless the capture lacks the request.
	Unasked
)

// Framing is how a message's end is told.
type Framing uint8

const (
	NoBody     Framing = iota // ends with its head
	ByLength                  // Content-Length
	Chunked                   // chunked transfer coding
	UntilClose                // ends with the connection
	Tunnel                    // 101 or 2xx to CONNECT: what follows is not HTTP/1
	NotKnown                  // the head was cut or contradicts itself
)

func (f Framing) String() string {
	return [...]string{"none", "length", "chunked", "until-close", "tunnel", "unknown"}[f]
}

// Head is what is only known while Handler.Head runs: all slices are borrowed
// until it returns, and cut at MaxString bytes.
type Head struct {
	Method      []byte // requests
	Target      []byte // requests
	Reason      []byte // responses
	Host        []byte
	UserAgent   []byte
	Server      []byte
	ContentType []byte
	Upgrade     []byte
}

// MaxString bounds the strings of a Head, in bytes.
const MaxString = 256

// MaxHead is the longest head that is read, in bytes.
const MaxHead = 64 << 10

// Handler takes the messages of a connection. For a response, r is the request
// that it answers, nil if that is not known; it and m are borrowed until the
// call returns.
type Handler interface {
	// Head is called when a head has been read, or what there is of it.
	Head(m *Message, h *Head, r *Pending)
	// Done is called once for each Head: the message is over, or nothing more
	// will be known of it.
	Done(m *Message, r *Pending)
}
