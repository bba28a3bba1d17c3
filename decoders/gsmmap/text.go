package gsmmap

import (
	"unicode/utf16"
	"unicode/utf8"
)

// gsmDefault is the GSM 7 bit default alphabet (TS 23.038 6.2.1); 0x1b escapes to
// the extension table.
var gsmDefault = [128]rune{
	'@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å',
	'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', 0x1b, 'Æ', 'æ', 'ß', 'É',
	' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
	'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
	'¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
	'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
	'¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
	'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
}

const gsmEscape = 0x1b

// gsmExtension is the default extension table (TS 23.038 6.2.1.1).
func gsmExtension(septet byte) (rune, bool) {
	switch septet {
	case 0x0a:
		return '\f', true
	case 0x14:
		return '^', true
	case 0x28:
		return '{', true
	case 0x29:
		return '}', true
	case 0x2f:
		return '\\', true
	case 0x3c:
		return '[', true
	case 0x3d:
		return '~', true
	case 0x3e:
		return ']', true
	case 0x40:
		return '|', true
	case 0x65:
		return '€', true
	}
	return 0, false
}

// AppendText appends the text of a short message as UTF-8, which only an
// explicit wish of the user may bring about. ok is false when it is not text:
// 8-bit or compressed data. National language tables are not applied.
func (t *TPDU) AppendText(dst []byte) (text []byte, ok bool) {
	if t.Compressed || t.Alphabet == Octets8 {
		return dst, false
	}
	skip := 0
	if t.UDHI && len(t.UD) > 0 {
		skip = min(1+len(t.Header), len(t.UD))
	}
	if t.Alphabet == UCS2 {
		return appendUCS2(dst, t.UD[skip:]), true
	}
	// The text begins at the next septet boundary behind the header.
	first := (8*skip + 6) / 7
	return appendGSM7(dst, t.UD, first, int(t.UDL)-first), true
}

// appendGSM7 appends n septets of packed GSM-7 (TS 23.038 6.1.2.1), starting
// with septet number first, as far as they are there.
func appendGSM7(dst, packed []byte, first, n int) []byte {
	escaped := false
	for i := first; i < first+n; i++ {
		bit := 7 * i
		if bit+7 > 8*len(packed) {
			break
		}
		v := uint16(packed[bit/8])
		if bit/8+1 < len(packed) {
			v |= uint16(packed[bit/8+1]) << 8
		}
		s := byte(v>>(bit%8)) & 0x7f
		switch {
		case escaped:
			escaped = false
			if r, ok := gsmExtension(s); ok {
				dst = utf8.AppendRune(dst, r)
				continue
			}
			dst = utf8.AppendRune(dst, gsmDefault[s])
		case s == gsmEscape:
			escaped = true
		default:
			dst = utf8.AppendRune(dst, gsmDefault[s])
		}
	}
	return dst
}

// appendUCS2 appends big-endian UCS-2; surrogate pairs, which phones do send, are
// taken as UTF-16.
func appendUCS2(dst, b []byte) []byte {
	for ; len(b) >= 2; b = b[2:] {
		r := rune(b[0])<<8 | rune(b[1])
		if utf16.IsSurrogate(r) && len(b) >= 4 {
			if full := utf16.DecodeRune(r, rune(b[2])<<8|rune(b[3])); full != utf8.RuneError {
				r = full
				b = b[2:]
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}
