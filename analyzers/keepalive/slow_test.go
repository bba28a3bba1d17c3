package keepalive_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/analyzertest"
	"pcaptriage/analyzers/engine"
	"pcaptriage/analyzers/keepalive"
	"pcaptriage/decoders"
)

// path is a connection that is captured at the client, times in ms.
type path struct {
	*analyzertest.Tape
	x, y uint32 // next sequence numbers of client and server
}

func newPath() *path { return &path{analyzertest.NewTape(), 1001, 5001} }

func (p *path) add(at int, fromServer bool, s analyzertest.Segment) {
	s.Src, s.Dst = "10.0.0.1:40000", "10.0.0.2:80"
	if fromServer {
		s.Src, s.Dst = s.Dst, s.Src
	}
	p.Add(time.Duration(at)*time.Millisecond, s)
}

func (p *path) syn(at int) {
	p.add(at, false, analyzertest.Segment{Flags: decoders.SYN, Seq: 1000, Handshake: true})
}

func (p *path) synack(at int) {
	p.add(at, true, analyzertest.Segment{Flags: decoders.SYN | decoders.ACK, Seq: 5000, Ack: 1001, Handshake: true})
}

// up and down acknowledge what they know of and carry data, if there is some.
func (p *path) up(at int, data string) {
	p.add(at, false, analyzertest.Segment{Flags: decoders.ACK, Seq: p.x, Ack: p.y, Data: data})
	p.x += uint32(len(data))
}

func (p *path) down(at int, data string) {
	p.add(at, true, analyzertest.Segment{Flags: decoders.ACK, Seq: p.y, Ack: p.x, Data: data})
	p.y += uint32(len(data))
}

// open is a handshake that takes rtt.
func (p *path) open(rtt int) {
	p.syn(0)
	p.synack(rtt)
	p.up(rtt, "")
}

const (
	get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	ok  = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
)

// exchange is a request at 5 s and its response so many ms later.
func (p *path) exchange(after int) {
	p.up(5000, get)
	p.down(5000+after, ok)
	p.up(5000+after, "")
}

