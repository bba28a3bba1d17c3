package ber

import "strconv"

// Int reads the content of an INTEGER or ENUMERATED (two's complement, X.690
// 8.3). ok is false for an empty content or one of more than 8 octets.
func Int(content []byte) (v int64, ok bool) {
	if len(content) == 0 || len(content) > 8 {
		return 0, false
	}
	v = int64(int8(content[0]))
	for _, o := range content[1:] {
		v = v<<8 | int64(o)
	}
	return v, true
}

// AppendOID appends the dotted form of an object identifier's content (X.690
// 8.19). An arc that does not fit 63 bits, or that is cut, is written as "?",
// and what follows it is left out.
func AppendOID(dst, content []byte) []byte {
	var arc uint64
	inArc, first := false, true
	for _, o := range content {
		if arc>>56 != 0 {
			return append(dst, '?')
		}
		arc, inArc = arc<<7|uint64(o&0x7f), true
		if o&0x80 != 0 {
			continue
		}
		switch {
		case first:
			top := min(arc/40, 2)
			dst = strconv.AppendUint(dst, top, 10)
			dst = append(dst, '.')
			dst = strconv.AppendUint(dst, arc-40*top, 10)
			first = false
		default:
			dst = append(dst, '.')
			dst = strconv.AppendUint(dst, arc, 10)
		}
		arc, inArc = 0, false
	}
	if inArc {
		if !first {
			dst = append(dst, '.')
		}
		dst = append(dst, '?')
	}
	return dst
}
