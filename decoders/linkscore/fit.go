package linkscore

// fit says how well a packet agrees with a link type.
type fit uint8

const (
	contradicts fit = iota // the bytes make no sense under this type
	silent                 // too little was captured to tell
	plausible              // the header makes sense; what follows cannot be verified
	certain                // what follows the header was verified: lengths or a checksum agree
)

// What a reading found behind the link-layer header, apart from EtherTypes.
const (
	foundNothing uint32 = 0
	foundIPv4    uint32 = 0x0800
	foundIPv6    uint32 = 0x86dd
	foundARP     uint32 = 0x0806
	foundSS7     uint32 = 0x10000 // an MTP3 or SCCP message
	foundWLAN    uint32 = 0x10001 // an 802.11 frame without IP in it
	foundControl uint32 = 0x20000 // added to a PPP protocol number
)

// reading is what one packet is under one link type. Two types that give equal
// readings of every packet dissect a file identically.
type reading struct {
	fit  fit
	at   uint16 // offset of what was found behind the link-layer header
	what uint32 // what was found: an EtherType, or one of the values above
}

// explains reports whether the packet makes sense under the type.
func (r reading) explains() bool { return r.fit >= plausible }

// same reports whether two readings that both explain the packet mean the same.
func (r reading) same(o reading) bool { return r.at == o.at && r.what == o.what }

// moved is r, read n bytes into the record.
func (r reading) moved(n int) reading {
	r.at += uint16(min(n, 1<<16-1-int(r.at)))
	return r
}

// frame is what is left of a record: the captured bytes, and how many there
// were on the wire. wire >= len(b).
type frame struct {
	b    []byte
	wire uint32
}

// from passes over n bytes, which were captured.
func (f frame) from(n int) frame { return frame{f.b[n:], f.wire - uint32(n)} }

// has reports whether n bytes were captured.
func (f frame) has(n int) bool { return len(f.b) >= n }

// short is the reading of a frame of which fewer than n bytes were captured:
// nothing can be said when the capture cut it, and it contradicts the type when
// it was that short on the wire.
func (f frame) short(n int) reading {
	if f.wire >= uint32(n) {
		return reading{fit: silent}
	}
	return reading{}
}
