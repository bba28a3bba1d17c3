package keepalive

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pcaptriage/analyzers"
)

const lab = "../../testdata/pcaps/keepalive"

// apart is how far what a program noted (its own clock, after the system call) and
// the packet may be from each other.
const apart = 2 * time.Millisecond

// late is by which share a timer of the kernel may be late: its wheel is that
// coarse. It is never early, but for a tick.
const (
	late = 1. / 8
	tick = 10 * time.Millisecond
)

// facts is what client and server noted while a capture was made.
type facts struct {
	at       string // the side that was captured
	conns    map[string]*noted
	settings []time.Duration // idle, interval
	count    int             // probes until the kernel gives up, 0: no probes are set up
	sent     int             // probes, says the kernel
}

// noted is one connection; a missing time is NaN.
type noted struct {
	replied, nginx int       // exchanges as the server counts them
	answered       int       // as the client does
	first, reused  []float64 // response times, s
	serverTimes    []float64 // the same within the server
	idles          []float64 // before requests that the pool's connection was reused for, or lost on
	sent           float64   // the request under way
	got            float64
	lastReply      float64 // at the server
	lastAnswer     float64 // at the client
	closed, gone   float64 // server closed; client learned of the end
	goneWhy        string
}

var (
	factLine    = regexp.MustCompile(`^ *(-?[0-9.]+) (client|server) +(\S+) (.*)$`)
	probeFact   = regexp.MustCompile(`^probes idle=(\d+) interval=(\d+) count=(\d+)$`)
	sentFact    = regexp.MustCompile(`^sent (new|reused)(?: idle=([0-9.]+))?$`)
	curlFact    = regexp.MustCompile(`^curl (new|reused) pretransfer=([0-9.]+) starttransfer=([0-9.]+)$`)
	nginxFact   = regexp.MustCompile(`^nginx request=(\d+) request_time=([0-9.]+)$`)
	kernelFact  = regexp.MustCompile(`^kernel sent (\d+) probes$`)
	plainNumber = func(t *testing.T, s string) float64 {
		t.Helper()
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
)

func readFacts(t *testing.T, name string) *facts {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f := &facts{conns: map[string]*noted{}}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	f.at = strings.TrimPrefix(lines[0], "captured at: ")
	for _, line := range lines[2:] {
		m := factLine.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("%q is no line of a log", line)
		}
		if m[3] == "-" {
			f.machine(t, m[4])
			continue
		}
		c := f.conns[m[3]]
		if c == nil {
			nan := math.NaN()
			c = &noted{sent: nan, got: nan, lastReply: nan, lastAnswer: nan, closed: nan, gone: nan}
			f.conns[m[3]] = c
		}
		c.line(t, plainNumber(t, m[1]), m[2], m[4])
	}
	return f
}

// machine reads what is about no single connection.
func (f *facts) machine(t *testing.T, text string) {
	t.Helper()
	if m := probeFact.FindStringSubmatch(text); m != nil {
		for _, s := range m[1:3] {
			f.settings = append(f.settings, time.Duration(plainNumber(t, s))*time.Second)
		}
		f.count = int(plainNumber(t, m[3]))
	} else if m := kernelFact.FindStringSubmatch(text); m != nil {
		f.sent = int(plainNumber(t, m[1]))
	} else {
		t.Fatalf("%q is not understood", text)
	}
}

func (c *noted) line(t *testing.T, at float64, who, text string) {
	t.Helper()
	if m := sentFact.FindStringSubmatch(text); m != nil {
		c.sent = at
		switch {
		case m[2] != "": // the pool's own account
			c.idles = append(c.idles, plainNumber(t, m[2]))
		case m[1] == "reused":
			c.idles = append(c.idles, at-c.lastAnswer)
		}
		return
	}
	if m := curlFact.FindStringSubmatch(text); m != nil {
		c.response(plainNumber(t, m[3]) - plainNumber(t, m[2]))
		return
	}
	if m := nginxFact.FindStringSubmatch(text); m != nil {
		c.nginx = max(c.nginx, int(plainNumber(t, m[1])))
		c.serverTimes = append(c.serverTimes, plainNumber(t, m[2]))
		return
	}
	switch why, gone := strings.CutPrefix(text, "gone "); {
	case gone:
		c.gone, c.goneWhy = at, why
	case text == "answered":
		c.response(at - c.sent)
		c.lastAnswer = at
	case text == "delivered":
		c.lastAnswer = at
	case text == "got":
		c.got = at
	case text == "replied":
		c.replied++
		c.serverTimes = append(c.serverTimes, at-c.got)
		c.lastReply = at
	case text == "closed":
		c.closed = at
	default:
		t.Fatalf("%s: %q is not understood", who, text)
	}
}

