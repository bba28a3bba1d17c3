package sctp

import (
	"encoding/binary"
	"errors"
)

// HeaderLen is the length of the common header in octets (RFC 9260 3.1).
const HeaderLen = 12

// Errors of the chunk walk and of the chunk readers.
var (
	// ErrCut: the capture holds fewer octets than were on the wire.
	ErrCut = errors.New("sctp: chunk cut by the capture")
	// ErrMalformed: a length below 4 or beyond the packet, or a chunk too short
	// for its type.
	ErrMalformed = errors.New("sctp: malformed chunk")
)

// ChunkType is the type octet of a chunk.
type ChunkType uint8

// Chunk types (IANA) that the project reads.
const (
	TypeData             ChunkType = 0
	TypeInit             ChunkType = 1
	TypeInitAck          ChunkType = 2
	TypeSack             ChunkType = 3
	TypeHeartbeat        ChunkType = 4
	TypeHeartbeatAck     ChunkType = 5
	TypeAbort            ChunkType = 6
	TypeShutdown         ChunkType = 7
	TypeShutdownAck      ChunkType = 8
	TypeError            ChunkType = 9
	TypeCookieEcho       ChunkType = 10
	TypeCookieAck        ChunkType = 11
	TypeECNE             ChunkType = 12
	TypeCWR              ChunkType = 13
	TypeShutdownComplete ChunkType = 14
	TypeAuth             ChunkType = 15
	TypeNRSack           ChunkType = 16
	TypeIData            ChunkType = 64
	TypeAsconfAck        ChunkType = 128
	TypeReConfig         ChunkType = 130
	TypePad              ChunkType = 132
	TypeForwardTSN       ChunkType = 192
	TypeAsconf           ChunkType = 193
	TypeIForwardTSN      ChunkType = 194
)

// known reports whether IANA has assigned the type.
func (t ChunkType) known() bool {
	switch {
	case t <= TypeNRSack, t == TypeIData, t == TypeAsconfAck, t == TypeReConfig, t == TypePad,
		t >= TypeForwardTSN && t <= TypeIForwardTSN:
		return true
	}
	return false
}

// Chunk is one chunk; Value is a view of the packet.
type Chunk struct {
	Type  ChunkType
	Flags uint8
	// Length is the length field: 4 octets of header and the value, without padding.
	Length uint16
	// Value is what was captured of the value. It is shorter than Length-4 if Cut.
	Value []byte
	Cut   bool
}

// Walk goes through the chunks of one packet.
type Walk struct {
	rest []byte
	wire int // octets of the packet on the wire from rest on
	err  error
	// C is the current chunk, valid after Next returned true.
	C Chunk
}

// NewWalk walks the chunks in b, which starts behind the common header (that is
// decoders.Packet.Payload). wire is the length of the same on the wire, at least
// len(b): it tells a packet that the capture cut from a malformed one.
func NewWalk(b []byte, wire int) Walk { return Walk{rest: b, wire: max(wire, len(b))} }

// Next moves to the next chunk. A chunk that the capture cut is given out if
// its four octets of header are there, as the last one. Anything else wrong
// ends the walk; Err tells.
func (w *Walk) Next() bool {
	if w.err != nil || w.wire == 0 {
		return false
	}
	if len(w.rest) < 4 {
		w.err = ErrMalformed
		if w.wire > len(w.rest) {
			w.err = ErrCut
		}
		// Up to three octets behind the last chunk are padding that its sender
		// should not have added.
		if w.err == ErrMalformed && zero(w.rest) {
			w.err = nil
			w.wire = 0
		}
		return false
	}
	c := Chunk{Type: ChunkType(w.rest[0]), Flags: w.rest[1], Length: binary.BigEndian.Uint16(w.rest[2:])}
	length := int(c.Length)
	if length < 4 || length > w.wire {
		w.err = ErrMalformed
		return false
	}
	if length > len(w.rest) {
		c.Value, c.Cut = w.rest[4:], true
		w.err = ErrCut
		w.C = c
		return true
	}
	c.Value = w.rest[4:length:length]
	w.C = c
	// The last chunk's padding may be missing (RFC 9260 3.2 wants the receiver
	// to take that) or cut.
	step := min((length+3)&^3, w.wire)
	w.wire -= step
	w.rest = w.rest[min(step, len(w.rest)):]
	return true
}

// Err is nil if the walk reached the packet's end, ErrCut or ErrMalformed if not.
func (w *Walk) Err() error { return w.err }

func zero(b []byte) bool {
	for _, o := range b {
		if o != 0 {
			return false
		}
	}
	return true
}
