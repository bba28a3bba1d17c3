package keepalive

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/analyzertest"
	"pcaptriage/analyzers/engine"
	"pcaptriage/decoders"
	"pcaptriage/decoders/capture"
)

const second = int64(1e9)

// tape plays HTTP connections of one client and server to a correlator.
type tape struct {
	c     *correlator
	frame decoders.FrameRef
	host  map[int64]int64
	said  map[int64]uint16 // closes, if its request did
}

func newTape() *tape {
	return &tape{c: newCorrelator(&analyzers.Env{Config: defaultConfig()}), host: map[int64]int64{}, said: map[int64]uint16{}}
}

func (s *tape) event(kind uint8, at float64, conn int64) *analyzers.Event {
	s.frame++
	e := &analyzers.Event{Kind: kind, Time: int64(at * 1e9), Frame: s.frame, Src: decoders.Addr{Lo: 1}, Dst: decoders.Addr{Lo: 2}, DPort: 80}
	e.V[1] = conn
	return e
}

// first is the first request of a connection that was opened just before.
func (s *tape) first(at float64, conn int64, flags uint16) {
	e := s.event(evRequest, at, conn)
	e.V[0], e.V[2], e.Flags = int64((at-.01)*1e9), 7+s.host[conn], flags|firstRequest
	s.said[conn] = flags
	s.c.Event(e)
}

func (s *tape) request(at float64, conn int64) {
	e := s.event(evRequest, at, conn)
	e.V[2] = 7
	s.c.Event(e)
}

// done is the end of a response, after which the connection is idle.
func (s *tape) done(at float64, conn int64) {
	e := s.event(evIdle, at, conn)
	e.V[0], e.V[2], e.Flags = e.Time, 7+s.host[conn], s.said[conn]
	s.c.Event(e)
}

func (s *tape) close(at float64, conn int64) { s.c.Event(s.event(evClose, at, conn)) }

func (s *tape) end(at float64, conn int64, exchanges uint32, flags uint16) {
	e := s.event(evConn, at, conn)
	e.N, e.Flags = exchanges, flags|wasClosed
	e.Flags |= firstRequest
	e.V = [4]int64{2e6, conn, 0, -1}
	s.c.Event(e)
}

func (s *tape) pair(clock float64) *pair {
	s.c.End(int64(clock * 1e9))
	for _, p := range s.c.pairs {
		return p
	}
	return &pair{}
}

func TestBodyUnread(t *testing.T) {
	for _, c := range []struct {
		name string
		play func(s *tape)
		want uint64
	}{
		{"idle and passed over", func(s *tape) {}, 1},
		{"used again later", func(s *tape) { s.request(5, 1) }, 0},
		{"closed at that moment", func(s *tape) { s.close(2.05, 1) }, 0},
		{"closed later", func(s *tape) { s.close(2.5, 1) }, 1},
		{"another opens at the same time", func(s *tape) { s.first(2.05, 3, 0) }, 0},
		{"another opens later", func(s *tape) { s.done(2.1, 2); s.close(2.2, 2); s.first(2.5, 3, 0) }, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newTape()
			s.first(1, 1, 0)
			s.done(1.2, 1)
			s.first(2, 2, 0)
			c.play(s)
			if got := s.pair(10).unread; got != c.want {
				t.Errorf("%d connections, want %d", got, c.want)
			}
		})
	}
}

// None of these idle connections could be used, or was it known.
func TestBodyRead(t *testing.T) {
	for name, play := range map[string]func(s *tape){
		"response under way":     func(s *tape) { s.first(1, 1, 0) },
		"closed before":          func(s *tape) { s.first(1, 1, 0); s.done(1.2, 1); s.close(1.5, 1) },
		"announced to close":     func(s *tape) { s.first(1, 1, closes); s.done(1.2, 1) },
		"of another Host":        func(s *tape) { s.host[1] = 1; s.first(1, 1, 0); s.done(1.2, 1) },
		"in use again":           func(s *tape) { s.first(1, 1, 0); s.done(1.2, 1); s.request(1.9, 1) },
		"another one in use":     func(s *tape) { s.first(1, 1, 0); s.done(1.2, 1); s.first(1.5, 3, 0) },
		"response after the SYN": func(s *tape) { s.first(1, 1, 0); s.done(1.995, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newTape()
			play(s)
			s.first(2, 2, 0)
			want := uint64(0)
			if name == "another one in use" {
				// The third connection is the one that passed the first over.
				want = 1
			}
			if got := s.pair(10).unread; got != want {
				t.Errorf("%d connections, want %d", got, want)
			}
		})
	}
	t.Run("capture ends too soon", func(t *testing.T) {
		s := newTape()
		s.first(1, 1, 0)
		s.done(1.2, 1)
		s.first(2, 2, 0)
		if got := s.pair(3).unread; got != 0 {
			t.Errorf("%d connections, want 0", got)
		}
	})
}

