package engine_test

import (
	"context"
	"slices"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/engine"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// shown is an analyzer that notes which frames its flow parts are shown, and
// leaves state in each flow's slot.
func shown(name string, needs analyzers.Needs, state uint32, note func(p *decoders.Packet, f *flow.Flow)) *analyzers.Analyzer {
	a := recorder(name, nil)
	a.Needs, a.NewCorrelator, a.Conclude = needs, nil, func(*analyzers.Conclusion) {}
	a.NewFlowPart = func(env *analyzers.Env) analyzers.FlowPart {
		return &shownPart{slot: env.Slot, state: state, note: note}
	}
	return a
}

type shownPart struct {
	recorderPart
	slot  int
	state uint32
	note  func(p *decoders.Packet, f *flow.Flow)
}

func (s *shownPart) Packet(p *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	s.note(p, f)
	if f != nil {
		f.Slot[s.slot] = s.state
	}
}

func (s *shownPart) FlowEnd(*flow.Flow, flow.EndReason, int64, *analyzers.Out) {}

// Flow parts are shown what Needs asks for, and all segments of a flow in which
// they have state, unless that is quiet.
func TestNeeds(t *testing.T) {
	const control = decoders.SYN | decoders.FIN | decoders.RST
	var seen [4]int
	for _, file := range goldens(t) {
		got := map[string][]uint64{}
		into := func(name string) func(*decoders.Packet, *flow.Flow) {
			return func(p *decoders.Packet, f *flow.Flow) { got[name] = append(got[name], p.Frame) }
		}
		want := map[string][]uint64{}
		begun := map[uint64]bool{} // flows that "loud" has been shown, by serial number and shard
		all := shown("all", analyzers.NeedTCP, 0, nil)
		all.NewFlowPart = func(env *analyzers.Env) analyzers.FlowPart {
			own := uint64(env.Shard) << 56
			return &shownPart{slot: env.Slot, note: func(p *decoders.Packet, f *flow.Flow) {
				is := func(i int, name string, yes bool) {
					if yes {
						want[name] = append(want[name], p.Frame)
						seen[i]++
					}
				}
				counted := p.Seg.Class&decoders.ClassCopy == 0 && f != nil
				ahead := uint64(0)
				if counted {
					ahead = f.Dir[p.Seg.Dir].Payload - uint64(p.Seg.Payload)
				}
				flagged, sack := p.TCP.Flags&control != 0, p.TCP.Opt.Has&decoders.OptSACK != 0
				is(0, "early", p.PayloadLen > 0 && ahead <= analyzers.EarlyBytes)
				is(1, "sack", sack)
				is(2, "quiet", flagged || sack)
				is(3, "loud", flagged || f != nil && begun[own|f.Serial])
				if flagged && f != nil {
					begun[own|f.Serial] = true
				}
			}}
		}
		res, err := engine.Run(context.Background(), []string{file}, engine.Options{Workers: 1, Analyzers: []*analyzers.Analyzer{
			all,
			shown("early", analyzers.NeedTCPEarly, 1, into("early")),
			shown("sack", analyzers.NeedTCPSACK, 1, into("sack")),
			shown("quiet", analyzers.NeedTCPControl|analyzers.NeedTCPSACK, analyzers.Quiet|1, into("quiet")),
			shown("loud", analyzers.NeedTCPControl, 1, into("loud")),
		}})
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, r := range res.Results {
			if r.Failed {
				t.Fatalf("%s: %s", file, r.Failure)
			}
		}
		for name, frames := range want {
			if !slices.Equal(got[name], frames) {
				t.Errorf("%s, %s: %v, want %v", file, name, got[name], frames)
			}
		}
		for name := range got {
			if want[name] == nil {
				t.Errorf("%s, %s: %v, want none", file, name, got[name])
			}
		}
	}
	if slices.Min(seen[:]) < 20 {
		t.Errorf("the captures show too little: %v", seen)
	}
}
