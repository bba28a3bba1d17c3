package ss7

import (
	"errors"

	"pcaptriage/decoders/exportpdu"
	"pcaptriage/decoders/m2pa"
	"pcaptriage/decoders/m2ua"
	"pcaptriage/decoders/m3ua"
	"pcaptriage/decoders/mtp2"
	"pcaptriage/decoders/mtp3"
	"pcaptriage/decoders/sccp"
	"pcaptriage/decoders/sigtran"
	"pcaptriage/decoders/sua"
	"pcaptriage/decoders/tcap"
)

// Layer is a protocol at which octets enter.
type Layer uint8

// The layers.
const (
	NoLayer Layer = iota
	SCTP
	M3UA
	M2UA
	M2PA
	SUA
	MTP2
	MTP2Header // MTP2 behind a pseudo header (link type MTP2_WITH_PHDR)
	MTP3
	SCCP
	TCAP
	GSMMAP
)

// LayerNames by value: Wireshark's dissector names.
var LayerNames = [...]string{"", "sctp", "m3ua", "m2ua", "m2pa", "sua", "mtp2", "mtp2", "mtp3", "sccp", "tcap", "gsm_map"}

func (l Layer) String() string { return LayerNames[l] }

// Link types (LINKTYPE_ values) at which SS7 begins; all others go through the
// IP decoder.
const (
	LinkTypeMTP2Header = 139
	LinkTypeMTP2       = 140
	LinkTypeMTP3       = 141
	LinkTypeSCCP       = 142
	LinkTypeSCTP       = 248
	LinkTypeExportPDU  = 252
	linkTypeERF        = 197
)

// ERFChannel reports whether a record of link type ERF is of a channel that may
// carry MTP2, which is not read: multi-channel HDLC and raw channels (types 5, 6,
// 8, 17 of Endace's list); 12 and 13 are taken too, in doubt about how older
// cards number them.
func ERFChannel(linkType uint16, record []byte) bool {
	if linkType != linkTypeERF || len(record) < 9 {
		return false
	}
	switch record[8] & 0x7f {
	case 5, 6, 8, 12, 13, 17:
		return true
	}
	return false
}

// OfLinkType is the layer at which records of a link type begin, NoLayer when
// that is none of SS7, or is told by each record (LinkTypeExportPDU).
func OfLinkType(linkType uint16) Layer {
	switch linkType {
	case LinkTypeMTP2Header:
		return MTP2Header
	case LinkTypeMTP2:
		return MTP2
	case LinkTypeMTP3:
		return MTP3
	case LinkTypeSCCP:
		return SCCP
	case LinkTypeSCTP:
		return SCTP
	}
	return NoLayer
}

// OfExported is the layer of an exported PDU by its dissector's name.
func OfExported(p *exportpdu.PDU) Layer {
	for l, name := range LayerNames {
		if name != "" && string(p.Name) == name && Layer(l) != MTP2Header {
			return Layer(l)
		}
	}
	return NoLayer
}

// OfMessage is the layer of an SCTP user message; see sigtran.Identify.
func OfMessage(ppid uint32, sport, dport uint16, msg []byte) Layer {
	switch sigtran.Identify(ppid, sport, dport, msg) {
	case sigtran.M3UA:
		return M3UA
	case sigtran.M2UA:
		return M2UA
	case sigtran.M2PA:
		return M2PA
	case sigtran.SUA:
		return SUA
	}
	return NoLayer
}

// Errors of Link.Decode, besides those of the layers.
var (
	// ErrVariant: which variant of MTP3 the link uses is not known yet.
	ErrVariant = errors.New("ss7: MTP3 variant is not known")
	// ErrLayer: the layer does not lead to SCCP, or not from here.
	ErrLayer = errors.New("ss7: layer cannot be decoded here")
)

// Result is what became of a message.
type Result uint8

// The results.
const (
	// Message: Unit.SCCP is valid and connectionless.
	Message Result = iota
	// Management: not user data: link status, acknowledgement, fill-in, state
	// and traffic management.
	Management
	// OtherUser: a user part other than SCCP (ISUP, MTP management, ...), or
	// connection-oriented SCCP.
	OtherUser
	// Failed: see the error.
	Failed
)

// Unit is an SCCP message with what the layers below told.
type Unit struct {
	// OPC and DPC are valid if HasPC. Variant is Unknown when they are plain
	// numbers (M3UA).
	OPC, DPC uint32
	HasPC    bool
	Variant  mtp3.Variant
	SI, NI   uint8 // valid if HasPC
	SLS      uint8 // likewise
	SCCP     sccp.Message
}