// More connections than are looked at together are still counted, each once.
func TestUnusedMany(t *testing.T) {
	const n = 3 * maxLive
	s := newTape()
	for i := range int64(n) {
		at := float64(i)
		s.first(at+1, i+1, 0)
		s.done(at+1.1, i+1)
		s.close(at+1.2, i+1)
		s.end(at+1.3, i+1, 1, byClient)
	}
	p := s.pair(n + 1)
	if p.unused != n || p.unusedByClient != n || p.connections != n || p.exchanges != n || p.unusedPaid != n*2e6 {
		t.Errorf("unused %d, by the client %d, connections %d, exchanges %d, paid %d", p.unused, p.unusedByClient, p.connections, p.exchanges, p.unusedPaid)
	}
	if c := &p.unusedCites; len(c.Evidence) != analyzers.MaxEvidence || c.EvidenceTotal != n {
		t.Errorf("%d frames cited, %d in all", len(c.Evidence), c.EvidenceTotal)
	}
}

func TestUnusedNot(t *testing.T) {
	for name, c := range map[string]struct {
		exchanges uint32
		flags     uint16
		gap       float64
	}{
		"two exchanges": {2, 0, 1},
		"a tunnel":      {1, isTunnel, 1},
		"far apart":     {1, 0, 10},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTape()
			for i := range int64(6) {
				at := float64(i) * c.gap
				s.first(at+1, i+1, 0)
				s.done(at+1.1, i+1)
				s.end(at+1.2, i+1, c.exchanges, c.flags)
			}
			if p := s.pair(100); p.unused != 0 {
				t.Errorf("%d connections", p.unused)
			}
		})
	}
}

// Pairs and groups beyond the caps are counted, not kept.
func TestCaps(t *testing.T) {
	c := newCorrelator(&analyzers.Env{Config: defaultConfig()})
	for i := range uint64(maxGroups + 100) {
		e := &analyzers.Event{Kind: evConn, Src: decoders.Addr{Lo: i}, Dst: decoders.Addr{Lo: 2}, DPort: 80, N: 1}
		c.Event(e)
		e.Kind = evReset
		c.Event(e)
	}
	if len(c.pairs) != maxPairs+1 || len(c.groups) != maxGroups || c.foldedGroups != 100 {
		t.Errorf("%d pairs, %d groups, %d folded", len(c.pairs), len(c.groups), c.foldedGroups)
	}
	var sum uint64
	for _, p := range c.pairs {
		sum += p.connections
	}
	if sum != maxGroups+100 {
		t.Errorf("%d connections counted", sum)
	}
}

func TestPolls(t *testing.T) {
	for _, c := range []struct {
		durations []int64
		want      bool
	}{
		{[]int64{30 * second, 30*second + 5e6, 30 * second}, true},
		{[]int64{30 * second, 30 * second}, false},
		{[]int64{2 * second, 3 * second, 9 * second}, false},
	} {
		g := &group{}
		for _, d := range c.durations {
			g.count++
			g.add(d)
		}
		if g.polls() != c.want {
			t.Errorf("%v: %v", c.durations, g.polls())
		}
	}
}

