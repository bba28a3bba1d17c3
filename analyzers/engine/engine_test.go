package engine_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/engine"
	"pcaptriage/decoders"
	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/flow"
)

// goldens returns the shipped captures.
func goldens(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("../../testdata/pcaps/*/*[pg]") // .pcap and .pcapng, not what lies beside them
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures in testdata/pcaps (%v)", err)
	}
	return files
}

// recorder is an analyzer that writes down everything it is shown.
func recorder(name string, trap func(where string, frame uint64)) *analyzers.Analyzer {
	if trap == nil {
		trap = func(string, uint64) {}
	}
	return &analyzers.Analyzer{
		Name: name, Doc: "Writes down what it is shown.",
		Needs: analyzers.NeedTCP | analyzers.NeedUDP | analyzers.NeedICMP | analyzers.NeedNonIP | analyzers.NeedOther | analyzers.NeedSCTP | analyzers.NeedFlowEnd,
		NewFlowPart: func(env *analyzers.Env) analyzers.FlowPart {
			return &recorderPart{trap: trap}
		},
		NewCorrelator: func(env *analyzers.Env) analyzers.Correlator { return &recorderCorrelator{trap: trap} },
		Conclude: func(c *analyzers.Conclusion) {
			trap("conclude", 0)
			c.Out.VerdictsWithheld = uint64(c.Flow.(*recorderResult).packets)
		},
	}
}

type recorderPart struct {
	trap    func(string, uint64)
	packets int
}

func (p *recorderPart) Packet(pk *decoders.Packet, f *flow.Flow, out *analyzers.Out) {
	p.packets++
	p.trap("packet", pk.Frame)
	out.Emit(&analyzers.Event{Frame: pk.Ref(), Time: pk.Clock, Kind: 1})
	*out.Aside(false) = analyzers.Aside{uint64(pk.Ref())}
}

func (p *recorderPart) FlowEnd(f *flow.Flow, reason flow.EndReason, at int64, out *analyzers.Out) {
	p.trap("end", f.LastFrame.Frame())
	out.Emit(&analyzers.Event{Frame: f.FirstFrame, Time: at, Kind: 2, N: uint32(reason), V: [4]int64{int64(f.Dir[0].Packets), int64(f.Dir[1].Packets)}})
}

func (p *recorderPart) End(clock int64, out *analyzers.Out) analyzers.Result {
	return &recorderResult{packets: p.packets}
}

type recorderCorrelator struct {
	trap func(string, uint64)
	log  []analyzers.Event
}

func (c *recorderCorrelator) Event(e *analyzers.Event) {
	c.trap("event", e.Frame.Frame())
	c.log = append(c.log, *e)
}
func (c *recorderCorrelator) Sift(runs []analyzers.AsideRun, at *decoders.FrameRef) ([]analyzers.StampedEvent, []analyzers.AsideRun) {
	for _, r := range runs {
		for _, a := range r.Asides {
			*at = decoders.FrameRef(a[0])
			c.trap("sift", at.Frame())
		}
	}
	return nil, runs
}
func (c *recorderCorrelator) End(int64) analyzers.Result { return &recorderResult{log: c.log} }

type recorderResult struct {
	packets int
	log     []analyzers.Event
}

func (r *recorderResult) Merge(o analyzers.Result) { r.packets += o.(*recorderResult).packets }

// logged runs a recorder over a file and returns the events in the order in
// which its correlator saw them.
func logged(t *testing.T, file string, opt engine.Options) (log []analyzers.Event, res *engine.Result) {
	t.Helper()
	a := recorder("recorder", nil)
	conclude := a.Conclude
	a.Conclude = func(c *analyzers.Conclusion) {
		log = c.Correlator.(*recorderResult).log
		conclude(c)
	}
	opt.Analyzers = []*analyzers.Analyzer{a}
	res, err := engine.Run(context.Background(), []string{file}, opt)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if res.Results[0].Failed || len(res.Internal) > 0 {
		t.Fatalf("%s: %s %v", file, res.Results[0].Failure, res.Internal)
	}
	return log, res
}

