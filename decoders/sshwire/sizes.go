package sshwire

import "strings"

// Suite is how a direction's packets are enciphered, as far as their sizes go.
type Suite struct {
	Block int // what the padding completes to, in bytes
	Tag   int // MAC or AEAD tag, in bytes
	// LengthApart: the length field is not part of what is padded (AEAD and
	// encrypt-then-MAC).
	LengthApart bool
	// ClearLength: the length field is in clear, so that packets can be told
	// apart exactly (GCM and encrypt-then-MAC; see Splitter).
	ClearLength bool
	// TwoSizes: implementations differ on the least size of a packet (RFC 4253 6
	// asks for 16 bytes, OpenSSH lets chacha20-poly1305 have 12).
	TwoSizes bool
}

// Payload sizes in bytes of messages that matter for authentication.
const (
	ServiceAcceptLen = 1 + 4 + len("ssh-userauth")
	AuthSuccessLen   = 1
)

// SuiteOf returns the sizes of a direction with that cipher, MAC and compression.
// ok is false when they are not known or cannot be: zlib compresses from the
// start, zlib@openssh.com only behind authentication.
func SuiteOf(cipher, mac, compression string) (s Suite, ok bool) {
	if compression != "none" && compression != "zlib@openssh.com" {
		return s, false
	}
	switch {
	case strings.HasPrefix(cipher, "chacha20-poly1305"):
		return Suite{Block: 8, Tag: 16, LengthApart: true, TwoSizes: true}, true
	case IsAEAD(cipher):
		return Suite{Block: 16, Tag: 16, LengthApart: true, ClearLength: true}, true
	}
	if s.Block = blockOf(cipher); s.Block == 0 {
		return Suite{}, false
	}
	base, etm := strings.CutSuffix(mac, "-etm@openssh.com")
	if s.Tag, ok = tagOf(base); !ok {
		return Suite{}, false
	}
	s.LengthApart, s.ClearLength = etm, etm
	return s, true
}

// blockOf returns a cipher's block size, at least 8, 0 if the cipher is not known.
func blockOf(cipher string) int {
	name, _, _ := strings.Cut(cipher, "@")
	for _, p := range []string{"aes", "rijndael", "camellia", "twofish", "serpent"} {
		if strings.HasPrefix(name, p) && (strings.HasSuffix(name, "-ctr") || strings.Contains(name, "-cbc")) {
			return 16
		}
	}
	for _, p := range []string{"3des", "blowfish", "cast128", "idea", "arcfour", "none"} {
		if strings.HasPrefix(name, p) {
			return 8
		}
	}
	return 0
}

// tagOf returns the size of a MAC.
func tagOf(mac string) (n int, ok bool) {
	name, _, _ := strings.Cut(mac, "@")
	if strings.HasPrefix(name, "hmac-") && strings.HasSuffix(name, "-96") {
		return 12, true
	}
	switch name {
	case "hmac-md5", "umac-128":
		return 16, true
	case "hmac-sha1", "hmac-ripemd160":
		return 20, true
	case "hmac-sha2-256", "hmac-sha256":
		return 32, true
	case "hmac-sha2-512", "hmac-sha512":
		return 64, true
	case "umac-64":
		return 8, true
	case "none":
		return 0, true
	}
	return 0, false
}

// Wire returns the size on the wire of a packet with a payload of n bytes and
// no more padding than it needs. alt is the other size that occurs, equal to
// size if there is none.
func (s *Suite) Wire(n int) (size, alt int) {
	padded := 1 + n + MinPad
	outside := s.Tag
	if s.LengthApart {
		outside += 4
	} else {
		padded += 4
	}
	body := roundUp(padded, s.Block)
	size = outside + body
	alt = size
	if s.TwoSizes {
		alt = outside + max(body, 16)
	}
	return size, alt
}

// Is reports whether a packet of that size on the wire can hold a payload of n
// bytes with no more padding than it needs.
func (s *Suite) Is(wire, n int) bool {
	size, alt := s.Wire(n)
	return wire == size || wire == alt
}

// Payload returns the least and the largest payload of a packet of that size on
// the wire, padded no more than it needs; ok is false when no packet has it.
func (s *Suite) Payload(wire int) (least, most int, ok bool) {
	padded := wire - s.Tag
	fixed := 1 + MinPad
	if s.LengthApart {
		padded -= 4
	} else {
		fixed += 4
	}
	if padded < s.Block || padded%s.Block != 0 || padded < fixed+1 {
		return 0, 0, false
	}
	most = padded - fixed
	least = max(most-s.Block+1, 1)
	if s.TwoSizes && padded == 16 {
		least = 1
	}
	return least, most, true
}

// Valid reports whether a packet can have that size on the wire.
func (s *Suite) Valid(wire int) bool {
	_, _, ok := s.Payload(wire)
	return ok
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }
