package httpwire

// Character classes of RFC 9110 5.6.2 and 5.5.

// isToken reports whether c may stand in a token.
func isToken(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	switch c {
	case '!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~':
		return true
	}
	return false
}

// isControl reports whether c is a control character other than tab, which
// neither a target nor a field value may hold.
func isControl(c byte) bool { return c < ' ' && c != '\t' || c == 0x7f }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// equalFold reports whether b is the lower-case string s, ignoring ASCII case.
func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i, c := range b {
		if lower(c) != s[i] {
			return false
		}
	}
	return true
}

// trim takes spaces and tabs off both ends.
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// hash is FNV-1a with 64 bits, of the lower-case form if fold is set: equal for
// equal values in every run.
func hash(b []byte, fold bool) uint64 {
	h := uint64(0xcbf29ce484222325)
	for _, c := range b {
		if fold {
			c = lower(c)
		}
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	return h
}
