package sshwire

import "pcaptriage/decoders/stream"

// Parser is the state of one direction. Its zero value is one of which nothing
// was seen yet.
type Parser struct {
	note  stream.Note // the line, or packet, under way
	begin stream.Mark // its first byte
	last  stream.Mark // behind what is there of it

	remain  uint32 // bytes of the packet still to come, once its header is there
	held    uint32 // bytes of it in note
	head    header // valid if inPacket
	packets uint32
	text    uint32 // bytes of text so far
	lines   uint16
	tries   uint8 // how often a lost parser has looked for its place
	phase   Phase
	version Protocol

	open     bool // begin and last are valid
	inPacket bool // the header of a packet has been read
	inLine   bool // behind the version: text where a packet should be
	part     bool // no more of the packet under way is kept
	cut      stream.Cause
}

// Phase is where in the protocol a direction is.
type Phase uint8

const (
	Text      Phase = iota // before the identification string
	Plain                  // binary packets in clear
	Encrypted              // behind NEWKEYS; SSH-1: behind the session key
	Lost                   // inside the protocol or not: unknown
	Closed                 // the stream has ended
)

func (p Phase) String() string {
	return [...]string{"text", "plain", "encrypted", "lost", "closed"}[p]
}

// Phase says where the direction is.
func (p *Parser) Phase() Phase { return p.phase }

// Protocol is what the direction's identification string offered.
func (p *Parser) Protocol() Protocol { return p.version }

// Packets is the number of plaintext packets so far.
func (p *Parser) Packets() uint32 { return p.packets }

// Lines is the number of text lines so far.
func (p *Parser) Lines() int { return int(p.lines) }

// SetEncrypted tells that the direction is encrypted from here on, when that is
// known otherwise (the other side's NEWKEYS has been answered, this one's was
// lost).
func (p *Parser) SetEncrypted() {
	if p.phase == Lost {
		p.phase = Encrypted
	}
}

// maxTries bounds how often a lost parser looks for its place.
const maxTries = 64
