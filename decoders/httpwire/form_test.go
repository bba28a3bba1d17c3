package httpwire

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"pcaptriage/decoders"
	"pcaptriage/decoders/stream"
)

// like are heads with values left open, as clients and servers send them. A
// bracket stands for one of the values that are behind its letter in opens.
var like = [2][]string{{
	"GET [t] HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: one/1.0\r\nAccept: */*\r\n\r\n",
	"GET [t] HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: two/1.0\r\nCookie: [v]\r\nReferer: [v]\r\n\r\n",
	"HEAD [t] HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: two/1.0\r\nX-Y: [v]\r\n\r\n",
	"POST [t] HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: [l]\r\nX-Y: [v]\r\n\r\nabc",
	"POST [t] HTTP/1.0\r\nHost: [h]\r\nConnection: [o]\r\nUser-Agent: x\r\nContent-Length:[l]\r\n\r\nabc",
	"CONNECT [t] HTTP/1.1\r\nHost: www.example.com:443\r\nX-Y: [v]\r\n\r\n",
}, {
	"HTTP/1.1 200 OK\r\nDate: [v]\r\nServer: nginx\r\nContent-Length: [l]\r\nX-Y: [v]\r\n\r\nabc",
	"HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: [v]\r\nETag: [v]\r\nTransfer-Encoding: chunked\r\nConnection: [o]\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
	"HTTP/1.1 304 Not Modified\r\nServer: nginx\r\nDate: [v]\r\nContent-Length: [l]\r\n\r\n",
	"HTTP/1.0 200 OK\r\nServer: x\r\nKeep-Alive: [k]\r\nConnection: [o]\r\nContent-Length: [l]\r\nContent-Length: 3\r\n\r\nabc",
	"HTTP/1.1 100 Continue\r\nX-Y: [v]\r\nX-Z: something to make it long\r\n\r\n",
	"HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: [v]\r\nTransfer-Encoding: chunked\r\nContent-Length: [l]\r\n\r\n0\r\n\r\n",
}}

// opens are the values: usual ones, and a few that decide otherwise.
var opens = map[byte]func(r *rand.Rand, odd bool) string{
	't': func(r *rand.Rand, odd bool) string {
		if odd {
			return pick(r, "", "/a b", "/\x7f", "/\x01", "/\xc3\xa9", "*", " /", "/a HTTP/1.1")
		}
		return "/" + strings.Repeat("x", r.IntN(40)) + pick(r, "", "?a=b")
	},
	'v': func(r *rand.Rand, odd bool) string {
		if odd {
			return pick(r, "", " ", "\t", "a\tb", "\x00", "\x7f", "a\rb", "a\nb", "a\r\n b", "\xff\xfe", strings.Repeat("v", 300))
		}
		return pick(r, "Sat, 21 Nov 2026 10:54:30 GMT", "Sat, 21 Nov 2026 10:54:31 GMT", "Sun, 22 Nov 2026 10:54:31 GMT", "abc", "abd", `"1234-abcd"`, `W/"1234-abcd"`)
	},
	'l': func(r *rand.Rand, odd bool) string {
		if odd {
			return pick(r, "", "3 ", " 3", "+3", "-3", "3,3", "0x3", "3\t", "00000000000000000000000003", "9223372036854775807", "9223372036854775808", "1234567890123456789", "abc")
		}
		return pick(r, "3", "3", "03")
	},
	'h': func(r *rand.Rand, _ bool) string { return pick(r, "a.example", "b.example", "A.EXAMPLE", "") },
	'o': func(r *rand.Rand, _ bool) string {
		return pick(r, "close", "keep-alive", "Keep-Alive", "x, close", "upgrade", "")
	},
	'k': func(r *rand.Rand, _ bool) string {
		return pick(r, "timeout=5, max=100", "timeout=5, max=99", "timeout=5", "max", "")
	},
}

