package gsmmap

// Show says how much of subscribers' identities may be written. The zero value
// masks them.
type Show struct {
	// Subscribers lifts the mask from IMSI, MSISDN and the addresses in TPDUs.
	Subscribers bool
}

// maskDigit stands for a digit that is not shown.
const maskDigit = '*'

// imsiShown is how many digits of an IMSI are shown: country and network, which
// is 5 or 6; 5 tells no more than it must.
const imsiShown = 5

// AppendIMSI appends an IMSI from TBCD: MCC and two digits of the MNC, then a *
// for every digit.
func AppendIMSI(dst, tbcd []byte, show Show) []byte {
	start := len(dst)
	return mask(AppendTBCD(dst, tbcd), start, imsiShown, show)
}

// AppendNumber appends a subscriber's number (MSISDN): the country code of an
// international one, then a * for every digit; of others no digit is shown.
func AppendNumber(dst []byte, n Number, show Show) []byte {
	start := len(dst)
	dst = AppendTBCD(dst, n.TBCD)
	keep := 0
	if n.Nature == 1 {
		keep = countryCodeLen(dst[start:])
	}
	return mask(dst, start, keep, show)
}

// AppendNode appends the number of a node (service centre, MSC, HLR), which is
// not personal, whole.
func AppendNode(dst []byte, n Number) []byte { return AppendTBCD(dst, n.TBCD) }

// mask replaces the digits of dst from start on, but for the first keep.
func mask(dst []byte, start, keep int, show Show) []byte {
	if show.Subscribers {
		return dst
	}
	for i := start + keep; i < len(dst); i++ {
		dst[i] = maskDigit
	}
	return dst
}

// countryCodeLen is the length of the country code that an international number
// begins with (ITU-T E.164): 1 and 7 are zones with a code of one digit, the
// codes of two digits are listed, all others have three.
func countryCodeLen(number []byte) int {
	if len(number) == 0 {
		return 0
	}
	if number[0] == '1' || number[0] == '7' {
		return 1
	}
	if len(number) < 2 {
		return len(number)
	}
	second := number[1]
	two := false
	switch number[0] {
	case '2':
		two = second == '0' || second == '7'
	case '3':
		two = second <= '4' || second == '6' || second == '9'
	case '4':
		two = second != '2'
	case '5':
		two = second >= '1' && second <= '8'
	case '6':
		two = second <= '6'
	case '8':
		two = second == '1' || second == '2' || second == '4' || second == '6'
	case '9':
		two = second <= '5' || second == '8'
	}
	if two {
		return 2
	}
	return min(3, len(number))
}

// CountryCode is the country code that the digits of an international number
// begin with, a part of them.
func CountryCode(digits []byte) []byte { return digits[:countryCodeLen(digits)] }

// Fingerprint is a hash (FNV-1a) to compare octets that must not be kept, within
// one run. It is no protection: IMSIs can be tried out. It must never be shown.
func Fingerprint(b []byte) uint64 {
	h := uint64(0xcbf29ce484222325)
	for _, o := range b {
		h = (h ^ uint64(o)) * 0x100000001b3
	}
	return h
}
