package all_test

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"pcaptriage/analyzers/all"
	"pcaptriage/analyzers/analyzertest"
	"pcaptriage/analyzers/engine"
)

const pcaps = "../../testdata/pcaps"

// explained are the differences that are right: view, capture and rule (with
// wildcards), and why.
var explained = []struct{ view, capture, rule, why string }{
	{"on a VLAN", "linktype/*-as-ethernet.pcap", "*", "these are no Ethernet frames, so there is no place for a tag"},
	{"without link layer", "linktype/*-as-ethernet.pcap", "*", "these are no Ethernet frames, so nothing can be taken off"},
	{"mirrored *", "linktype/too-few.pcap", "linktype-mislabelled", "three packets were too few, six are enough"},
	{"mirrored *", "fragneeded/stall-v6-*.pcap", "pmtu-stall-suspected",
		"without an identification, copies are told from retransmissions only after eight of sixteen packets came twice; these connections are shorter"},
	{"snaplen 64", "fragneeded/broken-spoofed.pcap", "pmtu-stall-suspected",
		"the quote that shows the message to be forged is cut off; the stall is real"},
	{"second half", "connect/dropped-selectively.pcap", "connect-dropped", "the answered attempts are in the first half"},
	{"second half", "connect/failures-v6.pcap", "connect-dropped", "likewise"},
	{"without link layer", "connect/broadcast.pcap", "connect-dropped", "that 192.0.2.255 is a broadcast address shows in the MAC address only"},
	{"snaplen 96", "keepalive/per-request-close.pcap", "keepalive-unused", "the field that asks for it is cut off"},
}

// viewTest is one run of TestViews.
type viewTest struct {
	used []atomic.Bool // of explained
	ran  atomic.Int64  // captures
}

// A capture that lacks packets, holds them twice or in another dress shows no
// trouble that the whole capture does not show.
func TestViews(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the engine some thousand times; the race detector makes that minutes")
	}
	files := captures(t, "*")
	vt := &viewTest{used: make([]atomic.Bool, len(explained))}
	t.Cleanup(func() { // after the last capture
		for i, e := range explained {
			if vt.ran.Load() == int64(len(files)) && !vt.used[i].Load() {
				t.Errorf("no longer so: %s, %s, %s (%s)", e.view, e.capture, e.rule, e.why)
			}
		}
	})
	for _, file := range files {
		name := filepath.ToSlash(strings.TrimPrefix(file, filepath.FromSlash(pcaps)+string(filepath.Separator)))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vt.ran.Add(1)
			if f, ok := analyzertest.ReadFile(t, file); ok {
				vt.capture(t, name, f)
			}
		})
	}
}

func (vt *viewTest) capture(t *testing.T, name string, f *analyzertest.File) {
	list := all.Analyzers()
	run := func(f *analyzertest.File) (sure, possible map[string]uint64) {
		res := analyzertest.Analyze(t, name, f.Bytes(), engine.Options{Analyzers: list, Workers: 1})
		return analyzertest.Trouble(list, res.Results)
	}
	sure, possible := run(f)
	for _, v := range analyzertest.Views() {
		view := v.Make(f)
		if view == nil {
			continue
		}
		differs := func(rule, what string) {
			if !vt.explained(t, v.Name, name, rule) {
				t.Errorf("%s: %s %s", v.Name, rule, what)
			}
		}
		gotSure, gotPossible := run(view)
		if v.Same {
			compare(sure, gotSure, differs)
			compare(possible, gotPossible, differs)
			continue
		}
		for rule := range gotSure {
			if sure[rule]+possible[rule] == 0 {
				differs(rule, "speaks, and is silent about the whole capture")
			}
		}
		for rule := range gotPossible {
			if sure[rule]+possible[rule] == 0 && !v.Cut {
				differs(rule, "thinks it possible, and is silent about the whole capture")
			}
		}
	}
}

// compare tells the rules whose counts differ.
func compare(want, got map[string]uint64, differs func(rule, what string)) {
	rules := slices.AppendSeq(slices.Collect(maps.Keys(want)), maps.Keys(got))
	slices.Sort(rules)
	for _, rule := range slices.Compact(rules) {
		if want[rule] != got[rule] {
			differs(rule, fmt.Sprintf("counts %d, in the capture itself %d", got[rule], want[rule]))
		}
	}
}

// explained reports whether a difference is among those that are right.
func (vt *viewTest) explained(t *testing.T, view, capture, rule string) bool {
	for i, e := range explained {
		inView, err1 := path.Match(e.view, view)
		inCapture, err2 := path.Match(e.capture, capture)
		ofRule, err3 := path.Match(e.rule, rule)
		if err := errors.Join(err1, err2, err3); err != nil {
			t.Fatal(err)
		}
		if inView && inCapture && ofRule {
			vt.used[i].Store(true)
			return true
		}
	}
	return false
}

// captures lists the captures of an area, "*" for all.
func captures(t *testing.T, area string) (files []string) {
	t.Helper()
	for _, ending := range []string{"*.pcap", "*.pcapng"} {
		found, err := filepath.Glob(filepath.Join(pcaps, area, ending))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Fatalf("no captures of %s", area)
	}
	return files
}