// Events reach the correlator in the same order whatever the workers, slabs
// and sweeps, also when the flow table is far too small; and the ledger adds up.
func TestOrderDoesNotDependOnWorkers(t *testing.T) {
	tiny := flow.DefaultConfig(engine.Shards)
	tiny.MaxFlows, tiny.Roomy, tiny.LingerLeast = 2, 1, 0
	for _, file := range goldens(t) {
		for _, cfg := range []*flow.Config{nil, &tiny} {
			want, res := logged(t, file, engine.Options{Workers: 1, Flow: cfg})
			l := res.Ledger
			if sum := l.Decoded + l.SumUndecoded() + l.UnknownLinkType; l.Records != sum || l.Records != res.Files[0].Packets {
				t.Errorf("%s: the ledger does not add up: %+v", file, l)
			}
			for _, opt := range []engine.Options{{Workers: 2}, {Workers: 7, SlabSize: 200, SweepSlabs: 1}, {Workers: 16, SlabSize: 4096, SweepSlabs: 2}, {Workers: 2, SlabSize: 64, SweepSlabs: 1000}} {
				opt.Flow = cfg
				got, _ := logged(t, file, opt)
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%s: %d workers, slabs of %d: other events, or in another order", file, opt.Workers, opt.SlabSize)
				}
			}
		}
	}
}

