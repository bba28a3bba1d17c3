package engine

import (
	"fmt"
	"runtime"

	"pcaptriage/analyzers"
)

// conclude merges the parts' results in shard order and lets each analyzer
// draw its conclusions. All goroutines have ended.
func (r *run) conclude(res *Result) {
	d := r.dispatcher
	r.ledger(&res.Ledger, res)
	r.tidy(res.Ledger.Records)
	res.Facts = analyzers.Facts{Clock: d.prev.clock, Epoch: d.prev.epoch, Frames: d.records, TwoWay: r.twoWay(), Links: r.links}
	for _, f := range res.Files {
		res.Facts.EndedEarly = res.Facts.EndedEarly || f.EndedEarly
		if f.HasTime {
			res.Facts.LastTime = max(res.Facts.LastTime, f.LastTime)
		}
	}
	res.Facts.EndedEarly = res.Facts.EndedEarly || res.Ledger.Interrupted || res.Err != nil
	for _, f := range r.internals {
		res.Internal = append(res.Internal, fmt.Sprintf("frame %d: internal error: %s", f.frame.Frame(), f.text))
	}
	res.InternalCount = r.internalCount

	done := map[string]*analyzers.Outcome{}
	for a, an := range r.opt.Analyzers {
		ar := r.outcome(a, an, res, done)
		res.Results = append(res.Results, ar)
		if !ar.Failed {
			done[an.Name] = &ar.Outcome
		}
		res.Ledger.VerdictsWithheld += ar.Outcome.VerdictsWithheld
		res.Ledger.LabelsFolded += ar.Outcome.LabelsFolded
		res.Ledger.NegativeLatencies += ar.Outcome.NegativeLatencies
	}
	identify(res.Results)
}

// tidyFrom is the number of records from which on tidying, a millisecond or two,
// takes less time than fresh memory.
const tidyFrom = 1 << 19

// tidy gives up what packets needed, so that conclusions and report find room in
// memory that has been in use.
func (r *run) tidy(records uint64) {
	for i := range Shards {
		s := r.shard(i)
		s.table, s.parts, s.calls = nil, nil, [numKinds]*call{}
	}
	if records >= tidyFrom {
		runtime.GC()
	}
}

// outcome finishes analyzer number a.
func (r *run) outcome(a int, an *analyzers.Analyzer, res *Result, done map[string]*analyzers.Outcome) *analyzers.AnalyzerResult {
	out := &analyzers.AnalyzerResult{Analyzer: an}
	fail := func(f failure) *analyzers.AnalyzerResult {
		out.Failed = true
		out.Failure = fmt.Sprintf("analyzer %s failed: %s", an.Name, f.text)
		if f.frame != 0 {
			out.Failure = fmt.Sprintf("analyzer %s failed at frame %d: %s", an.Name, f.frame.Frame(), f.text)
		}
		return out
	}
	flowResult, f := r.flowResult(a)
	if m := r.merger.failure[a]; m.failed && (!f.failed || m.frame < f.frame) {
		f = m
	}
	if f.failed {
		return fail(f)
	}
	for _, need := range an.Requires {
		if done[need] == nil {
			return fail(failure{text: fmt.Sprintf("it needs the results of %s, which has none", need)})
		}
	}
	c := &analyzers.Conclusion{Config: r.configs[a], Flow: flowResult, Required: map[string]*analyzers.Outcome{},
		Facts: res.Facts, TunnelPath: r.dispatcher.tunnels.path}
	for _, need := range an.Requires {
		c.Required[need] = done[need]
	}
	if text := catch(func() {
		if m := r.merger.correlators[a]; m != nil {
			c.Correlator = m.End(res.Facts.Clock)
		}
		an.Conclude(c)
	}); text != "" {
		return fail(failure{text: text})
	}
	if err := checkOutcome(an, &c.Out); err != nil {
		return fail(failure{text: err.Error()})
	}
	out.Outcome = c.Out
	return out
}