func (c *noted) response(s float64) {
	if c.answered++; c.answered == 1 {
		c.first = append(c.first, s)
	} else {
		c.reused = append(c.reused, s)
	}
}

// exchanges is what both sides counted.
func (c *noted) exchanges(t *testing.T, name string) int {
	t.Helper()
	if server := max(c.replied, c.nginx); server != c.answered {
		t.Errorf("%s: the client noted %d exchanges, the server %d", name, c.answered, server)
	}
	return c.answered
}

// agrees reports whether a time of the packets is that of a log.
func agrees(ns int64, s float64) bool {
	return math.Abs(float64(ns)-s*1e9) <= float64(apart)
}

// pairwise compares two sets of times, smallest with smallest.
func pairwise(t *testing.T, what string, ns []int64, s []float64) (n int) {
	t.Helper()
	if len(ns) != len(s) {
		t.Errorf("%s: %d in the packets %v, %d in the logs %v", what, len(ns), ns, len(s), s)
		return 0
	}
	slices.Sort(ns)
	slices.Sort(s)
	for i := range ns {
		if !agrees(ns[i], s[i]) {
			t.Errorf("%s: %v in the packets, %.6f s in the logs", what, time.Duration(ns[i]), s[i])
		}
	}
	return len(ns)
}

// TestLabFacts holds connections, exchanges, response times, idle times, probes
// and closes against what client, server and kernel noted themselves.
func TestLabFacts(t *testing.T) {
	files, err := filepath.Glob(lab + "/*.facts.txt")
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, name := range files {
		base := strings.TrimSuffix(name, ".facts.txt")
		t.Run(filepath.Base(base), func(t *testing.T) {
			f := readFacts(t, name)
			out, conns := analyze(t, base+".pcap")
			conns = slices.DeleteFunc(conns, func(e analyzers.Event) bool { return e.DPort == 8080 }) // shows that the capture runs on
			compared += f.connections(t, conns) + f.responses(t, out) + f.idles(t, out) + f.probes(t, out) + f.findings(t, out)
		})
	}
	t.Logf("%d figures compared", compared)
	if len(files) < 10 || compared < 120 {
		t.Errorf("%d files, %d figures compared", len(files), compared)
	}
}

// connections compares exchanges and the close of each.
func (f *facts) connections(t *testing.T, conns []analyzers.Event) (n int) {
	if len(conns) != len(f.conns) {
		t.Errorf("%d connections in the packets, %d in the logs", len(conns), len(f.conns))
	}
	for _, e := range conns {
		name := strconv.Itoa(int(e.SPort)) + ">" + strconv.Itoa(int(e.DPort))
		c := f.conns[name]
		if c == nil {
			t.Errorf("%s is in no log", name)
			continue
		}
		r := newConnRow(&e)
		n++
		if want := c.exchanges(t, name); int(r.exchanges) != want {
			t.Errorf("%s: %d exchanges in the packets, %d in the logs", name, r.exchanges, want)
		}
		last, who := math.NaN(), "server"
		switch {
		case f.at == "server" && c.closed > 0 && len(c.idles) > 0: // its idle timeout
			last = c.closed - c.lastReply
		case c.goneWhy == "EOF" && len(c.idles) == 0: // the client waited for it
			last = c.gone - c.lastAnswer
		case c.goneWhy == "connection timed out", // given up by the prober
			c.goneWhy == "use of closed network connection": // closed by the client
			last, who = c.gone-c.lastAnswer, "client"
		}
		if !math.IsNaN(last) {
			n += 2
			if r.closer() != who || !agrees(r.last, last) {
				t.Errorf("%s: closed by the %s after %v, in the logs by the %s after %.6f s", name, r.closer(), time.Duration(r.last), who, last)
			}
		}
	}
	return n
}

// responses compares http.response with what the side noted at which was captured.
func (f *facts) responses(t *testing.T, out *analyzers.Outcome) (n int) {
	var first, reused, server []float64
	for _, c := range f.conns {
		first, reused, server = append(first, c.first...), append(reused, c.reused...), append(server, c.serverTimes...)
	}
	got := map[string][]int64{}
	for _, row := range out.Latency {
		if row.Metric.Name == "http.response" && !strings.HasSuffix(row.Values[0], ":8080") {
			got[row.Values[1]] = append(got[row.Values[1]], row.Sample...)
		}
	}
	if f.at == "server" {
		return pairwise(t, "response times at the server", append(got["no"], got["yes"]...), server)
	}
	return pairwise(t, "first response times", got["no"], first) + pairwise(t, "response times of reused connections", got["yes"], reused)
}

