package sctp

import (
	"encoding/binary"

	"pcaptriage/decoders"
)

// MaxAddrs is the number of addresses of an INIT that are kept.
const MaxAddrs = 8

// Init is an INIT or INIT ACK chunk (RFC 9260 3.3.2, 3.3.3).
type Init struct {
	// Tag is the verification tag of all packets that its sender receives.
	Tag          uint32
	Window       uint32 // advertised receiver window credit, octets
	OutStreams   uint16
	InStreams    uint16
	TSN          uint32 // of the first DATA chunk that its sender will send
	Addrs        [MaxAddrs]decoders.Addr
	NAddr        int
	MoreAddrs    bool // there were more than MaxAddrs
	Interleaving bool // I-DATA is supported (RFC 8260, in parameter 0x8008)
	ForwardTSN   bool // RFC 3758
	HasHostname  bool
}

// Parameters of INIT and INIT ACK (IANA) that are read.
const (
	paramIPv4        = 5
	paramIPv6        = 6
	paramHostname    = 11
	paramExtensions  = 0x8008
	paramForwardTSN  = 0xc000
	extensionIData   = 64
	initFixed        = 16
	sackFixed        = 12
	gapBlockLen      = 4
	maxInitParameter = 256
)

// ReadInit reads a chunk of type INIT or INIT ACK. Parameters behind a damaged
// one are left out.
func ReadInit(c *Chunk) (in Init, err error) {
	v := c.Value
	if len(v) < initFixed {
		return in, shortErr(c)
	}
	in.Tag, in.Window = binary.BigEndian.Uint32(v), binary.BigEndian.Uint32(v[4:])
	in.OutStreams, in.InStreams = binary.BigEndian.Uint16(v[8:]), binary.BigEndian.Uint16(v[10:])
	in.TSN = binary.BigEndian.Uint32(v[12:])
	p := v[initFixed:]
	for n := 0; len(p) >= 4 && n < maxInitParameter; n++ {
		typ, length := binary.BigEndian.Uint16(p), int(binary.BigEndian.Uint16(p[2:]))
		if length < 4 || length > len(p) {
			break
		}
		in.parameter(typ, p[4:length])
		p = p[min((length+3)&^3, len(p)):]
	}
	return in, nil
}

func (in *Init) parameter(typ uint16, v []byte) {
	switch {
	case typ == paramIPv4 && len(v) == 4:
		in.addr(decoders.Addr4(v))
	case typ == paramIPv6 && len(v) == 16:
		in.addr(decoders.Addr16(v))
	case typ == paramHostname:
		in.HasHostname = true
	case typ == paramForwardTSN:
		in.ForwardTSN = true
	case typ == paramExtensions:
		for _, t := range v {
			in.Interleaving = in.Interleaving || t == extensionIData
		}
	}
}

func (in *Init) addr(a decoders.Addr) {
	if in.NAddr == MaxAddrs {
		in.MoreAddrs = true
		return
	}
	in.Addrs[in.NAddr] = a
	in.NAddr++
}

// Sack is a SACK (RFC 9260 3.3.4) or NR-SACK chunk.
type Sack struct {
	CumTSN uint32
	Window uint32 // octets
	// Gaps and Dups are the numbers of gap ack blocks and of duplicate TSNs
	// that the chunk announces.
	Gaps, Dups int
}

// ReadSack reads a chunk of type SACK or NR-SACK.
func ReadSack(c *Chunk) (s Sack, err error) {
	v := c.Value
	if len(v) < sackFixed {
		return s, shortErr(c)
	}
	s.CumTSN, s.Window = binary.BigEndian.Uint32(v), binary.BigEndian.Uint32(v[4:])
	s.Gaps = int(binary.BigEndian.Uint16(v[8:]))
	if c.Type == TypeNRSack {
		// Gap ack blocks, non-renegable ones, duplicates, reserved.
		if len(v) < sackFixed+4 {
			return s, shortErr(c)
		}
		s.Dups = int(binary.BigEndian.Uint16(v[12:]))
		return s, nil
	}
	s.Dups = int(binary.BigEndian.Uint16(v[10:]))
	if need := sackFixed + gapBlockLen*s.Gaps + 4*s.Dups; need > int(c.Length)-4 {
		return s, ErrMalformed
	}
	return s, nil
}

// Cause returns the code of the first error cause in an ABORT or ERROR chunk
// (RFC 9260 3.3.10). ok is false when there is none.
func Cause(c *Chunk) (code uint16, ok bool) {
	if len(c.Value) < 4 {
		return 0, false
	}
	return binary.BigEndian.Uint16(c.Value), true
}

func shortErr(c *Chunk) error {
	if c.Cut {
		return ErrCut
	}
	return ErrMalformed
}
