package main

import (
	"os"
	"sync/atomic"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"pcaptriage/analyzers/engine"
	"pcaptriage/report"
)

// progressBar shows how far a run has come, on a terminal's standard error. It
// is gone before anything else is printed. The zero value shows nothing.
type progressBar struct {
	container *mpb.Progress
	bar       *mpb.Bar
	sizes     []int64       // by file; 0: unknown
	packets   atomic.Uint64 // mpb draws in a goroutine of its own
}

// progress begins a bar for the files of one job.
func (run *analysis) progress(names []string) *progressBar {
	if run.fl.quiet || run.fl.noProgress || !isTerminal(run.stderr) {
		return &progressBar{}
	}
	b := &progressBar{}
	for _, n := range names {
		var size int64
		if st, err := os.Stat(n); err == nil && st.Mode().IsRegular() {
			size = st.Size()
		}
		b.sizes = append(b.sizes, size)
	}
	b.container = mpb.New(mpb.WithOutput(run.stderr), mpb.WithWidth(columns(run.stderr)))
	b.bar = b.container.New(0, mpb.BarStyle().Lbound("[").Filler("=").Tip(">").Padding(" ").Rbound("]"),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(report.Escape(names[0])+" ")),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
			return " " + report.Count(b.packets.Load()) + " packets"
		})))
	return b
}

// update is the engine's progress callback.
func (b *progressBar) update(p engine.Progress) {
	if b.bar == nil {
		return
	}
	var total, done int64
	for i, s := range b.sizes {
		total += s
		if i < p.File {
			done += s
		}
	}
	done += p.Bytes
	b.bar.SetTotal(max(total, done+1), false)
	b.bar.SetCurrent(done)
	b.packets.Store(p.Packets)
}

// stop removes the bar.
func (b *progressBar) stop() {
	if b.bar != nil {
		b.bar.Abort(true)
		b.container.Wait()
	}
}
