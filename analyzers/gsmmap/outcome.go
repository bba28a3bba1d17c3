package gsmmap

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders/gsmmap"
)

// timeBuckets are the upper bounds in ns of the histogram of answer times.
var timeBuckets = [...]int64{1e8, 2.5e8, 5e8, 1e9, 2e9, 5e9, 10e9, 20e9, 30e9, 60e9}

func (r *row) took(ns int64) {
	i := 0
	for i < len(timeBuckets) && ns > timeBuckets[i] {
		i++
	}
	r.times[i]++
}

// counted enters an invoke that has been decided into its row.
func (c *correlator) counted(o operation, i *invoke) *row {
	r := c.ops.row(o)
	r.invokes++
	r.carried(i)
	return r
}

// shares are what became of a row's operations, by whose affair it is: answered
// well; the subscriber's (absent, busy, full: normal in any number); the
// network's (systemFailure, congestion, aborts, SCCP returns, no answer); the
// two nodes' understanding of each other (missing or unexpected data, Reject,
// refused context). rest are errors that belong to no class.
type shares struct{ decided, success, subscriber, network, interworking, rest uint64 }

func (r *row) shares() shares {
	s := shares{
		success:      r.results,
		subscriber:   r.classes[gsmmap.Subscriber],
		network:      r.classes[gsmmap.Network] + r.aborted + r.returned + r.unanswered,
		interworking: r.classes[gsmmap.Interworking] + r.rejected + r.refused,
		rest:         r.classes[gsmmap.OtherClass],
	}
	s.decided = s.success + s.subscriber + s.network + s.interworking + s.rest
	return s
}

func ratio(part, whole uint64) any {
	if whole == 0 {
		return nil
	}
	return float64(part) / float64(whole)
}

// outcomeTable shows the classes of each row that has failures.
func outcomeTable(c *correlator) *analyzers.Table {
	t := &analyzers.Table{Spec: &tables[tableOutcomes]}
	for _, o := range c.ops.sorted() {
		s := c.ops.rows[o].shares()
		if s.decided == s.success {
			continue
		}
		t.Rows = append(t.Rows, []any{o.name(), o.versionText(), o.direction().String(), node(o.A).String(), node(o.B).String(),
			s.decided, s.success, s.subscriber, s.network, s.interworking, s.rest,
			ratio(s.subscriber, s.decided), ratio(s.network, s.decided), ratio(s.interworking, s.decided)})
	}
	return t
}

// timeTable is the histogram of the answer times of each row.
func timeTable(c *correlator) *analyzers.Table {
	t := &analyzers.Table{Spec: &tables[tableTimes]}
	for _, o := range c.ops.sorted() {
		r := c.ops.rows[o]
		cells := []any{o.name(), o.versionText(), o.direction().String(), node(o.A).String(), node(o.B).String()}
		answers := uint64(0)
		for _, n := range r.times {
			cells = append(cells, n)
			answers += n
		}
		if answers > 0 {
			t.Rows = append(t.Rows, cells)
		}
	}
	return t
}
