package sctp

import "encoding/binary"

// Flags of a DATA or I-DATA chunk (RFC 9260 3.3.1, RFC 8260 2.1).
const (
	flagEnd       = 0x01
	flagBegin     = 0x02
	flagUnordered = 0x04
	flagImmediate = 0x08
)

// Data is a DATA or I-DATA chunk.
type Data struct {
	TSN    uint32
	Stream uint16
	// MID is the stream sequence number (16 bits) of a DATA chunk, the message
	// identifier of an I-DATA chunk.
	MID uint32
	// FSN is the fragment sequence number, of I-DATA only; 0 in the first fragment.
	FSN uint32
	// PPID is the payload protocol identifier; I-DATA has it only if Begin.
	PPID uint32
	// Interleaved: it is an I-DATA chunk.
	Interleaved           bool
	Begin, End, Unordered bool
	Immediate             bool
	// User is what was captured of the user data, a view of the packet; Cut as
	// in Chunk.
	User []byte
	Cut  bool
}

// ReadData reads a chunk of type DATA or I-DATA. User data of length 0 is an
// error by RFC 9260 3.3.1 and gives ErrMalformed.
func ReadData(c *Chunk) (d Data, err error) {
	head := 12
	if c.Type == TypeIData {
		head = 16
	}
	if int(c.Length) < 4+head+1 {
		return d, ErrMalformed
	}
	v := c.Value
	if len(v) < head {
		return d, ErrCut
	}
	d.Begin, d.End = c.Flags&flagBegin != 0, c.Flags&flagEnd != 0
	d.Unordered, d.Immediate = c.Flags&flagUnordered != 0, c.Flags&flagImmediate != 0
	d.TSN, d.Stream = binary.BigEndian.Uint32(v), binary.BigEndian.Uint16(v[4:])
	d.User, d.Cut = v[head:], c.Cut
	if c.Type != TypeIData {
		d.MID, d.PPID = uint32(binary.BigEndian.Uint16(v[6:])), binary.BigEndian.Uint32(v[8:])
		return d, nil
	}
	d.Interleaved = true
	d.MID = binary.BigEndian.Uint32(v[8:])
	if last := binary.BigEndian.Uint32(v[12:]); d.Begin {
		d.PPID = last
	} else {
		d.FSN = last
	}
	return d, nil
}
