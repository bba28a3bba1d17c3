package keepalive

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/engine"
)

// Captures of other origin, with a table of what tshark says of them. They are
// not part of the project.
const corpus = "../../../shared/pcaps/keepalive"

// truthStream is what tshark 4.0 says of one TCP stream.
type truthStream struct {
	Endpoint string   `json:"ep"` // client:port>server port
	Probes   [][4]any `json:"ka"` // frame, time, payload bytes, sender's port
	Requests [][]any  `json:"req"`
}

// recording is a correlator that keeps the connections' accounts.
type recording struct {
	*correlator
	conns *[]analyzers.Event
}

func (r recording) Event(e *analyzers.Event) {
	if e.Kind == evConn {
		*r.conns = append(*r.conns, *e)
	}
	r.correlator.Event(e)
}

// analyze runs the analyzer and returns the accounts of the connections too.
func analyze(t *testing.T, file string) (*analyzers.Outcome, []analyzers.Event) {
	t.Helper()
	var conns []analyzers.Event
	a := *Analyzer
	a.NewCorrelator = func(env *analyzers.Env) analyzers.Correlator { return recording{newCorrelator(env), &conns} }
	res, err := engine.Run(context.Background(), []string{file}, engine.Options{Analyzers: []*analyzers.Analyzer{&a}, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	if r := res.Results[0]; r.Failed || len(res.Internal) > 0 {
		t.Fatalf("%s %v", r.Failure, res.Internal)
	}
	return &res.Results[0].Outcome, conns
}

func TestTruth(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(corpus, "TRUTH.json"))
	if err != nil {
		t.Skip("no corpus")
	}
	var truth map[string]map[string]truthStream
	if err := json.Unmarshal(data, &truth); err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(truth))
	for n := range truth {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(corpus, name)
			if _, err := os.Stat(file); err != nil || name == notCapture {
				t.Skip("not there, or text")
			}
			out, conns := analyze(t, file)
			checkProbes(t, name, truth[name], out)
			checkRequests(t, name, truth[name], conns)
		})
	}
}

// notCapture is a packet dump in text.
const notCapture = "epiecs+packetlife-backup__pcaps_snoop-working-ccm7.cap"

// noProbes are captures in which none of tshark's keep-alives is one.
var noProbes = map[string]string{
	"AlexeyVasilev+PcapFlowLab__examples_showcase_pcap_flow_lab_showcase.pcap": "synthetic numbers, ACKs within 65 ms",
	"NotYuSheng+TracePcap__sample-files_monitor_large_week1_baseline.pcap":     "synthetic numbers, ACKs right after data",
	"OISF+suricata-verify__dcerpc_zerologon_input.pcap":                        "an ACK right after unseen data",
	"blitz+tcptrace__urgent.dmp.gz":                                            "zero-window probes",
	"ntop+nDPI__waze.pcap":                                                     "ACKs right after the FIN",
	"seladb+PcapPlusPlus__example.pcap":                                        "ACKs right after the FIN",
	"snort3+snort3_demo__inspectors_file_id_file_log_http_noblock.pcap":        "a retransmission timer's back-off",
	"ntop+nDPI__h323.pcap":                                                     "the recorded times jump by days, so the capture clock stands still",
}

// otherProbes are streams in which we count other probes than tshark: by file,
// then stream and side.
var otherProbes = map[string]map[string]int{
	// Frames 618, 638, 1028 and their like are copies of the frame before,
	// which tshark cannot tell; the first of a stream of nothing but probes is
	// its first segment.
	"ntop+nDPI__1kxun.pcap": {"192.168.115.8:49581>80 client": 0, "192.168.115.8:49596>443 client": 1,
		"192.168.115.8:49597>80 client": 1, "192.168.115.8:49598>80 client": 1, "192.168.115.8:49599>80 client": 1,
		"192.168.115.8:49600>80 client": 1, "192.168.115.8:49601>80 client": 1, "192.168.115.8:49602>80 client": 1,
		"192.168.115.8:49603>80 client": 1, "192.168.115.8:49604>80 client": 1},
	// The recorded times jump by days: a step that too few packets confirm does
	// not move the capture clock.
	"ntop+nDPI__avast.pcap": {"192.168.2.100:49532>80 client": 0, "192.168.2.100:49758>80 client": 0, "192.168.2.100:54405>80 server": 0,
		"192.168.2.100:57727>80 client": 0, "192.168.2.100:58412>80 client": 0, "192.168.2.100:58412>80 server": 0, "192.168.2.100:62741>80 client": 0},
	// Probes every 45 s on connections that carry nothing else in the capture:
	// the acknowledgements tell (frames 345, 476, ...).
	"ntop+nDPI__wechat.pcap": {"192.168.1.103:36017>5228 client": 9, "192.168.1.103:49787>443 client": 2},
	// An ACK right after the FIN.
	"seladb+PcapPlusPlus__many-protocols.pcap": {"10.0.0.1:55260>80 server": 0},
}

