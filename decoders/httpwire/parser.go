package httpwire

import "pcaptriage/decoders/stream"

// Parser is the state of one direction. Its zero value is one of which nothing
// was seen yet; whether it carries requests or responses shows from its bytes.
type Parser struct {
	progress

	msg Message // the message under way; valid if open

	// Of a head that is kept until it is whole.
	cand    Mark   // where what is in note begins
	scanned uint32 // bytes of note that have been searched for the head's end
	// Of a chunked body, from startChunk on.
	line   uint16 // bytes of the chunk-size line or trailer line so far
	phase  phase  // within chunked coding
	digits uint8  // of the chunk size
}

// progress is what every segment needs. It comes first, since the state of most
// connections is not in the cache, and tells what else is valid.
type progress struct {
	note   stream.Note
	remain uint64 // bytes of body or chunk still to come
	serial uint32 // of the request under way in the Queue, 0 until it is there
	count  uint32 // messages begun
	kind   Kind
	state  state
	open   bool    // msg is under way
	lost   bool    // where messages begin is not known: look at segment boundaries
	crlf   uint8   // empty-line bytes skipped before a message
	form   formRef // of the last head, 0: none known
	other  formRef // of one before it

	judged bool // what is in note has a whole start line
}

// Reset makes p that of a new direction, whatever it was: less work than to make
// all of it zero.
func (p *Parser) Reset() { p.progress = progress{} }

type state uint8

const (
	seeking    state = iota // looking for a message's beginning, or in its head
	inBody                  // Content-Length
	inChunked               //
	untilClose              //
	opaque                  // tunnel or HTTP/2: not read
	over                    // the stream has ended
)

// Protocol is what a direction carries.
type Protocol uint8

const (
	Nothing Protocol = iota // nothing of HTTP seen so far
	HTTP1
	HTTP2    // began with the connection preface: not read further
	Tunneled // HTTP/1 that turned into something else
)

// Protocol says what the direction was found to carry.
func (p *Parser) Protocol() Protocol {
	switch {
	case p.state == opaque && p.kind == 0:
		return HTTP2
	case p.state == opaque:
		return Tunneled
	case p.kind != 0:
		return HTTP1
	}
	return Nothing
}

// Kind is what the direction carries, 0 while that is not known.
func (p *Parser) Kind() Kind { return p.kind }

// Count is the number of messages begun.
func (p *Parser) Count() uint32 { return p.count }

// Idle reports whether the direction is between messages.
func (p *Parser) Idle() bool { return !p.open && p.note.Empty() }

// between reports whether the next byte is the first of a message, if anything.
func (p *Parser) between() bool {
	return p.state == seeking && !p.open && !p.lost && p.crlf == 0 && p.note.Empty()
}

// Current is the message under way, nil if there is none; borrowed until the
// parser is fed again.
func (p *Parser) Current() *Message {
	if !p.open {
		return nil
	}
	return &p.msg
}
