package httpwire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"pcaptriage/decoders/stream"
)

// fact is what both parsers must agree on.
type fact struct {
	method string // of requests
	status int    // of responses
	body   uint64
	whole  bool
	closes bool
}

// askNetHTTP reads a stream with net/http. methods are those of the requests
// that the responses answer; nil means that the stream holds requests. It stops
// at the first error, which says why.
func askNetHTTP(b []byte, methods []string) (facts []fact, err error) {
	r := bufio.NewReader(bytes.NewReader(b))
	for {
		if _, err := r.Peek(1); err != nil {
			return facts, nil
		}
		var f fact
		var body io.ReadCloser
		if methods == nil {
			req, err := http.ReadRequest(r)
			if err != nil {
				return facts, err
			}
			if req.ProtoMajor != 1 || len(req.Method) > maxMethod {
				return facts, errNotOurs
			}
			f.method, f.closes, body = req.Method, req.Close, req.Body
		} else {
			if len(methods) == 0 {
				return facts, errNotOurs
			}
			resp, err := http.ReadResponse(r, &http.Request{Method: methods[0]})
			if err != nil {
				return facts, err
			}
			if resp.ProtoMajor != 1 || resp.StatusCode == 101 || methods[0] == "CONNECT" || !strings.HasPrefix(strings.TrimLeft(resp.Status, " "), fmt.Sprintf("%03d", resp.StatusCode)) {
				return facts, errNotOurs
			}
			if resp.StatusCode/100 != 1 {
				methods = methods[1:]
			}
			f.status, f.closes, body = resp.StatusCode, resp.Close, resp.Body
		}
		n, err := io.Copy(io.Discard, body)
		f.body, f.whole = uint64(n), err == nil
		facts = append(facts, f)
		if err != nil {
			return facts, err
		}
	}
}

var errNotOurs = errors.New("not compared")

// ask reads the same stream with this package, in pieces of the given sizes.
func ask(t testing.TB, b []byte, methods []string, sizes func() int) (facts []fact, msgs []Message) {
	p := newPlayer(t)
	dir := 0
	if methods != nil {
		dir = 1
		for _, m := range methods {
			p.data(0, m+" / HTTP/1.1\r\n\r\n")
		}
		p.end(0, stream.EndFIN)
		p.msgs = nil
	}
	for rest := b; len(rest) > 0; {
		n := min(max(sizes(), 1), len(rest))
		p.piece(dir, string(rest[:n]), len(rest) == len(b))
		rest = rest[n:]
	}
	p.end(dir, stream.EndFIN)
	for _, m := range p.msgs {
		f := fact{status: int(m.Status), body: m.Body, whole: m.Flags&Partial == 0, closes: m.Flags&Closes != 0}
		if dir == 0 {
			f.method = m.Method.String()
		}
		facts = append(facts, f)
	}
	if p.d.scratch.InUse() != 0 {
		t.Fatal("memory in use after the end")
	}
	return facts, p.msgs
}

// compare reads b with both. As long as net/http accepts what it reads, the
// facts must be equal; what it refuses must be marked.
func compare(t testing.TB, b []byte, methods []string, sizes func() int) (agreed int) {
	t.Helper()
	want, err := askNetHTTP(b, methods)
	got, msgs := ask(t, b, methods, sizes)
	if len(msgs) > 0 && (msgs[0].Kind == Request) != (methods == nil) {
		return 0 // requests where responses are asked for, or the reverse
	}
	if err == errNotOurs {
		got = got[:min(len(got), len(want))]
	}
	for i, w := range want {
		if i >= len(got) {
			t.Fatalf("message %d of %d is missing: %+v\n%q", i, len(want), w, b)
		}
		g, m := got[i], &msgs[i]
		if methodOf([]byte(w.method)) == Other && w.method != "" {
			w.method = "other"
		}
		last := i == len(want)-1 && err != nil
		if last && !w.whole {
			// Cut or broken within the body: what was read up to there.
			if g.method != w.method || g.status != w.status || g.whole && m.Flags&(Malformed|Trailers) == 0 && !tooStrict(err) {
				t.Fatalf("message %d: %+v, net/http says %+v, %v\n%q", i, g, w, err, b)
			}
			continue
		}
		if g != w {
			t.Fatalf("message %d: %+v, net/http says %+v\n%q", i, g, w, b)
		}
	}
	if err == nil && len(got) != len(want) {
		t.Fatalf("%d messages, net/http reads %d\n%q", len(got), len(want), b)
	}
	broken := len(want) > 0 && !want[len(want)-1].whole
	if err != nil && !broken && len(got) > len(want) && !tooStrict(err) {
		if m := &msgs[len(want)]; m.Flags&(Malformed|Partial|LeadingCRLF) == 0 {
			t.Fatalf("message %d: net/http refuses it, %v; it is not marked: %+v\n%q", len(want), err, m, b)
		}
	}
	return len(want)
}

