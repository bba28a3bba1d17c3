package gsmmap

// TPDUType is the type of a short message TPDU (TS 23.040 9.2.2).
type TPDUType uint8

// The types.
const (
	InvalidTPDU TPDUType = iota // a message type indicator that has no meaning there
	Deliver
	DeliverReport
	Submit
	SubmitReport
	StatusReport
	Command
)

// TPDUNames by value.
var TPDUNames = [...]string{"invalid", "SMS-DELIVER", "SMS-DELIVER-REPORT", "SMS-SUBMIT", "SMS-SUBMIT-REPORT", "SMS-STATUS-REPORT", "SMS-COMMAND"}

func (t TPDUType) String() string { return TPDUNames[t] }

// Carrier says what a TPDU came in, on which the meaning of its first octet
// depends.
type Carrier uint8

// The carriers.
const (
	InInvoke Carrier = iota // forwardSM
	InResult                // its result: the report on a success
	InError                 // sm-DeliveryFailure: the report on a failure
)

// Alphabet of a short message's text (TS 23.038 4).
type Alphabet uint8

// The alphabets.
const (
	GSM7 Alphabet = iota
	Octets8
	UCS2
	ReservedAlphabet // read as GSM7 (TS 23.038 4)
)

// TPDU is a short message, without its text.
type TPDU struct {
	Type TPDUType
	// More is whether more messages are waiting, of Deliver and StatusReport
	// only (TP-MMS 0 says so).
	More bool
	// UDHI: the user data begins with a header. Reply: TP-RP. Report: a status
	// report is asked for, or indicated.
	UDHI, Reply, Report bool
	// Ref is the message reference of Submit, StatusReport and Command.
	Ref uint8
	// Address is the originating, destination or recipient address, valid if
	// HasAddress.
	Address    SMEAddress
	HasAddress bool
	PID, DCS   uint8
	Alphabet   Alphabet
	Compressed bool
	// UDL is the user data's length as stated: septets of GSM7 text (header
	// included), else octets.
	UDL uint8
	// UD is the user data, a view of the message; Header the user data header
	// within it without its length octet.
	UD, Header []byte
	Concat     Concat
	Ports      bool // the header has application ports
	// FCS is the failure cause of a report in an error, valid if HasFCS.
	FCS    uint8
	HasFCS bool
	// Status of a StatusReport (TS 23.040 9.2.3.15), valid if HasStatus.
	Status    uint8
	HasStatus bool
	// Cut: the TPDU ends before its last field; the fields before are valid.
	Cut bool
}

// SMEAddress is an address in a TPDU (TS 23.040 9.1.2.5).
type SMEAddress struct {
	Digits uint8 // semi-octets
	TON    uint8 // type of number: 1 international, 5 alphanumeric
	NPI    uint8 // numbering plan
	Value  []byte
}

// Concat says which part of a longer message the TPDU carries (TS 23.040
// 9.2.3.24.1, 9.2.3.24.8). Total is 0 when it is a whole one.
type Concat struct {
	Ref        uint16
	Total, Seq uint8
}

// ReadTPDU reads a short message. d is the direction of the forwardSM operation,
// not of the TPDU: a report goes the other way.
func ReadTPDU(b []byte, d Direction, in Carrier) (t TPDU) {
	r := octets{b: b}
	first := r.take()
	if r.short {
		t.Cut = true
		return t
	}
	t.Type = typeOf(first&3, (d == MT) == (in == InInvoke), in)
	t.UDHI = first&0x40 != 0
	switch t.Type {
	case Deliver:
		t.More, t.Reply, t.Report = first&4 == 0, first&0x80 != 0, first&0x20 != 0
		t.address(&r)
		t.PID = r.take()
		t.coding(r.take())
		r.skip(timestampLen)
		t.userData(&r)
	case Submit:
		t.Reply, t.Report = first&0x80 != 0, first&0x20 != 0
		t.Ref = r.take()
		t.address(&r)
		t.PID = r.take()
		t.coding(r.take())
		r.skip(validityLen(first >> 3 & 3))
		t.userData(&r)
	case StatusReport:
		t.More, t.Report = first&4 == 0, first&0x20 != 0
		t.Ref = r.take()
		t.address(&r)
		r.skip(2 * timestampLen)
		t.Status = r.take()
		t.HasStatus = !r.short
		if len(r.b) > 0 {
			t.optional(&r)
		}
	case Command:
		t.Report = first&0x20 != 0
		t.Ref = r.take()
		t.PID = r.take()
		r.skip(2) // command type, message number
		t.address(&r)
	case DeliverReport, SubmitReport:
		if in == InError {
			t.FCS = r.take()
			t.HasFCS = !r.short
		}
		if t.Type == SubmitReport {
			t.submitReport(&r)
		} else {
			t.optional(&r)
		}
	}
	t.Cut = r.short
	return t
}

const timestampLen = 7

