package flow

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pcaptriage/decoders"
	"pcaptriage/decoders/capture"
)

// corpus is where captures of other origin lie, when they are there.
const corpus = "../../../shared/pcaps"

// readCapture decodes a capture and calls visit for each packet, with a clock
// that follows the times and reset true where it jumps. It reports whether the
// file could be read at all.
func readCapture(t *testing.T, name string, visit func(p *decoders.Packet, reset bool)) bool {
	r, err := capture.Open(name, capture.Options{})
	if err != nil {
		return false
	}
	defer r.Close()
	var p decoders.Packet
	var clock int64
	for frames := 0; ; {
		s, err := r.Next()
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			return false
		}
		for i := range s.Recs {
			rec := &s.Recs[i]
			p.Has, p.Time = 0, 0
			reset := false
			if rec.Flags&capture.HasTime != 0 {
				p.Has, p.Time = decoders.HasTime, rec.Time
				if frames == 0 {
					clock = rec.Time
				}
				if rec.Time < clock-int64(time.Minute) || clock < rec.Time-int64(24*time.Hour) {
					clock, reset = rec.Time, true
				}
				clock = max(clock, rec.Time)
			}
			frames++
			p.Frame, p.Clock, p.Iface = s.FrameNumber(rec), clock, rec.Iface
			link := uint16(0xffff)
			if int(rec.Iface) < len(r.Info().Interfaces) {
				link = r.Info().Interfaces[rec.Iface].LinkType
			}
			p.Decode(link, s.Data(rec), rec.Orig)
			if p.Has&decoders.HasIP != 0 {
				k, _ := p.Key()
				p.Hash = k.Hash()
			}
			visit(&p, reset)
		}
		s.Release()
	}
}

// TestCorpus runs over every capture, with and without sweeps, in a roomy and a
// tiny table.
func TestCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("reads every capture of the corpus")
	}
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("no corpus here")
	}
	files := 0
	err := filepath.WalkDir(corpus, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		for _, flows := range []int{100_000, 20} {
			cfg := DefaultConfig(1)
			cfg.MaxFlows = flows
			var sums [2]string
			for mode := range sums {
				h := fnv.New64a()
				var ends uint64
				tab := New(cfg, func(f *Flow, r EndReason, at int64) {
					ends += f.Serial * uint64(1+int(r)) * uint64(at) // in any order
				})
				var clock int64
				if !readCapture(t, name, func(p *decoders.Packet, reset bool) {
					if reset {
						tab.Expire(clock)
						tab.Reset()
					}
					clock = p.Clock
					if mode == 1 {
						tab.Expire(clock)
					}
					f := tab.Packet(p)
					if f == nil {
						return
					}
					fmt.Fprintln(h, p.Frame, f.Serial, p.Seg, f.Client, f.State, f.Flags)
				}) {
					return nil
				}
				tab.Finish(clock)
				s := tab.Stats()
				if s.Live != 0 || tab.index.n != 0 || tab.splits != 0 || len(tab.holes.free) != len(tab.holes.sets) {
					t.Errorf("%s: left behind: %+v", name, s)
				}
				sums[mode] = fmt.Sprint(h.Sum64(), ends, s)
			}
			if sums[0] != sums[1] {
				t.Errorf("%s, %d flows: sweeps show:\n%s\n%s", name, flows, sums[0], sums[1])
			}
		}
		files++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d captures", files)
}

// TestKeepAliveTruth compares the keep-alive probes with what tshark calls so,
// frame by frame; where the two differ tshark is wrong, and why is stated.
func TestKeepAliveTruth(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(corpus, "keepalive/TRUTH.json"))
	if err != nil {
		t.Skip("no corpus here")
	}
	var truth map[string]map[string]struct {
		KA    [][]any `json:"ka"`
		KAACK [][]any `json:"kaack"`
		ZWP   int     `json:"zwp"`
	}
	if err := json.Unmarshal(text, &truth); err != nil {
		t.Fatal(err)
	}
	type difference struct {
		missing, extra int
		why            string
	}
	known := map[string]difference{
		"AlexeyVasilev+PcapFlowLab__examples_showcase_pcap_flow_lab_showcase.pcap": {3, 0, "made by hand; ACKs of data sent 0.8 ms before"},
		"NotYuSheng+TracePcap__sample-files_monitor_large_week1_baseline.pcap":     {282, 0, "made by hand; the handshake's ACK has the SYN's number"},
		"OISF+suricata-verify__dcerpc_zerologon_input.pcap":                        {1, 0, "an ACK that its side's FIN overtook"},
		"blitz+tcptrace__urgent.dmp.gz":                                            {1, 0, "a byte in the middle of a bulk transfer, not acknowledged: a retransmission"},
		"ntop+nDPI__1kxun.pcap":                                                    {11, 0, "ten copies of probes, and the copy of the capture's first packet"},
		"ntop+nDPI__waze.pcap":                                                     {5, 0, "ACKs that a FIN overtook"},
		"ntop+nDPI__wechat.pcap":                                                   {0, 11, "connections whose beginning is not in the capture: Next is known from the answer"},
		"seladb+PcapPlusPlus__example.pcap":                                        {2, 0, "a proxy's window updates, 0.1 s after the last segment"},
		"seladb+PcapPlusPlus__many-protocols.pcap":                                 {1, 0, "likewise"},
		"snort3+snort3_demo__inspectors_file_id_file_log_http_noblock.pcap":        {3, 0, "zero-window probes"},
		"epiecs+packetlife-backup__pcaps_snoop-working-ccm7.cap":                   {3, 0, "a text file, not read"},
	}
	for _, name := range slices.Sorted(maps.Keys(truth)) {
		theirs := map[uint64]bool{}
		probes := 0
		for _, s := range truth[name] {
			for _, k := range s.KA {
				theirs[uint64(k[0].(float64))] = true
			}
			probes += s.ZWP
		}
		tab := New(DefaultConfig(1), nil)
		var extra []uint64
		readCapture(t, filepath.Join(corpus, "keepalive", name), func(p *decoders.Packet, reset bool) {
			if reset {
				tab.Reset()
			}
			tab.Packet(p)
			if p.Has&decoders.HasTCP == 0 {
				return
			}
			if p.Seg.Is(decoders.ClassZeroWindowProbe) {
				probes--
			}
			if p.Seg.Is(decoders.ClassKeepAlive) {
				if !theirs[p.Frame] {
					extra = append(extra, p.Frame)
				}
				delete(theirs, p.Frame)
			}
		})
		want := known[name]
		if len(theirs) != want.missing || len(extra) != want.extra {
			t.Errorf("%s: missing %v, extra %v, want %+v", name, slices.Sorted(maps.Keys(theirs)), extra, want)
		}
		if probes != 0 && want.why != "zero-window probes" {
			t.Errorf("%s: %d zero-window probes too few", name, probes)
		}
	}
}
