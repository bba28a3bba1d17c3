package flow

import (
	"runtime"
	"strconv"
	"testing"
	"time"
	"unsafe"

	"pcaptriage/decoders"
)

func TestFlowSize(t *testing.T) {
	if n := unsafe.Sizeof(Flow{}); n != 384 {
		t.Errorf("a flow takes %d bytes; 384 is six cache lines", n)
	}
	if n := unsafe.Sizeof(sighting{}); n != 32 {
		t.Errorf("a sighting of the copy memory takes %d bytes; 32 is half a cache line", n)
	}
}

// TestMemory fills the default tables: a flow costs 384 bytes in the arena, 8 in
// the LRU lists, 13 to 26 in the index, and a share of its table's copy memory.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes more than 100 MiB")
	}
	const shards = 64
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC() // what pools held goes with the second
	runtime.ReadMemStats(&before)
	tables := make([]*Table, shards)
	s := tcpSpec{src: v4(10, 0, 0, 1, 0), dst: v4(10, 0, 0, 2, 80), flags: decoders.SYN, id: 1}
	p := s.packet()
	for i := range tables {
		tables[i] = New(DefaultConfig(shards), nil)
		for n := range DefaultConfig(shards).MaxFlows {
			flood(p, uint32(i*10000+n))
			tables[i].Packet(p)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	flows := uint64(shards * DefaultConfig(shards).MaxFlows)
	size := after.HeapAlloc - before.HeapAlloc
	t.Logf("%d flows in %d MiB", flows, size>>20)
	if size/flows > 384+8+26+25 {
		t.Errorf("%d bytes a flow", size/flows)
	}
	for _, tab := range tables {
		if tab.Stats().Live != DefaultConfig(shards).MaxFlows {
			t.Error("not full")
		}
	}
}

// flood turns p into the n-th SYN of a flood.
func flood(p *decoders.Packet, n uint32) {
	p.Src = decoders.Addr{Lo: 0xffff_0a00_0000 | uint64(n>>8)}
	p.SrcPort = uint16(1024 + n&0xff)
	p.TCP.Seq = n * 2654435761
	p.IPID = n&0xffff | 1
	p.Frame = uint64(n) + 1
	k, _ := p.Key()
	p.Hash = k.Hash()
	p.Clock = epochStart + int64(n)*int64(time.Microsecond)
	p.Time = p.Clock
}

// TestFlood: a million flows through a table of a thousand.
func TestFlood(t *testing.T) {
	const flows, room = 1_000_000, 1000
	cfg := DefaultConfig(1)
	cfg.MaxFlows = room
	last := uint64(0)
	tab := New(cfg, func(f *Flow, r EndReason, at int64) {
		if r != EndEvicted {
			t.Fatal(r)
		}
		if f.Serial != last+1 {
			t.Fatalf("flow %d evicted after %d", f.Serial, last)
		}
		last = f.Serial
	})
	s := tcpSpec{src: v4(10, 0, 0, 1, 0), dst: v4(10, 0, 0, 2, 80), flags: decoders.SYN, id: 1}
	p := s.packet()
	for n := range uint32(2 * room) {
		flood(p, n)
		tab.Packet(p)
	}
	n := uint32(2 * room)
	if avg := testing.AllocsPerRun(flows-2*room-1, func() {
		flood(p, n)
		n++
		tab.Packet(p)
	}); avg != 0 {
		t.Errorf("%v allocations a packet in a full table", avg)
	}
	st := tab.Stats()
	if st.Flows != flows || st.Evicted != flows-room || st.Live != room {
		t.Errorf("%+v", st)
	}
	if len(tab.arena.chunks)*chunkSize > room+chunkSize || len(tab.index.slots) > 4*room {
		t.Errorf("%d chunks, %d slots", len(tab.arena.chunks), len(tab.index.slots))
	}
}

// traffic makes packets of a bulk transfer: n connections, two data segments
// and one ACK in turn.
type traffic struct {
	data, ack []*decoders.Packet
	next      []uint32
	id        uint32
	frame     uint64
	clock     int64
}

func newTraffic(n int) *traffic {
	tr := &traffic{clock: epochStart}
	for i := range n {
		c, s := v4(10, byte(i>>16), byte(i>>8), byte(i), 40000), v4(10, 200, 0, 2, 80)
		d := tcpSpec{src: s, dst: c, flags: decoders.ACK, seq: 1, ack: 1, length: 1448, window: 500}
		a := tcpSpec{src: c, dst: s, flags: decoders.ACK, seq: 1, ack: 1, window: 500}
		tr.data = append(tr.data, d.packet())
		tr.ack = append(tr.ack, a.packet())
		tr.next = append(tr.next, 1)
	}
	return tr
}

// packet returns the i-th packet.
func (tr *traffic) packet(i int) *decoders.Packet {
	c := i / 3 % len(tr.data)
	p := tr.data[c]
	if i%3 == 2 {
		p = tr.ack[c]
		p.TCP.Ack = tr.next[c]
		p.L4[8], p.L4[9], p.L4[10], p.L4[11] = byte(p.TCP.Ack>>24), byte(p.TCP.Ack>>16), byte(p.TCP.Ack>>8), byte(p.TCP.Ack)
	} else {
		p.TCP.Seq = tr.next[c]
		tr.next[c] += 1448
		p.L4[4], p.L4[5], p.L4[6], p.L4[7] = byte(p.TCP.Seq>>24), byte(p.TCP.Seq>>16), byte(p.TCP.Seq>>8), byte(p.TCP.Seq)
	}
	tr.id++
	tr.frame++
	tr.clock += 1000
	p.IPID, p.Frame, p.Clock, p.Time = tr.id&0xffff|1, tr.frame, tr.clock, tr.clock
	return p
}

// TestAllocations: once the flows exist, no packet allocates, losses and copies
// included.
func TestAllocations(t *testing.T) {
	tr := newTraffic(100)
	tab := New(DefaultConfig(1), nil)
	i := 0
	step := func() {
		p := tr.packet(i)
		if i%50 == 0 && i%3 != 2 { // lose one
			i++
			return
		}
		tab.Packet(p)
		if i%70 == 0 {
			tab.Packet(p)
		}
		i++
	}
	for range 30_000 {
		step()
	}
	if avg := testing.AllocsPerRun(100_000, step); avg != 0 {
		t.Errorf("%v allocations a packet", avg)
	}
	if s := tab.Stats(); s.Gaps == 0 || s.Copies == 0 {
		t.Errorf("the traffic lacks losses or copies: %+v", s)
	}
}

func benchmarkTraffic(b *testing.B, flows int) {
	tr := newTraffic(flows)
	tab := New(DefaultConfig(1), nil)
	for i := range 3 * flows {
		tab.Packet(tr.packet(i))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		tab.Packet(tr.packet(i))
	}
}

// BenchmarkPacket includes what it costs to make the packet; see
// BenchmarkTraffic for that alone.
func BenchmarkPacket(b *testing.B) {
	b.Run("flows=1", func(b *testing.B) { benchmarkTraffic(b, 1) })
	b.Run("flows=100", func(b *testing.B) { benchmarkTraffic(b, 100) })
	b.Run("flows=10000", func(b *testing.B) { benchmarkTraffic(b, 10_000) })
	b.Run("flows=100000", func(b *testing.B) { benchmarkTraffic(b, 100_000) })
}

func BenchmarkTraffic(b *testing.B) {
	for _, n := range []int{1, 100, 10000, 100000} {
		tr := newTraffic(n)
		b.Run("flows="+strconv.Itoa(n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				tr.packet(i)
			}
		})
	}
}

// BenchmarkFlood is a SYN flood through a full table: each packet evicts a flow.
func BenchmarkFlood(b *testing.B) {
	cfg := DefaultConfig(16)
	tab := New(cfg, nil)
	s := tcpSpec{src: v4(10, 0, 0, 1, 0), dst: v4(10, 0, 0, 2, 80), flags: decoders.SYN, id: 1}
	p := s.packet()
	n := uint32(0)
	b.ReportAllocs()
	for b.Loop() {
		flood(p, n)
		n++
		tab.Packet(p)
	}
}
