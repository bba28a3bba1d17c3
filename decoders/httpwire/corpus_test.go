package httpwire

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
	"pcaptriage/decoders/stream"
	"pcaptriage/decoders/stream/streamtest"
)

// wireConn parses one connection and keeps its bytes.
type wireConn struct {
	sinks  [2]tap
	dirs   [2]Parser
	q      Queue
	msgs   []Message
	serial uint64
	ends   [2]string // "client:port>server port", either way
}

// tap is a Sink that also keeps the bytes.
type tap struct {
	Sink
	b     []byte
	holes int
	ended stream.Ending
}

func (s *tap) Data(c stream.Chunk) {
	s.b = append(s.b, c.Bytes...)
	s.Sink.Data(c)
}

func (s *tap) Gap(g stream.Gap) {
	s.holes++
	s.Sink.Gap(g)
}

func (s *tap) End(e stream.Ending) {
	s.ended = e
	s.Sink.End(e)
}

func (c *wireConn) Sink(dir uint8) stream.Sink              { return &c.sinks[dir] }
func (c *wireConn) Packet(p *decoders.Packet, f *flow.Flow) {}

func (c *wireConn) Head(m *Message, h *Head, r *Pending) {}
func (c *wireConn) Done(m *Message, r *Pending)          { c.msgs = append(c.msgs, *m) }

// readHTTP returns the connections of a capture in which HTTP was found.
func readHTTP(t testing.TB, path string) (conns []*wireConn) {
	scratch := stream.NewScratch(16 << 20)
	d := newDecoder(scratch)
	var all []*wireConn
	streamtest.Read(t, path, func(f *flow.Flow) streamtest.Conn {
		k := f.Key
		c := &wireConn{serial: f.Serial, ends: [2]string{
			fmt.Sprintf("%s:%d>%d", k.A, k.PortA, k.PortB), fmt.Sprintf("%s:%d>%d", k.B, k.PortB, k.PortA)}}
		for i := range c.sinks {
			c.sinks[i].Sink = Sink{Decoder: d, Parser: &c.dirs[i], Queue: &c.q, Handler: c}
		}
		all = append(all, c)
		return c
	})
	for _, c := range all {
		if len(c.msgs) > 0 {
			conns = append(conns, c)
		}
	}
	if scratch.InUse() != 0 {
		t.Errorf("%s: memory in use after the end", path)
	}
	return conns
}

type truthStream struct {
	Ep   string
	Req  [][]any // frame, seconds, method
	Resp [][]any // frame, seconds, status
}

// tsharkDiffers lists connections whose messages are not expected to be found.
var tsharkDiffers = map[string]string{
	"198.74.56.135:60293>502": "the scanner's kernel had reset the connection before the scanner sent its request",
}

// TestCorpusTruth looks for the messages that tshark found among ours. There are
// more of ours: tshark shows none that are not complete.
func TestCorpusTruth(t *testing.T) {
	dir := streamtest.Corpus(t, "keepalive")
	b, err := os.ReadFile(filepath.Join(dir, "TRUTH.json"))
	if err != nil {
		t.Fatal(err)
	}
	var truth map[string]map[string]truthStream
	if err := json.Unmarshal(b, &truth); err != nil {
		t.Fatal(err)
	}
	total, equal := 0, 0
	for _, name := range slices.Sorted(maps.Keys(truth)) {
		conns := readHTTP(t, filepath.Join(dir, name))
		for _, s := range truth[name] {
			if len(s.Req)+len(s.Resp) == 0 {
				continue
			}
			total += len(s.Req) + len(s.Resp)
			why := ""
			at := slices.IndexFunc(conns, func(c *wireConn) bool { return c.ends[0] == s.Ep || c.ends[1] == s.Ep })
			if at < 0 {
				why = "no HTTP found"
			} else {
				why = conns[at].differs(&s)
			}
			if known := tsharkDiffers[s.Ep]; known != "" {
				if why == "" {
					t.Errorf("%s %s: agrees, in spite of: %s", name, s.Ep, known)
				}
			} else if why == "" {
				equal += len(s.Req) + len(s.Resp)
			} else {
				t.Errorf("%s %s: %s", name, s.Ep, why)
			}
		}
	}
	t.Logf("%d messages of tshark's, %d found", total, equal)
	if equal < 4000 {
		t.Error("too few to mean anything")
	}
}

// differs says which of tshark's messages are not among c's, in order.
func (c *wireConn) differs(s *truthStream) string {
	i := map[Kind]int{}
	find := func(k Kind, r []any) bool {
		frame, name := uint64(r[0].(float64)), r[2].(string)
		for ; i[k] < len(c.msgs); i[k]++ {
			m := &c.msgs[i[k]]
			is := m.Method.String() == name || k == Request && m.Method == Other
			if k == Response {
				is = fmt.Sprint(m.Status) == name
			}
			if m.Kind == k && is && m.Begin.Frame.Frame() <= frame {
				i[k]++
				return true
			}
		}
		return false
	}
	for _, r := range s.Req {
		if !find(Request, r) {
			return fmt.Sprintf("no request %v", r)
		}
	}
	for _, r := range s.Resp {
		if !find(Response, r) {
			return fmt.Sprintf("no response %v", r)
		}
	}
	return ""
}

// TestCorpusAgainstNetHTTP compares whole streams with net/http.
func TestCorpusAgainstNetHTTP(t *testing.T) {
	agreed, streams := 0, 0
	for _, area := range []string{"keepalive", "big", "syn"} {
		files, err := filepath.Glob(filepath.Join(streamtest.Corpus(t, area), "*cap*"))
		if err != nil || len(files) == 0 {
			t.Fatal("no captures", err)
		}
		for _, path := range files {
			for _, c := range readHTTP(t, path) {
				n := compareConn(t, path, c)
				agreed += n
				if n > 0 {
					streams++
				}
			}
		}
	}
	t.Logf("%d messages in %d connections", agreed, streams)
	if agreed < 3000 {
		t.Error("too few to mean anything")
	}
}

func compareConn(t *testing.T, path string, c *wireConn) (agreed int) {
	methods := []string{}
	var req, resp *tap
	for i := range c.sinks {
		switch c.dirs[i].Kind() {
		case Request:
			req = &c.sinks[i]
		case Response:
			resp = &c.sinks[i]
		}
	}
	if req == nil || req.holes > 0 || c.q.Tunnelled() {
		return 0
	}
	for _, m := range c.msgs {
		if m.Kind == Request {
			methods = append(methods, m.Method.String())
		}
	}
	agreed += compare(t, req.b, nil, sizesFrom(c.serial))
	if resp != nil && resp.holes == 0 && len(methods) <= MaxPending {
		agreed += compare(t, resp.b, methods, sizesFrom(c.serial+1))
	}
	return agreed
}
