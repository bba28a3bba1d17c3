package engine

import (
	"context"
	"fmt"
	"runtime"
	"sort"
	"strings"
	"sync"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/filter"
	"pcaptriage/decoders/flow"
)

const (
	shardBits       = 4 // 1<<shardBits == Shards
	defaultSweep    = 4 // slabs
	batchesInFlight = 6
	// A slab can be so small that it holds one record; the clock may have to
	// wait for confirm records.
	slabsInFlight = batchesInFlight + confirm + 8
	// Measured on a SYN flood: a flow with its share of tables and analyzer
	// state.
	bytesPerFlow    = 640
	maxInternalText = 8
)

// UsageError is an error in what the caller asked for, not in the input.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }
func (e *UsageError) Unwrap() error { return e.Err }

func usage(format string, args ...any) error { return &UsageError{fmt.Errorf(format, args...)} }

// run is the state of one Run.
type run struct {
	opt        Options
	configs    []any // by analyzer
	calls      *calls
	flowConfig flow.Config
	sweepEvery int
	workers    []*worker
	merger     *merger
	toMerger   chan *batch
	pool       chan *batch
	dispatcher *dispatcher
	asides     analyzers.AsidePool
	links      []analyzers.LinkVerdict // of the files read so far

	mu            sync.Mutex // guards what follows
	internals     []failure
	internalCount uint64
}

// Run analyzes one capture, or the rotated files of one capture when names has
// several, in the order given. "-" is standard input.
//
// The error is not nil only when nothing could be read of the first file (ctx's
// error if that was interrupted), or for a *UsageError. Everything that goes
// wrong later leaves a result: damage in Result.Files, a failed read in
// Result.Err, a cancelled ctx in Ledger.Interrupted.
func Run(ctx context.Context, names []string, opt Options) (*Result, error) {
	r, err := newRun(opt)
	if err != nil {
		return nil, err
	}
	src, err := openSource(ctx, names[0], &r.opt, slabsInFlight)
	if err != nil {
		return nil, err
	}
	r.start()
	res := &Result{}
	var ends seriesCheck
	for i, name := range names {
		if i > 0 {
			if src, err = openSource(ctx, name, &r.opt, slabsInFlight); err != nil {
				res.Files = append(res.Files, &capture.Info{Name: name})
				res.Ledger.Interrupted = ctx.Err() != nil
				if !res.Ledger.Interrupted {
					res.Err = err
				}
				continue
			}
		}
		var interrupted bool
		interrupted, err = r.file(ctx, src, i, name)
		res.Files = append(res.Files, src.last)
		ends.add(name, r.dispatcher)
		r.links = append(r.links, src.linkVerdicts(i)...)
		if err != nil {
			res.Err = err
		}
		if interrupted {
			res.Ledger.Interrupted = true
			break
		}
	}
	r.stop()
	if err := r.dispatcher.filterErr; err != nil {
		return nil, err
	}
	if ends.err != nil {
		return nil, ends.err
	}
	r.conclude(res)
	return res, nil
}

func newRun(opt Options) (*run, error) {
	if err := analyzers.Validate(opt.Analyzers); err != nil {
		return nil, err
	}
	r := &run{opt: opt, sweepEvery: opt.SweepSlabs, calls: newCalls(opt.Analyzers)}
	if r.sweepEvery <= 0 {
		r.sweepEvery = defaultSweep
	}
	if err := r.configure(); err != nil {
		return nil, err
	}
	r.flowConfig = flow.DefaultConfig(Shards)
	if opt.Flow != nil {
		r.flowConfig = *opt.Flow
	} else if opt.MaxMemory > 0 {
		r.flowConfig.MaxFlows = max(64, int(opt.MaxMemory/bytesPerFlow/Shards))
	}
	n := opt.Workers
	if n <= 0 {
		// The shards of one take longer than those of another, now and then for
		// several batches on end. With one to spare, no processor has to wait for it.
		n = runtime.GOMAXPROCS(0) + 1
	}
	n = min(n, Shards)
	r.toMerger = make(chan *batch, batchesInFlight)
	r.pool = make(chan *batch, batchesInFlight)
	for range batchesInFlight {
		r.pool <- newBatch(n, len(opt.Analyzers))
	}
	for i := range n {
		r.workers = append(r.workers, r.newWorker(i, n))
	}
	r.merger = newMerger(r)
	r.dispatcher = newDispatcher(r)
	if opt.Filter != "" {
		f, err := filter.Compile(opt.Filter)
		if err != nil {
			return nil, &UsageError{err}
		}
		r.dispatcher.filter = f
	}
	return r, nil
}