// tooStrict: reasons to refuse that say nothing about where messages end.
func tooStrict(err error) bool {
	var u *url.Error
	return errors.As(err, &u) || err == errNotOurs || strings.Contains(err.Error(), "too much non-data")
}

func sizesFrom(seed uint64) func() int {
	r := rand.New(rand.NewPCG(seed, 1))
	limit := []int{1, 3, 20, 200, 1460, 1 << 20}[seed%6]
	return func() int { return 1 + r.IntN(limit) }
}

// generator writes streams of messages, most of them right.
type generator struct {
	*rand.Rand
	b       bytes.Buffer
	methods []string
}

func (g *generator) pick(s ...string) string { return s[g.IntN(len(s))] }

// eol is a line ending.
func (g *generator) eol() string {
	if g.IntN(20) == 0 {
		return "\n"
	}
	return "\r\n"
}

func (g *generator) field(name, value string) {
	switch g.IntN(12) {
	case 0:
		name = strings.ToLower(name)
	case 1:
		value = "  " + value + "\t "
	case 2:
		value = g.eol() + " " + value
	case 3:
		if g.IntN(20) == 0 {
			name += " "
		}
	}
	g.b.WriteString(name + ":" + value + g.eol())
}

// fields writes the common fields and a body description, and returns the body.
func (g *generator) fields() (body string) {
	for range g.IntN(4) {
		g.field(g.pick("Host", "Accept", "X-Long", "Cookie", "Via"), strings.Repeat(g.pick("a", "b c", "\xe9"), g.IntN(30)))
	}
	if g.IntN(4) == 0 {
		g.field("Connection", g.pick("close", "keep-alive", "Keep-Alive, foo", "foo,  CLOSE ", "upgrade", ""))
	}
	n := g.IntN(300)
	data := strings.Repeat("x", n)
	switch g.IntN(8) {
	case 0, 1, 2:
		g.field("Content-Length", fmt.Sprint(n))
		return data
	case 3, 4, 5:
		g.field("Transfer-Encoding", g.pick("chunked", "Chunked", "chunked", "gzip, chunked"))
		if g.IntN(8) == 0 {
			g.field("Content-Length", "7")
		}
		return g.chunks(data)
	case 6:
		if g.IntN(4) == 0 {
			g.field("Content-Length", g.pick("", "-1", "+5", "5 5", "18446744073709551616", "9223372036854775807", "5,5"))
		} else if g.IntN(2) == 0 {
			g.field("Content-Length", fmt.Sprint(n))
			g.field("Content-Length", fmt.Sprint(n+g.IntN(2)))
		}
		return data[:g.IntN(2)*len(data)]
	}
	return ""
}

func (g *generator) chunks(data string) string {
	var b strings.Builder
	for len(data) > 0 {
		n := 1 + g.IntN(len(data))
		fmt.Fprintf(&b, g.pick("%x", "%X", "%04x"), n)
		b.WriteString(g.pick("", "", "", ";a=b", " ", "; q=\"x\""))
		b.WriteString("\r\n" + data[:n] + "\r\n")
		data = data[n:]
	}
	b.WriteString("0\r\n")
	if g.IntN(4) == 0 {
		b.WriteString("Trailer-A: b\r\nTrailer-B: c\r\n")
	}
	b.WriteString("\r\n")
	return b.String()
}

func (g *generator) requests(n int) {
	for range n {
		g.b.WriteString(g.pick("GET", "POST", "HEAD", "PUT", "M-SEARCH", "PROPFIND", "OPTIONS", "DELETE") + " " +
			g.pick("/", "/a/b?c=d", "*", "http://a.example/x") + " " + g.pick("HTTP/1.1", "HTTP/1.1", "HTTP/1.0") + g.eol())
		body := g.fields()
		g.b.WriteString(g.eol() + body)
	}
}

