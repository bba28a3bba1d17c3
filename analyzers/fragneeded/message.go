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

// message notes that the client of f sends a message, whose first segment p is,
// and leaves an aside with its fingerprints: one over as much as was captured, up
// to 512 bytes, and where that was cut, one over the first 32. s is f's slot.
func (fp *flowPart) message(p *decoders.Packet, f *flow.Flow, s slot, out *analyzers.Out) {
	b, d := p.Payload, p.Seg.Dir
	if len(b) < shortPrint {
		fp.sent(f, s&^asked, d)
		return
	}
	bit, flags := talked(d), uint16(0)
	fp.sent(f, s|bit|asked, d)
	if f.Dir[d^1].Packets == 0 {
		flags = unheard
	}
	b = b[:min(len(b), longPrint)]
	print := hash(longSeed, b)
	cut := uint32(len(p.Payload)) < p.Seg.Payload && len(b) < longPrint
	if cut || !narrow(p, f) {
		a := out.Aside(2, s&bit == 0)
		fp.fill(&a[0], p, f, print, len(b), flags|wide)
		fillWide(&a[1], p, f)
		if cut {
			a[0][5] |= cutBit
			a[1][1] = hash(shortSeed, b[:shortPrint])
		}
		return
	}
	fp.fill(&out.Aside(1, s&bit == 0)[0], p, f, print, len(b), flags)
}

// answer notes that the server of f, whose slot is s, begins to answer with p.
func (fp *flowPart) answer(p *decoders.Packet, f *flow.Flow, s slot, out *analyzers.Out) {
	fp.sent(f, s&^asked, p.Seg.Dir)
	if s&asked != 0 {
		fp.spend(p, f, out)
	}
}

// spend leaves an aside that says that nobody will pass on the latest message of
// f's client any more, as p shows: it is answered, so that equal bytes which leave
// later are others; or it was lost on its way, so that it is not known when it
// arrived.
func (fp *flowPart) spend(p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	if narrow(p, f) {
		fp.fill(&out.Aside(1, false)[0], p, f, 0, 0, spent)
		return
	}
	a := out.Aside(2, false)
	fp.fill(&a[0], p, f, 0, 0, spent|wide)
	fillWide(&a[1], p, f)
}

// narrow reports whether the first line of an aside about p says all.
func narrow(p *decoders.Packet, f *flow.Flow) bool {
	return p.Epoch == 0 && p.Time == p.Clock && p.Has&decoders.HasTime != 0 && bothAre4(f.Key.A, f.Key.B)
}

// fill writes the first line of an aside about p, with a fingerprint of n bytes
// and flags more than f's. It stores one word after the other: a literal would be
// made elsewhere, and copied.
func (fp *flowPart) fill(a *analyzers.Aside, p *decoders.Packet, f *flow.Flow, print uint64, n int, flags uint16) {
	d, k := p.Seg.Dir, &f.Key
	a[0], a[1], a[2], a[3] = uint64(p.Clock), uint64(p.Ref()), print, uint64(f.AckTime)
	var tsval uint32
	if p.TCP.Opt.Has&decoders.OptTimestamps != 0 {
		tsval = p.TCP.Opt.TSVal
	}
	a[4] = join32(p.TCP.Seq, tsval)
	// Turned rather than chosen: which side is the client is anybody's guess.
	a[5] = join32(uint32(n)|min(p.IPLen, 0xffff)<<10, bits.RotateLeft32(uint32(k.PortA)|uint32(k.PortB)<<16, int(d)*16))
	a[6] = bits.RotateLeft64(join32(uint32(k.A.Lo), uint32(k.B.Lo)), int(d)*32)
	a[7] = join32(f.TunnelID, uint32(flagsAbout(d, f)|flags)|fp.shard<<16)
}

// fillWide writes the second line, but for the short fingerprint.
func fillWide(a *analyzers.Aside, p *decoders.Packet, f *flow.Flow) {
	src, _ := f.Endpoint(p.Seg.Dir)
	dst, _ := f.Endpoint(p.Seg.Dir ^ 1)
	*a = analyzers.Aside{uint64(recorded(p)), 0, src.Hi, src.Lo, dst.Hi, dst.Lo, uint64(p.Epoch)}
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
	unheard     bool
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
		n: rest & (1<<10 - 1), ipLen: rest >> 10 & 0xffff, cut: rest&cutBit != 0, unheard: e.Flags&unheard != 0, ready: e.V[3]}
}
