package gsmmap

// Number is an AddressString (TS 29.002 17.7.8): nature, numbering plan, digits.
type Number struct {
	Nature uint8 // 1 international, 2 national, 0 unknown, ...
	Plan   uint8 // 1 E.164, 6 land mobile (E.212), ...
	TBCD   []byte
}

// maxNumber is the longest AddressString in octets (TS 29.002 17.7.8).
const maxNumber = 20

// ReadNumber reads an AddressString. ok is false when it is empty or too long.
func ReadNumber(b []byte) (n Number, ok bool) {
	if len(b) == 0 || len(b) > maxNumber {
		return n, false
	}
	return Number{Nature: b[0] >> 4 & 7, Plan: b[0] & 0xf, TBCD: b[1:]}, true
}

// tbcdDigits by code (TS 29.002 17.7.8); 15 is filler.
const tbcdDigits = "0123456789*#abc"

// AppendTBCD appends the digits of a TBCD string, low nibble first, up to the
// filler. They identify a subscriber when they are an IMSI or an MSISDN: see
// AppendIMSI and AppendMSISDN for what may be shown.
func AppendTBCD(dst, tbcd []byte) []byte {
	for _, o := range tbcd {
		for _, d := range [2]byte{o & 0xf, o >> 4} {
			if d == 0xf {
				return dst
			}
			dst = append(dst, tbcdDigits[d])
		}
	}
	return dst
}