func pick(r *rand.Rand, s ...string) string { return s[r.IntN(len(s))] }

// filled returns a head with values in its open places.
func filled(r *rand.Rand, head string, odd bool) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(head, '[')
		if i < 0 {
			return b.String() + head
		}
		b.WriteString(head[:i] + opens[head[i+1]](r, odd && r.IntN(12) == 0))
		head = head[i+3:]
	}
}

// TestFormsAreReadAlike plays connections on which few heads come again and
// again with other values, as an observer sees them.
func TestFormsAreReadAlike(t *testing.T) {
	fit, messages := 0, 0
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 11))
		mine := [2][]string{{like[0][0], pick(r, like[0]...)}, {like[1][r.IntN(2)], pick(r, like[1]...)}}
		var pieces []string
		for i := range 2 * (2 + r.IntN(20)) {
			s := filled(r, pick(r, mine[i%2]...), seed%2 == 0)
			if seed%4 == 0 && r.IntN(20) == 0 {
				b := []byte(s)
				b[r.IntN(len(b))] = "\r\n :;0aA\x00\x80/\x7f\t"[r.IntN(13)]
				s = string(b)
			}
			switch r.IntN(60) {
			case 0:
				s += filled(r, pick(r, mine[i%2]...), false)
			case 1:
				s = s[:r.IntN(len(s))]
			}
			pieces = append(pieces, s)
		}
		_, n := sameBothWays(t, pieces)
		fit += n
		messages += len(pieces)
	}
	if fit < messages/4 {
		t.Errorf("of %d messages only %d fit known forms", messages, fit)
	}
	t.Logf("%d of %d messages fit known forms", fit, messages)
}

// FuzzForm changes a known head and reads it again.
func FuzzForm(f *testing.F) {
	for i, head := range append(append([]string{}, like[0]...), like[1]...) {
		r := rand.New(rand.NewPCG(uint64(i), 12))
		f.Add([]byte(filled(r, head, false)), []byte(filled(r, head, false)), []byte(filled(r, head, true)))
	}
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		ask, answer := filled(rand.New(rand.NewPCG(1, 2)), like[0][0], false), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
		one, two, three := string(a), string(b), string(c)
		if len(one) > 0 && strings.HasPrefix(one, "HTTP") {
			sameBothWays(t, []string{ask, one, ask, two, ask, three, ask, one, ask, two, ask, three})
		} else {
			sameBothWays(t, []string{one, answer, two, answer, three, answer, one, answer, two, answer, three, answer})
		}
	})
}

// heads feeds a connection with requests that have these fields, each answered,
// and returns how many requests and responses fit known forms.
func heads(d *Decoder, fields ...string) (fit uint32) {
	var dirs [2]Parser
	var q Queue
	before := d.used()
	var off [2]uint64
	for i, s := range fields {
		for dir, s := range [2]string{"GET /" + strconv.Itoa(i) + " HTTP/1.1\r\nHost: www.example.com\r\n" + s + "\r\n",
			"HTTP/1.1 200 OK\r\nServer: example\r\nContent-Length: 0\r\n\r\n"} {
			d.Segment(&dirs[dir], &q, []byte(s), Mark{Off: off[dir], Time: int64(i), Frame: decoders.FrameRef(i)}, &recorder{})
			off[dir] += uint64(len(s))
		}
	}
	return d.used() - before
}

