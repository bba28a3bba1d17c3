package keepalive

import (
	"bytes"
	"encoding/binary"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/analyzertest"
	"pcaptriage/analyzers/engine"
)

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

// TestWithoutTimes: nor where the capture has no times at all.
func TestWithoutTimes(t *testing.T) {
	k := newChat(40000, 0)
	k.asks(1, getOf("/"))
	k.answers(31, okay)
	k.asks(1001, getOf("/"))
	k.answers(1031, okay)
	res := analyzertest.Analyze(t, "chat", simplePackets(&k.File), engine.Options{Analyzers: []*analyzers.Analyzer{Analyzer}})
	out := &res.Results[0].Outcome
	if len(out.Latency) != 0 {
		t.Errorf("%d rows of latencies", len(out.Latency))
	}
	if res.Ledger.Decoded != uint64(len(k.Records)) {
		t.Errorf("%d of %d packets read", res.Ledger.Decoded, len(k.Records))
	}
}

// simplePackets is f as a pcapng file of simple packet blocks, which have no time.
func simplePackets(f *analyzertest.File) []byte {
	var b bytes.Buffer
	block := func(typ uint32, body ...any) {
		size := uint32(12)
		for _, part := range body {
			size += uint32(binary.Size(part))
		}
		for _, part := range append(append([]any{typ, size}, body...), size) {
			_ = binary.Write(&b, binary.LittleEndian, part) // to memory
		}
	}
	block(0x0a0d0d0a, uint32(0x1a2b3c4d), uint32(1), int64(-1))
	block(1, uint32(f.Link), uint32(0))
	for _, r := range f.Records {
		padded := append(bytes.Clone(r.Data), make([]byte, (4-len(r.Data)%4)%4)...)
		block(3, uint32(len(r.Data)), padded)
	}
	return b.Bytes()
}
