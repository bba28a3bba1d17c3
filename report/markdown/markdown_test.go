package markdown

import (
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	for s, want := range map[string]string{
		"tcp 10.0.0.1:80 -> [2001:db8::1]:443": `tcp 10.0.0.1:80 -&gt; \[2001:db8::1\]:443`,
		"a|b`c*d_e\\f~g":                       "a\\|b\\`c\\*d\\_e\\\\f\\~g",
		"<img src=x onerror=y>&amp;":           "&lt;img src=x onerror=y&gt;&amp;amp;",
		"@team #12 $x$ !":                      "&#64;team &#35;12 \\$x\\$ \\!",
		"http://evil.example":                  "http&#58;//evil.example",
		"WWW.evil.example":                     "WWW&#46;evil.example",
		"two\nlines\r\n|":                      `two lines  \|`,
		"plain 1.5 ms, 30 %":                   "plain 1.5 ms, 30 %",
	} {
		if got := Text(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func TestCode(t *testing.T) {
	for s, want := range map[string]string{
		"pmtu-stall":  "`pmtu-stall`",
		"a|b":         "`a\\|b`",
		"``x`":        "``` ``x` ```",
		"a\nb":        "`a b`",
		"frame.x {1}": "`frame.x {1}`",
	} {
		if got := Code(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

// A row has as many bars as the head whatever its cells held.
func TestTable(t *testing.T) {
	var b strings.Builder
	Table(&b, []Column{{Head: "a"}, {Head: "n", Right: true}}, [][]string{{Text("x | y\n|---|"), "1"}})
	want := "| a | n |\n| --- | --: |\n| x \\| y \\|---\\| | 1 |\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
	b.Reset()
	if Table(&b, []Column{{Head: "a"}}, nil); b.Len() > 0 {
		t.Errorf("a table without rows: %q", b.String())
	}
}