// moreRequests: one direction only, and tshark loses its place at the first
// acknowledgement of unseen bytes.
const moreRequests = "seladb+PcapPlusPlus__4KHttpRequests.pcap"

// checkProbes compares the number of probes of each side of each stream.
func checkProbes(t *testing.T, name string, truth map[string]truthStream, out *analyzers.Outcome) {
	got, rows := map[string]int{}, map[string][]any{}
	for _, row := range out.Tables[tableProbes].Rows {
		f := *row[0].(*analyzers.FlowRef)
		if row[1] == "server" {
			f.Src, f.Dst, f.SPort, f.DPort = f.Dst, f.Src, f.DPort, f.SPort
		}
		k := fmt.Sprintf("%s:%d>%d %s", f.Src.Netip(), f.SPort, f.DPort, row[1])
		if _, first := streamOf(truth, fmt.Sprintf("%s:%d>%d", f.Dst.Netip(), f.DPort, f.SPort)); first {
			k = turned(&f, row[1].(string))
		}
		got[k] += int(row[2].(uint64))
		rows[k] = row
	}
	want, times := map[string]int{}, map[string][]float64{}
	for _, s := range truth {
		client, sport, _ := strings.Cut(s.Endpoint, ">")
		for _, p := range s.Probes {
			side := "client"
			if fmt.Sprint(p[3]) == sport && !strings.HasSuffix(client, ":"+sport) {
				side = "server"
			}
			k := s.Endpoint + " " + side
			want[k]++
			times[k] = append(times[k], p[1].(float64))
		}
	}
	if why := noProbes[name]; why != "" {
		t.Log("not probes:", why)
		want = map[string]int{}
	}
	for k, n := range otherProbes[name] {
		want[k] = n
	}
	compareCounts(t, "probes", want, got, false)
	for k, row := range rows {
		if len(times[k]) == got[k] && row[6] != nil {
			checkIntervals(t, k, times[k], row[6].(int64), row[7].(int64))
		}
	}
}

// checkIntervals: shortest and longest interval must be differences of probe
// times that tshark gives.
func checkIntervals(t *testing.T, stream string, times []float64, shortest, longest int64) {
	for _, ours := range []int64{shortest, longest} {
		found := false
		for i := 1; i < len(times); i++ {
			found = found || math.Abs(times[i]-times[i-1]-float64(ours)/1e9) < 2e-6
		}
		if !found {
			t.Errorf("%s: an interval of %d ns, but tshark has probes at %v", stream, ours, times)
		}
	}
}

// turned is the key of a stream that tshark names from its first sender, which
// was the server.
func turned(f *analyzers.FlowRef, side string) string {
	other := map[string]string{"client": "server", "server": "client"}
	return fmt.Sprintf("%s:%d>%d %s", f.Dst.Netip(), f.DPort, f.SPort, other[side])
}

func streamOf(truth map[string]truthStream, endpoint string) (truthStream, bool) {
	for _, s := range truth {
		if s.Endpoint == endpoint {
			return s, true
		}
	}
	return truthStream{}, false
}

// checkRequests compares the number of requests on each stream.
func checkRequests(t *testing.T, name string, truth map[string]truthStream, conns []analyzers.Event) {
	want, got := map[string]int{}, map[string]int{}
	for _, s := range truth {
		want[s.Endpoint] += len(s.Requests)
	}
	for _, e := range conns {
		k := fmt.Sprintf("%s:%d>%d", e.Src.Netip(), e.SPort, e.DPort)
		if r := fmt.Sprintf("%s:%d>%d", e.Dst.Netip(), e.DPort, e.SPort); want[k] == 0 && want[r] > 0 {
			k = r
		}
		_, unanswered := unpackLongest(e.V[2])
		got[k] += int(e.N) + int(unanswered)
	}
	compareCounts(t, "requests", want, got, name == moreRequests)
}

// compareCounts compares two sets of counts; more: ours may be the larger.
func compareCounts(t *testing.T, what string, want, got map[string]int, more bool) {
	t.Helper()
	keys := map[string]bool{}
	sum := 0
	for k, n := range want {
		keys[k] = true
		sum += n
	}
	for k := range got {
		keys[k] = true
	}
	for k := range keys {
		if got[k] != want[k] && !(more && got[k] > want[k]) {
			t.Errorf("%s of %s: want %d, got %d", what, k, want[k], got[k])
		}
	}
	t.Logf("%s: %d", what, sum)
}
