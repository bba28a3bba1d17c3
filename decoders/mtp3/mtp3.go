// Package mtp3 reads MTP3 signalling messages (ITU-T Q.704 and the national
// variants of it), and finds out which variant a link uses.
package mtp3

import (
	"encoding/binary"
	"errors"
	"strconv"

	"pcaptriage/decoders/sccp"
)

// ErrShort: the message is shorter than its routing label.
var ErrShort = errors.New("mtp3: message is shorter than its label")

// SISCCP is the service indicator of SCCP (Q.704 14.2.1).
const SISCCP = 3

// Variant is the form of routing label and point codes.
type Variant uint8

// The variants. ANSI and China have labels of the same layout; Label24 is what
// can be told from the octets alone.
const (
	Unknown Variant = iota
	ITU             // 14-bit point codes, label of 4 octets (Q.704 2.2)
	ANSI            // 24-bit point codes, label of 7 octets (T1.111.4)
	China           // 24-bit point codes, label of 7 octets (GF 001-9001)
	Japan           // 16-bit point codes, label of 5 octets (TTC JT-Q704)
	Label24         // ANSI or China
)

// VariantNames by value.
var VariantNames = [...]string{"unknown", "ITU", "ANSI", "China", "Japan", "24-bit (ANSI or China)"}

func (v Variant) String() string { return VariantNames[v] }

// labelLen is the length of the routing label in octets.
func (v Variant) labelLen() int {
	switch v {
	case ITU:
		return 4
	case Japan:
		return 5
	case ANSI, China, Label24:
		return 7
	}
	return 0
}

// Message is a message signal unit from the service information octet on.
type Message struct {
	SI       uint8 // service indicator
	NI       uint8 // network indicator
	Priority uint8 // bits 5 and 6 of the SIO: priority (ANSI, China), else spare
	OPC, DPC uint32
	SLS      uint8
	User     []byte // what follows the label, a view of the message
}

// Decode reads a message whose label is of the given variant, which must not be
// Unknown.
func Decode(b []byte, v Variant) (m Message, err error) {
	n := v.labelLen()
	if len(b) < 1+n || n == 0 {
		return m, ErrShort
	}
	m.SI, m.Priority, m.NI = b[0]&0xf, b[0]>>4&3, b[0]>>6
	l := b[1:]
	switch v {
	case ITU:
		w := binary.LittleEndian.Uint32(l)
		m.DPC, m.OPC, m.SLS = w&0x3fff, w>>14&0x3fff, uint8(w>>28)
	case Japan:
		m.DPC, m.OPC, m.SLS = uint32(binary.LittleEndian.Uint16(l)), uint32(binary.LittleEndian.Uint16(l[2:])), l[4]&0xf
	default:
		// Member, cluster and network in ANSI, point, sub-area and main area in
		// China: the lowest first in both.
		m.DPC = uint32(l[0]) | uint32(l[1])<<8 | uint32(l[2])<<16
		m.OPC = uint32(l[3]) | uint32(l[4])<<8 | uint32(l[5])<<16
		m.SLS = l[6]
		if v == China {
			m.SLS &= 0xf
		}
	}
	m.User = l[n:]
	return m, nil
}

// AppendPointCode appends a point code in the variant's customary form: decimal
// with 14 and 16 bits (and when the variant is not known), network-cluster-member
// or main area-sub-area-point with 24.
func AppendPointCode(dst []byte, pc uint32, v Variant) []byte {
	if v.labelLen() != 7 {
		return strconv.AppendUint(dst, uint64(pc), 10)
	}
	dst = strconv.AppendUint(dst, uint64(pc>>16&0xff), 10)
	dst = append(dst, '-')
	dst = strconv.AppendUint(dst, uint64(pc>>8&0xff), 10)
	dst = append(dst, '-')
	return strconv.AppendUint(dst, uint64(pc&0xff), 10)
}

// Guesser finds out the variant of one link: the first SCCP message behind whose
// label exactly one variant leaves a plausible SCCP message decides it. The zero
// value is ready. It belongs to one goroutine.
type Guesser struct {
	// Told is the variant that the user has told; it is not questioned.
	Told Variant
	// Guessed is the variant found, Unknown before. Contradictions counts later
	// messages for which another variant alone makes sense.
	Guessed        Variant
	Contradictions uint64
	// Undecided counts SCCP messages for which none or several made sense
	// before a variant was found.
	Undecided uint64
}

// Variant returns the variant with which to read b, Unknown if that cannot be
// told yet.
func (g *Guesser) Variant(b []byte) Variant {
	if g.Told != Unknown {
		return g.Told
	}
	if len(b) == 0 || b[0]&0xf != SISCCP {
		return g.Guessed
	}
	if g.Guessed != Unknown && sccp.Plausible(user(b, g.Guessed)) {
		return g.Guessed
	}
	v := Guess(b)
	switch {
	case g.Guessed != Unknown:
		if v != Unknown {
			g.Contradictions++
		}
	case v != Unknown:
		g.Guessed = v
	default:
		g.Undecided++
	}
	return g.Guessed
}

// Guess returns the only variant for which an SCCP message follows the label, or
// Unknown if there is none or several.
func Guess(b []byte) Variant {
	found := Unknown
	for _, v := range [...]Variant{ITU, Label24, Japan} {
		if sccp.Plausible(user(b, v)) {
			if found != Unknown {
				return Unknown
			}
			found = v
		}
	}
	return found
}

func user(b []byte, v Variant) []byte {
	if n := 1 + v.labelLen(); len(b) > n {
		return b[n:]
	}
	return nil
}
