package connect_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"sort"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/analyzertest"
	"pcaptriage/analyzers/connect"
	"pcaptriage/analyzers/engine"
	"pcaptriage/decoders"
)

// Captures of other origin, with tables of what is true of them. They are not
// part of the project.
const corpus = "../../../shared/pcaps"

// truthFile is what an independent reading says of one capture.
type truthFile struct {
	Attempts []struct {
		Flow    string
		ISN     string
		SYN     [][2]float64 // frame, time
		Outcome string
	}
}

// truthOutcomes are our outcomes that agree with one of the table, which knows
// fewer.
var truthOutcomes = map[string][]string{
	"answered": {"answered"},
	"refused":  {"refused"},
	"rejected": {"rejected"},
	"dropped":  {"dropped", "dropped-selectively", "unanswered", "answered-unseen"},
}

// disagreements that are the table's errors, or a matter of definition: file
// and first SYN frame, with the reason.
var disagreements = map[string]map[uint64]string{
	"chrissanders+packets__synscan.pcapng": synscan,
	"ntop+nDPI__synscan.pcap":              synscan,
}

// The scanner's host takes the SYN-ACKs and sends nothing; the server repeats
// them. The table calls every SYN-ACK an answer.
var synscan = map[uint64]string{
	9:  "SYN-ACK repeated, no final ACK: half open",
	15: "SYN-ACK repeated, no final ACK: half open",
	43: "SYN-ACK repeated, no final ACK: half open",
}

func TestTruth(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(corpus, "syn", "TRUTH.json"))
	if err != nil {
		t.Skip("no corpus")
	}
	var truth map[string]truthFile
	if err := json.Unmarshal(data, &truth); err != nil {
		t.Fatal(err)
	}
	var names []string
	for n := range truth {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) { checkTruth(t, name, truth[name]) })
	}
}

func checkTruth(t *testing.T, name string, truth truthFile) {
	got := attemptTable(t, run(t, filepath.Join(corpus, "syn", name)))
	agree := 0
	for _, a := range truth.Attempts {
		frame := uint64(a.SYN[0][0])
		have, ok := got[a.Flow+" "+a.ISN+fmt.Sprint(" ", frame)]
		if !ok {
			have = "no attempt"
		}
		if contains(truthOutcomes[a.Outcome], have) {
			agree++
			continue
		}
		if why := disagreements[name][frame]; why != "" {
			t.Logf("frame %d, %s: truth %s, we say %s: %s", frame, a.Flow, a.Outcome, have, why)
		} else {
			t.Errorf("frame %d, %s: truth %s, we say %s", frame, a.Flow, a.Outcome, have)
		}
	}
	t.Logf("%d of %d agree: %.1f %%", agree, len(truth.Attempts), 100*float64(agree)/float64(len(truth.Attempts)))
	if len(truth.Attempts) > 0 && float64(agree) < .95*float64(len(truth.Attempts)) {
		t.Error("less than 95 % agree")
	}
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func run(t *testing.T, file string) *engine.Result {
	t.Helper()
	return analyzertest.AnalyzeFile(t, file, engine.Options{Analyzers: []*analyzers.Analyzer{connect.Analyzer}})
}

// attemptTable maps "src:port>dst:port isn frame" to the outcome.
func attemptTable(t *testing.T, res *engine.Result) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, tab := range res.Results[0].Outcome.Tables {
		if tab.Spec.Name != "connect_attempts" {
			continue
		}
		col := map[string]int{}
		for i, c := range tab.Spec.Columns {
			col[c.Name] = i
		}
		for _, row := range tab.Rows {
			f := row[col["flow"]].(*analyzers.FlowRef)
			k := fmt.Sprintf("%s:%d>%s:%d %d %d", bare(f.Src), f.SPort, bare(f.Dst), f.DPort, row[col["isn"]], row[col["syn_frames"]].([]decoders.FrameRef)[0].Frame())
			out[k] = row[col["outcome"]].(string)
		}
	}
	return out
}

func bare(a decoders.Addr) netip.Addr { return a.Netip() }
