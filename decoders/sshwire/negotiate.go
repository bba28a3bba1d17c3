package sshwire

import "strings"

// Negotiated is what two KEXINITs come to (RFC 4253 7.1). A method that the two
// have not in common is "".
type Negotiated struct {
	Kex, HostKey         string
	CipherC2S, CipherS2C string
	MACC2S, MACS2C       string // "" and no fault with an AEAD cipher, which needs none
	CompC2S, CompS2C     string
	// Failed lists the slots without a common method, where one is needed.
	Failed []Slot
}

// Negotiate finds the first name of each of the client's lists that is in the
// server's.
func Negotiate(client, server *KexInit) (n Negotiated) {
	pick := func(s Slot) string {
		name := common(client.Lists[s], server.Lists[s])
		if name == "" {
			n.Failed = append(n.Failed, s)
		}
		return name
	}
	n.Kex = pick(Kex)
	n.HostKey = pick(HostKey)
	n.CipherC2S = pick(CipherC2S)
	n.CipherS2C = pick(CipherS2C)
	if !IsAEAD(n.CipherC2S) {
		n.MACC2S = pick(MACC2S)
	}
	if !IsAEAD(n.CipherS2C) {
		n.MACS2C = pick(MACS2C)
	}
	n.CompC2S = pick(CompC2S)
	n.CompS2C = pick(CompS2C)
	return n
}

// common returns the first name of the client's list that is in the server's
// and no marker.
func common(client, server []byte) string {
	// A set, since lists of a thousand names on both sides must not cost a
	// million comparisons.
	offered := make(map[string]struct{}, 16)
	for name := range Names(server) {
		offered[string(name)] = struct{}{}
	}
	for name := range Names(client) {
		if _, ok := offered[string(name)]; ok && !IsPseudo(string(name)) {
			return string(name)
		}
	}
	return ""
}

// GuessRight reports whether a packet that followed sender's KEXINIT on a guess
// is to be used; if not, the receiver ignores it (RFC 4253 7): right if both
// sides prefer the same key exchange method and host key algorithm. Where both
// know kexguess2, right if the sender's first method is the one chosen.
func GuessRight(client, server, sender *KexInit) bool {
	if client.Has(Kex, guess2) && server.Has(Kex, guess2) {
		return first(sender.Lists[Kex]) == common(client.Lists[Kex], server.Lists[Kex])
	}
	return first(client.Lists[Kex]) == first(server.Lists[Kex]) &&
		first(client.Lists[HostKey]) == first(server.Lists[HostKey])
}

// first returns a list's first name that is no marker.
func first(list []byte) string {
	for name := range Names(list) {
		if !IsPseudo(string(name)) {
			return string(name)
		}
	}
	return ""
}

// IsAEAD reports whether a cipher brings its own integrity check.
func IsAEAD(cipher string) bool {
	return strings.HasPrefix(cipher, "chacha20-poly1305") || strings.Contains(cipher, "-gcm") ||
		strings.HasPrefix(cipher, "AEAD_AES_")
}

// IsWeak reports whether a method should no longer be used (RFC 8758, 9142).
func IsWeak(s Slot, name string) bool {
	switch s {
	case Kex:
		base, _, _ := strings.Cut(name, "@")
		return strings.HasSuffix(base, "-sha1") || strings.Contains(base, "-group1-sha1-") ||
			strings.Contains(base, "-group14-sha1-") || strings.HasPrefix(base, "gss-gex-sha1-")
	case HostKey:
		return name == "ssh-rsa" || name == "ssh-dss" ||
			strings.HasPrefix(name, "ssh-rsa-cert") || strings.HasPrefix(name, "ssh-dss-cert")
	case CipherC2S, CipherS2C:
		return strings.HasSuffix(name, "-cbc") || strings.HasPrefix(name, "arcfour") ||
			strings.HasPrefix(name, "3des-") || strings.HasPrefix(name, "rijndael-cbc") || name == "none"
	case MACC2S, MACS2C:
		return strings.HasPrefix(name, "hmac-md5") || strings.HasPrefix(name, "hmac-sha1-96") || name == "none"
	}
	return false
}

// Terrapin reports whether the connection is open to prefix truncation
// (CVE-2023-48795): a cipher that allows it, without strict key exchange on both
// sides.
func Terrapin(client, server *KexInit, n *Negotiated) bool {
	if client.Strict() && server.Strict() {
		return false
	}
	open := func(cipher, mac string) bool {
		return strings.HasPrefix(cipher, "chacha20-poly1305") ||
			strings.HasSuffix(cipher, "-cbc") && strings.Contains(mac, "-etm@")
	}
	return open(n.CipherC2S, n.MACC2S) || open(n.CipherS2C, n.MACS2C)
}