func TestLooksLikeHTTP(t *testing.T) {
	for s, want := range map[string]bool{
		"GET / HTTP/1.1\r\nHost: a\r\n": true, "HTTP/1.1 200 OK\r\n": true, "POST /x": true, "GE": true, "PROPFIND / HTTP/1.1\r\n": true,
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": true, "M-SEARCH * HTTP/1.1\r\n": true,
		"OPTIONS sip:a SIP/2.0\r\n": false, "EHLO a\r\n": false, "SSH-2.0-x\r\n": false, "\x16\x03\x01": false, "": false, "USER me\r\n": false,
	} {
		if got := looksLikeHTTP([]byte(s)); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func TestSetting(t *testing.T) {
	for _, c := range []struct {
		idle, interval float64
		payload        bool
		givenUp        uint64
		want           string
	}{
		{7200.04, 75.2, false, 0, "7200 s and 75 s, as Linux and macOS"},
		{7200.04, 75.2, false, 9, "7200 s, 75 s, 9 probes, as Linux"},
		{7200.04, 75, false, 8, "7200 s, 75 s, 8 probes, as macOS and BSD"},
		{7200.04, 75, false, 3, "7200 s and 75 s, as Linux, but 3 probes"},
		{7200, 1, true, 0, "2 h and 1 s, as Windows"},
		{7200, 1, true, 10, "2 h, 1 s, 10 probes, as Windows"},
		{7200, 0, false, 0, "2 h, as Linux, macOS and Windows"},
		{15.04, 15.1, false, 0, "15 s, as Go's net.Dialer"},
		{30.01, 0, false, 0, "30 s, as Go's http.DefaultTransport and Windows' SMB"},
		{45.05, 45.05, false, 0, "45 s, as Chrome and Android"},
		{15, 40, false, 0, ""},
		{2, 1, false, 0, ""},
	} {
		r := &probeRow{idle: int64(c.idle * 1e9), payload: c.payload}
		if c.givenUp > 0 {
			r.outcome, r.unanswered = probesGivenUp, c.givenUp
		}
		if c.interval > 0 {
			r.all.add(int64(c.interval * 1e9))
		}
		if got := r.setting(); got != c.want {
			t.Errorf("idle %v s, interval %v s: %q, want %q", c.idle, c.interval, got, c.want)
		}
	}
}

func TestArena(t *testing.T) {
	var a arena[int]
	var handles []uint32
	for i := range 3 * arenaChunk {
		h := a.take()
		*a.at(h) = i + 1
		handles = append(handles, h)
	}
	for i, h := range handles {
		if *a.at(h) != i+1 {
			t.Fatalf("handle %d holds %d", h, *a.at(h))
		}
	}
	old := handles[5]
	a.drop(&handles[5])
	if h := a.take(); h != old || *a.at(h) != 0 || handles[5] != 0 {
		t.Errorf("taken %d after dropping %d", h, old)
	}
}

// A client that knew of the FIN did not race it, and is told so.
func TestRaceMessage(t *testing.T) {
	for _, c := range []struct {
		flags uint16
		fin   int64
		want  string
	}{
		{0, 5e6, "was lost: it crossed the server's FIN, which came 5.00 ms after it; "},
		{0, -5e6, "was lost: it crossed the server's FIN, which had passed 5.00 ms before it; "},
		{afterFIN, -5e6, "was lost: it was sent 5.00 ms after the server's FIN, which the client had acknowledged; "},
	} {
		s := newTape()
		e := s.event(evRace, 10, 2e9)
		e.Flags = c.flags
		e.V = [4]int64{2 * second, 7, 8, c.fin}
		s.c.Event(e)
		con := &analyzers.Conclusion{Config: defaultConfig(), Correlator: s.c.End(11 * second),
			Flow: &flowResult{analyzers.NewLatencies(metrics)}, TunnelPath: func(uint32) []string { return nil }}
		conclude(con)
		if len(con.Out.Findings) != 1 || !strings.Contains(con.Out.Findings[0].Message, c.want) {
			t.Errorf("%+v: want %q", con.Out.Findings, c.want)
		}
	}
}

// Connections that are over are forgotten in time, with their verdicts, and those
// of which something is still open are not.
func TestForget(t *testing.T) {
	s := newTape()
	s.first(1, 1, 0)
	s.done(1.1, 1) // stays idle
	s.first(2, 2, 0)
	s.done(2.1, 2)
	s.close(2.2, 2)
	s.end(2.3, 2, 1, byClient)
	s.first(3, 3, 0)
	s.done(3.1, 3)
	s.close(3.2, 3)
	s.end(3.3, 3, 2, byClient)
	var p *pair
	for _, p = range s.c.pairs {
	}
	p.forget(100 * second)
	if p.live.len() != 3 || p.unused != 0 {
		t.Errorf("%d connections left, %d concluded, while the first may be used again", p.live.len(), p.unused)
	}
	s.request(200, 1)
	p.forget(100 * second)
	if p.live.len() != 1 || p.unused != 1 || p.unread != 0 {
		t.Errorf("%d connections left, %d without reuse, %d unread", p.live.len(), p.unused, p.unread)
	}
	s.done(200.1, 1)
	s.end(201, 1, 2, byClient)
	p.forget(300 * second)
	if p.live.conns != nil {
		t.Errorf("%d connections left", p.live.len())
	}
}

// The table keeps the connections with the longest idle times, whatever the
// order in which they end.
func TestTopConns(t *testing.T) {
	const n = 5*maxConnRows + 7
	var top topConns
	for i := range n {
		top.add(connRow{longest: int64(i * 7919 % n), first: decoders.FrameRef(i)})
	}
	rows := top.sorted()
	if len(rows) != maxConnRows || top.cut != n-maxConnRows {
		t.Fatalf("%d rows, %d cut", len(rows), top.cut)
	}
	for i, r := range rows {
		if r.longest != int64(n-1-i) {
			t.Fatalf("row %d has %d", i, r.longest)
		}
	}
}

// Why a connection was closed, in the words of the table.
func TestCloseReason(t *testing.T) {
	for want, e := range map[string]analyzers.Event{
		"nobody, not closed in the capture": {V: [4]int64{0, 0, 0, -1}},
		"client, FIN after 2.00 s idle":     {Flags: wasClosed | byClient, V: [4]int64{0, 0, 0, 2 * second}},
		"server, RST after 5.00 s idle":     {Flags: wasClosed | byReset, V: [4]int64{0, 0, 0, 5 * second}},
		"server, RST":                       {Flags: wasClosed | byReset, V: [4]int64{0, 0, 0, -1}},
		"client, RST":                       {Flags: wasClosed | byReset | byClient, V: [4]int64{0, 0, 0, -1}},
		"server, FIN":                       {Flags: wasClosed, V: [4]int64{0, 0, 0, -1}},
		"server, Connection: close":         {Flags: wasClosed | saidClose, V: [4]int64{0, 0, 0, 7}},
		"server, HTTP/1.0":                  {Flags: wasClosed | saidHTTP10, V: [4]int64{0, 0, 0, 7}},
		"server, end of the response":       {Flags: wasClosed | toClose, V: [4]int64{0, 0, 0, 7}},
		"client, upgraded":                  {Flags: wasClosed | byClient | isTunnel, V: [4]int64{0, 0, 0, 7}},
	} {
		r := newConnRow(&e)
		if got := r.closer() + ", " + r.reason(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// The warning counts the connections that nothing asked to close.
func TestUnusedSeverity(t *testing.T) {
	for _, c := range []struct {
		asked, unasked int
		want           analyzers.Severity
	}{
		{6, 0, analyzers.Info}, {6, 4, analyzers.Info}, {6, 5, analyzers.SeverityDefault}, {0, 5, analyzers.SeverityDefault},
	} {
		s := newTape()
		for i := range c.asked + c.unasked {
			at, id, flags := float64(i), int64(i+1), uint16(0)
			if i < c.asked {
				flags = saidClose
			}
			s.first(at+1, id, 0)
			s.done(at+1.1, id)
			s.close(at+1.2, id)
			s.end(at+1.3, id, 1, flags)
		}
		con := &analyzers.Conclusion{Config: defaultConfig(), Correlator: s.c.End(100 * second),
			Flow: &flowResult{analyzers.NewLatencies(metrics)}, TunnelPath: func(uint32) []string { return nil }}
		conclude(con)
		if len(con.Out.Findings) != 1 || con.Out.Findings[0].Rule != ruleUnused || con.Out.Findings[0].Severity != c.want {
			t.Errorf("%d asked, %d not: %+v", c.asked, c.unasked, con.Out.Findings)
		}
	}
}

// HTTP state goes when a connection is closed, not when its flow leaves the table.
func TestStateGoesWithTheConnection(t *testing.T) {
	one := edited(t, "per-request-client.pcap", edit{})
	data := slices.Clone(one[:24])
	const copies = 200
	for i := range copies {
		for b := one[24:]; len(b) >= 16; {
			n := 16 + binary.LittleEndian.Uint32(b[8:])
			rec := slices.Clone(b[:n])
			b = b[n:]
			const tcp = 16 + 14 + 20
			for _, at := range []int{tcp, tcp + 2} {
				if p := binary.BigEndian.Uint16(rec[at:]); p > 1024 {
					binary.BigEndian.PutUint16(rec[at:], 1025+(p+uint16(i)*307)%64000)
				}
			}
			data = append(data, rec...)
		}
	}
	var parts []*flowPart
	a := *Analyzer
	a.NewFlowPart = func(env *analyzers.Env) analyzers.FlowPart {
		fp := newFlowPart(env)
		parts = append(parts, fp)
		return fp
	}
	res, err := engine.Run(context.Background(), []string{"x.pcap"}, engine.Options{
		Analyzers: []*analyzers.Analyzer{&a}, Workers: 1,
		Open: func(name string, o capture.Options) (*capture.Reader, error) {
			return capture.NewReader(bytes.NewReader(data), name, o)
		}})
	if err != nil {
		t.Fatal(err)
	}
	connections := uint64(0)
	for _, r := range res.Results[0].Outcome.Tables[tableConnections].Rows {
		connections += r[2].(uint64)
	}
	var most uint32
	for _, fp := range parts {
		most = max(most, fp.https.used)
	}
	if connections < 5*copies || most > 8 {
		t.Errorf("%d connections, up to %d states at a time in a shard", connections, most)
	}
}

// In a file without times, the queue of connections that may become idle does not
// grow with every connection there was.
func TestIdleQueueIsBounded(t *testing.T) {
	tape := analyzertest.NewTape()
	const connections = 1000
	for i := range connections {
		k := newChat(10000+i, 0)
		k.asks(0, getOf("/"))
		k.answers(0, okay)
		k.closes(0)
		tape.Records = append(tape.Records, k.Records...)
	}
	for i := range tape.Records {
		tape.Records[i].Time = analyzertest.TapeStart
	}
	var parts []*flowPart
	a := *Analyzer
	a.NewFlowPart = func(env *analyzers.Env) analyzers.FlowPart {
		fp := newFlowPart(env)
		fp.maxHTTP = 4
		parts = append(parts, fp)
		return fp
	}
	res := analyzertest.Analyze(t, "tape", tape.Bytes(), engine.Options{Analyzers: []*analyzers.Analyzer{&a}, Workers: 1})
	if n := res.Results[0].Outcome.Tables[tableConnections].Rows[0][3]; n != uint64(connections) {
		t.Errorf("%v exchanges", n)
	}
	for _, fp := range parts {
		if n := len(fp.idling.ring); n > 16 {
			t.Errorf("room for %d", n)
		}
	}
}

// Connections beyond the cap are counted, and nothing else is said of them.
func TestMaxHTTP(t *testing.T) {
	a := *Analyzer
	a.NewFlowPart = func(env *analyzers.Env) analyzers.FlowPart {
		fp := newFlowPart(env)
		fp.maxHTTP = 0
		return fp
	}
	res, err := engine.Run(context.Background(), []string{"../../testdata/pcaps/keepalive/per-request-client.pcap"},
		engine.Options{Analyzers: []*analyzers.Analyzer{&a}, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	out := res.Results[0].Outcome
	if len(out.Findings) != 0 || out.VerdictsWithheld != 6 || len(out.Tables[tableConnections].Rows) != 0 || len(out.Tables[tableTurns].Rows) != 0 {
		t.Errorf("%d findings, %d withheld, tables %v", len(out.Findings), out.VerdictsWithheld, out.Tables)
	}
}
