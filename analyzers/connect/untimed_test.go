package connect_test

import (
	"testing"
	"time"
)

// TestUntimed: while the clock does not follow the records' times, none of
// them is a latency of 0.
func TestUntimed(t *testing.T) {
	tp := newTape(t).sound(0, other, web)
	tp.sound(1000*time.Hour, cl, sv) // no more records, so the clock stays
	seen := map[string]bool{}
	for _, row := range tp.run().Results[0].Outcome.Latency {
		seen[row.Values[0]] = true
		if row.Min <= 0 {
			t.Errorf("%s %v: at least %d ns", row.Metric.Name, row.Values, row.Min)
		}
	}
	if !seen[web] || seen[sv] {
		t.Errorf("latencies of %v", seen)
	}
}