// idles compares conn.idle_before_reuse with what the client noted. Neither curl
// nor a server notes it.
func (f *facts) idles(t *testing.T, out *analyzers.Outcome) int {
	var want []float64
	for _, c := range f.conns {
		if len(c.reused) > 0 && len(c.idles) == 0 {
			return 0 // curl
		}
		want = append(want, c.idles...)
	}
	if f.at == "server" {
		return 0
	}
	var got []int64
	for _, row := range out.Latency {
		if row.Metric.Name == "conn.idle_before_reuse" {
			got = append(got, row.Sample...)
		}
	}
	return pairwise(t, "idle times", got, want)
}

// probes compares with the socket's settings and the kernel's count.
func (f *facts) probes(t *testing.T, out *analyzers.Outcome) (n int) {
	rows := out.Tables[tableProbes].Rows
	if f.count == 0 {
		if len(rows) != 0 {
			t.Errorf("probes %v, nobody was told to send any", rows)
		}
		return 1
	}
	if len(rows) != 1 {
		t.Fatalf("%d rows of probes, want 1", len(rows))
	}
	row := rows[0]
	if int(row[2].(uint64)) != f.sent || row[1] != "client" {
		t.Errorf("%d probes of the %s, the client's kernel counts %d", row[2], row[1], f.sent)
	}
	timer := func(what string, ns int64, of ...time.Duration) {
		for _, d := range of {
			if ns >= int64(d-tick) && ns <= int64(d)+int64(late*float64(d))+int64(apart) {
				return
			}
		}
		t.Errorf("%s %v, set to %v", what, time.Duration(ns), of)
	}
	timer("idle time before the first probe", row[5].(int64), f.settings[0])
	n = 3
	if row[6] != nil {
		// After an answer the kernel waits for the idle time anew.
		timer("shortest interval", row[6].(int64), f.settings...)
		timer("longest interval", row[7].(int64), f.settings...)
		n += 2
	}
	lost, outcome := 0, "answered"
	for _, c := range f.conns {
		if c.goneWhy == "connection timed out" {
			lost, outcome = f.count, "given-up"
		}
	}
	if int(row[3].(uint64)) != f.sent-lost || int(row[4].(uint64)) != lost || row[8] != outcome {
		t.Errorf("%d answered, %d not, %s; the kernel sent %d and got no answer to %d", row[3], row[4], row[8], f.sent, lost)
	}
	n += 2
	return n
}

// findings compares what the sentences say with the logs.
func (f *facts) findings(t *testing.T, out *analyzers.Outcome) (n int) {
	for _, found := range out.Findings {
		var want float64
		switch found.Rule {
		case ruleReuse:
			for _, c := range f.conns {
				for _, s := range c.idles {
					want = max(want, s)
				}
			}
		case ruleSlow:
			for _, c := range f.conns {
				for _, s := range append(c.first, c.reused...) {
					want = max(want, s)
				}
			}
		case ruleRace: // the server's idle timeout; FIN and response take the same way
			want = math.Inf(1)
			lost := 0
			for _, c := range f.conns {
				if c.goneWhy == "EOF" && len(c.idles) > c.answered-1 {
					lost++
					want = min(want, c.closed-c.lastReply)
				}
			}
			if n++; int(found.Count) != lost {
				t.Errorf("%d requests lost, %d in the logs", found.Count, lost)
			}
		case ruleUnused:
			if n++; int(found.Count) != len(f.conns) {
				t.Errorf("%d connections unused, %d in the logs", found.Count, len(f.conns))
			}
			continue
		case ruleUnread: // all but the first could have used an earlier one
			if n++; int(found.Count) != len(f.conns)-1 {
				t.Errorf("%d connections beside an idle one, %d in the logs", found.Count, len(f.conns)-1)
			}
			continue
		default:
			continue
		}
		if n++; found.Measure.Unit != "ns" || !agrees(found.Measure.Value, want) {
			t.Errorf("%s: %s %d %s, %.6f s in the logs", found.Rule, found.Measure.Name, found.Measure.Value, found.Measure.Unit, want)
		}
	}
	return n
}