func (g *generator) responses(n int) {
	for range n {
		method := g.pick("GET", "GET", "GET", "POST", "HEAD")
		g.methods = append(g.methods, method)
		if g.IntN(6) == 0 {
			g.b.WriteString("HTTP/1.1 100 Continue\r\n\r\n")
		}
		status := g.pick("200", "200", "204", "304", "404", "500", "302")
		g.b.WriteString(g.pick("HTTP/1.1", "HTTP/1.1", "HTTP/1.0") + " " + status + g.pick(" OK", "", " ") + g.eol())
		body := g.fields()
		g.b.WriteString(g.eol())
		if method != "HEAD" && status != "204" && status != "304" {
			g.b.WriteString(body)
		}
	}
}

// damage changes some bytes.
func (g *generator) damage() {
	b := g.b.Bytes()
	for range 1 + g.IntN(3) {
		if len(b) > 0 {
			b[g.IntN(len(b))] = "\r\n :;0aA\x00\x80/"[g.IntN(11)]
		}
	}
}

func TestAgainstNetHTTP(t *testing.T) {
	agreed := 0
	for seed := range uint64(6000) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 2))}
		if seed%2 == 0 {
			g.requests(1 + g.IntN(6))
		} else {
			g.responses(1 + g.IntN(6))
		}
		if seed%5 == 0 {
			g.damage()
		}
		b := g.b.Bytes()
		if seed%7 == 0 {
			b = b[:g.IntN(len(b)+1)]
		}
		agreed += compare(t, b, g.methods, sizesFrom(seed))
	}
	if agreed < 10000 {
		t.Errorf("only %d messages that net/http accepts", agreed)
	}
	t.Logf("%d messages", agreed)
}

func seeds(f *testing.F) {
	for seed := range uint64(20) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 3))}
		if seed%2 == 0 {
			g.requests(3)
		} else {
			g.responses(3)
		}
		f.Add(g.b.Bytes(), seed)
	}
}

func FuzzRequests(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte, seed uint64) {
		if len(b) < MaxHead {
			compare(t, b, nil, sizesFrom(seed))
		}
	})
}

func FuzzResponses(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte, seed uint64) {
		methods := []string{"GET", "HEAD", "POST", "GET", "HEAD", "PUT", "GET", "GET"}
		if len(b) < MaxHead {
			compare(t, b, methods[seed%3:], sizesFrom(seed))
		}
	})
}

// FuzzHoles plays both directions with holes and checks that nothing breaks:
// calls come in order, memory is given back, and counts add up.
func FuzzHoles(f *testing.F) {
	f.Add([]byte(get+"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), []byte{0, 27, 1, 20, 5, 3, 1, 100})
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), []byte{1, 52, 5, 3, 1, 100})
	f.Fuzz(func(t *testing.T, b, plan []byte) {
		p := newPlayer(t)
		p.d = newDecoder(stream.NewScratch(4 << 10))
		for ; len(plan) >= 2; plan = plan[2:] {
			dir, n := int(plan[0]&1), int(plan[1])
			switch plan[0] >> 1 & 7 {
			case 0, 1, 2, 3:
				n = min(n, len(b))
				p.piece(dir, string(b[:n]), plan[0]&16 != 0)
				b = b[n:]
			case 4:
				p.gap(dir, uint64(n)+1, stream.CauseLost)
			case 5:
				p.gap(dir, uint64(n)<<8+1, stream.CauseSnap)
			case 6:
				p.gap(dir, 0, stream.CauseRestart)
			}
		}
		for d := range p.dirs {
			p.end(d, stream.Ending(1+len(b)%3))
			if p.dirs[d].Current() != nil || !p.dirs[d].Idle() {
				t.Fatal("a message is under way after the end")
			}
		}
		if p.open[Request] != 0 || p.open[Response] != 0 || p.d.scratch.InUse() != 0 {
			t.Fatal("not all ended")
		}
		if p.q.Len() < 0 || p.q.Len() > int(p.q.Requests()) {
			t.Fatal("queue length", p.q.Len())
		}
		for _, m := range p.msgs {
			if m.Last.Off > p.offs[m.Kind-1] && m.Last.Off > p.offs[2-m.Kind] {
				t.Fatalf("ends beyond the stream: %+v", m)
			}
			if m.Missing > 0 && m.Flags&Partial == 0 {
				t.Fatalf("bytes missing but whole: %+v", m)
			}
		}
	})
}
