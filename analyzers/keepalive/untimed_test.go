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

// TestUntimedHTTP: nor do exchanges, and the idle times between them.
func TestUntimedHTTP(t *testing.T) {
	const request, response = "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	near, far := newChat(40000, 0), newChat(40001, 3.6e9)
	for _, k := range []struct {
		*chat
		at float64
	}{{near, 0}, {far, 3.6e9}} {
		for _, at := range []float64{k.at + 1, k.at + 1001} {
			k.asks(at, request)
			k.answers(at+30, response)
		}
	}
	rows := 0
	for _, row := range outcome(t, near, far).Latency {
		switch row.Metric.Name {
		case "http.response":
			if rows++; row.Min != 30e6 {
				t.Errorf("%d responses, the shortest %d ns", row.Count, row.Min)
			}
		case "conn.idle_before_reuse":
			if rows++; row.Count != 1 || row.Min != 970e6 {
				t.Errorf("%d idle times, the shortest %d ns", row.Count, row.Min)
			}
		}
	}
	if rows != 3 {
		t.Errorf("%d rows, want the first response, the other, and the idle time", rows)
	}
}
