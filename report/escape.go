package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Escape makes a string safe to print wherever a report may end up: control
// characters (C0, DEL, C1), bidirectional and other invisible format
// characters, line separators and bytes that are not UTF-8 become \n, \x1b or
// \u202e in plain characters. Everything printable stays as it is, backslashes
// too, so that escaping twice does no harm.
//
// Build passes every string that can come from a packet or a file name through
// it, so renderers never see an unescaped one.
func Escape(s string) string {
	if isClean(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 8)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsPrint(r):
			b.WriteString(s[i : i+n])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		i += n
	}
	return b.String()
}

func isClean(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' {
			return isCleanUnicode(s)
		}
	}
	return true
}

func isCleanUnicode(s string) bool {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return false
			}
		}
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// escapeAll escapes each string into a new slice, never nil, so that an empty
// list prints as [].
func escapeAll(in []string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = Escape(s)
	}
	return out
}

// CSVCell guards a text cell against being taken for a formula: spreadsheets
// evaluate cells that begin with = + - @, also behind a tab or carriage return
// (which Escape has already made visible).
func CSVCell(s string) string {
	if s == "" {
		return s
	}
	switch s[0] {
	case '=', '+', '-', '@':
		if _, err := strconv.ParseInt(s, 10, 64); err == nil {
			return s // a plain negative number
		}
		return "'" + s
	}
	return s
}
