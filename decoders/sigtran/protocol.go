package sigtran

import (
	"encoding/binary"
	"math/bits"
)

// Protocol is an adaptation layer.
type Protocol uint8

// The layers that Identify knows; only M2UA to M2PA are decoded.
const (
	None Protocol = iota
	IUA
	M2UA
	M3UA
	SUA
	M2PA
	V5UA
	DUA
	// Other is an assigned PPID of something that is not SIGTRAN (S1AP,
	// Diameter, ...).
	Other
)

// maxPPID is above every payload protocol identifier that IANA has assigned,
// and below every one of them with its octets swapped.
const maxPPID = 1 << 16

// Identify tells which layer a message belongs to that came with the given
// payload protocol identifier between the given ports. PPIDs with swapped
// octets occur, and are taken as what they mean. Without a PPID, or with an
// unknown one, a registered port decides together with the shape of the
// message; ports alone mean nothing.
func Identify(ppid uint32, sport, dport uint16, msg []byte) Protocol {
	if ppid >= maxPPID && bits.ReverseBytes32(ppid) < maxPPID {
		ppid = bits.ReverseBytes32(ppid)
	}
	switch ppid {
	case 1:
		return IUA
	case 2:
		return M2UA
	case 3:
		return M3UA
	case 4:
		return SUA
	case 5:
		return M2PA
	case 6:
		return V5UA
	case 10:
		return DUA
	case 0:
	default:
		if ppid <= 75 { // assigned to protocols that are not ours
			return Other
		}
	}
	for _, port := range [...]uint16{dport, sport} {
		if p := byPort(port); p != None && Shape(p, msg) {
			return p
		}
	}
	return None
}

// byPort is the layer registered for an SCTP port (IANA).
func byPort(port uint16) Protocol {
	switch port {
	case 2904:
		return M2UA
	case 2905:
		return M3UA
	case 14001:
		return SUA
	case 3565:
		return M2PA
	case 9900:
		return IUA
	}
	return None
}

// Shape reports whether msg begins with a common header that fits the layer:
// version 1, reserved 0, a message class of that layer, and a length that is the
// message's.
func Shape(p Protocol, msg []byte) bool {
	if len(msg) < HeaderLen || msg[0] != 1 || msg[1] != 0 || !classOf(p, msg[2]) {
		return false
	}
	length := uint64(binary.BigEndian.Uint32(msg[4:]))
	return length >= HeaderLen && length <= uint64(len(msg))+3 && uint64(len(msg)) <= length+3
}

// classOf reports whether the layer has that message class: management, and its
// own ones (RFC 4666 3.1.2, RFC 3331 3.1.3, RFC 3868 3.1.2, RFC 4165 2.1.2).
func classOf(p Protocol, class uint8) bool {
	switch p {
	case M3UA:
		return class <= 4 || class == 9
	case SUA:
		return class == 0 || class >= 2 && class <= 4 || class == 7 || class == 8 || class == 9
	case M2UA:
		return class == 0 || class == 3 || class == 4 || class == ClassMAUP || class == 10
	case M2PA:
		return class == ClassM2PA
	case IUA:
		return class == 0 || class >= 3 && class <= 5
	}
	return false
}