// configure applies Options.Set to the analyzers' options.
func (r *run) configure() error {
	byAnalyzer := map[string]map[string]string{}
	keys := make([]string, 0, len(r.opt.Set))
	for k := range r.opt.Set {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		name, option, ok := strings.Cut(k, ".")
		if !ok {
			return usage("option %q is not of the form analyzer.option", k)
		}
		if byAnalyzer[name] == nil {
			byAnalyzer[name] = map[string]string{}
		}
		byAnalyzer[name][option] = r.opt.Set[k]
	}
	for _, a := range r.opt.Analyzers {
		cfg, err := a.NewConfig(byAnalyzer[a.Name])
		if err != nil {
			return &UsageError{err}
		}
		r.configs = append(r.configs, cfg)
		delete(byAnalyzer, a.Name)
	}
	for _, k := range keys {
		name, _, _ := strings.Cut(k, ".")
		if byAnalyzer[name] != nil {
			return usage("option %s: no analyzer %q is enabled", k, name)
		}
	}
	return nil
}

func (r *run) env(a, shard int) *analyzers.Env {
	return &analyzers.Env{Slot: a, Shard: shard, Shards: Shards, Config: r.configs[a], Metrics: r.opt.Analyzers[a].Metrics}
}

// start sets the goroutines going: the workers, and the merger behind them.
func (r *run) start() {
	for _, w := range r.workers {
		go w.loop()
	}
	go func() {
		r.merger.loop(r.toMerger)
		close(r.pool)
	}()
}

// file reads one input to its end.
func (r *run) file(ctx context.Context, src *source, index int, name string) (interrupted bool, err error) {
	d := r.dispatcher
	d.file, d.fileTimed = uint16(index), false
	if r.opt.Progress != nil {
		src.heard = func(info *capture.Info) {
			p := Progress{File: index, Name: name, Packets: info.Packets}
			if info.Compression == "none" {
				p.Bytes = info.FileBytes
			}
			r.opt.Progress(p)
		}
	}
	for {
		m, ok := src.next(ctx)
		if !ok {
			d.endFile()
			return true, nil
		}
		if m.slab == nil {
			d.endFile()
			// The reading goroutine has ended, so the reader is ours to close.
			if cerr := src.reader.Close(); m.err == nil {
				m.err = cerr
			}
			return false, ioError(m.err)
		}
		d.slab(m)
	}
}

// stop ends the capture: the final batch makes the workers finish their
// tables, then the channels are closed and all goroutines have ended.
func (r *run) stop() {
	b := r.getBatch()
	b.final = true
	b.sweepClock, b.epoch = r.dispatcher.prev.clock, r.dispatcher.prev.epoch
	r.send(b)
	for _, w := range r.workers {
		close(w.in)
	}
	close(r.toMerger)
	for range r.pool { // closed by the merger's goroutine after its last batch
	}
}

func (r *run) getBatch() *batch { return <-r.pool }

func (r *run) putBatch(b *batch) {
	b.clear()
	r.pool <- b
}

func (r *run) send(b *batch) {
	b.done.Add(len(r.workers))
	r.toMerger <- b
	for _, w := range r.workers {
		w.in <- b
	}
}

// internal notes a failure outside the analyzers.
func (r *run) internal(frame decoders.FrameRef, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.internalCount++
	r.internals = append(r.internals, failure{true, frame, text})
	// Keep the first by frame, so that the workers' race does not show.
	sort.SliceStable(r.internals, func(i, j int) bool { return r.internals[i].frame < r.internals[j].frame })
	r.internals = r.internals[:min(len(r.internals), maxInternalText)]
}
