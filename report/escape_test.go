package report

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"plain text, 100 % ü 日本": "plain text, 100 % ü 日本",
		hostile:                  hostileEscaped,
		"\x00\t\r\n\x7f":         `\x00\t\r\n\x7f`,
		"\u0085\u009b31m":        `\u0085\u009b31m`, // C1: NEL, CSI
		"a\u200bb\u2028c\ufeff":  `a\u200bb\u2028c\ufeff`,
		"\U000e0041":             `\U000e0041`, // a tag character
		"\xc3\x28":               `\xc3(`,
		`C:\new`:                 `C:\new`,
		"\ufffd":                 "\ufffd", // was there already: not our business
	} {
		if got := Escape(in); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCSVCell(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "abc": "abc", "=1+1": "'=1+1", "+A1": "'+A1", "-A1": "'-A1", "@SUM(A1)": "'@SUM(A1)",
		"-5": "-5", "-5+cmd|' /C calc'!A0": "'-5+cmd|' /C calc'!A0", "a=b": "a=b", "- text": "'- text",
	} {
		if got := CSVCell(in); got != want {
			t.Errorf("CSVCell(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", hostile, "\x1b]0;title\x07", "\u202e\u2066", "\xf0\x9f", "=cmd()", "ordinary"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e := Escape(s)
		if !utf8.ValidString(e) {
			t.Fatalf("%q is not UTF-8", e)
		}
		for _, r := range e {
			if !unicode.IsPrint(r) {
				t.Fatalf("%q keeps %U", e, r)
			}
		}
		if again := Escape(e); again != e {
			t.Fatalf("escaping %q again gives %q", e, again)
		}
		if utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 && e != s {
			t.Fatalf("clean %q became %q", s, e)
		}
	})
}
