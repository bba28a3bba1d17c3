package gsmmap

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

// tlv encodes an element with a short or one-octet long length.
func tlv(tag byte, parts ...string) string {
	v := strings.Join(parts, "")
	if len(v) < 0x80 {
		return string([]byte{tag, byte(len(v))}) + v
	}
	return string([]byte{tag, 0x81, byte(len(v))}) + v
}

// The parts of forwardSM arguments (TS 29.002 17.7.6).
var (
	daIMSI = tlv(0x80, "\x62\x02\x10\x32\x54\x76\x98\xf0")
	daLMSI = tlv(0x81, "\x01\x02\x03\x04")
	daMSRN = tlv(0x83, "\x91\x44\x21")
	centre = tlv(0x84, "\x91\x44\x77\x58\x10\x06\x50")
	oaMS   = tlv(0x82, "\x91\x44\x21\x43\x65")
	noAddr = tlv(0x85)
	// The first octets of a DELIVER without and with more to come, a SUBMIT, a
	// STATUS-REPORT or COMMAND, and a reserved type.
	uiDeliver = tlv(0x04, "\x04")
	uiSubmit  = tlv(0x04, "\x01")
	uiType2   = tlv(0x04, "\x02")
	uiType3   = tlv(0x04, "\x33")
	more      = tlv(0x05)
	imsi      = tlv(0x04, "\x62\x02\x10\x32\x54\x76\x98\xf0")
	extension = tlv(0x30)
)

func argument(parts ...string) []byte { return []byte(tlv(0x30, parts...)) }

func forward(t testing.TB, parts ...string) *Forward {
	t.Helper()
	f, err := ReadForward(argument(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return &f
}
