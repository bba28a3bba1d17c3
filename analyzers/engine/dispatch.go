package engine

import (
	"pcaptriage/decoders"
	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/filter"
)

// dispatcher looks at each record just enough to find its flow's shard, puts
// IP fragments together, numbers tunnel paths, and keeps the capture clock. It
// runs in one goroutine, in frame order, so all of that is deterministic.
type dispatcher struct {
	run     *run
	clock   clock
	frags   *decoders.Reassembler
	tunnels tunnelTable
	scratch decoders.Packet // for the records that the shallow look cannot place

	queue  []slabMsg // slabs whose records' times are not all settled yet
	stamps []stamp   // settled stamps of the queue's records, in order
	prev   stamp     // of the record dispatched last

	file       uint16
	fileStart  int64 // time of the file's first record that has one, valid if fileTimed
	fileTimed  bool
	sinceSweep int // slabs
	records    uint64
	whole      uint64 // datagrams put together

	filter      *filter.Filter // nil: every packet passes
	filteredOut uint64
	filterErr   error
}

func newDispatcher(r *run) *dispatcher {
	return &dispatcher{run: r, frags: decoders.NewReassembler(decoders.DefaultReassembly()), tunnels: newTunnelTable()}
}

// slab takes the next slab and dispatches every slab that is settled by it.
func (d *dispatcher) slab(m slabMsg) {
	d.queue = append(d.queue, m)
	for i := range m.slab.Recs {
		rec := &m.slab.Recs[i]
		if !d.fileTimed && rec.Flags&capture.HasTime != 0 {
			d.fileStart, d.fileTimed = rec.Time, true
		}
		d.stamps = d.clock.feed(rec.Time, rec.Flags&capture.HasTime != 0, d.stamps)
	}
	d.release()
}

// endFile dispatches what still waits for the clock: with a series it is the
// next file that would have to confirm it, and its times may well be fine.
func (d *dispatcher) endFile() {
	d.stamps = d.clock.giveUp(d.stamps)
	d.release()
}

func (d *dispatcher) release() {
	n := 0
	for len(d.queue) > n && len(d.stamps) >= len(d.queue[n].slab.Recs) {
		m := d.queue[n]
		k := len(m.slab.Recs)
		d.dispatch(m, d.stamps[:k])
		d.stamps = append(d.stamps[:0], d.stamps[k:]...)
		n++
	}
	d.queue = append(d.queue[:0], d.queue[n:]...)
}

// dispatch makes a batch of a slab and sends it to the workers.
func (d *dispatcher) dispatch(m slabMsg, stamps []stamp) {
	b := d.run.getBatch()
	d.fill(b, m, stamps)
	d.run.send(b)
}

// fill writes the work orders for a slab's records.
func (d *dispatcher) fill(b *batch, m slabMsg, stamps []stamp) {
	b.slab, b.links, b.file = m.slab, m.links, d.file
	workers := uint8(len(b.items))
	for i := range m.slab.Recs {
		rec := &m.slab.Recs[i]
		peekAhead(m.slab, i)
		st := stamps[i]
		if st.epoch != d.prev.epoch {
			d.frags.Reset()
			for w := range b.items {
				b.items[w] = append(b.items[w], item{op: opReset, clock: d.prev.clock, epoch: st.epoch})
			}
		}
		d.prev = st
		it := item{rec: uint32(i), clock: st.clock, epoch: st.epoch}
		link := linkOf(m.links, rec)
		if d.filter != nil && !d.passes(link, m.slab.Data(rec), rec.Orig) {
			continue
		}
		if hash, ok := decoders.Peek(link, m.slab.Data(rec)); ok {
			it.hash = hash
		} else {
			d.lookDeeper(b, &it, rec)
		}
		it.shard = uint8(it.hash >> (64 - shardBits))
		w := it.shard % workers
		b.items[w] = append(b.items[w], it)
	}
	d.records += uint64(len(m.slab.Recs))
	d.sinceSweep++
	b.epoch = d.prev.epoch
	if d.sinceSweep >= d.run.sweepEvery {
		d.sinceSweep = 0
		b.sweep, b.sweepClock = true, d.prev.clock
	}
}

// passes applies the user's filter, and counts what it keeps out.
func (d *dispatcher) passes(link uint16, data []byte, wireLen uint32) bool {
	if !filter.Supports(link) && d.filterErr == nil {
		d.filterErr = usage("a filter cannot be applied to packets of link type %d", link)
	}
	if d.filter.Match(link, data, wireLen) {
		return true
	}
	d.filteredOut++
	return false
}

// lookDeeper places a record that needs a full decode: tunnels, fragments,
// ICMP errors, options, everything that is not plain TCP or UDP.
func (d *dispatcher) lookDeeper(b *batch, it *item, rec *capture.Record) {
	defer func() {
		if r := recover(); r != nil {
			// The worker meets the same bytes, fails alike, and reports it.
			it.hash = 0
		}
	}()
	p := &d.scratch
	p.Decode(b.describe(p, it, rec), b.slab.Data(rec), rec.Orig)

	var e ext
	// A reassembled datagram may be the outer packet of a tunnel whose inner
	// packet is a fragment again; each turn takes off one layer.
	for turn := 0; p.Has&decoders.IsFragment != 0 && turn < decoders.MaxTunnel; turn++ {
		data, wireLen, ok := d.frags.Add(p)
		if !ok {
			break
		}
		d.whole++
		e.datagrams = append(e.datagrams, datagram{data, wireLen})
		p.DecodeIP(data, wireLen)
	}
	if p.Has&decoders.HasTunnel != 0 {
		e.tunnel = d.tunnels.intern(p)
	}
	if e.datagrams != nil || e.tunnel != 0 {
		b.exts = append(b.exts, e)
		it.ext = uint32(len(b.exts))
	}
	it.hash = shardHash(p)
}

// shardHash is the hash that decides a packet's shard: its flow's, or that of
// the flow which an ICMP error quotes. Packets without IP go to shard 0.
func shardHash(p *decoders.Packet) uint64 {
	switch {
	case p.Has&decoders.HasIP == 0:
		return 0
	case p.Has&decoders.HasQuote != 0:
		k, _ := p.ICMP.Quote.Key()
		return k.Hash()
	}
	k, _ := p.Key()
	return k.Hash()
}
