package main

import (
	"bufio"
	"container/heap"
	"math/rand/v2"
	"time"

	"pcaptriage/testdata/bench/savefile"
)

// start is when every generated capture begins: the same seed must give the same bytes.
var start = time.Date(2025, 1, 6, 9, 0, 0, 0, time.UTC).UnixMicro()

// openConnections is how many connections the generator keeps open at a time.
const openConnections = 512

// generate writes HTTP connections of the same mix as the real traffic.
func generate(path string, o options) error {
	return savefile.Create(path, func(w *bufio.Writer) error {
		g := &generator{w: w, rand: rand.New(rand.NewPCG(o.seed, 0)), clock: start, size: savefile.HeaderLen}
		for range openConnections {
			g.open()
		}
		for len(g.queue) > 0 {
			c := g.queue[0]
			g.clock = c.due
			if err := g.emit(c); err != nil {
				return err
			}
			if c.step != done {
				heap.Fix(&g.queue, 0)
				continue
			}
			heap.Pop(&g.queue)
			if g.packets < o.packets || g.size < o.bytes {
				g.open()
			}
		}
		return nil
	})
}

type generator struct {
	w             *bufio.Writer
	rand          *rand.Rand
	clock         int64 // microseconds
	queue         queue
	opened        int
	packets, size int64
	frame         []byte
}

// open starts a connection between a client and a server.
func (g *generator) open() {
	n := g.opened
	g.opened++
	c := &connection{
		order: n,
		due:   g.clock + int64(g.rand.IntN(2_000)),
		rtt:   int64(100 + g.rand.IntN(20_000)),
		client: endpoint{
			// A pair of address and port comes back only after 32 * 28000 connections.
			addr: 10<<24 | 77<<16 | 1<<8 | uint32(n%clients+1),
			port: uint16(32768 + n/clients%28000),
			mac:  [6]byte{2, 0, 0, 77, 1, byte(n%clients + 1)},
			next: g.rand.Uint32(), ipID: uint16(g.rand.Uint32()),
		},
		server: endpoint{
			addr: 10<<24 | 77<<16 | 1,
			port: uint16(serverPorts[g.rand.IntN(len(serverPorts))]),
			mac:  [6]byte{2, 0, 0, 77, 0, 1},
			next: g.rand.Uint32(), ipID: uint16(g.rand.Uint32()),
		},
		requests: 1,
		tick:     g.rand.Uint32(),
	}
	if c.keep = g.rand.IntN(3) > 0; c.keep {
		c.requests = 1 + g.rand.IntN(40)
	}
	heap.Push(&g.queue, c)
}

// emit writes a connection's next frame and moves it on.
func (g *generator) emit(c *connection) error {
	g.frame = append(g.frame[:0], make([]byte, savefile.RecordHeaderLen)...)
	g.frame = c.advance(g, g.frame)
	savefile.PutHeader(g.frame, g.clock, len(g.frame)-savefile.RecordHeaderLen)
	g.packets++
	g.size += int64(len(g.frame))
	_, err := g.w.Write(g.frame)
	return err
}

// large tells whether the mean packet so far is too small.
func (g *generator) large() bool {
	return g.size < (bytesPerPacket+savefile.RecordHeaderLen)*g.packets && g.rand.IntN(4) == 0
}

// queue orders connections by their next frame.
type queue []*connection

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].due < q[j].due || q[i].due == q[j].due && q[i].order < q[j].order
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(*connection)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
