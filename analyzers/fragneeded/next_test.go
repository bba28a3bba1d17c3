package fragneeded

import (
	"context"
	"path/filepath"
	"reflect"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/engine"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// thorough is a flow part that is shown every segment and takes no short way, and tells when the track of
// a flow lacks what the short ways leave out.
type thorough struct{ *flowPart }

func (fp thorough) Packet(p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	if f == nil || p.Has&(decoders.HasTCP|decoders.IsFragment) != decoders.HasTCP {
		fp.flowPart.Packet(p, f, out)
		return
	}
	fp.segment(p, f, out)
	if t := fp.track(f); t != nil && t.full[p.Seg.Dir] < f.Dir[p.Seg.Dir].MaxSeg {
		panic("full is less than flow.Half.MaxSeg")
	}
}

// The short ways do what segment does, on every shipped capture.
func TestShortWays(t *testing.T) {
	if testing.Short() {
		t.Skip("a minute under the race detector, and has one goroutine only")
	}
	files, err := filepath.Glob("../../testdata/pcaps/*/*[pg]")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d captures (%v)", len(files), err)
	}
	slow := *Analyzer
	slow.Needs |= analyzers.NeedTCP
	slow.NewFlowPart = func(env *analyzers.Env) analyzers.FlowPart { return thorough{newFlowPart(env)} }
	for _, file := range files {
		var got [2]*analyzers.Outcome
		for i, a := range []*analyzers.Analyzer{Analyzer, &slow} {
			res, err := engine.Run(context.Background(), []string{file}, engine.Options{Analyzers: []*analyzers.Analyzer{a}})
			if err != nil || res.Results[0].Failed {
				t.Fatalf("%s: %v", file, err)
			}
			got[i] = &res.Results[0].Outcome
		}
		if !reflect.DeepEqual(got[0], got[1]) {
			t.Errorf("%s: %+v, want %+v", file, got[0], got[1])
		}
	}
}
