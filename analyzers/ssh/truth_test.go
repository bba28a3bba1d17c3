package ssh_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/engine"
	"pcaptriage/analyzers/fragneeded"
	"pcaptriage/analyzers/ssh"
	"pcaptriage/decoders"
)

// Captures of other origin, with tables of what is true of them. They are not
// part of the project.
const corpus = "../../../shared/pcaps"

// truthStream is what tshark says of one connection: frames of the messages,
// null where there is none.
type truthStream struct {
	Ep     string
	Ver    [][]any // frame, seconds, sender's port, string
	Kex    string
	Phases map[string][]float64 // frame, seconds
}

// partial are the sessions of which the capture does not hold all, with the
// outcome that can honestly be given: file and client port.
var partial = map[string]string{
	"OISF+suricata-verify__ssh-banner-only_input.pcap 54634":                         "cut",
	"OISF+suricata-verify__ssh-hassh-only_input.pcap 54634":                          "cut",
	"OISF+suricata-verify__ssh-hassh_input.pcap 54634":                               "cut",
	"OISF+suricata-verify__vxlan-decoder-03_vxlan.pcap 37186":                        "cut",
	"seladb+PcapPlusPlus__ssh_packets.pcap 58395":                                    "unknown",
	"arkime+arkime__v6.pcap 1022":                                                    "ssh1",
	"blitz+tcptrace__ppp_encap.dmp.gz 54942":                                         "ssh1",
	"zeek+zeek__ssh_ssh1-ssh2-fingerprints.pcap 57388":                               "gave-up",
	"ntop+nDPI__ssh_unidirectional.pcap 50306":                                       "not-ssh",
	"OISF+suricata-verify__output-eve-anomaly-02_input.pcap 32928":                   "not-ssh",
	"OISF+suricata-verify__ssh-hassh-incomplete_input.pcap 51840":                    "stalled",
	"AlexeyVasilev+PcapFlowLab__examples_showcase_pcap_flow_lab_showcase.pcap 44022": "banner-only",
	"OISF+suricata-verify__bug-4903_bug-4903-01_input.pcap 10000":                    "banner-only",
	"OISF+suricata-verify__bypass-ssh-enabled_input.pcap 64333":                      "success",
	"OISF+suricata-verify__bug-4663-03_icmp_and_ssh.pcap 42116":                      "success",
	"OISF+suricata-verify__issue-5466-alert-then-pass-02_icmp_and_ssh-s0.pcap 42116": "success",
	"simsong+tcpflow__local.pcap 50266":                                              "hostkey-refused",
	"cisco+mercury__emix.pcap 53949":                                                 "success",
}

// TestCorpusTruth compares each stream of the table with what is said of it when
// it is the only one: software, method, and the frames that end the phases.
func TestCorpusTruth(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(corpus, "ssh", "TRUTH.json"))
	if err != nil {
		t.Skip("no corpus")
	}
	var truth map[string]map[string]truthStream
	if err := json.Unmarshal(data, &truth); err != nil {
		t.Fatal(err)
	}
	streams, frames := 0, 0
	for _, name := range slices.Sorted(maps.Keys(truth)) {
		for _, id := range slices.Sorted(maps.Keys(truth[name])) {
			s := truth[name][id]
			from, _, _ := strings.Cut(s.Ep, ">")
			port := from[strings.LastIndex(from, ":")+1:]
			if name == "seladb+PcapPlusPlus__ssh_packets.pcap" {
				_, port, _ = strings.Cut(s.Ep, ">") // the table has the server first
			}
			// A filter cannot look into VXLAN; there the phases of one session
			// among several are not printed.
			alone := !strings.Contains(name, "vxlan")
			res := runPort(t, filepath.Join(corpus, "ssh", name), port, alone)
			o := outcome(t, res)
			row := rowOf(o, port)
			if row == nil {
				t.Errorf("%s %s: no session", name, s.Ep)
				continue
			}
			streams++
			if want, ok := partial[name+" "+port]; ok && row["outcome"] != want {
				t.Errorf("%s %s: outcome %v, want %s", name, s.Ep, row["outcome"], want)
			}
			if row["outcome"] == "ssh1" && row["service"] != nil {
				t.Errorf("%s %s: service of SSH 1", name, s.Ep)
			}
			for _, v := range s.Ver {
				side, software := "server_software", strings.TrimSpace(strings.SplitN(v[3].(string), "-", 3)[2])
				if v[2] == port {
					side = "client_software"
				}
				if row[side] != software {
					t.Errorf("%s %s: %s is %v, tshark has %q", name, s.Ep, side, row[side], software)
				}
			}
			if s.Kex != "" && row["kex"] != s.Kex {
				t.Errorf("%s %s: kex %v, tshark's lists give %s", name, s.Ep, row["kex"], s.Kex)
			}
			if len(o.Tables[1].Rows) > 0 {
				frames += checkFrames(t, name+" "+s.Ep, &s, o.Tables[1])
			}
		}
	}
	t.Logf("%d streams, %d phase frames", streams, frames)
	if streams < 50 || frames < 200 {
		t.Error("too few to mean anything")
	}
}

// ends are the messages with which phases end, as the table calls them.
var ends = map[string][]string{
	"banner-server": {"ver_s"}, "banner-client": {"ver_c"}, "kexinit-server": {"kexinit_s"}, "kexinit-client": {"kexinit_c"},
	"kex-client": {"m32_c", "m30_c"}, "kex-server": {"m33_s", "m31_s"}, "newkeys": {"newkeys_s"}, "hostkey-gate": {"newkeys_c"},
}

// checkFrames compares the last frame of each phase and returns how many it
// compared.
func checkFrames(t *testing.T, name string, s *truthStream, phases *analyzers.Table) (n int) {
	for _, row := range phases.Rows {
		for _, message := range ends[row[0].(string)] {
			want := s.Phases[message]
			if len(want) == 0 {
				continue
			}
			refs := row[4].([]decoders.FrameRef)
			if got := refs[len(refs)-1].Frame(); float64(got) != want[0] {
				t.Errorf("%s: %s ends with frame %d, tshark has %v for %s", name, row[0], got, want[0], message)
			}
			n++
			break
		}
	}
	return n
}

func runPort(t *testing.T, file, port string, filter bool) *engine.Result {
	t.Helper()
	opt := engine.Options{Analyzers: []*analyzers.Analyzer{fragneeded.Analyzer, ssh.Analyzer}, Workers: 1}
	if filter {
		opt.Filter = "tcp port " + port
	}
	res, err := engine.Run(context.Background(), []string{file}, opt)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// rowOf is the session of a client port, by column names.
func rowOf(o *analyzers.Outcome, port string) map[string]any {
	for _, r := range rows(o) {
		if f := r["flow"].(*analyzers.FlowRef); fmt.Sprint(f.SPort) == port {
			return r
		}
	}
	return nil
}

// rows are the sessions by column names, those for programs where a name is
// used twice.
func rows(o *analyzers.Outcome) (out []map[string]any) {
	t := o.Tables[0]
	for _, cells := range t.Rows {
		r := map[string]any{}
		for i, cell := range cells {
			if c := t.Spec.Columns[i]; c.Only != analyzers.People {
				r[c.Name] = cell
			}
		}
		out = append(out, r)
	}
	return out
}
