package sccp

// Address is a called or calling party address (Q.713 3.4, ANSI T1.112.3 3.4).
type Address struct {
	// Raw is the whole parameter without its length, a view of the message; nil
	// when there is none.
	Raw []byte
	// Bad: the fields that the indicator announces do not fit Raw. Those that
	// did are valid.
	Bad bool
	// National is bit 8 of the indicator. ANSI: the address is laid out by
	// T1.112, which wants that bit; networks that follow ITU-T set it too.
	National   bool
	ANSI       bool
	RouteOnSSN bool // else on the global title
	HasPC      bool
	HasSSN     bool
	SSN        uint8
	// PC is 14 bits, or 24 with the network in the upper octet if ANSI.
	PC uint32

	// Global title, valid if GTI is not 0.
	GTI      uint8 // global title indicator
	TT       uint8 // translation type
	Plan     uint8 // numbering plan: 1 E.164, 6 E.212, 7 E.214
	Encoding uint8 // encoding scheme: 1 BCD odd, 2 BCD even
	Nature   uint8 // nature of address: 3 national, 4 international

	odd bool
	gt  []byte // address signals
}

// Global title indicators (Q.713 3.4.2.3).
const (
	gtiNature   = 1 // nature only; ANSI: translation type, plan, encoding
	gtiType     = 2 // translation type only
	gtiTypePlan = 3
	gtiFull     = 4
)

// ReadAddress reads an address parameter without its length octet. One with the
// national bit is read by ANSI if it fits that, and by ITU-T otherwise.
func ReadAddress(b []byte) Address {
	if len(b) == 0 || b[0]&0x80 == 0 {
		return readITU(b)
	}
	if a := readANSI(b); !a.Bad {
		return a
	}
	return readITU(b)
}

// readITU reads an address by Q.713 3.4: point code, SSN, global title.
func readITU(b []byte) (a Address) {
	a.Raw = b
	if len(b) == 0 {
		return a
	}
	r := a.indicator(b)
	a.HasPC, a.HasSSN = b[0]&1 != 0, b[0]&2 != 0
	if a.HasPC {
		a.PC = (uint32(r.octet()) | uint32(r.octet())<<8) & 0x3fff
	}
	if a.HasSSN {
		a.SSN = r.octet()
	}
	a.titleITU(&r)
	a.rest(&r)
	return a
}

// readANSI reads an address by T1.112.3 3.4: SSN, point code, global title. What
// that does not have, or leaves over, is Bad.
func readANSI(b []byte) (a Address) {
	a.Raw, a.ANSI = b, true
	r := a.indicator(b)
	a.HasSSN, a.HasPC = b[0]&1 != 0, b[0]&2 != 0
	if a.HasSSN {
		a.SSN = r.octet()
	}
	if a.HasPC {
		a.PC = uint32(r.octet()) | uint32(r.octet())<<8 | uint32(r.octet())<<16
	}
	a.titleANSI(&r)
	a.rest(&r)
	a.Bad = a.Bad || a.GTI > gtiType || a.GTI == 0 && len(a.gt) > 0
	return a
}

// indicator reads the first octet, as far as both layouts agree on it.
func (a *Address) indicator(b []byte) fields {
	a.National, a.RouteOnSSN, a.GTI = b[0]&0x80 != 0, b[0]&0x40 != 0, b[0]>>2&0xf
	return fields{b: b[1:]}
}

// rest takes what is left for the address signals.
func (a *Address) rest(r *fields) {
	a.Bad = r.short
	if !r.short {
		a.gt = r.b
	}
}

func (a *Address) titleITU(r *fields) {
	switch a.GTI {
	case gtiNature:
		o := r.octet()
		a.Nature, a.odd = o&0x7f, o&0x80 != 0
	case gtiType:
		a.TT = r.octet()
	case gtiTypePlan:
		a.TT = r.octet()
		a.planEncoding(r.octet())
	case gtiFull:
		a.TT = r.octet()
		a.planEncoding(r.octet())
		a.Nature = r.octet() & 0x7f
	}
}

func (a *Address) titleANSI(r *fields) {
	switch a.GTI {
	case gtiNature:
		a.TT = r.octet()
		a.planEncoding(r.octet())
	case gtiType:
		a.TT = r.octet()
	}
}

func (a *Address) planEncoding(o uint8) {
	a.Plan, a.Encoding = o>>4, o&0xf
	a.odd = a.Encoding == 1
}

// HasGT reports whether the address has a global title with digits.
func (a *Address) HasGT() bool { return a.GTI != 0 && len(a.gt) > 0 }

// maxDigits bounds what AppendDigits writes; E.164 and E.212 have 15.
const maxDigits = 40

// AppendDigits appends the global title's digits: 0 to 9, then *, #, a, b, c for
// the codes above. A filler (1111) ends them.
func (a *Address) AppendDigits(dst []byte) []byte {
	if a.GTI == 0 {
		return dst
	}
	n := 2 * len(a.gt)
	if a.odd {
		n--
	}
	for i := range min(n, maxDigits) {
		o := a.gt[i/2]
		if i%2 == 1 {
			o >>= 4
		}
		if o&0xf == 0xf {
			break
		}
		dst = append(dst, digits[o&0xf])
	}
	return dst
}

// Digits is AppendDigits as a string.
func (a *Address) Digits() string { return string(a.AppendDigits(make([]byte, 0, maxDigits))) }

// digits are the address signals by code. Codes 11 to 14 (Q.713 3.4.2.3.1: code
// 11, code 12, spare) are written as TBCD has them (TS 29.002 17.7.8).
const digits = "0123456789*#abc"

// fields takes octets from the front and remembers when there were too few.
type fields struct {
	b     []byte
	short bool
}

func (f *fields) octet() uint8 {
	if len(f.b) == 0 {
		f.short = true
		return 0
	}
	o := f.b[0]
	f.b = f.b[1:]
	return o
}

// SetTitle gives the address a global title whose digits are in bcd, low nibble
// first; odd says that the last nibble is filler. SUA brings the fields in
// another layout than SCCP.
func (a *Address) SetTitle(gti, tt, plan, nature uint8, bcd []byte, odd bool) {
	a.GTI, a.TT, a.Plan, a.Nature, a.gt, a.odd = gti, tt, plan, nature, bcd, odd
	a.Encoding = 2
	if odd {
		a.Encoding = 1
	}
}
