package linkscore

import "pcaptriage/decoders"

// MaxPackets is how many packets of an interface are looked at.
const MaxPackets = 200

// MaxFrames is how many of them a Verdict names.
const MaxFrames = 8

// Packet is one record of the interface that is scored.
type Packet struct {
	Data    []byte // as captured; borrowed until Add returns
	WireLen uint32 // bytes on the wire
	Frame   uint64 // Wireshark's number
	Time    int64  // ns since 1970, valid if HasTime
	HasTime bool
}

// Scorer reads the first packets of one interface under its declared link type
// and every candidate.
type Scorer struct {
	declared uint16
	own      int // the declared type's candidate, -1 if it is none
	rows     []row
	packet   decoders.Packet
	scratch  [1024]byte // an Ethernet header that never was, and what follows it
}

// row holds the readings of one packet.
type row struct {
	by       [numCandidates]reading
	declared reading
	enough   bool // it was long enough to show something, or did
	openBSD  bool // it begins with one of OpenBSD's address families in network order
	frame    Frame
}

// Frame names a packet that was looked at.
type Frame struct {
	Number  uint64 // Wireshark's
	Time    int64  // ns since 1970, valid if HasTime
	HasTime bool
}

// New scores the packets of an interface whose declared type is declared.
func New(declared uint16) *Scorer {
	return &Scorer{declared: declared, own: candidateOf(declared)}
}

// Full reports whether further packets would be ignored.
func (s *Scorer) Full() bool { return len(s.rows) >= MaxPackets }

// minEvidence is the captured length from which a packet is expected to show
// its type: an IPv4 header.
const minEvidence = 20

// Add looks at one more packet.
func (s *Scorer) Add(p *Packet) {
	if s.Full() {
		return
	}
	f := frame{p.Data, max(p.WireLen, uint32(len(p.Data)))}
	s.rows = append(s.rows, row{frame: Frame{p.Frame, p.Time, p.HasTime}})
	r := &s.rows[len(s.rows)-1]
	r.enough = len(p.Data) >= minEvidence
	r.openBSD = openBSDFamily(p.Data)
	for i := range candidates {
		r.by[i] = candidates[i].read(s, f)
		r.enough = r.enough || r.by[i].explains()
	}
	r.declared = s.declaredReading(r, f)
	r.enough = r.enough || r.declared.explains()
}

// declaredReading is the packet under the declared type. A type without a strict
// reader gets the benefit of package decoders.
func (s *Scorer) declaredReading(r *row, f frame) reading {
	switch {
	case s.own >= 0:
		return r.by[s.own]
	case s.declared != openBSDEnc && Checkable(s.declared):
		return s.decoded(s.declared, f)
	}
	return reading{}
}
