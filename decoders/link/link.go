// Package link holds the table of link-layer header types of capture files:
// their numbers (LINKTYPE_ values), names, and whether package decoders reads
// them. It imports nothing of the project, so that everything can use it.
//
// Source: the registry at https://www.tcpdump.org/linktypes.html
// (draft-ietf-opsawg-pcaplinktype), plus the two DLT_RAW values that files of
// some systems carry instead of 101.
package link

import (
	"sort"
	"strconv"
	"strings"
)

// Support says what package decoders makes of a link type.
type Support uint8

const (
	// Undecoded: its packets may carry IP, but they are not read; such records
	// count as unknown_linktype.
	Undecoded Support = iota
	// NoIP: the link carries no IP (CAN, USB, Bluetooth, SS7); its packets are
	// decoded, as "not IP".
	NoIP
	// Decoded: followed down to the innermost IP packet.
	Decoded
)

func (s Support) String() string { return [...]string{"no", "not IP", "yes"}[s] }

// Type is one entry of the table.
type Type struct {
	Number      uint16
	Name        string // without the LINKTYPE_ prefix: EN10MB
	Description string
	Support     Support
}

// Table returns the link types by ascending number. The caller owns the slice.
func Table() []Type {
	t := make([]Type, len(types))
	copy(t, types[:])
	return t
}

// Lookup finds the entry of link type number n.
func Lookup(n uint16) (Type, bool) {
	i := sort.Search(len(types), func(i int) bool { return types[i].Number >= n })
	if i == len(types) || types[i].Number != n {
		return Type{}, false
	}
	return types[i], true
}

// Name is the name of link type n without prefix, or its decimal number when
// the table does not have it.
func Name(n uint16) string {
	if t, ok := Lookup(n); ok {
		return t.Name
	}
	return strconv.Itoa(int(n))
}

// NameAndNumber is "EN10MB (1)", or the number alone when the table does not have it.
func NameAndNumber(n uint16) string {
	if t, ok := Lookup(n); ok {
		return t.Name + " (" + strconv.Itoa(int(n)) + ")"
	}
	return strconv.Itoa(int(n))
}

// ByName finds a link type by name: with or without LINKTYPE_ or DLT_ before
// it, in any case, by one of the other names in use, or as a decimal number
// (known or not) up to 65535.
func ByName(name string) (uint16, bool) {
	name = strings.ToUpper(strings.TrimSpace(name))
	if n, err := strconv.ParseUint(name, 10, 16); err == nil {
		return uint16(n), true
	}
	name = strings.TrimPrefix(strings.TrimPrefix(name, "LINKTYPE_"), "DLT_")
	for i := range types {
		if types[i].Name == name {
			return types[i].Number, true
		}
	}
	for _, a := range aliases {
		if a.name == name {
			return a.number, true
		}
	}
	return 0, false
}

// The link types that the project's code names. Values are those of files
// (LINKTYPE_), which for most types are also those of the APIs (DLT_).
const (
	Null            = 0
	EN10MB          = 1
	TokenRing       = 6
	ARCNET          = 7
	SLIP            = 8
	PPP             = 9
	FDDI            = 10
	Raw12           = 12 // DLT_RAW of most systems; OpenBSD writes its DLT_LOOP so
	Raw14           = 14 // DLT_RAW of OpenBSD
	OldPFLOG        = 17
	PPPHDLC         = 50
	PPPEther        = 51
	ATMRFC1483      = 100
	Raw             = 101
	CHDLC           = 104
	IEEE80211       = 105
	ATMCLIP         = 106
	FrameRelay      = 107
	Loop            = 108
	Enc             = 109
	LinuxSLL        = 113
	PFLOG           = 117
	Prism           = 119
	IPOverFC        = 122
	SunATM          = 123
	Radiotap        = 127
	ARCNETLinux     = 129
	AppleIPOver1394 = 138
	MTP2WithPHDR    = 139
	MTP2            = 140
	MTP3            = 141
	SCCP            = 142
	DOCSIS          = 143
	User0           = 147
	User2           = 149
	User15          = 162
	AVS             = 163
	PPPPPPD         = 166
	ERFEth          = 175
	ERFPOS          = 176
	JuniperEther    = 178
	JuniperPPP      = 179
	JuniperFRelay   = 180
	JuniperCHDLC    = 181
	PPI             = 192
	ERF             = 197
	PPPWithDir      = 204
	CHDLCWithDir    = 205
	FRelayWithDir   = 206
	MPLS            = 219
	IPNet           = 226
	IPv4            = 228
	IPv6            = 229
	NFLOG           = 239
	NetAnalyzer     = 240
	NetAnalyzerT    = 241
	IPoIB           = 242
	SCTP            = 248
	UpperPDU        = 252
	PKTAP           = 258
	EPON            = 259
	MPacket         = 274
	LinuxSLL2       = 276
	DSATagBRCM      = 281
	DSATagBRCMPre   = 282
	DSATagDSA       = 284
	DSATagEDSA      = 285
)