// flowResult merges the results of analyzer a's flow parts in shard order. Of
// several failures it returns the one with the lowest frame.
func (r *run) flowResult(a int) (merged analyzers.Result, failed failure) {
	for i := range Shards {
		s := r.shard(i)
		if f := s.failure[a]; f.failed {
			if !failed.failed || f.frame < failed.frame {
				failed = f
			}
			continue
		}
		switch res := s.results[a]; {
		case res == nil:
		case merged == nil:
			merged = res
		default:
			if text := catch(func() { merged.Merge(res) }); text != "" && !failed.failed {
				failed = failure{failed: true, text: text}
			}
		}
	}
	return merged, failed
}

func (r *run) shard(i int) *shard { return r.workers[i%len(r.workers)].shards[i] }

func (r *run) twoWay() bool {
	for i := range Shards {
		if r.shard(i).twoWay {
			return true
		}
	}
	return false
}

// ledger adds up the accounts of the shards, the dispatcher and the reader.
func (r *run) ledger(l *analyzers.Ledger, res *Result) {
	for i := range Shards {
		s := r.shard(i)
		l.Records += s.ledger.Records
		l.Decoded += s.ledger.Decoded
		l.UnknownLinkType += s.ledger.UnknownLinkType
		for u, n := range s.ledger.Undecoded {
			l.Undecoded[u] += n
		}
		l.TruncatedBySnaplen += s.ledger.TruncatedBySnaplen
		l.Duplicates += s.ledger.Duplicates
		st := s.table.Stats()
		l.FlowsCreated += st.Flows
		l.FlowsEvicted += st.Evicted
	}
	d := r.dispatcher
	l.TimestampOutliers, l.ClockResets = d.clock.outliers, d.clock.resets
	l.FragmentsIncomplete = d.frags.Incomplete()
	l.FilteredOut = d.filteredOut
	l.TunnelsFolded = d.tunnels.folded
	for _, f := range res.Files {
		l.OutOfOrder += f.OutOfOrder
	}
}

// catch runs f and returns the text of a panic in it.
func catch(f func()) (text string) {
	defer func() {
		if v := recover(); v != nil {
			text = panicText(v)
		}
	}()
	f()
	return ""
}

// checkOutcome refuses what an analyzer did not declare: CI jobs rely on the
// declared rules, metrics and tables.
func checkOutcome(an *analyzers.Analyzer, o *analyzers.Outcome) error {
	for _, f := range o.Findings {
		rule := an.Rule(f.Rule)
		switch {
		case rule == nil:
			return fmt.Errorf("finding of undeclared rule %q", f.Rule)
		case f.Severity > rule.Severity:
			return fmt.Errorf("finding of %s is more severe than its rule", f.Rule)
		case f.Confidence == 0:
			return fmt.Errorf("finding of %s without confidence", f.Rule)
		case len(f.Evidence) == 0:
			return fmt.Errorf("finding of %s without evidence", f.Rule)
		}
		if f.Severity == analyzers.SeverityDefault {
			f.Severity = rule.Severity
		}
		f.EvidenceTotal = max(f.EvidenceTotal, uint64(len(f.Evidence)))
		f.Count = max(f.Count, 1)
		f.Analyzer = an.Name
		for i := range f.Evidence {
			if f.Evidence[i].Frame.Frame() == 0 {
				return fmt.Errorf("finding of %s cites frame 0", f.Rule)
			}
		}
	}
	for _, row := range o.Latency {
		if !ownMetric(an, row.Metric) {
			return fmt.Errorf("latency row of undeclared metric %q", row.Metric.Name)
		}
	}
	for _, t := range o.Tables {
		if !ownTable(an, t.Spec) {
			return fmt.Errorf("undeclared table %q", t.Spec.Name)
		}
		for _, row := range t.Rows {
			if len(row) != len(t.Spec.Columns) {
				return fmt.Errorf("table %s: a row of %d cells for %d columns", t.Spec.Name, len(row), len(t.Spec.Columns))
			}
		}
	}
	return nil
}

func ownMetric(an *analyzers.Analyzer, m *analyzers.Metric) bool {
	for i := range an.Metrics {
		if &an.Metrics[i] == m {
			return true
		}
	}
	return false
}

func ownTable(an *analyzers.Analyzer, t *analyzers.TableSpec) bool {
	for i := range an.Tables {
		if &an.Tables[i] == t {
			return true
		}
	}
	return false
}
