package sccp

import (
	"encoding/hex"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var (
	calledGT  = []byte{0x12, 8, 0, 0x12, 4, 0x44, 0x21, 0x43, 0x65}
	callingGT = []byte{0x12, 8, 0, 0x11, 4, 0x44, 0x77, 0x58, 0x06}
	noGT      = []byte{0x43, 0x05, 0x00, 0x08}
)

func param(v []byte) []byte { return append([]byte{byte(len(v))}, v...) }

// udt makes a UDT or UDTS; second is the class or the return cause.
func udt(typ Type, second byte, called, calling, data []byte) []byte {
	b := []byte{byte(typ), second, 3, byte(3 + len(called)), byte(3 + len(called) + len(calling))}
	b = append(b, param(called)...)
	b = append(b, param(calling)...)
	return append(b, param(data)...)
}

// xudt makes an XUDT or XUDTS with an optional part.
func xudt(typ Type, second byte, called, calling, data, optional []byte) []byte {
	p := byte(4)
	b := []byte{byte(typ), second, 15, p, p + byte(len(called)), p + byte(len(called)+len(calling)), 0}
	if len(optional) > 0 {
		b[6] = byte(4 + len(called) + len(calling) + len(data))
	}
	b = append(b, param(called)...)
	b = append(b, param(calling)...)
	b = append(b, param(data)...)
	return append(b, optional...)
}

// ludt makes an LUDT; its pointers count from their second octet.
func ludt(typ Type, second byte, called, calling, data []byte) []byte {
	le := func(n int) []byte { return []byte{byte(n), byte(n >> 8)} }
	b := []byte{byte(typ), second, 15}
	b = append(b, le(7)...)
	b = append(b, le(6+len(called))...)
	b = append(b, le(5+len(called)+len(calling))...)
	b = append(b, 0, 0)
	b = append(b, param(called)...)
	b = append(b, param(calling)...)
	b = append(b, le(len(data))...)
	return append(b, data...)
}

func segment(first bool, remaining byte, ref uint32) []byte {
	o := remaining | 0x40
	if first {
		o |= 0x80
	}
	return []byte{tagSegmentation, 4, o, byte(ref), byte(ref >> 8), byte(ref >> 16), 0}
}