// A panic in one analyzer is named with its frame, the same for any number of
// workers, and the others' results stand.
func TestPanicIsKeptApart(t *testing.T) {
	file := goldens(t)[0]
	for _, where := range []string{"packet", "end", "event", "sift", "conclude"} {
		var failure string
		for _, workers := range []int{1, 2, 7} {
			bad := recorder("bad", func(w string, frame uint64) {
				// Asides come in no order, so only one may be bad.
				if w == where && (frame == 5 || frame > 5 && w != "sift" || w == "conclude") {
					panic("broken on purpose")
				}
			})
			res, err := engine.Run(context.Background(), []string{file}, engine.Options{
				Analyzers: []*analyzers.Analyzer{recorder("good", nil), bad}, Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			good, failed := res.Results[0], res.Results[1]
			if good.Failed || good.Outcome.VerdictsWithheld != res.Files[0].Packets {
				t.Errorf("%s: the other analyzer suffered: %+v", where, good)
			}
			if !failed.Failed || !strings.Contains(failed.Failure, "broken on purpose") || !strings.Contains(failed.Failure, "engine_test.go") {
				t.Errorf("%s: failure %q", where, failed.Failure)
			}
			if where != "conclude" && !strings.Contains(failed.Failure, "at frame ") {
				t.Errorf("%s: failure %q names no frame", where, failed.Failure)
			}
			if failure == "" {
				failure = failed.Failure
			}
			if failure != failed.Failure {
				t.Errorf("%s: %q with one worker, %q with %d", where, failure, failed.Failure, workers)
			}
		}
	}
}

// What an analyzer reports without having declared it is a failure of that analyzer.
func TestUndeclaredRule(t *testing.T) {
	a := recorder("liar", nil)
	a.Conclude = func(c *analyzers.Conclusion) {
		c.Report(analyzers.Finding{Rule: "no-such-rule", Confidence: analyzers.Certain, Citations: analyzers.Citations{Evidence: []analyzers.Evidence{{Frame: 1}}}})
	}
	res, err := engine.Run(context.Background(), goldens(t)[:1], engine.Options{Analyzers: []*analyzers.Analyzer{a}})
	if err != nil {
		t.Fatal(err)
	}
	if r := res.Results[0]; !r.Failed || !strings.Contains(r.Failure, "no-such-rule") || len(r.Outcome.Findings) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestUsageErrors(t *testing.T) {
	for _, set := range []map[string]string{{"nothing": "1"}, {"ghost.option": "1"}, {"recorder.option": "1"}} {
		_, err := engine.Run(context.Background(), goldens(t)[:1], engine.Options{Analyzers: []*analyzers.Analyzer{recorder("recorder", nil)}, Set: set})
		var usage *engine.UsageError
		if !errors.As(err, &usage) {
			t.Errorf("%v: error %v, want a usage error", set, err)
		}
	}
}

// A cancelled run gives what was read, marked as interrupted.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	data, err := os.ReadFile(goldens(t)[0])
	if err != nil {
		t.Fatal(err)
	}
	go func() { w.Write(data) }() //nolint:errcheck // the reader may be gone
	opt := engine.Options{Analyzers: []*analyzers.Analyzer{recorder("recorder", nil)}, Open: openPipe(r)}
	opt.Progress = func(engine.Progress) { cancel() }
	res, err := engine.Run(ctx, []string{"pipe"}, opt)
	if err != nil {
		t.Fatal(err)
	}
	if !res.Ledger.Interrupted || res.Ledger.Records == 0 {
		t.Errorf("ledger %+v: want some records, and interrupted", res.Ledger)
	}
}

func TestMissingFile(t *testing.T) {
	_, err := engine.Run(context.Background(), []string{"no-such-file"}, engine.Options{Analyzers: []*analyzers.Analyzer{recorder("recorder", nil)}})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

// The files of a series are one capture: flows run on, frames restart.
func TestSeries(t *testing.T) {
	file := filepath.Join("../../testdata/pcaps/connect/quiet-http.pcap")
	whole, _ := logged(t, file, engine.Options{Workers: 1})
	first, second := split(t, file)
	var log []analyzers.Event
	a := recorder("recorder", nil)
	a.Conclude = func(c *analyzers.Conclusion) { log = c.Correlator.(*recorderResult).log }
	res, err := engine.Run(context.Background(), []string{first, second}, engine.Options{Analyzers: []*analyzers.Analyzer{a}})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Files) != 2 || len(log) != len(whole) {
		t.Fatalf("%d files, %d events; want 2, %d", len(res.Files), len(log), len(whole))
	}
	boundary := res.Files[0].Packets
	for i := range log {
		want, got := whole[i], log[i]
		frame := got.Frame.Frame() + uint64(got.Frame.File())*boundary
		if frame != want.Frame.Frame() || got.Time != want.Time || got.V != want.V {
			t.Fatalf("event %d: %+v, want %+v", i, got, want)
		}
	}
	long := "../../testdata/pcaps/connect/dropped.pcap"
	if _, err := engine.Run(context.Background(), []string{long, long}, engine.Options{Analyzers: []*analyzers.Analyzer{a}}); err == nil || !strings.Contains(err.Error(), "overlap") {
		t.Errorf("files that overlap: error %v", err)
	}
}

// split cuts an uncompressed little-endian pcap in two files of whole records.
func split(t *testing.T, file string) (first, second string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	le32 := func(i int) int { return int(data[i]) | int(data[i+1])<<8 | int(data[i+2])<<16 | int(data[i+3])<<24 }
	at := 24
	for at < len(data)/2 {
		at += 16 + le32(at+8)
	}
	dir := t.TempDir()
	first, second = filepath.Join(dir, "0"), filepath.Join(dir, "1")
	for name, content := range map[string][]byte{first: data[:at], second: append(append([]byte{}, data[:24]...), data[at:]...)} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return first, second
}

// openPipe makes an Options.Open that reads a pipe, whatever the name.
func openPipe(r *os.File) func(string, capture.Options) (*capture.Reader, error) {
	return func(name string, opt capture.Options) (*capture.Reader, error) {
		return capture.NewReader(r, name, opt)
	}
}

// A filter takes packets out before anything else; frame numbers stay.
func TestFilter(t *testing.T) {
	file := "../../testdata/pcaps/connect/quiet-http.pcap"
	all, _ := logged(t, file, engine.Options{})
	some, res := logged(t, file, engine.Options{Filter: "ip6 and tcp"})
	l := res.Ledger
	if l.FilteredOut == 0 || l.Records == 0 || l.Records+l.FilteredOut != res.Files[0].Packets || len(some) >= len(all) {
		t.Errorf("%d of %d events; ledger %+v", len(some), len(all), l)
	}
	_, err := engine.Run(context.Background(), []string{file}, engine.Options{Filter: "port", Analyzers: []*analyzers.Analyzer{recorder("recorder", nil)}})
	var usage *engine.UsageError
	if !errors.As(err, &usage) {
		t.Errorf("a wrong filter: error %v, want a usage error", err)
	}
}
