package sshwire

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math/bits"
)

// HostKeyBlob returns the server's public host key in a key exchange reply, nil
// if the message has none. payload begins with the message type and may be cut
// behind the key.
func HostKeyBlob(payload []byte, k KexKind) []byte {
	if len(payload) == 0 {
		return nil
	}
	switch typ := payload[0]; {
	case typ == 31 && (k == KexDH || k == KexECDH || k == KexHybrid):
	case typ == 33 && (k == KexGEX || k == KexGSS || k == KexGSSGEX):
	case typ == 30 && k == KexRSA:
	default:
		return nil
	}
	blob, _, ok := cutString(payload[1:])
	if !ok || KeyType(blob) == "" {
		return nil
	}
	return blob
}

// KeyType returns the algorithm name that a public key blob begins with (RFC
// 4253 6.6), "" if it has none.
func KeyType(blob []byte) string {
	name, _, ok := cutString(blob)
	if !ok || len(name) == 0 || len(name) > 64 {
		return ""
	}
	for _, c := range name {
		if c <= ' ' || c > '~' {
			return ""
		}
	}
	return string(name)
}

// Fingerprint returns a key's fingerprint as OpenSSH shows it, from the SHA-256
// of its blob: SHA256: and the unpadded base64.
func Fingerprint(sum [sha256.Size]byte) string {
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

// GroupBits returns the size in bits of the prime in a KEX_DH_GEX_GROUP message,
// 0 if it is not one.
func GroupBits(payload []byte) int {
	if len(payload) < 5 || payload[0] != 31 && payload[0] != 41 {
		return 0
	}
	n := binary.BigEndian.Uint32(payload[1:])
	p := payload[5:]
	for len(p) > 0 && n > 0 && p[0] == 0 {
		p, n = p[1:], n-1
	}
	if len(p) == 0 || n == 0 || n > 1<<13 {
		return 0
	}
	return int(n-1)*8 + bits.Len8(p[0])
}

// Disconnect is a DISCONNECT message (RFC 4253 11.1). Description is borrowed
// and what the peer wrote: sanitise it before printing.
type Disconnect struct {
	Reason      uint32
	Description []byte
}

// ParseDisconnect reads a DISCONNECT payload. A description that was cut is
// returned as far as it goes.
func ParseDisconnect(payload []byte) (d Disconnect, ok bool) {
	if len(payload) < 5 || payload[0] != MsgDisconnect {
		return d, false
	}
	d.Reason = binary.BigEndian.Uint32(payload[1:])
	if s, _, whole := cutString(payload[5:]); whole {
		d.Description = s
	} else if len(payload) > 9 {
		d.Description = payload[9:]
	}
	return d, true
}

var disconnectReasons = [...]string{"", "host not allowed to connect", "protocol error", "key exchange failed",
	"reserved", "MAC error", "compression error", "service not available", "protocol version not supported",
	"host key not verifiable", "connection lost", "by application", "too many connections",
	"auth cancelled by user", "no more auth methods available", "illegal user name"}

// DisconnectReason returns what a reason code means (RFC 4250 4.2.2), "" if it
// is not registered.
func DisconnectReason(code uint32) string {
	if code < uint32(len(disconnectReasons)) {
		return disconnectReasons[code]
	}
	return ""
}
