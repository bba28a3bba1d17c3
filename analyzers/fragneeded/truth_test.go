package fragneeded_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/engine"
)

// Captures of other origin, with tables of what is true of them. They are not
// part of the project.
const corpus = "../../../shared/pcaps"

// truthEvent is one ICMP error as an independent reading saw it.
type truthEvent struct {
	Frame        uint64
	OSrc         string // reporter
	ISrc, IDst   string // addresses of the quoted packet
	MTU          string
	IProto       string
	SPort, DPort string
	Inner        struct{ Seq uint64 }
	Orig, Resend [][]any // frame, length, milliseconds
}

// Every ICMP error of the tables is found, with its MTU, reporter and flow;
// those about TCP with the segment that resumed it and the delay; and nothing
// else is counted.
func TestTruth(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(corpus, "fragneeded", "TRUTH.json"))
	if err != nil {
		t.Skip("no corpus")
	}
	var truth map[string][]truthEvent
	if err := json.Unmarshal(data, &truth); err != nil {
		t.Fatal(err)
	}
	for name, events := range truth {
		t.Run(name, func(t *testing.T) {
			o := run(t, filepath.Join(corpus, "fragneeded", name))
			checkPaths(t, o, events)
			checkEvents(t, o, events)
		})
	}
}

// checkPaths compares table path_mtu with the truth.
func checkPaths(t *testing.T, o *analyzers.Outcome, events []truthEvent) {
	want := map[string]int{}
	for _, e := range events {
		want[fmt.Sprintf("%s via %s mtu %s", e.IDst, e.OSrc, e.MTU)]++
	}
	got := map[string]int{}
	for _, row := range o.Tables[0].Rows {
		got[fmt.Sprintf("%s via %s mtu %d", row[0], row[1], row[3])] = int(row[4].(uint64))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("path_mtu:\n got %v\nwant %v", got, want)
	}
}

// checkEvents compares attrs.events of the findings with the truth about TCP.
func checkEvents(t *testing.T, o *analyzers.Outcome, events []truthEvent) {
	type have struct {
		*analyzers.Finding
		event map[string]any
	}
	got := map[uint64]have{}
	for _, f := range o.Findings {
		list, _ := f.Attrs["events"].([]any)
		for _, e := range list {
			m := e.(map[string]any)
			got[m["frame"].(uint64)] = have{f, m}
		}
	}
	n := 0
	for _, e := range events {
		if e.IProto != "6" {
			continue
		}
		n++
		h, ok := got[e.Frame]
		if !ok {
			t.Errorf("frame %d: not found", e.Frame)
			continue
		}
		flow := fmt.Sprintf("%s:%d>%s:%d", h.Flow.Src, h.Flow.SPort, h.Flow.Dst, h.Flow.DPort)
		if want := e.ISrc + ":" + e.SPort + ">" + e.IDst + ":" + e.DPort; flow != want {
			t.Errorf("frame %d: flow %s, want %s", e.Frame, flow, want)
		}
		if fmt.Sprint(h.Attrs["mtu"]) != e.MTU || h.Attrs["reporter"] != e.OSrc || h.event["seq"] != e.Inner.Seq {
			t.Errorf("frame %d: mtu %v, reporter %v, seq %v", e.Frame, h.Attrs["mtu"], h.Attrs["reporter"], h.event["seq"])
		}
		wantFrame, wantMS := e.Resend[0][0].(string), e.Resend[0][2].(float64)
		delay := float64(h.event["delay_ns"].(int64)) / 1e6
		if fmt.Sprint(h.event["resume_frame"]) != wantFrame || math.Abs(delay-wantMS) > 1e-6 {
			t.Errorf("frame %d: resumed by %v after %v ms, want %s after %v ms", e.Frame, h.event["resume_frame"], delay, wantFrame, wantMS)
		}
		if orig := e.Orig[0][0].(string); e.Frame == h.Attrs["events"].([]any)[0].(map[string]any)["frame"] && fmt.Sprint(h.Evidence[0].Frame.Frame()) != orig {
			t.Errorf("frame %d: dropped segment is frame %d, want %s", e.Frame, h.Evidence[0].Frame.Frame(), orig)
		}
	}
	if len(got) != n {
		t.Errorf("%d events, want %d", len(got), n)
	}
}

// seenInCorpus are the warnings and errors in captures of other origin, each
// confirmed by reading the packets.
var seenInCorpus = map[string]string{
	// The whole window was dropped; the first segment came again at once, the
	// others one round trip of 400 ms after the other.
	"fragneeded/OISF+suricata-verify__bug-3616-smtp_input.pcap": "pmtu-stall",
	"fragneeded/zeek+zeek__smtp.pcap":                           "pmtu-stall",
	// Made with a router that drops large packets silently, seen at both ends.
	"ssh-lab/lab_16a_mtu_blackhole_c2s.pcap":            "pmtu-blackhole-silent",
	"ssh-lab/lab_16a_mtu_blackhole_c2s.server.pcap":     "pmtu-blackhole-silent",
	"ssh-lab/lab_16b_mtu_blackhole_s2c_gex.pcap":        "pmtu-blackhole-silent",
	"ssh-lab/lab_16b_mtu_blackhole_s2c_gex.server.pcap": "pmtu-blackhole-silent",
}

// Over all captures of other origin, no warning and no error but those.
func TestCorpus(t *testing.T) {
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("no corpus")
	}
	if testing.Short() {
		t.Skip("reads 85 MB")
	}
	got := map[string]string{}
	err := filepath.WalkDir(corpus, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		res, err := engine.Run(t.Context(), []string{path}, engine.Options{Analyzers: analyzerList, Workers: 1})
		if err != nil {
			return nil // no capture
		}
		if r := res.Results[0]; r.Failed || len(res.Internal) > 0 {
			t.Errorf("%s: %s %v", path, r.Failure, res.Internal)
		}
		var rules []string
		for _, f := range res.Results[0].Outcome.Findings {
			if f.Severity >= analyzers.Warning {
				rules = append(rules, f.Rule)
			}
		}
		if len(rules) > 0 {
			sort.Strings(rules)
			name, _ := filepath.Rel(corpus, path)
			got[filepath.ToSlash(name)] = strings.Join(rules, " ")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, rules := range got {
		if seenInCorpus[name] != rules {
			t.Errorf("%s: %s, want %q", name, rules, seenInCorpus[name])
		}
	}
	for name, rules := range seenInCorpus {
		if got[name] == "" {
			t.Errorf("%s: nothing, want %s", name, rules)
		}
	}
}
