package sshwire

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pcaptriage/decoders"
	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/flow"
	"pcaptriage/decoders/stream"
	"pcaptriage/decoders/stream/streamtest"
)

// event is what a parser reported, kept.
type event struct {
	kind    byte // V, L, P, E, F
	dir     uint8
	text    string // version or line
	typ     uint8
	wire    int
	payload []byte
	cut     bool
	at      Span
	bytes   []byte // encrypted
}

// session is one connection; it stands in for an analyzer.
type session struct {
	d      *Decoder
	dirs   [2]Parser
	dir    uint8
	events []event
	ends   [2]string // "client:port>server port", either way
	ports  [2]uint16
	syn    int64 // time of the first SYN
	from   uint8 // direction of the SYN
}

func (c *session) add(e event) {
	e.dir = c.dir
	c.events = append(c.events, e)
}

func (c *session) Version(v *Version, at Span) { c.add(event{kind: 'V', text: string(v.Raw), at: at}) }
func (c *session) Line(b []byte, at Span)      { c.add(event{kind: 'L', text: string(b), at: at}) }
func (c *session) Fault(f Fault, at stream.Mark) {
	c.add(event{kind: 'F', text: f.String(), at: Span{at, at}})
}
func (c *session) Packet(p *Packet) {
	c.add(event{kind: 'P', typ: p.Type, wire: p.WireLen(), payload: slices.Clone(p.Payload), cut: p.Cut != 0 || p.Unfinished, at: p.Span})
}
func (c *session) Encrypted(b []byte, n uint64, at stream.Mark, _ bool) {
	c.add(event{kind: 'E', wire: int(n), bytes: slices.Clone(b), at: Span{at, at}})
}

type half struct {
	*session
	dir uint8
}

func (h half) Data(k stream.Chunk) {
	h.session.dir = h.dir
	h.d.Data(&h.dirs[h.dir], &h.dirs[1-h.dir], k, h.session)
}

func (h half) Gap(g stream.Gap) {
	h.session.dir = h.dir
	h.d.Gap(&h.dirs[h.dir], g, h.session)
}

func (h half) End(stream.Ending) {
	h.session.dir = h.dir
	h.d.End(&h.dirs[h.dir], h.session)
}

func (c *session) Sink(dir uint8) stream.Sink { return half{c, dir} }

func (c *session) Packet1(p *decoders.Packet) {
	if c.syn == 0 && p.TCP.Flags&(decoders.SYN|decoders.ACK) == decoders.SYN {
		c.syn, c.from = p.Time, p.Seg.Dir
	}
}

// tcp adapts session, whose Packet takes SSH packets.
type tcp struct{ *session }

func (c tcp) Sink(dir uint8) stream.Sink              { return c.session.Sink(dir) }
func (c tcp) Packet(p *decoders.Packet, f *flow.Flow) { c.Packet1(p) }
func (c *session) find(kind byte, dir uint8) []event  { return c.where(kind, int(dir)) }
func (c *session) where(kind byte, dir int) (e []event) {
	for _, x := range c.events {
		if x.kind == kind && (dir < 0 || int(x.dir) == dir) {
			e = append(e, x)
		}
	}
	return e
}

func readSSH(t testing.TB, path string) (all []*session) {
	scratch := stream.NewScratch(16 << 20)
	d := NewDecoder(scratch)
	streamtest.Read(t, path, func(f *flow.Flow) streamtest.Conn {
		k := f.Key
		c := &session{d: d, ports: [2]uint16{k.PortA, k.PortB}, ends: [2]string{
			fmt.Sprintf("%s:%d>%d", k.A, k.PortA, k.PortB), fmt.Sprintf("%s:%d>%d", k.B, k.PortB, k.PortA)}}
		all = append(all, c)
		return tcp{c}
	})
	if scratch.InUse() != 0 {
		t.Errorf("%s: memory in use after the end", path)
	}
	return all
}

type truthStream struct {
	Ep     string
	Ver    [][]any // frame, seconds, sender's port, string
	Msg    [][]any // frame, seconds, sender's port, type
	Kex    string
	Phases map[string][]any // frame, seconds, ...
}

