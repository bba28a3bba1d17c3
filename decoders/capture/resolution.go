package capture

import (
	"math"
	"math/bits"
)

// resolution turns a pcapng interface's 64-bit timestamps into ns.
type resolution struct {
	mul, div uint64 // powers of ten: t*mul/div
	shift    uint8  // powers of two: t*mul >> shift
	zero     bool   // finer than any 64-bit time can show in ns: always 0
	offset   int64  // if_tsoffset in seconds
	// plain: t*mul is all there is to do, for t up to maxPlain.
	plain    bool
	maxPlain uint64
}

// newResolution reads an if_tsresol byte (pcapng draft 4.2): with the top bit
// clear the unit is 10^-v s, with it set 2^-v s.
func newResolution(tsresol uint8, offset int64) resolution {
	r := resolution{mul: 1, div: 1, offset: offset}
	v := tsresol & 0x7f
	switch {
	case tsresol&0x80 != 0:
		r.mul, r.shift = 1e9, v
		r.zero = v >= 94 // 2^64 * 10^9 < 2^94
	case v <= 9:
		for range 9 - v {
			r.mul *= 10
		}
	case v <= 28:
		for range v - 9 {
			r.div *= 10
		}
	default:
		r.zero = true
	}
	r.plain = !r.zero && r.div == 1 && r.shift == 0 && offset == 0
	r.maxPlain = math.MaxInt64 / r.mul
	return r
}

// ns converts t, or says that the time does not fit int64 nanoseconds.
func (r *resolution) ns(t uint64) (int64, bool) {
	if r.plain && t <= r.maxPlain {
		return int64(t * r.mul), true
	}
	return r.slow(t)
}

func (r *resolution) slow(t uint64) (int64, bool) {
	var hi, lo uint64
	if !r.zero {
		hi, lo = bits.Mul64(t, r.mul)
		switch {
		case r.shift >= 64:
			hi, lo = 0, hi>>(r.shift-64)
		case r.shift > 0:
			hi, lo = hi>>r.shift, lo>>r.shift|hi<<(64-r.shift)
		case r.div > 1: // then mul is 1, hi 0
			lo /= r.div
		}
	}
	return r.shifted(hi, lo)
}

// shifted adds the offset to the 128-bit number of ns.
func (r *resolution) shifted(hi, lo uint64) (int64, bool) {
	abs := uint64(r.offset)
	if r.offset < 0 {
		abs = -abs
	}
	ohi, olo := bits.Mul64(abs, 1e9)
	if r.offset >= 0 {
		lo, c := bits.Add64(lo, olo, 0)
		hi, _ = bits.Add64(hi, ohi, c)
		return int64(lo), hi == 0 && lo <= math.MaxInt64
	}
	dlo, b := bits.Sub64(lo, olo, 0)
	dhi, b := bits.Sub64(hi, ohi, b)
	if b == 0 {
		return int64(dlo), dhi == 0 && dlo <= math.MaxInt64
	}
	// Negative: the two's complement must fit 64 bits.
	return int64(dlo), dhi == math.MaxUint64 && dlo > math.MaxInt64
}
