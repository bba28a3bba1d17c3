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
	d, n := p.Seg.Dir, uint32(min(len(p.Payload), longPrint))
	if n < shortPrint {
		fp.sent(f, s&^asked, d)
		return
	}
	bit, flags := talked(d), uint16(0)
	fp.sent(f, s|bit|asked, d)
	if f.OneSided() {
		flags = unheard
	}
	if n < min(p.Seg.Payload, longPrint) {
		flags |= cut
	}
	var tsval uint32
	if p.TCP.Opt.Has&decoders.OptTimestamps != 0 {
		tsval = p.TCP.Opt.TSVal
	}
	a := fp.leave(p, f, s&bit == 0, flags, out)
	a[3], a[4] = uint64(f.AckTime), join32(p.TCP.Seq, tsval)
	a[5] |= uint64(n | min(p.IPLen, 0xffff)<<10)
	a[2] = hash(longSeed, p.Payload[:n])
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
	a := fp.leave(p, f, false, spent, out)
	a[2], a[3], a[4] = 0, 0, 0
}

// leave leaves an aside that says when p came and whose it is, with flags more
// than f's, and returns its first line. Words 2 to 4 and the low half of word 5
// are still to be written. It stores one word after the other: a literal would be
// made elsewhere, and copied.
func (fp *flowPart) leave(p *decoders.Packet, f *flow.Flow, mark bool, flags uint16, out *analyzers.Out) *analyzers.Aside {
	d, k := p.Seg.Dir, &f.Key
	var a *analyzers.Aside
	// A time that was not recorded is the capture clock's, whatever Time holds.
	if flags |= flagsAbout(d, f); flags&(cut|isV6) == 0 && p.Time == p.Clock && p.Epoch == 0 {
		a = out.Aside(mark)
	} else {
		a = leaveWide(p, f, mark, flags, out)
		flags |= wide
	}
	a[0], a[1] = uint64(p.Clock), uint64(p.Ref())
	a[5], a[6] = join32(0, uint32(k.PortA)|uint32(k.PortB)<<16), join32(uint32(k.A.Lo), uint32(k.B.Lo))
	a[7] = join32(f.TunnelID, uint32(flags|uint16(p.Seg.Dir)*fromB)|fp.shard<<16)
	return a
}

// leaveWide leaves an aside of two lines, of which it writes the second, and
// returns the first.
func leaveWide(p *decoders.Packet, f *flow.Flow, mark bool, flags uint16, out *analyzers.Out) *analyzers.Aside {
	a := out.WideAside(mark)
	k := &f.Key
	a[1] = analyzers.Aside{uint64(p.Recorded()), 0, k.A.Hi, k.A.Lo, k.B.Hi, k.B.Lo, uint64(p.Epoch)}
	if flags&cut != 0 {
		a[1][1] = hash(shortSeed, p.Payload[:shortPrint])
	}
	return &a[0]
}

// cutBit says that the capture kept less of the segment than was asked for.
const cutBit = 1 << 31

// The two fingerprints of the same bytes differ.
const shortSeed, longSeed uint64 = 0x9e3779b97f4a7c15, 0x589965cc75374cc3

// hash mixes b, at least 32 bytes, in four lanes of 8 bytes each; the last 32
// bytes overlap those before. As a part of another function it would not have
// the registers for its lanes.
//
//go:noinline
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
