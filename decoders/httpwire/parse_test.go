package httpwire

import (
	"strings"
	"testing"

	"pcaptriage/decoders/stream"
)

// step of a conversation: "C"/"S" data, "c"/"s" a lost piece of n bytes,
// "cut" one cut off by snaplen on the server's side.
type step struct {
	who  string
	data string
	n    uint64
}

func (c *player) play(steps []step) {
	for _, s := range steps {
		switch s.who {
		case "C":
			c.data(0, s.data)
		case "S":
			c.data(1, s.data)
		case "c":
			c.gap(0, s.n, stream.CauseLost)
		case "s":
			c.gap(1, s.n, stream.CauseLost)
		case "ccut":
			c.gap(0, s.n, stream.CauseSnap)
		case "scut":
			c.gap(1, s.n, stream.CauseSnap)
		case "restart":
			c.gap(1, 0, stream.CauseRestart)
		case "FIN":
			c.end(1, stream.EndFIN)
			c.end(0, stream.EndFIN)
		case "RST":
			c.end(1, stream.EndRST)
			c.end(0, stream.EndClose)
		default:
			panic(s.who)
		}
	}
}

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

func TestConversations(t *testing.T) {
	for _, c := range []struct {
		name  string
		steps []step
		want  string
	}{
		{"reuse", []step{
			{"C", get, 0}, {"S", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 0},
			{"C", "POST /a HTTP/1.1\r\nHost: X\r\nUser-Agent: t/1\r\nContent-Length: 3\r\n\r\nabc", 0}, {"S", "HTTP/1.1 204 No Content\r\n\r\n", 0},
		}, `
> GET / none host=x
>. body=0
< 200 length
<. body=5 answers=1
> POST /a length host=X agent=t/1
>. body=3
< 204 none
<. body=0 answers=2
`},
		{"capture begins within the first response", []step{
			{"C", get, 0}, {"S", "the rest of a body", 0},
			{"C", get, 0}, {"S", "HTTP/1.1 204 No Content\r\n\r\n", 0},
			{"C", get, 0}, {"S", "HTTP/1.1 304 Not Modified\r\n\r\n", 0},
		}, `
> GET / none host=x
>. body=0
> GET / none host=x
>. body=0
< 204 none
<. body=0 answers=2
> GET / none host=x
>. body=0
< 304 none
<. body=0 answers=3
`},
		{"HEAD, 304, 1xx", []step{
			{"C", "HEAD / HTTP/1.1\r\n\r\n", 0}, {"S", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", 0},
			{"C", get, 0}, {"S", "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", 0},
			{"C", "PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", 0}, {"S", "HTTP/1.1 100 Continue\r\n\r\n", 0},
			{"C", "ab", 0}, {"S", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", 0},
		}, `
> HEAD / none
>. body=0
< 200 none
<. body=0 answers=1
> GET / none host=x
>. body=0
< 304 none
<. body=0 answers=2
> PUT / length
< 100 none
<. body=0 answers=3 1xx
>. body=2 expect
< 103 none
<. body=0 answers=3 1xx
< 201 none
<. body=0 answers=3
`},
		{"pipelining", []step{
			{"C", get + "HEAD /b HTTP/1.1\r\n\r\n" + get, 0},
			{"S", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nbb", 0},
		}, `
> GET / none host=x
>. body=0
> HEAD /b none
>. body=0
> GET / none host=x
>. body=0
< 200 length
<. body=1 answers=1
< 200 none
<. body=0 answers=2
< 404 length
<. body=2 answers=3
`},
		{"chunked with extension and trailers", []step{
			{"C", get, 0},
			{"S", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\n5;x=y\r\nhello\r\n00A\r\n0123456789\r\n0\r\nA: b\r\n\r\n", 0},
			{"C", get, 0}, {"S", "HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", 0},
		}, `
> GET / none host=x
>. body=0
< 200 chunked
<. body=15 answers=1 trailers
> GET / none host=x
>. body=0
< 200 chunked
<. body=0 answers=2
`},
		{"until close", []step{
			{"C", "GET / HTTP/1.0\r\n\r\n", 0}, {"S", "HTTP/1.0 200 OK\r\n\r\nhello", 0}, {"S", " world", 0}, {"FIN", "", 0},
		}, `
> GET / none
>. body=0 closes
< 200 until-close
<. body=11 answers=1 closes
`},
		{"until close, reset", []step{
			{"C", get, 0}, {"S", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello", 0}, {"RST", "", 0},
		}, `
> GET / none host=x
>. body=0
< 200 until-close
<. body=5 answers=1 partial truncated close closes
`},
		{"body cut by the end", []step{
			{"C", get, 0}, {"S", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", 0}, {"FIN", "", 0},
		}, `
> GET / none host=x
>. body=0
< 200 length
<. body=5 answers=1 partial truncated
`},
		{"head cut by the end", []step{
			{"C", get, 0}, {"S", "HTTP/1.1 200 OK\r\nContent-Len", 0}, {"FIN", "", 0},
		}, `
> GET / none host=x
>. body=0
< 200 unknown
<. body=0 answers=1 partial head-cut truncated closes
`},
		{"bare LF, obs-fold, leading CRLF", []step{
			{"C", "\r\nGET / HTTP/1.1\nHost: a\nConnection: keep-alive,\n upgrade\nUpgrade: h2c\n\n", 0},
			{"S", "HTTP/1.1 200 OK\nContent-Length:\n 2\n\nab", 0},
		}, `
> GET / none host=a
>. body=0 keep-alive upgrade crlf
< 200 length
<. body=2 answers=1
`},
		{"upgrade", []step{
			{"C", "GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 0}, {"S", "HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x05hello", 0},
			{"C", "GET / HTTP/1.1\r\n\r\n", 0}, {"S", "HTTP/1.1 200 OK\r\n\r\n", 0}, {"FIN", "", 0},
		}, `
> GET /ws none
>. body=0 upgrade
< 101 tunnel
<. body=0 answers=1
`},
		{"upgrade refused", []step{
			{"C", "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 0}, {"S", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0},
			{"C", get, 0}, {"S", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0},
		}, `
> GET / none
>. body=0 upgrade
< 200 none
<. body=0 answers=1
> GET / none host=x
>. body=0
< 200 none
<. body=0 answers=2
`},
		{"CONNECT, refused and granted", []step{
			{"C", "CONNECT a:443 HTTP/1.1\r\n\r\n", 0}, {"S", "HTTP/1.1 407 Auth\r\nContent-Length: 1\r\n\r\nx", 0},
			{"C", "CONNECT a:443 HTTP/1.1\r\n\r\n", 0}, {"C", "\x16\x03\x01", 0}, {"S", "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n", 0}, {"S", "\x16\x03\x03", 0}, {"C", get, 0},
		}, `
> CONNECT a:443 none
>. body=0
< 407 length
<. body=1 answers=1
> CONNECT a:443 none
>. body=0
< 200 tunnel
<. body=0 answers=2
`},
		{"both lengths", []step{
			{"C", "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n" + get, 0},
		}, `
> POST / chunked
>. body=4 conflict
> GET / none host=x
>. body=0
`},
		{"two lengths", []step{
			{"C", "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 0},
			{"C", "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 0}, {"C", get, 0},
		}, `
> POST / length
>. body=3
> POST / unknown
>. body=0 partial malformed
> GET / none host=x
>. body=0
`},
		{"a name with a blank is another name", []step{
			{"C", "POST / HTTP/1.1\r\nContent-Length : 3\r\n\r\n" + get, 0},
		}, `
> POST / none
>. body=0 malformed
> GET / none host=x
>. body=0
`},
		{"blanks in the target", []step{
			{"C", "GET /a;cat /etc/passwd HTTP/1.1\r\n\r\nFOO /a b HTTP/1.1\r\n\r\n", 0},
		}, `
> GET /a;cat /etc/passwd none
>. body=0 malformed
`},
		{"chunked in HTTP/1.0 is no coding", []step{
			{"C", "GET / HTTP/1.0\r\n\r\n", 0}, {"S", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\nab", 0},
		}, `
> GET / none
>. body=0 closes
< 200 length
<. body=2 answers=1 closes
`},
		{"chunk size of garbage", []step{
			{"C", get, 0}, {"S", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 0}, {"S", "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", 0},
		}, `
> GET / none host=x
>. body=0
< 200 chunked
<. body=0 answers=1 partial malformed
< 500 none
<. body=0 unpaired
`},
		{"hole in a body", []step{
			{"C", get, 0}, {"S", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", 0}, {"s", "", 4}, {"S", "hiHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0},
		}, `
> GET / none host=x
>. body=0
< 200 length
<. body=9 missing=4 answers=1 partial
< 200 none
<. body=0 unpaired
`},
		{"hole up to the end of a body", []step{
			{"C", get, 0}, {"S", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", 0}, {"s", "", 6}, {"S", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 0},
			{"C", get, 0}, {"S", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", 0}, {"scut", "", 2}, {"FIN", "", 0},
		}, `
> GET / none host=x
>. body=0
< 200 length
<. body=9 missing=6 answers=1 partial
< 404 none
<. body=0 unpaired
> GET / none host=x
>. body=0
< 200 length
<. body=2 missing=2 answers=2 partial
`},
		{"hole in a chunk", []step{
			{"C", get, 0}, {"S", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", 0}, {"s", "", 6}, {"S", "\r\n0\r\n\r\n", 0},
		}, `
> GET / none host=x
>. body=0
< 200 chunked
<. body=9 missing=6 answers=1 partial
`},
		{"hole that hides a response", []step{
			{"C", get, 0}, {"C", get, 0}, {"s", "", 100}, {"S", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", 0},
			{"C", get, 0}, {"S", "HTTP/1.1 201 OK\r\nContent-Length: 1\r\n\r\na", 0},
		}, `
> GET / none host=x
>. body=0
> GET / none host=x
>. body=0
< 200 length
<. body=1 answers=2
> GET / none host=x
>. body=0
< 201 length
<. body=1 answers=3
`},
		{"hole beyond a body", []step{
			{"C", get, 0}, {"S", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab", 0}, {"s", "", 50}, {"S", "still the next one's body", 0},
			{"S", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", 0},
		}, `
> GET / none host=x
>. body=0
< 200 length
<. body=4 missing=2 answers=1 partial
< 200 length
<. body=1 unpaired
`},
		{"snaplen cuts heads", []step{
			{"C", "GET /very/long/targ", 0}, {"ccut", "", 400}, {"S", "HTTP/1.1 200 OK\r\nServer: a\r\nContent-Le", 0}, {"scut", "", 900},
			{"S", "middle of a body", 0}, {"scut", "", 900},
			{"C", "GET / HTTP/1.1\r\nHost: x\r\nUser-Ag", 0}, {"ccut", "", 70}, {"S", "HTTP/1.1 404 Not Found\r\n", 0}, {"scut", "", 900}, {"FIN", "", 0},
		}, `
> GET /very/long/targ unknown
< 200 unknown
>. body=0 missing=400 partial head-cut
> GET / unknown host=x
<. body=0 missing=1800 answers=1 partial head-cut closes
< 404 unknown
<. body=0 missing=900 answers=2 partial head-cut closes
>. body=0 missing=70 partial head-cut
`},
		{"begins mid-stream", []step{
			{"S", "rest of a body\r\n", 0}, {"C", "GE", 0}, {"C", "rest of a request body", 0}, {"S", "more", 0},
			{"C", get, 0}, {"S", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", 0},
		}, `
> GET / none host=x
>. body=0
< 200 length
<. body=1 answers=1
`},
		{"response before anything, to a HEAD as it turns out", []step{
			{"S", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", 0}, {"C", get, 0}, {"S", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", 0},
		}, `
< 200 length
> GET / none host=x
>. body=0
<. body=0 unpaired
< 200 length
<. body=1 answers=1
`},
		{"jump", []step{
			{"C", get, 0}, {"S", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", 0}, {"restart", "", 0}, {"S", "x", 0}, {"S", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", 0},
		}, `
> GET / none host=x
>. body=0
< 200 length
<. body=10 answers=1 partial
< 200 length
<. body=1 unpaired
`},
		{"HTTP/2 with prior knowledge", []step{
			{"C", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00", 0}, {"S", "\x00\x00\x12\x04", 0}, {"C", get, 0},
		}, "\n"},
		{"not HTTP", []step{
			{"C", "SSH-2.0-x\r\n", 0}, {"S", "220 mail ESMTP\r\n", 0}, {"C", "GET / RTSP/1.0\r\n\r\n", 0}, {"S", "RTSP/1.0 200 OK\r\n\r\n", 0},
			{"C", "\x16\x03\x01", 0}, {"C", "INVITE sip:a SIP/2.0\r\n\r\n", 0}, {"C", "GET /\r\n", 0}, {"S", "HTTP/1.1 2000 OK\r\n\r\n", 0}, {"FIN", "", 0},
		}, "\n"},
		{"behind a PROXY line", []step{
			{"C", "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n", 0}, {"C", get, 0},
		}, `
> GET / none host=x
>. body=0
`},
		{"event stream, keep-alive parameters", []step{
			{"C", get, 0}, {"S", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=x\r\nKeep-Alive: timeout=5, max=99\r\nContent-Length: 0\r\n\r\n", 0},
		}, `
> GET / none host=x
>. body=0
< 200 none
<. body=0 answers=1 events
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlayer(t)
			p.play(c.steps)
			if got := "\n" + p.out.String(); got != c.want {
				t.Errorf("got:%s\nwant:%s", got, c.want)
			}
			for i := range p.msgs {
				if p.msgs[i].Flags&EventStream != 0 && (p.msgs[i].KeepAliveTimeout != 5 || p.msgs[i].KeepAliveMax != 99) {
					t.Errorf("keep-alive %+v", p.msgs[i])
				}
			}
			for d := range p.dirs {
				p.end(d, stream.EndClose)
			}
			if n := p.d.scratch.InUse(); n != 0 {
				t.Errorf("%d bytes in use after the end", n)
			}
			// The same in pieces of one byte. What lies in the middle of a
			// segment is no place to look for a message.
			if strings.Contains(c.name, "as it turns out") || strings.Contains(c.name, "mid-stream") {
				return // these take a whole start line at the beginning of a segment
			}
			slow := newPlayer(t)
			for _, s := range c.steps {
				if s.data == "" {
					slow.play([]step{s})
					continue
				}
				dir := strings.Index("CS", s.who)
				for i := range len(s.data) {
					slow.piece(dir, s.data[i:i+1], i == 0)
				}
			}
			if got := "\n" + slow.out.String(); got != c.want {
				t.Errorf("byte by byte:%s\nwant:%s", got, c.want)
			}
		})
	}
}

func TestProtocol(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Protocol
		kind Kind
	}{
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HTTP2, 0},
		{get, HTTP1, Request},
		{"HTTP/1.1 200 OK\r\n\r\n", HTTP1, Response},
		{"HTTP/1.1 101 OK\r\n\r\n", Tunneled, Response},
		{"\x16\x03\x01\x00", Nothing, 0},
	} {
		p := newPlayer(t)
		p.data(0, c.in)
		if got := p.dirs[0].Protocol(); got != c.want || p.dirs[0].Kind() != c.kind {
			t.Errorf("%q: %v, %v", c.in, got, p.dirs[0].Kind())
		}
	}
}

// TestQueueOverflow: more requests than are remembered; the order survives.
func TestQueueOverflow(t *testing.T) {
	p := newPlayer(t)
	const n = MaxPending + 3
	for range n {
		p.data(0, get)
	}
	if p.q.Len() != n {
		t.Fatal(p.q.Len())
	}
	for range n {
		p.data(1, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na")
	}
	if p.q.Len() != 0 {
		t.Fatal(p.q.Len())
	}
	p.data(0, "HEAD / HTTP/1.1\r\n\r\n")
	p.data(1, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n")
	unpaired, last := 0, p.msgs[len(p.msgs)-1]
	for _, m := range p.msgs {
		if m.Flags&Unpaired != 0 {
			unpaired++
		}
	}
	if unpaired != 3 || last.Method != HEAD || last.Framing != NoBody || p.q.Len() != 0 {
		t.Errorf("%d unpaired, last %+v", unpaired, last)
	}
}

func TestLargeHeads(t *testing.T) {
	p := newPlayer(t)
	fits := "GET / HTTP/1.1\r\nHost: y\r\nX: " + strings.Repeat("a", MaxHead-32) + "\r\n\r\n"
	if len(fits) != MaxHead {
		t.Fatal(len(fits))
	}
	p.data(0, fits)
	p.data(0, strings.Replace(fits, "X: ", "X: a", 1))
	p.data(0, "and the rest")
	p.data(0, get)
	const want = `> GET / none host=y
>. body=0
> GET / unknown host=y
>. body=0 partial head-cut
> GET / none host=x
>. body=0
`
	if got := p.out.String(); got != want {
		t.Errorf("%s", got)
	}
}

func TestMarks(t *testing.T) {
	p := newPlayer(t)
	p.data(0, "POST / HTTP/1.1\r\nContent-Le") // frame 1
	p.data(0, "ngth: 4\r\n\r\na")              // 2
	p.data(0, "b")                             // 3
	if r := p.q.At(0); r == nil || r.Whole || r.Last.Frame != 3 || r.Begin.Frame != 1 {
		t.Fatalf("%+v", r)
	}
	p.data(0, "cd") // 4
	if r := p.q.At(0); r == nil || !r.Whole || r.Last.Frame != 4 || r.Last.Off != p.offs[0] {
		t.Fatalf("%+v", r)
	}
	p.data(1, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n") // 5
	p.data(1, "a")                                            // 6
	if m := p.msgs[1]; m.Begin.Frame != 5 || m.Last.Frame != 6 || m.Last.Off != p.offs[1] || m.HeadLen != 38 {
		t.Errorf("%+v", m)
	}
}

func TestNoAllocation(t *testing.T) {
	d := newDecoder(stream.NewScratch(1 << 20))
	var dirs [2]Parser
	var q Queue
	k := &Sink{Decoder: d, Queue: &q, Handler: nothing{}}
	req, resp := []byte(get), []byte("HTTP/1.1 200 OK\r\nServer: a\r\n folded\r\nContent-Length: 5\r\n\r\nhello")
	var off [2]uint64
	feed := func(dir int, b []byte) {
		k.Parser = &dirs[dir]
		k.Data(stream.Chunk{Off: off[dir], Bytes: b, Boundary: true})
		off[dir] += uint64(len(b))
	}
	exchange := func() {
		feed(0, req)
		feed(1, resp[:20])
		feed(1, resp[20:])
	}
	exchange()
	if n := testing.AllocsPerRun(100, exchange); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if dirs[0].Count() != dirs[1].Count() || dirs[0].Count() < 100 || q.Len() != 0 {
		t.Errorf("%d requests, %d responses", dirs[0].Count(), dirs[1].Count())
	}
}

type nothing struct{}

func (nothing) Head(*Message, *Head, *Pending) {}
func (nothing) Done(*Message, *Pending)        {}

func BenchmarkExchange(b *testing.B) {
	d := newDecoder(stream.NewScratch(1 << 20))
	var dirs [2]Parser
	var q Queue
	req := []byte("GET /index.html HTTP/1.1\r\nHost: example.org\r\nUser-Agent: curl/8.0\r\nAccept: */*\r\n\r\n")
	resp := []byte("HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello")
	k := &Sink{Decoder: d, Queue: &q, Handler: nothing{}}
	b.ReportAllocs()
	b.SetBytes(int64(len(req) + len(resp)))
	for b.Loop() {
		k.Parser = &dirs[0]
		k.Data(stream.Chunk{Bytes: req, Boundary: true})
		k.Parser = &dirs[1]
		k.Data(stream.Chunk{Bytes: resp, Boundary: true})
	}
}

// A head for which the scratch has no room at all is given up; what follows is read.
func TestNoRoomForHead(t *testing.T) {
	p := newPlayer(t)
	p.d = newDecoder(stream.NewScratch(512))
	head := "GET /long HTTP/1.1\r\nHost: a\r\nCookie: " + strings.Repeat("x", 3000) + "\r\n\r\n"
	p.data(0, head[:1500])
	p.data(0, head[1500:])
	p.data(0, get)
	if p.q.Requests() != 1 || p.d.scratch.InUse() != 0 {
		t.Errorf("%d requests, %d bytes kept:\n%s", p.q.Requests(), p.d.scratch.InUse(), &p.out)
	}
}