// What the path takes is not the server's, as far as the capture shows it.
func TestSlowOnLongPath(t *testing.T) {
	const unknown = "; the capture does not show how much of that is the round trip to the server."
	for _, c := range []struct {
		name string
		play func(p *path)
		want string // confidence, server_side_max in ms, and the message behind the time
	}{
		{"long path", func(p *path) { p.open(1430); p.exchange(1440) }, ""},
		{"long path, acknowledged first", func(p *path) { p.open(1430); p.up(5000, get); p.down(6440, ""); p.down(6500, ok) }, ""},
		{"the path's time varies", func(p *path) { p.open(1000); p.exchange(1310) }, ""},
		{"path and server together", func(p *path) { p.open(600); p.exchange(1400) }, ""},
		{"slow server on a long path", func(p *path) { p.open(1430); p.exchange(3430) },
			"certain 2000; up to 1.43 s of that is the round trip to the server."},
		{"slow server on a long path, acknowledged", func(p *path) { p.open(600); p.up(5000, get); p.down(5640, ""); p.down(7000, ok) },
			"certain 1400; up to 600 ms of that is the round trip to the server."},
		{"slow server nearby", func(p *path) { p.open(1); p.exchange(1500) }, "certain 1499."},
		{"at the limit", func(p *path) { p.open(400); p.exchange(1400) }, "certain 1000; up to 400 ms of that is the round trip to the server."},
		{"below the limit", func(p *path) { p.open(401); p.exchange(1400) }, ""},

		// The handshake was slow, and not because of the path.
		{"slow to accept", func(p *path) { p.open(1300); p.up(5000, get); p.down(5040, ""); p.down(6500, ok) }, "certain 1460."},
		{"slow to accept, first line in two", func(p *path) {
			p.open(1300)
			p.up(5000, get[:9])
			p.down(5030, "")
			p.up(5040, get[9:])
			p.down(5090, "")
			p.down(7000, ok)
		}, "certain 1910."},
		{"acknowledged in part", func(p *path) {
			p.open(1300)
			p.up(5000, get[:9])
			p.add(5030, true, analyzertest.Segment{Flags: decoders.ACK, Seq: p.y, Ack: p.x})
			p.up(5030, get[9:])
			p.down(6400, ok)
		}, ""},
		{"SYN lost", func(p *path) { p.syn(0); p.syn(1000); p.synack(1010); p.up(1010, ""); p.exchange(1500) }, "likely 1500" + unknown},
		{"SYN lost, acknowledged", func(p *path) {
			p.syn(0)
			p.syn(1000)
			p.synack(1010)
			p.up(1010, "")
			p.up(5000, get)
			p.down(5010, "")
			p.down(6500, ok)
		}, "certain 1490."},
		// Each SYN has its answer, since the path takes longer than the client waits.
		{"SYN repeated on a long path", func(p *path) {
			p.syn(0)
			p.syn(1000)
			p.synack(1430)
			p.up(1430, "")
			p.synack(2430)
			p.exchange(1440)
		}, ""},

		// Nothing is known of the path.
		{"mid-stream", func(p *path) { p.exchange(1310) }, "likely 1310" + unknown},
		{"mid-stream, acknowledged soon", func(p *path) { p.up(5000, get); p.down(5020, ""); p.down(6310, ok) }, "certain 1290."},
		{"mid-stream, acknowledged late", func(p *path) { p.up(5000, get); p.down(6290, ""); p.down(6310, ok) }, "likely 1310" + unknown},
		{"SYN not captured", func(p *path) { p.synack(1430); p.up(1430, ""); p.exchange(1440) }, "likely 1440" + unknown},
		{"SYN-ACK not captured", func(p *path) { p.syn(0); p.up(1430, ""); p.exchange(1440) }, "likely 1440" + unknown},

		// The request had to be repeated: the time runs from then.
		{"request repeated on a long path", func(p *path) {
			p.open(1430)
			p.up(5000, get)
			p.x -= uint32(len(get))
			p.up(8000, get)
			p.down(9500, ok)
		}, ""},
		{"request repeated, then slow", func(p *path) {
			p.open(100)
			p.up(5000, get)
			p.x -= uint32(len(get))
			p.up(8000, get)
			p.down(9500, ok)
		}, "certain 1400."},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPath()
			c.play(p)
			var got string
			for _, f := range slowIn(analyzertest.Analyze(t, "path", p.Bytes(), engine.Options{Analyzers: []*analyzers.Analyzer{keepalive.Analyzer}, Workers: 1})) {
				_, tail, _ := strings.Cut(f.Message, "after the request")
				got += fmt.Sprint(f.Confidence, " ", f.Attrs["server_side_max_ns"].(int64)/1e6, tail)
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func slowIn(res *engine.Result) (out []*analyzers.Finding) {
	for _, f := range res.Results[0].Outcome.Findings {
		if f.Rule == "http-slow-response" {
			out = append(out, f)
		}
	}
	return out
}

// Several connections make one finding, whose numbers are those of all.
func TestSlowOfSeveral(t *testing.T) {
	p := newPath()
	p.up(100, get) // mid-stream
	p.down(1700, ok)
	p.up(1700, get)
	p.down(2000, "")
	p.down(4000, ok)
	fs := slowIn(analyzertest.Analyze(t, "path", p.Bytes(), engine.Options{Analyzers: []*analyzers.Analyzer{keepalive.Analyzer}, Workers: 1}))
	if len(fs) != 1 {
		t.Fatalf("%d findings", len(fs))
	}
	const want = "2 responses of 10.0.0.2:80 to 10.0.0.1 came 1.60 s to 2.30 s after the request; up to 300 ms of that is the round trip to the server (of 1 the capture does not show it)."
	f := fs[0]
	if f.Message != want {
		t.Errorf("%s\nwant %s", f.Message, want)
	}
	for name, v := range map[string]any{"round_trip_max_ns": int64(300e6), "round_trip_unknown": uint64(1), "server_side_min_ns": int64(1600e6),
		"server_side_max_ns": int64(2e9), "response_min_ns": int64(1600e6), "response_max_ns": int64(2300e6)} {
		if f.Attrs[name] != v {
			t.Errorf("%s is %v, want %v", name, f.Attrs[name], v)
		}
	}
}

// In this capture of 2000 a response takes 1.31 s where SYN to SYN-ACK took 1.00.
func TestSlowDialUp(t *testing.T) {
	const name = "../../../shared/pcaps/dlt/blitz+tcptrace__single_byte_rexmit.dmp.gz"
	if _, err := os.Stat(name); err != nil {
		t.Skip(err)
	}
	for _, f := range slowIn(analyzertest.AnalyzeFile(t, name, engine.Options{Analyzers: []*analyzers.Analyzer{keepalive.Analyzer}, Workers: 1})) {
		t.Error(f.Message)
	}
}
