package fragneeded

import (
	"encoding/binary"
	"math/bits"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

const (
	shortPrint = 32  // bytes in the first fingerprint, and the shortest message that is matched
	longPrint  = 512 // bytes at most in the second one
	// uniqueLen is the length from which one match says enough.
	uniqueLen = 256
)

// message emits the fingerprints of the segment p, with which the client of f
// begins a message: one over the first 32 bytes, and one over as much as was
// captured, up to 512 bytes.
func message(p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	b := p.Payload
	if len(b) < shortPrint {
		return
	}
	e := about(evMessage, p.Seg.Dir, f)
	e.Time, e.Frame, e.N = recorded(p), p.Ref(), p.TCP.Seq
	b = b[:min(len(b), longPrint)]
	h := hash(0x9e3779b97f4a7c15, b[:shortPrint])
	e.V[0] = int64(h)
	e.V[1] = int64(hash(h, b[shortPrint:]))
	var tsval uint32
	if p.TCP.Opt.Has&decoders.OptTimestamps != 0 {
		tsval = p.TCP.Opt.TSVal
	}
	e.V[2] = int64(join32(tsval, uint32(len(b))|min(p.IPLen, 0xffff)<<10|cutBit*b2u(uint32(len(p.Payload)) < p.Seg.Payload && len(b) < longPrint)))
	e.V[3] = f.AckTime
	out.Emit(&e)
}

// cutBit says that the capture kept less of the segment than was asked for.
const cutBit = 1 << 31

func b2u(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// hash mixes b, 16 bytes at a time (wyhash's construction).
func hash(h uint64, b []byte) uint64 {
	h ^= uint64(len(b)) << 56
	for len(b) >= 16 {
		h = mum(h^binary.LittleEndian.Uint64(b), 0xa0761d6478bd642f^binary.LittleEndian.Uint64(b[8:]))
		b = b[16:]
	}
	var tail [16]byte
	copy(tail[:], b)
	return mum(h^binary.LittleEndian.Uint64(tail[:]), 0xe7037ed1a0b428db^binary.LittleEndian.Uint64(tail[8:]))
}

func mum(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// sighting is a message as the correlator has it.
type sighting struct {
	subject
	time        int64
	frame       decoders.FrameRef
	short, long uint64
	seq, tsval  uint32
	n           uint32 // bytes in long
	ipLen       uint32
	cut         bool
	ready       int64 // when the connection stood, capture clock; 0: not seen
}

// printOf is the fingerprint by which message e is found again: of the bytes
// that any capture of it has, when this one cut it.
func printOf(e *analyzers.Event) uint64 {
	if _, rest := split32(uint64(e.V[2])); rest&cutBit != 0 {
		return uint64(e.V[0])
	}
	return uint64(e.V[1])
}

func readMessage(e *analyzers.Event) sighting {
	tsval, rest := split32(uint64(e.V[2]))
	return sighting{subject: subjectOf(e), time: e.Time, frame: e.Frame, short: uint64(e.V[0]), long: uint64(e.V[1]), seq: e.N, tsval: tsval,
		n: rest & (1<<10 - 1), ipLen: rest >> 10 & 0xffff, cut: rest&cutBit != 0, ready: e.V[3]}
}
