package httpwire

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pcaptriage/decoders"
	"pcaptriage/decoders/stream"
)

// recorder keeps everything that a handler is told.
type recorder struct{ lines []string }

func (r *recorder) Head(m *Message, h *Head, req *Pending) {
	r.lines = append(r.lines, fmt.Sprintf("head %+v %q %+v", *m, *h, req))
}

func (r *recorder) Done(m *Message, req *Pending) {
	r.lines = append(r.lines, fmt.Sprintf("done %+v %+v", *m, req))
}

// used counts the heads that fit known forms.
func (d *Decoder) used() (n uint32) {
	for i := range d.forms.table {
		n += d.forms.table[i].used
	}
	return n
}

// record feeds both directions in turn and returns what the handler was told,
// and how many heads were read quickly, or fit known forms.
func record(long bool, pieces []string) (lines []string, quick, fit int) {
	d := newDecoder(stream.NewScratch(1 << 20))
	d.long = long
	var dirs [2]Parser
	var q Queue
	var off [2]uint64
	r := &recorder{}
	for i, s := range pieces {
		dir := i % 2
		p := &dirs[dir]
		before := p.count
		d.quick.length = 0
		used := d.used()
		k := Sink{Decoder: d, Parser: p, Queue: &q, Handler: r}
		if s != "" {
			b := []byte(s)
			k.Data(stream.Chunk{Off: off[dir], Bytes: b, Time: int64(i), Frame: decoders.FrameRef(i), Boundary: true})
			clear(b) // it was only borrowed
		}
		off[dir] += uint64(len(s))
		switch {
		case p.count == before:
		case d.used() > used:
			fit++
		case d.quick.length > 0:
			quick++
		}
	}
	for dir := range dirs {
		k := Sink{Decoder: d, Parser: &dirs[dir], Queue: &q, Handler: r}
		k.End(stream.EndFIN)
	}
	return append(r.lines, fmt.Sprintf("%+v", q)), quick, fit
}

// sameBothWays reports how many heads were read quickly, and how many fit known
// forms, after checking that it made no difference.
func sameBothWays(t testing.TB, pieces []string) (quick, fit int) {
	t.Helper()
	want, _, _ := record(true, pieces)
	got, quick, fit := record(false, pieces)
	if !slices.Equal(got, want) {
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Fatalf("quick: %s\nlong:  %s\n%q", got[i], want[i], pieces)
			}
		}
		t.Fatalf("%d calls, the long way makes %d\n%q", len(got), len(want), pieces)
	}
	return quick, fit
}

func TestQuickHeadsAreReadAlike(t *testing.T) {
	pick := func(r *rand.Rand, s ...string) string { return s[r.IntN(len(s))] }
	quick, fit, messages := 0, 0, 0
	for seed := range uint64(8000) {
		r := rand.New(rand.NewPCG(seed, 9))
		var pieces []string
		odd := func(usual string, others ...string) string {
			if seed%3 > 0 {
				return usual
			}
			return pick(r, append(others, usual, usual)...)
		}
		for i := range 2 + r.IntN(6) {
			var b strings.Builder
			if i%2 == 0 {
				b.WriteString(pick(r, "GET", "GET", "POST", "HEAD", odd("PUT", "CONNECT", "FOO"), "OPTIONS") + " " +
					pick(r, "/", "/a?b=c", "*", odd("/a/b", "/a b"), "/\xc3\xa9", "/"+strings.Repeat("x", r.IntN(400))) + " HTTP/1." + pick(r, "1", "1", "0"))
			} else {
				b.WriteString("HTTP/1." + pick(r, "1", "0") + " " + pick(r, "200", "200", odd("500", "100", "101", "99"), "204", "304", "404") +
					pick(r, " OK", "", " ", " Not Found", " \xe9", odd(" X", " "+strings.Repeat("r", 300))))
			}
			b.WriteString("\r\n")
			for range r.IntN(8) {
				b.WriteString(pick(r, "Host", "host", "User-Agent", "Connection", "CONNECTION", "Content-Type", "Content-Length", "Transfer-Encoding",
					"Keep-Alive", "Upgrade", "Expect", "Server", "Accept", "X-Y", "Date", "Content-Lengt", "Hos") + pick(r, ": ", ": ", ":", ":  ", odd(":", " : ", ":\t")) +
					pick(r, "a", "close", "keep-alive", "timeout=5, max=7", "0", "3", "chunked", "text/event-stream", "upgrade", "100-continue", "x, close", "", "A.B", "\xff") +
					odd("", " ", "\t") + odd("\r\n", "\n", "\r\n "))
			}
			b.WriteString("\r\n" + pick(r, "", "", "abc"))
			s := []byte(b.String())
			if r.IntN(8) == 0 && seed%3 == 0 {
				s[r.IntN(len(s))] = "\r\n :;0aA\x00\x80/\x7f\t"[r.IntN(13)]
			}
			if r.IntN(20) == 0 {
				s = s[:r.IntN(len(s))]
			}
			pieces = append(pieces, string(s))
		}
		// The same fields again, with another start line too.
		pieces = pieces[:len(pieces)/2*2]
		again := pieces
		for range 2 {
			for _, s := range again {
				if r.IntN(2) == 0 {
					s = strings.Replace(s, "HTTP/1.1", "HTTP/1.0", 1)
				}
				pieces = append(pieces, s)
			}
		}
		n, m := sameBothWays(t, pieces)
		quick += n
		fit += m
		messages += len(pieces)
	}
	if quick < messages/3 || fit < messages/25 {
		t.Errorf("of %d messages only %d were read quickly, and %d fit known forms", messages, quick, fit)
	}
	t.Logf("%d of %d messages read quickly, %d fit known forms", quick, messages, fit)
}

func FuzzQuick(f *testing.F) {
	f.Add([]byte("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"), []byte("HTTP/1.1 200 OK\r\nServer: y\r\nContent-Length: 0\r\n\r\n"))
	f.Add([]byte("GET /?a=\x7f HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), []byte("HTTP/1.0 304\r\nKeep-Alive: timeout=5\r\n\r\n"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		sameBothWays(t, []string{string(a), string(b), string(b), string(a), string(a)})
	})
}

func TestNextControl(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20000 {
		b := make([]byte, r.IntN(40))
		for i := range b {
			b[i] = byte(0x20 + r.IntN(0x5f))
			if r.IntN(12) == 0 {
				b[i] = byte(r.IntN(256))
			}
		}
		from := r.IntN(len(b) + 1)
		want := from
		for want < len(b) && !isControl(b[want]) && b[want] != '\t' {
			want++
		}
		if got := nextControl(b, from); got != want {
			t.Fatalf("%d, want %d in %q", got, want, b)
		}
	}
}
