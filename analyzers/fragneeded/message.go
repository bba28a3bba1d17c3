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

// message leaves an aside with the fingerprints of the segment p, with which
// the client of f begins a message: one over as much as was captured, up to 512
// bytes, and where that was cut, one over the first 32. s is f's slot; it
// returns the bit that is to be set in it.
func (fp *flowPart) message(p *decoders.Packet, f *flow.Flow, s slot, out *analyzers.Out) slot {
	b := p.Payload
	if len(b) < shortPrint {
		return 0
	}
	b = b[:min(len(b), longPrint)]
	print := hash(longSeed, b)
	rest := uint32(len(b)) | min(p.IPLen, 0xffff)<<10
	if uint32(len(p.Payload)) < p.Seg.Payload && len(b) < longPrint {
		rest |= cutBit
	}
	var tsval uint32
	if p.TCP.Opt.Has&decoders.OptTimestamps != 0 {
		tsval = p.TCP.Opt.TSVal
	}
	src, sport := f.Endpoint(p.Seg.Dir)
	dst, dport := f.Endpoint(p.Seg.Dir ^ 1)
	flags, time, lines := flagsAbout(p.Seg.Dir, f), recorded(p), 1
	if !bothAre4(src, dst) || time != p.Clock || rest&cutBit != 0 || p.Epoch != 0 {
		flags, lines = flags|wide, 2
	}
	bit := talked(p.Seg.Dir)
	a := out.Aside(lines, s&bit == 0)
	a[0] = analyzers.Aside{uint64(p.Clock), uint64(p.Ref()), print, uint64(f.AckTime),
		join32(p.TCP.Seq, tsval), join32(rest, uint32(sport)|uint32(dport)<<16), join32(uint32(src.Lo), uint32(dst.Lo)),
		join32(f.TunnelID, uint32(flags)|fp.shard<<16)}
	if lines == 2 {
		a[1] = analyzers.Aside{uint64(time), 0, src.Hi, src.Lo, dst.Hi, dst.Lo, uint64(p.Epoch)}
		if rest&cutBit != 0 {
			a[1][1] = hash(shortSeed, b[:shortPrint])
		}
	}
	return bit
}

// cutBit says that the capture kept less of the segment than was asked for.
const cutBit = 1 << 31

// The two fingerprints of the same bytes differ.
const shortSeed, longSeed uint64 = 0x9e3779b97f4a7c15, 0x589965cc75374cc3

// hash mixes b, at least 32 bytes, in four lanes of 8 bytes each; the last 32
// bytes overlap those before.
func hash(seed uint64, b []byte) uint64 {
	const k = 0xa0761d6478bd642f
	h0, h1, h2, h3 := seed, seed^k, uint64(len(b)), ^seed
	last := b[len(b)-32:]
	for ; len(b) > 32; b = b[32:] {
		h0 = bits.RotateLeft64(h0^binary.LittleEndian.Uint64(b), 29) * k
		h1 = bits.RotateLeft64(h1^binary.LittleEndian.Uint64(b[8:]), 29) * k
		h2 = bits.RotateLeft64(h2^binary.LittleEndian.Uint64(b[16:]), 29) * k
		h3 = bits.RotateLeft64(h3^binary.LittleEndian.Uint64(b[24:]), 29) * k
	}
	h0 ^= binary.LittleEndian.Uint64(last)
	h1 ^= binary.LittleEndian.Uint64(last[8:])
	h2 ^= binary.LittleEndian.Uint64(last[16:])
	h3 ^= binary.LittleEndian.Uint64(last[24:])
	return mum(mum(h0^0xe7037ed1a0b428db, h1^k)^h2, mum(h2^0x8ebc6af09c88c6e3, h3^k)^h0)
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
	short, long uint64 // short: only of a message that was cut
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
