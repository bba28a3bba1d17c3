package keepalive

import (
	"encoding/binary"
	"math/bits"

	"pcaptriage/decoders/httpwire"
)

// targetHash hashes a method and a target without its query: long polls often
// carry a changing one.
func targetHash(method httpwire.Method, target []byte) uint32 {
	h := uint64(method)
	for n := 0; ; n += 8 {
		x, whole := word(target, n)
		if marks := equal(x, '?'); marks != 0 {
			i := bits.TrailingZeros64(marks) / 8
			return uint32(fold(fold(h, x&(1<<(8*i)-1)), uint64(n+i)))
		}
		h = fold(h, x)
		if !whole {
			return uint32(fold(h, uint64(len(target))))
		}
	}
}

// word is the eight bytes of b from n on, the first lowest, and zeros in place of
// what is beyond its end.
func word(b []byte, n int) (x uint64, whole bool) {
	switch rest := len(b) - n; {
	case rest >= 8:
		return binary.LittleEndian.Uint64(b[n:]), true
	case len(b) >= 8:
		return binary.LittleEndian.Uint64(b[len(b)-8:]) >> (64 - 8*rest), false
	}
	for i := len(b) - 1; i >= n; i-- {
		x = x<<8 | uint64(b[i])
	}
	return x, false
}

// equal sets the top bit of the first byte of x that is c, and perhaps of some
// above it; 0: there is none.
func equal(x uint64, c byte) uint64 {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	y := x ^ uint64(c)*ones
	return (y - ones) &^ y & tops
}

// fold mixes x into the hash h.
func fold(h, x uint64) uint64 {
	hi, lo := bits.Mul64(h^0xa0761d6478bd642f, x^0xe7037ed1a0b428db)
	return hi ^ lo
}