func TestFormOpens(t *testing.T) {
	for name, c := range map[string]struct {
		fields []string
		fit    uint32 // of the requests
	}{
		"the same":               {[]string{"A: 1\r\n", "A: 1\r\n", "A: 1\r\n"}, 2},
		"a value":                {[]string{"A: 1\r\n", "A: 2\r\n", "A: 2\r\n", "A: 33\r\n", "A: \r\n", "A:\r\n"}, 4},
		"another value each":     {[]string{"A: 1\r\nB: 1\r\n", "A: 2\r\nB: 1\r\n", "A: 3\r\nB: 2\r\n", "A: 4\r\nB: 3\r\n"}, 1},
		"one that matters":       {[]string{"User-Agent: 1\r\n", "User-Agent: 2\r\n", "User-Agent: 1\r\n", "User-Agent: 2\r\n"}, 2},
		"another name":           {[]string{"A: 1\r\n", "B: 1\r\n", "A: 1\r\n", "B: 2\r\n"}, 1},
		"a line more":            {[]string{"A: 1\r\n", "A: 1\r\nB: 1\r\n", "A: 1\r\n"}, 1},
		"a control character":    {[]string{"A: 1\r\n", "A: 2\r\n", "A: \x01\r\n", "A: 3\x7f\r\n", "A: 3\t\r\n"}, 0},
		"too many lines":         {[]string{strings.Repeat("A: 1\r\n", maxLines+1), strings.Repeat("A: 1\r\n", maxLines+1)}, 0},
		"too many that changed":  {[]string{strings.Repeat("A: 1\r\n", maxOpen+1), strings.Repeat("A: 2\r\n", maxOpen+1), strings.Repeat("A: 3\r\n", maxOpen+1)}, 0},
		"as many as may change":  {[]string{strings.Repeat("A: 1\r\n", maxOpen), strings.Repeat("A: 2\r\n", maxOpen), strings.Repeat("A: 3\r\n", maxOpen)}, 1},
		"too long":               {[]string{"A: " + strings.Repeat("x", maxForm) + "\r\n", "A: " + strings.Repeat("x", maxForm) + "\r\n"}, 0},
		"long where it may":      {[]string{"A: 1\r\n", "A: 2\r\n", "A: " + strings.Repeat("x", maxForm) + "\r\n"}, 1},
		"a length":               {[]string{"Content-Length: 0\r\n", "Content-Length: 0000\r\n", "Content-Length: 00\r\n"}, 2},
		"a length with a blank":  {[]string{"Content-Length: 0 \r\n", "Content-Length: 0 \r\n"}, 0},
		"a length that is twice": {[]string{"Content-Length: 0\r\nContent-Length: 0\r\n", "Content-Length: 0\r\nContent-Length: 0\r\n"}, 0},
	} {
		answers := uint32(len(c.fields) - 1)
		if got := heads(newDecoder(stream.NewScratch(1<<20)), c.fields...); got != c.fit+answers {
			t.Errorf("%s: %d requests fit, want %d", name, int(got)-int(answers), c.fit)
		}
	}
}

// Heads that never come again do not drive out those that do, nor are all of them
// learnt.
func TestFormsOfNoUse(t *testing.T) {
	d := newDecoder(stream.NewScratch(1 << 20))
	heads(d, "A: 1\r\n", "A: 1\r\n", "A: 1\r\n", "A: 1\r\n", "A: 1\r\n")
	var all []string
	for i := range 5000 {
		all = append(all, "X-"+strconv.Itoa(i)+": 1\r\n")
	}
	heads(d, all...)
	if d.forms.wasted < maxWasted {
		t.Error("all are learnt")
	}
	heads(d, "A: 1\r\n", "A: 1\r\n")
	if got := heads(d, "A: 1\r\n", "A: 1\r\n"); got < 3 {
		t.Errorf("only %d fit", got)
	}
}

// TestFormLines holds what is looked at of each form to one line of the cache, of
// 64 bytes, and all forms to where lines begin.
func TestFormLines(t *testing.T) {
	var f form
	if at := unsafe.Offsetof(f.used); at != 64 || unsafe.Sizeof(f)%64 != 0 {
		t.Errorf("a form is told by %d bytes, and has %d", at, unsafe.Sizeof(f))
	}
	d := []*Decoder{newDecoder(nil)} // not on the stack
	if at := uintptr(unsafe.Pointer(d[0].forms)); at%64 != 0 {
		t.Errorf("forms begin at %#x", at)
	}
}
