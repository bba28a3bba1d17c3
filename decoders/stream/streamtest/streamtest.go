// Package streamtest feeds the TCP connections of a capture file to parsers, for
// their tests: what the engine and an analyzer do, on one goroutine.
package streamtest

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"pcaptriage/decoders"
	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/flow"
	"pcaptriage/decoders/stream"
)

// Conn takes the bytes of one connection.
type Conn interface {
	// Sink returns where the bytes of a direction go: 0 from the flow's A side,
	// 1 from its B side.
	Sink(dir uint8) stream.Sink
	// Packet is called for each segment that is no copy, before its bytes.
	Packet(p *decoders.Packet, f *flow.Flow)
}

// Corpus returns the path of an area of the public captures that may lie beside
// the repository, as seen from a package two levels below its root, and skips
// the test when they do not.
func Corpus(t testing.TB, area string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "pcaps", area)
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no corpus beside the repository")
	}
	return dir
}

type conn struct {
	Conn
	streams [2]stream.Stream
}

// Read plays the capture called path. open makes the receiver of a new
// connection; f is borrowed until it returns, nil is for connections of no
// interest.
func Read(t testing.TB, path string, open func(f *flow.Flow) Conn) {
	t.Helper()
	r, err := capture.Open(path, capture.Options{})
	if errors.Is(err, capture.ErrUnsupported) {
		t.Log(err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()

	pool := stream.NewPool(stream.DefaultConfig(1))
	conns := map[uint64]*conn{}
	table := flow.New(flow.DefaultConfig(1), func(f *flow.Flow, _ flow.EndReason, _ int64) {
		if c := conns[f.Serial]; c != nil {
			for d := range c.streams {
				pool.Close(&c.streams[d], c.Sink(uint8(d)))
			}
			delete(conns, f.Serial)
		}
	})
	join := decoders.NewReassembler(decoders.DefaultReassembly())
	var p decoders.Packet
	for {
		slab, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range slab.Recs {
			rec := &slab.Recs[i]
			p.Has = 0
			if rec.Flags&capture.HasTime != 0 {
				p.Has = decoders.HasTime
			}
			p.Frame, p.Time, p.Iface = slab.FrameNumber(rec), rec.Time, rec.Iface
			p.Clock = max(p.Clock, rec.Time)
			p.Decode(r.Info().Interfaces[rec.Iface].LinkType, slab.Data(rec), rec.Orig)
			if p.Has&decoders.IsFragment != 0 {
				if b, n, ok := join.Add(&p); ok {
					p.DecodeIP(b, n)
				}
			}
			feed(&p, table, pool, conns, open)
		}
		slab.Release()
	}
	table.Finish(p.Clock)
	if n := pool.Stats().HeldBytes; n != 0 {
		t.Errorf("%s: %d bytes held after the end", path, n)
	}
}

// feed gives one packet to its connection.
func feed(p *decoders.Packet, table *flow.Table, pool *stream.Pool, conns map[uint64]*conn, open func(*flow.Flow) Conn) {
	if p.Has&decoders.HasIP == 0 {
		return
	}
	k, _ := p.Key()
	p.Hash = k.Hash()
	f := table.Packet(p)
	if f == nil || p.Has&decoders.HasTCP == 0 {
		return
	}
	c := conns[f.Serial]
	if c == nil {
		c = &conn{Conn: open(f)}
		if c.Conn == nil {
			return
		}
		conns[f.Serial] = c
	}
	if p.Seg.Is(decoders.ClassCopy | decoders.ClassRSTBad) {
		return
	}
	c.Packet(p, f)
	d := p.Seg.Dir
	if !p.Seg.Is(decoders.ClassKeepAlive) {
		g := stream.FromPacket(p)
		pool.Feed(&c.streams[d], &g, c.Sink(d))
	}
	if p.TCP.Flags&decoders.ACK != 0 {
		pool.Acked(&c.streams[1-d], p.TCP.Ack, c.Sink(1-d))
	}
}
