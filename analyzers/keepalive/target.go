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
	b := target
	for len(b) >= 8 {
		x := binary.LittleEndian.Uint64(b)
		if marks := equal(x, '?'); marks != 0 {
			return lastFold(h, x, marks, len(target)-len(b))
		}
		h = fold(h, x)
		b = b[8:]
	}
	x := tail(target, len(b))
	if marks := equal(x, '?'); marks != 0 {
		return lastFold(h, x, marks, len(target)-len(b))
	}
	return uint32(fold(fold(h, x), uint64(len(target))))
}

// lastFold ends a hash with the bytes of x before the first that is marked, of
// which n bytes went into h.
func lastFold(h, x, marks uint64, n int) uint32 {
	i := bits.TrailingZeros64(marks) / 8
	return uint32(fold(fold(h, x&(1<<(8*i)-1)), uint64(n+i)))
}

// tail is the last n bytes of b, at most seven, the first lowest.
func tail(b []byte, n int) (x uint64) {
	if len(b) >= 8 {
		return binary.LittleEndian.Uint64(b[len(b)-8:]) >> 8 >> ((7 - n) * 8 & 63)
	}
	for i := len(b) - 1; i >= 0; i-- {
		x = x<<8 | uint64(b[i])
	}
	return x
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
