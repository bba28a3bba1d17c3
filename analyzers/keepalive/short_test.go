package keepalive

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/engine"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// thorough is a flow part that takes no short way.
type thorough struct {
	*flowPart
	short *int // segments that would have taken it, about
}

func (fp thorough) Packet(p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	if f == nil || p.Seg.Is(ignored) {
		return
	}
	if c := fp.store.Get(f); c != nil && !p.Seg.Is(rare) && c.flags&flagWatched == 0 {
		*fp.short++
	}
	fp.other(p, f, out)
}

// The short ways of Packet do what other does, on every shipped capture, and on
// those of others that are here.
func TestShortWays(t *testing.T) {
	if testing.Short() {
		t.Skip("a minute under the race detector, and has one goroutine only")
	}
	files, err := filepath.Glob("../../testdata/pcaps/*/*[pg]")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d captures (%v)", len(files), err)
	}
	shared, _ := filepath.Glob("../../../shared/pcaps/*/*.pcap*")
	for _, name := range shared {
		if info, err := os.Stat(name); err == nil && info.Size() < 1<<18 {
			files = append(files, name)
		}
	}
	short := 0
	slow := *Analyzer
	slow.NewFlowPart = func(env *analyzers.Env) analyzers.FlowPart {
		return thorough{Analyzer.NewFlowPart(env).(*flowPart), &short}
	}
	for _, file := range files {
		var got [2]*analyzers.Outcome
		for i, a := range []*analyzers.Analyzer{Analyzer, &slow} {
			res, err := engine.Run(context.Background(), []string{file}, engine.Options{Analyzers: []*analyzers.Analyzer{a}, Workers: 1})
			if err != nil && res == nil {
				break // no capture
			}
			if res.Results[0].Failed {
				t.Fatalf("%s: %+v", file, res.Results[0])
			}
			got[i] = &res.Results[0].Outcome
		}
		if !reflect.DeepEqual(got[0], got[1]) {
			t.Errorf("%s: %+v, want %+v", file, got[0], got[1])
		}
	}
	if short < 5_000 { // the shipped captures alone have more
		t.Errorf("only %d segments for a short way", short)
	}
}
