package keepalive

import "testing"

// TestUntimed: while the clock does not follow the records' times, no turn
// takes 0 ns.
func TestUntimed(t *testing.T) {
	near, far := newChat(40000, 0), newChat(40001, 3.6e9)
	for _, k := range []struct {
		*chat
		at float64
	}{{near, 0}, {far, 3.6e9}} {
		k.asks(k.at+1, "hello")
		k.answers(k.at+31, "hello yourself")
	}
	for _, row := range outcome(t, near, far).Latency {
		if row.Metric.Name == "turn.response" && (row.Count != 1 || row.Min != 30e6) {
			t.Errorf("%d turns, the shortest %d ns", row.Count, row.Min)
		}
	}
}
