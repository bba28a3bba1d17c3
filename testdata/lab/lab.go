package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A scenario makes one or more captures of one area.
type scenario struct {
	name    string // area/case, also the file name without its ending
	doc     string
	seconds int  // about how long it takes; its deadline is three times that, at least 30 s
	derived bool // a view computed from other captures: needs neither root nor a network
	run     func(l *lab)
}

// scenarios is the explicit list: a scenario is its file plus one line in its area's list.
func scenarios() []scenario {
	var all []scenario
	all = append(all, connectScenarios()...)
	all = append(all, fragneededScenarios()...)
	all = append(all, keepaliveScenarios()...)
	all = append(all, sshScenarios()...)
	all = append(all, sshSlowScenarios()...)
	all = append(all, linktypeScenarios()...)
	all = append(all, connectViews()...)
	all = append(all, fragneededViews()...)
	all = append(all, keepaliveViews()...)
	all = append(all, sshViews()...)
	all = append(all, linktypeViews()...)
	return all
}

// lab is what one running scenario owns; all of it goes when the scenario ends,
// however it ends.
type lab struct {
	ctx      context.Context
	name     string
	id       string // namespace prefix, unique to process and scenario
	out      string
	tmp      string
	versions string
	verbose  bool

	mu       sync.Mutex
	cleanups []func()
	made     []madeFile
	rows     []manifestRow
}

// abort carries an error out of a scenario, so that scenarios read as a plain
// sequence of steps.
type abort struct{ err error }

func (l *lab) fail(format string, args ...any) { panic(abort{fmt.Errorf(format, args...)}) }

func (l *lab) must(err error) {
	if err != nil {
		panic(abort{err})
	}
}

func (l *lab) logf(format string, args ...any) {
	if l.verbose {
		fmt.Fprintf(os.Stderr, "%s: %s\n", l.name, fmt.Sprintf(format, args...))
	}
}

// sleep waits, or aborts the scenario when the lab is interrupted.
func (l *lab) sleep(d time.Duration) {
	select {
	case <-time.After(d):
	case <-l.ctx.Done():
		l.fail("stopped: %v", context.Cause(l.ctx))
	}
}

func (l *lab) onEnd(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cleanups = append(l.cleanups, f)
}

// parallel runs fs at the same time; the first failure aborts the scenario.
func (l *lab) parallel(fs ...func()) {
	errs := make(chan any, len(fs))
	for _, f := range fs {
		go func() {
			defer func() { errs <- recover() }()
			f()
		}()
	}
	var first any
	for range fs {
		if e := <-errs; e != nil && first == nil {
			first = e
		}
	}
	if first != nil {
		panic(first)
	}
}

var scenarioCount atomic.Int64

func runScenario(ctx context.Context, s scenario, out, versions string, verbose bool) (rows []manifestRow, err error) {
	limit := max(30*time.Second, 3*time.Duration(s.seconds)*time.Second)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("took longer than %v", limit))
	defer cancel()
	tmp, err := os.MkdirTemp("", tmpPrefix+self()+"-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	l := &lab{
		ctx: ctx, name: s.name, out: out, tmp: tmp, versions: versions, verbose: verbose,
		id: fmt.Sprintf("%s%s-%d", nsPrefix, self(), scenarioCount.Add(1)),
	}
	defer func() {
		cancel() // listeners, forwarders and dials watch it
		for i := len(l.cleanups) - 1; i >= 0; i-- {
			l.cleanups[i]()
		}
		switch e := recover().(type) {
		case nil:
		case abort:
			err = e.err
		default:
			panic(e)
		}
	}()
	s.run(l)
	if len(l.rows) == 0 {
		return nil, errors.New("made no capture")
	}
	if err := l.write(); err != nil {
		return nil, err
	}
	return l.rows, nil
}
