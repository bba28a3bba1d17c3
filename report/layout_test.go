package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		in   string
		w    int
		want []string
	}{
		{"", 10, []string{""}},
		{"one two three", 7, []string{"one two", "three"}},
		{"exactly ten", 11, []string{"exactly ten"}},
		{"[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535", 20, []string{"[2001:db8:aaaa:bbbb:", "cccc:dddd:eeee:", "ffff]:65535"}},
		{"it took (up to 2.00 s) or 3 min 11 s more", 12, []string{"it took (up", "to 2.00 s)", "or 3 min", "11 s more"}},
		{"2.00 s", 5, []string{"2.00", "s"}},
		{"as http.DefaultTransport", 18, []string{"as", "http.", "DefaultTransport"}},
		{"日本語 日本", 6, []string{"日本語", "日本"}},
		{"日本語", 5, []string{"日本", "語"}},
	} {
		if got := wrap(c.in, c.w); !reflect.DeepEqual(got, c.want) {
			t.Errorf("wrap(%q, %d) = %q, want %q", c.in, c.w, got, c.want)
		}
	}
}

// FuzzWrap: no line is too wide (one wide character apart) and no character
// but blanks gets lost.
func FuzzWrap(f *testing.F) {
	f.Add("some words and averyveryverylongword", 9)
	f.Add("日本語 e\u0301", 1)
	f.Fuzz(func(t *testing.T, s string, w int) {
		s = Escape(s)
		if w < 1 || w > 200 {
			return
		}
		lines := wrap(s, w)
		for _, l := range lines {
			if width(l) > max(w, 2) {
				t.Fatalf("line %q is wider than %d", l, w)
			}
		}
		if got, want := strings.Join(lines, ""), s; strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
			t.Fatalf("%q became %q", want, got)
		}
	})
}

func TestGridKeepsLongCellsWhole(t *testing.T) {
	var b bytes.Buffer
	p := printer{w: &b}
	g := grid{columns: []column{{head: "server", min: 15}, {head: "count", right: true}, {head: "what", min: 10}},
		rows: [][]string{
			{"[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535", "1,234", "words that have to be wrapped in their column"},
			{"10.0.0.1:80", "1", "日本語"},
		}}
	g.write(&p, 2, 50)
	if err := p.flush(); err != nil {
		t.Fatal(err)
	}
	out := b.String()
	for _, l := range strings.Split(out, "\n") {
		if width(l) > 50 || l != strings.TrimRight(l, " ") {
			t.Errorf("line %q: too wide, or blanks at its end", l)
		}
	}
	first := ""
	for _, l := range strings.Split(out, "\n")[1:] {
		if strings.Contains(l, "10.0.0.1") {
			break
		}
		first += strings.Fields(l + " -")[0]
	}
	if !strings.Contains(strings.ReplaceAll(first, "-", ""), "ffff]:65535") {
		t.Errorf("the address lost its end:\n%s", out)
	}
}

// A table in parts: the rows of the second part say whose they are, and no address
// breaks where a column more or less makes room.
func TestGridParts(t *testing.T) {
	columns := []column{{head: "client", min: 12}, {head: "server", min: 12}, {head: "connections", right: true}, {head: "exchanges", right: true}, {head: "ended", min: 12}}
	for _, c := range []struct {
		rows [][]string
		want string
	}{
		{[][]string{{"192.0.2.1", "198.51.100.180:80", "1", "2", "1 client"}, {"192.0.2.1", "198.51.100.181:80", "1", "3", "1 server"}}, `
CLIENT     SERVER             CONNECTIONS
192.0.2.1  198.51.100.180:80            1
192.0.2.1  198.51.100.181:80            1
CLIENT     SERVER             EXCHANGES  ENDED
192.0.2.1  198.51.100.180:80          2  1 client
192.0.2.1  198.51.100.181:80          3  1 server
`},
		{[][]string{{"192.0.2.1", "198.51.100.180:80", "1", "2", "1 client"}, {"192.0.2.2", "198.51.100.180:80", "1", "3", "1 server"}}, `
CLIENT     SERVER             CONNECTIONS
192.0.2.1  198.51.100.180:80            1
192.0.2.2  198.51.100.180:80            1
CLIENT     EXCHANGES  ENDED
192.0.2.1          2  1 client
192.0.2.2          3  1 server
`},
		{[][]string{{"192.0.2.1", "198.51.100.180:80", "1", "2", "1 client"}, {"192.0.2.1", "198.51.100.180:80", "7", "2", "1 server"}}, `
CLIENT     SERVER             CONNECTIONS
192.0.2.1  198.51.100.180:80            1
192.0.2.1  198.51.100.180:80            7
CLIENT     EXCHANGES  ENDED
192.0.2.1          2  1 client
192.0.2.1          2  1 server
`},
	} {
		var b bytes.Buffer
		p := printer{w: &b}
		g := grid{columns: columns, rows: c.rows}
		g.write(&p, 0, 51)
		if err := p.flush(); err != nil {
			t.Fatal(err)
		}
		if "\n"+b.String() != c.want {
			t.Errorf("%s\nwant%s", b.String(), c.want)
		}
	}
}

func FuzzIndentJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,2,{"b":"}]\""}],"c":{},"d":[],"e":null,"f":[[1,2],[3,4]],"g":{"h":{"i":[]}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var compact bytes.Buffer
		if json.Compact(&compact, raw) != nil {
			return
		}
		var out, again bytes.Buffer
		indentJSON(&out, compact.Bytes(), 0)
		if err := json.Compact(&again, out.Bytes()); err != nil {
			t.Fatalf("%s became %s: %v", compact.Bytes(), out.Bytes(), err)
		}
		if !bytes.Equal(compact.Bytes(), again.Bytes()) {
			t.Fatalf("%s became %s", compact.Bytes(), again.Bytes())
		}
	})
}