// Link is what has to be known of one link or association to read its messages.
// The zero value is ready. It belongs to one goroutine.
type Link struct {
	// Guess finds the MTP3 variant out; set Guess.Told when the user has told it.
	Guess mtp3.Guesser
	// AnnexA: MTP2 has extended sequence numbers, where no pseudo header says.
	AnnexA bool
}

// Decode reads one message of layer from. With Failed, Unit holds what could be
// read: a message that is cut may still show its transaction. All slices in it
// are views of b.
func (l *Link) Decode(from Layer, b []byte) (u Unit, r Result, err error) {
	switch from {
	case M3UA:
		d, ok, err := m3ua.Decode(b)
		if !ok {
			return u, failedOr(Management, err), err
		}
		u = Unit{OPC: d.OPC, DPC: d.DPC, HasPC: true, SI: d.SI, NI: d.NI, SLS: d.SLS}
		return u.user(d.User, err)
	case M2UA:
		d, ok, err := m2ua.Decode(b)
		if !ok {
			return u, failedOr(Management, err), err
		}
		return l.mtp3(d.MSU, d.TTC, err)
	case M2PA:
		m, ok, err := m2pa.Decode(b)
		if !ok || len(m.MSU) == 0 {
			return u, failedOr(Management, err), err
		}
		return l.mtp3(m.MSU, false, err)
	case SUA:
		d, ok, err := sua.Decode(b)
		if !ok {
			return u, failedOr(Management, err), err
		}
		u.SCCP = d.SCCP
		u.fixSegment()
		return u, failedOr(Message, err), err
	case MTP2Header:
		h, unit, err := mtp2.ReadPseudoHeader(b)
		if err != nil {
			return u, Failed, err
		}
		return l.mtp2(unit, h.AnnexA || !h.AnnexAKnown && l.AnnexA)
	case MTP2:
		return l.mtp2(b, l.AnnexA)
	case MTP3:
		return l.mtp3(b, false, nil)
	case SCCP:
		return u.user3(b, nil)
	}
	return u, Failed, ErrLayer
}

func (l *Link) mtp2(b []byte, annexA bool) (u Unit, r Result, err error) {
	s, err := mtp2.Decode(b, annexA)
	if s.Kind != mtp2.MSU {
		return u, failedOr(Management, err), err
	}
	return l.mtp3(s.MSU, false, err)
}

// mtp3 reads a message from its service information octet on; below is what was
// wrong with it so far.
func (l *Link) mtp3(b []byte, ttc bool, below error) (u Unit, r Result, err error) {
	v := l.Guess.Variant(b)
	if ttc && l.Guess.Told == mtp3.Unknown {
		v = mtp3.Japan
	}
	if len(b) == 0 {
		return u, Failed, mtp3.ErrShort
	}
	if v == mtp3.Unknown {
		if b[0]&0xf != mtp3.SISCCP {
			return u, failedOr(OtherUser, below), below
		}
		return u, Failed, ErrVariant
	}
	m, err := mtp3.Decode(b, v)
	if err != nil {
		return u, Failed, err
	}
	u = Unit{OPC: m.OPC, DPC: m.DPC, HasPC: true, Variant: v, SI: m.SI, NI: m.NI, SLS: m.SLS}
	return u.user(m.User, below)
}

// user reads the user part by its service indicator.
func (u *Unit) user(b []byte, below error) (Unit, Result, error) {
	if u.SI != mtp3.SISCCP {
		return *u, failedOr(OtherUser, below), below
	}
	return u.user3(b, below)
}

// user3 reads SCCP.
func (u *Unit) user3(b []byte, below error) (Unit, Result, error) {
	m, err := sccp.Decode(b)
	u.SCCP = m
	if err == nil {
		err = below
	}
	if err != nil {
		return *u, Failed, err
	}
	if !m.Type.Connectionless() {
		return *u, OtherUser, nil
	}
	u.fixSegment()
	return *u, Message, nil
}

// fixSegment takes a whole TCAP message for what it is that comes as the last
// segment of nothing: some stacks fill the segmentation parameter with zeroes.
func (u *Unit) fixSegment() {
	s := &u.SCCP.Seg
	if s.Present && !s.First && s.Remaining == 0 && tcap.Whole(u.SCCP.Data) {
		*s = sccp.Segmentation{}
	}
}

func failedOr(r Result, err error) Result {
	if err != nil {
		return Failed
	}
	return r
}