// TestCorpusTruth compares version strings, message types with their senders
// and frames, and the negotiated key exchange with what tshark found.
func TestCorpusTruth(t *testing.T) {
	dir := streamtest.Corpus(t, "ssh")
	b, err := os.ReadFile(filepath.Join(dir, "TRUTH.json"))
	if err != nil {
		t.Fatal(err)
	}
	var truth map[string]map[string]truthStream
	if err := json.Unmarshal(b, &truth); err != nil {
		t.Fatal(err)
	}
	messages, streams := 0, 0
	for _, name := range slices.Sorted(maps.Keys(truth)) {
		all := readSSH(t, filepath.Join(dir, name))
		for _, s := range truth[name] {
			at := slices.IndexFunc(all, func(c *session) bool {
				return (c.ends[0] == s.Ep || c.ends[1] == s.Ep) && len(c.events) > 0
			})
			if at < 0 {
				t.Errorf("%s %s: not found", name, s.Ep)
				continue
			}
			streams++
			messages += len(s.Msg)
			if why := all[at].differs(&s); why != "" {
				t.Errorf("%s %s: %s", name, s.Ep, why)
			}
		}
	}
	t.Logf("%d streams, %d messages", streams, messages)
	if messages < 200 {
		t.Error("too few to mean anything")
	}
}

// TestCorpusNothingElse: in all captures there are, packets are found only in
// connections that also have an identification string, or a KEXINIT where the
// capture began too late for that.
func TestCorpusNothingElse(t *testing.T) {
	if testing.Short() {
		t.Skip("reads all captures")
	}
	files, err := filepath.Glob(filepath.Join(streamtest.Corpus(t, "."), "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	sessions := 0
	for _, name := range files {
		if r, err := capture.Open(name, capture.Options{}); err != nil {
			continue
		} else {
			r.Close()
		}
		for _, c := range readSSH(t, name) {
			versions, packets := len(c.where('V', -1)), c.where('P', -1)
			if versions > 0 {
				sessions++
			} else if len(packets) > 0 {
				if _, err := ParseKexInit(packets[0].payload); err == nil {
					continue
				}
				t.Errorf("%s %s: %d packets, the first %+v", name, c.ends[0], len(packets), packets[0].at)
			}
		}
	}
	t.Logf("%d sessions", sessions)
	if sessions < 100 {
		t.Error("too few to mean anything")
	}
}

func (c *session) dirOf(port any) uint8 {
	if fmt.Sprint(c.ports[0]) == port {
		return 0
	}
	return 1
}

func (c *session) differs(s *truthStream) string {
	if got := len(c.where('V', -1)); got != len(s.Ver) {
		return fmt.Sprintf("%d version strings, tshark has %d", got, len(s.Ver))
	}
	for _, v := range s.Ver {
		got := c.find('V', c.dirOf(v[2]))
		if len(got) != 1 || got[0].text != v[3] || got[0].at.Last.Frame.Frame() != uint64(v[0].(float64)) {
			return fmt.Sprintf("version %v: %+v", v, got)
		}
	}
	for dir := range uint8(2) {
		got := c.find('P', dir)
		var want []string
		i := 0
		for _, m := range s.Msg {
			if c.dirOf(m[2]) != dir {
				continue
			}
			want = append(want, fmt.Sprint(m[3]))
			if i >= len(got) || fmt.Sprint(got[i].typ) != m[3] || got[i].at.Last.Frame.Frame() != uint64(m[0].(float64)) {
				return fmt.Sprintf("message %d is %+v, tshark has %v", i, got[min(i, len(got)):], m)
			}
			i++
		}
		if i != len(got) {
			return fmt.Sprintf("%d messages of direction %d, tshark has %v", len(got), dir, want)
		}
	}
	if s.Kex == "" {
		return ""
	}
	client, server := c.kexInits()
	if client == nil || server == nil {
		return "no two KEXINITs"
	}
	if n := Negotiate(client, server); n.Kex != s.Kex || len(n.Failed) > 0 {
		return fmt.Sprintf("negotiated %+v, tshark's lists give %s", n, s.Kex)
	}
	return ""
}

// kexInits returns the client's and the server's KEXINIT, told apart by their
// markers, else by who sent the SYN, else by port.
func (c *session) kexInits() (client, server *KexInit) {
	var k [2]*KexInit
	for _, e := range c.where('P', -1) {
		if e.typ == MsgKexInit && k[e.dir] == nil {
			if x, err := ParseKexInit(e.payload); err == nil {
				k[e.dir] = &x
			}
		}
	}
	from := c.client(k)
	return k[from], k[1-from]
}

func (c *session) client(k [2]*KexInit) uint8 {
	for dir, x := range k {
		if x == nil {
			continue
		}
		switch x.Role() {
		case Client:
			return uint8(dir)
		case Server:
			return uint8(1 - dir)
		}
	}
	if c.syn != 0 {
		return c.from
	}
	if c.ports[1] < c.ports[0] {
		return 0
	}
	return 1
}
