package sshwire

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
)

// Slot is one of the name-lists of a KEXINIT (RFC 4253 7.1), in their order.
type Slot int

const (
	Kex Slot = iota
	HostKey
	CipherC2S
	CipherS2C
	MACC2S
	MACS2C
	CompC2S
	CompS2C
	LangC2S
	LangS2C
	NumSlots
)

var slotNames = [...]string{"kex", "hostkey", "cipher-c2s", "cipher-s2c", "mac-c2s", "mac-s2c",
	"compression-c2s", "compression-s2c", "language-c2s", "language-s2c"}

func (s Slot) String() string { return slotNames[s] }

// KexInit is a KEXINIT message. Lists are as sent: names with commas between,
// the preferred first.
type KexInit struct {
	Cookie [16]byte
	Lists  [NumSlots][]byte // borrowed from the payload; see Clone
	// N is how many of the lists were read: all if the message was whole.
	N int
	// FirstFollows: a packet with a guessed key exchange message follows.
	FirstFollows bool
}

// Errors of ParseKexInit.
var (
	ErrShort  = errors.New("message ends early")
	ErrLimits = errors.New("name-list is too long")
	ErrType   = errors.New("another message type")
)

// ParseKexInit reads a KEXINIT payload, message type included. With an error,
// k holds what was read before; that also serves for packets that were cut.
func ParseKexInit(payload []byte) (k KexInit, err error) {
	if len(payload) == 0 || payload[0] != MsgKexInit {
		return k, ErrType
	}
	if len(payload) < 17 {
		return k, fmt.Errorf("cookie: %w", ErrShort)
	}
	copy(k.Cookie[:], payload[1:])
	b := payload[17:]
	for ; k.N < int(NumSlots); k.N++ {
		list, rest, ok := cutString(b)
		if !ok {
			return k, fmt.Errorf("%s list at byte %d: %w", Slot(k.N), len(payload)-len(b), ErrShort)
		}
		if len(list) > MaxList || bytes.Count(list, comma) >= MaxNames {
			return k, fmt.Errorf("%s list at byte %d: %w", Slot(k.N), len(payload)-len(b), ErrLimits)
		}
		k.Lists[k.N], b = list, rest
	}
	if len(b) < 5 {
		return k, fmt.Errorf("first_kex_packet_follows at byte %d: %w", len(payload)-len(b), ErrShort)
	}
	k.FirstFollows = b[0] != 0
	return k, nil
}

var comma = []byte(",")

// cutString takes a string (RFC 4251 5) off b.
func cutString(b []byte) (s, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, b, false
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, b, false
	}
	return b[4 : 4+n], b[4+n:], true
}

// Clone returns a copy of k that borrows nothing.
func (k *KexInit) Clone() *KexInit {
	c := *k
	n := 0
	for _, l := range k.Lists {
		n += len(l)
	}
	all := make([]byte, 0, n)
	for i, l := range k.Lists {
		start := len(all)
		all = append(all, l...)
		c.Lists[i] = all[start:len(all):len(all)]
	}
	return &c
}

// Names yields the names of a list.
func Names(list []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(list) > 0 {
			i := bytes.IndexByte(list, ',')
			if i < 0 {
				yield(list)
				return
			}
			if i > 0 && !yield(list[:i]) {
				return
			}
			list = list[i+1:]
		}
	}
}

// Has reports whether list s holds name.
func (k *KexInit) Has(s Slot, name string) bool {
	for n := range Names(k.Lists[s]) {
		if string(n) == name {
			return true
		}
	}
	return false
}

// Role tells from the markers in the list who sent k.
func (k *KexInit) Role() Role {
	for n := range Names(k.Lists[Kex]) {
		switch string(n) {
		case "ext-info-c", strictClient, "kex-strict-c":
			return Client
		case "ext-info-s", strictServer, "kex-strict-s":
			return Server
		}
	}
	return RoleUnknown
}

// Strict reports whether k announces strict key exchange (OpenSSH's answer to
// CVE-2023-48795).
func (k *KexInit) Strict() bool {
	for n := range Names(k.Lists[Kex]) {
		switch string(n) {
		case strictClient, strictServer, "kex-strict-c", "kex-strict-s":
			return true
		}
	}
	return false
}

// HASSH returns the fingerprint of k as sent by that role: the MD5 of key
// exchange methods, ciphers, MACs and compressions of its sending direction,
// 32 hexadecimal digits (salesforce/hassh).
func (k *KexInit) HASSH(r Role) string {
	lists := [...]Slot{Kex, CipherC2S, MACC2S, CompC2S}
	if r == Server {
		lists = [...]Slot{Kex, CipherS2C, MACS2C, CompS2C}
	}
	h := md5.New()
	for i, s := range lists {
		if i > 0 {
			h.Write([]byte(";"))
		}
		h.Write(k.Lists[s])
	}
	return hex.EncodeToString(h.Sum(nil))
}
