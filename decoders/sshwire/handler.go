package sshwire

import "pcaptriage/decoders/stream"

// Span is where something lies in a direction's bytes: Begin is its first byte,
// Last is behind its last, with the latest segment that brought any of it.
type Span struct{ Begin, Last stream.Mark }

// Handler takes what a Parser finds. Slices and pointers are borrowed until the
// call returns.
type Handler interface {
	// Version is called for the identification string (RFC 4253 4.2).
	Version(v *Version, at Span)
	// Line is called for a line of text that is no identification string: before
	// it, or where a packet should be, as some servers refuse. text has no line
	// ending and is cut at MaxLine.
	Line(text []byte, at Span)
	// Packet is called for each binary packet in clear.
	Packet(p *Packet)
	// Encrypted is called for the bytes behind NEWKEYS, as they come: n bytes on
	// the wire from at on, of which b was captured (b is shorter, or empty, in
	// holes). boundary: they begin a segment.
	Encrypted(b []byte, n uint64, at stream.Mark, boundary bool)
	// Fault is called when the parser cannot go on at a place. It may find its
	// way again later.
	Fault(f Fault, at stream.Mark)
}

// Packet is a binary packet in clear (RFC 4253 6; SSH-1: its section 1).
type Packet struct {
	Span
	Type   uint8
	SSH1   bool
	Index  uint32 // counts the direction's packets from 0
	Length uint32 // packet_length: without the length field itself
	Pad    uint8  // padding_length
	// Payload begins with the message type. It is shorter than PayloadLen when
	// Cut or Unfinished, and of SSH-1 packets beyond MaxLength.
	Payload []byte
	// Cut is why bytes of it are not in the capture, 0 if all are. Those of
	// stream.CauseLost need not have reached the receiver.
	Cut stream.Cause
	// Unfinished: the stream ended, or jumped, before the packet did.
	Unfinished bool
}

// WireLen is the packet's size on the wire in bytes.
func (p *Packet) WireLen() int {
	if p.SSH1 {
		return 4 + int(p.Pad) + int(p.Length)
	}
	return 4 + int(p.Length)
}

// PayloadLen is the payload's length on the wire in bytes, message type included.
func (p *Packet) PayloadLen() int {
	if p.SSH1 {
		return int(p.Length) - ssh1CRC
	}
	return int(p.Length) - 1 - int(p.Pad)
}

// Fault is why a parser stopped.
type Fault uint8

const (
	// FaultLost: a hole hides where the next packet begins.
	FaultLost Fault = iota + 1
	// FaultLength: a packet length that no implementation accepts.
	FaultLength
	// FaultPadding: padding that does not fit its packet.
	FaultPadding
	// FaultNotSSH: what came before any identification string is neither text nor
	// a packet, or too much text.
	FaultNotSSH
	// FaultMemory: the Scratch was full.
	FaultMemory
)

func (f Fault) String() string {
	return [...]string{"", "lost", "length", "padding", "not-ssh", "memory"}[f]
}
