package httpwire

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pcaptriage/decoders"
	"pcaptriage/decoders/stream"
)

// Segment does what Data does with the same bytes.
func TestSegmentIsData(t *testing.T) {
	messages := [2][]string{{
		"GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
		"HEAD /b HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: 90\r\n\r\n" + strings.Repeat("c", 90),
		"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
	}, {
		"HTTP/1.1 200 OK\r\nContent-Length: 150\r\n\r\n" + strings.Repeat("b", 150),
		"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n",
		"HTTP/1.1 204 No Content\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n" + strings.Repeat("d", 32) + "\r\n0\r\n\r\n",
	}}
	for seed := range uint64(4000) {
		r := rand.New(rand.NewPCG(seed, 21))
		byData, bySegment := newReading(), newReading()
		for i := range 12 {
			dir := i % 2
			n := len(messages[dir])
			if r.IntN(20) > 0 {
				n-- // the last is rare: it ends all reading, or chunks it
			}
			for b := []byte(messages[dir][r.IntN(n)]); len(b) > 0; {
				at := min(len(b), 1+r.IntN(80))
				if r.IntN(2) == 0 {
					at = len(b)
				}
				byData.feed(dir, b[:at], false)
				bySegment.feed(dir, b[:at], true)
				b = b[at:]
			}
		}
		if got, want := bySegment.state(), byData.state(); !slices.Equal(got, want) {
			t.Fatalf("seed %d:\n%s\nData makes of it\n%s", seed, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// reading is a connection that is being read.
type reading struct {
	d    *Decoder
	dirs [2]Parser
	q    Queue
	off  [2]uint64
	n    int
	told recorder
}

func newReading() *reading { return &reading{d: newDecoder(stream.NewScratch(1 << 20))} }

func (r *reading) feed(dir int, b []byte, segment bool) {
	r.n++
	at := Mark{Off: r.off[dir], Time: int64(r.n), Frame: decoders.FrameRef(r.n)}
	r.off[dir] += uint64(len(b))
	if segment {
		r.d.Segment(&r.dirs[dir], &r.q, b, at, &r.told)
	} else {
		r.d.Data(&r.dirs[dir], &r.q, stream.Chunk{Off: at.Off, Bytes: b, Time: at.Time, Frame: at.Frame, Boundary: true}, &r.told)
	}
}

func (r *reading) state() []string {
	return append(r.told.lines, fmt.Sprintf("%+v", r.dirs), fmt.Sprintf("%+v", r.q))
}