// typeOf tells the type by message type indicator and direction (TS 23.040
// 9.2.3.1). A mobile takes the reserved value for a Deliver.
func typeOf(mti uint8, toMobile bool, in Carrier) TPDUType {
	if in != InInvoke {
		switch {
		case mti == 0 && !toMobile:
			return DeliverReport
		case mti == 1 && toMobile:
			return SubmitReport
		}
		return InvalidTPDU
	}
	switch {
	case toMobile && (mti == 0 || mti == 3):
		return Deliver
	case toMobile && mti == 2:
		return StatusReport
	case !toMobile && mti == 1:
		return Submit
	case !toMobile && mti == 2:
		return Command
	}
	return InvalidTPDU
}

// validityLen is the length of the validity period by its format (TS 23.040
// 9.2.3.3): none, enhanced, relative, absolute.
func validityLen(format uint8) int { return [4]int{0, 7, 1, 7}[format] }

func (t *TPDU) address(r *octets) {
	a := SMEAddress{Digits: r.take()}
	o := r.take()
	a.TON, a.NPI = o>>4&7, o&0xf
	a.Value = r.next((int(a.Digits) + 1) / 2)
	t.Address, t.HasAddress = a, !r.short
}

// optional reads parameter indicator and what it announces, of a status report
// or delivery report (TS 23.040 9.2.3.27).
func (t *TPDU) optional(r *octets) {
	pi := r.take()
	if r.short {
		// The parameter indicator of a status report is optional, and so is
		// everything behind it.
		return
	}
	for ext := pi; ext&0x80 != 0 && !r.short; {
		ext = r.take()
	}
	if pi&1 != 0 {
		t.PID = r.take()
	}
	if pi&2 != 0 {
		t.coding(r.take())
	}
	if pi&4 != 0 {
		t.userData(r)
	}
}

// submitReport reads parameter indicator, timestamp and the rest (TS 23.040 9.2.2.2a).
func (t *TPDU) submitReport(r *octets) {
	pi := r.take()
	for ext := pi; ext&0x80 != 0 && !r.short; {
		ext = r.take()
	}
	r.skip(timestampLen)
	if pi&1 != 0 {
		t.PID = r.take()
	}
	if pi&2 != 0 {
		t.coding(r.take())
	}
	if pi&4 != 0 {
		t.userData(r)
	}
}

// coding reads the data coding scheme (TS 23.038 4).
func (t *TPDU) coding(dcs uint8) {
	t.DCS = dcs
	switch {
	case dcs < 0x80:
		t.Compressed, t.Alphabet = dcs&0x20 != 0, Alphabet(dcs>>2&3)
	case dcs >= 0xf0 && dcs&4 != 0:
		t.Alphabet = Octets8
	case dcs >= 0xe0 && dcs < 0xf0:
		t.Alphabet = UCS2
	}
}

// septets reports whether the user data's length counts septets.
func (t *TPDU) septets() bool {
	return !t.Compressed && (t.Alphabet == GSM7 || t.Alphabet == ReservedAlphabet)
}

func (t *TPDU) userData(r *octets) {
	t.UDL = r.take()
	n := int(t.UDL)
	if t.septets() {
		n = (7*n + 7) / 8
	}
	t.UD = r.next(n)
	if t.UDHI && len(t.UD) > 0 {
		h := int(t.UD[0])
		if h > len(t.UD)-1 {
			r.short = true
			return
		}
		t.Header = t.UD[1 : 1+h]
		t.header()
	}
}

// Information elements of the user data header (TS 23.040 9.2.3.24).
const (
	ieConcat8  = 0x00
	iePorts8   = 0x04
	iePorts16  = 0x05
	ieConcat16 = 0x08
)

// header reads the information elements. One that is wrong ends it, and of
// several alike the last counts (TS 23.040 9.2.3.24).
func (t *TPDU) header() {
	for h := t.Header; len(h) >= 2; {
		n := int(h[1])
		if 2+n > len(h) {
			return
		}
		v := h[2 : 2+n]
		switch {
		case h[0] == ieConcat8 && n == 3 && v[1] > 0 && v[2] > 0 && v[2] <= v[1]:
			t.Concat = Concat{uint16(v[0]), v[1], v[2]}
		case h[0] == ieConcat16 && n == 4 && v[2] > 0 && v[3] > 0 && v[3] <= v[2]:
			t.Concat = Concat{uint16(v[0])<<8 | uint16(v[1]), v[2], v[3]}
		case h[0] == iePorts8 || h[0] == iePorts16:
			t.Ports = true
		}
		h = h[2+n:]
	}
}

// octets takes octets from the front and remembers when there were too few.
type octets struct {
	b     []byte
	short bool
}

func (r *octets) take() uint8 {
	if len(r.b) == 0 {
		r.short = true
		return 0
	}
	o := r.b[0]
	r.b = r.b[1:]
	return o
}

// next takes n octets, or what there is.
func (r *octets) next(n int) []byte {
	if n > len(r.b) {
		n, r.short = len(r.b), true
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

func (r *octets) skip(n int) { r.next(n) }

// DeliveryState is what a status report says (TS 23.040 9.2.3.15).
type DeliveryState uint8

// The states.
const (
	Delivered DeliveryState = iota
	StillTrying
	FailedPermanently
	GivenUp       // temporary error, the service centre tries no more
	ReservedState // above 0x7f
)

// StateOf groups the status octet.
func StateOf(status uint8) DeliveryState {
	return min(DeliveryState(status>>5), ReservedState)
}
