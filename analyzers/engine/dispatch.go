package engine

import (
	"slices"

	"pcaptriage/decoders"
	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/filter"
	"pcaptriage/decoders/link"
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

	queue  []unsettled // slabs whose records' times are not all settled yet
	stamps []stamp     // settled stamps of the queue's records, in order
	prev   stamp       // of the record dispatched last

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

// unsettled is a slab with the batch made of it so far: the records before next
// are in the batch, the others have yet to get their stamps.
type unsettled struct {
	slabMsg
	batch *batch // nil: none yet
	next  int
}

// slab takes the next slab and dispatches every slab that is settled by it.
func (d *dispatcher) slab(m slabMsg) {
	d.noteStart(m.slab.Recs)
	u := unsettled{slabMsg: m}
	if len(d.queue) == 0 {
		u.batch = d.batch(m)
		if u.next = d.fillRegular(u.batch, m.slab); u.next == len(m.slab.Recs) {
			d.send(u.batch)
			return
		}
	}
	for i := u.next; i < len(m.slab.Recs); i++ {
		rec := &m.slab.Recs[i]
		d.stamps = d.clock.feed(rec.Time, rec.Flags&capture.HasTime != 0, d.stamps)
	}
	d.queue = append(d.queue, u)
	d.release()
}

// noteStart looks for the file's first time.
func (d *dispatcher) noteStart(recs []capture.Record) {
	for i := 0; i < len(recs) && !d.fileTimed; i++ {
		if recs[i].Flags&capture.HasTime != 0 {
			d.fileStart, d.fileTimed = recs[i].Time, true
		}
	}
}

// endFile dispatches what still waits for the clock: with a series it is the
// next file that would have to confirm it, and its times may well be fine.
func (d *dispatcher) endFile() {
	d.stamps = d.clock.giveUp(d.stamps)
	d.release()
}

// release dispatches the slabs at the head of the queue whose records all have
// their stamps.
func (d *dispatcher) release() {
	n := 0
	for ; n < len(d.queue); n++ {
		u := &d.queue[n]
		k := len(u.slab.Recs) - u.next
		if len(d.stamps) < k {
			break
		}
		if u.batch == nil {
			u.batch = d.batch(u.slabMsg)
		}
		d.fillStamped(u.batch, u.slab, u.next, d.stamps[:k])
		d.send(u.batch)
		d.stamps = append(d.stamps[:0], d.stamps[k:]...)
	}
	d.queue = slices.Delete(d.queue, 0, n)
}

// batch returns an empty batch for a slab.
func (d *dispatcher) batch(m slabMsg) *batch {
	b := d.run.getBatch()
	d.begin(b, m)
	return b
}

func (d *dispatcher) begin(b *batch, m slabMsg) {
	b.slab, b.links, b.file = m.slab, m.links, d.file
	b.begin = d.prev.epoch
}

// send gives a filled batch to the workers.
func (d *dispatcher) send(b *batch) {
	d.records += uint64(len(b.slab.Recs))
	d.sinceSweep++
	b.epoch = d.prev.epoch
	if d.sinceSweep >= d.run.sweepEvery {
		d.sinceSweep = 0
		b.sweep, b.sweepClock = true, d.prev.clock
	}
	d.run.send(b)
}

// fillRegular writes the work orders for a slab's records from the first on, for
// as long as the clock takes their times at once, and returns the index of the
// first that it does not. No other record may be waiting for its stamp.
func (d *dispatcher) fillRegular(b *batch, slab *capture.Slab) (next int) {
	clock := d.clock.regular(slab.Recs)
	if clock == nil {
		return 0
	}
	recs := slab.Recs
	ethernet := d.filter == nil && allEthernet(b.links)
	for next < len(recs) {
		// A group at a time, for the sake of prefetching.
		end := min(next|(group-1)+1, len(recs))
		if end+group <= len(recs) {
			peekAhead(slab.Buf, (*[group]capture.Record)(recs[end:]))
		}
		for next < end {
			if ethernet {
				next = b.plain(clock, next, end)
				d.prev.clock = *clock
				if next == end {
					break
				}
			}
			if rec := &recs[next]; rec.Flags&capture.HasTime != 0 {
				if !near(*clock, rec.Time) {
					return next
				}
				*clock = max(*clock, rec.Time)
			}
			d.prev.clock = *clock
			d.place(b, *clock, next)
			next++
		}
	}
	return next
}

// plain writes the work orders for records that are plain TCP over Ethernet and
// whose times move the clock at once, from the one with index next on and before
// end. It returns the index of the first that is otherwise, or for which there is
// no room. This is the dispatcher's hot loop: it calls nothing.
func (b *batch) plain(clock *int64, next, end int) int {
	now, buf, recs, links := *clock, b.slab.Buf, b.slab.Recs, len(b.links)
	for ; next < end; next++ {
		rec := &recs[next]
		if rec.Flags&capture.HasTime == 0 || rec.Len < decoders.PlainLen || int(rec.Iface) >= links {
			break
		}
		off, t := uint64(rec.Off), rec.Time
		head := (*[decoders.PlainLen]byte)(buf[off : off+decoders.PlainLen : off+decoders.PlainLen])
		if !decoders.PlainTCP(head) {
			break
		}
		hash := decoders.HashIPv4(decoders.PlainEnds(head))
		l := &b.items.last[hash>>(64-shardBits)]
		n := len(*l)
		if n == cap(*l) {
			break
		}
		if t >= now {
			if uint64(t)-uint64(now) > maxForward {
				break
			}
			now = t
		} else if uint64(now)-uint64(t) > maxBack {
			break
		}
		*l = (*l)[:n+1]
		it := &(*l)[n]
		it.of(rec, link.EN10MB, now)
		it.hash, it.ext, it.flow = hash, 0, 0
	}
	*clock = now
	return next
}

// fillStamped writes the work orders for a slab's records from the one with
// index first on, whose stamps are given.
func (d *dispatcher) fillStamped(b *batch, slab *capture.Slab, first int, stamps []stamp) {
	for i, st := range stamps {
		if st.epoch != d.prev.epoch {
			d.frags.Reset()
			for s := range uint64(Shards) {
				*b.items.add(s) = item{clock: d.prev.clock, hash: uint64(st.epoch), ext: reset}
			}
		}
		d.prev = st
		d.place(b, st.clock, first+i)
	}
}

// place writes the work order for a record of any kind, if it is let through.
func (d *dispatcher) place(b *batch, clock int64, i int) {
	rec := &b.slab.Recs[i]
	linkType := linkOf(b.links, rec)
	if d.filter != nil && !d.passes(linkType, b.slab.Data(rec), rec.Orig) {
		return
	}
	ext := uint32(0)
	hash, ok := decoders.Peek(linkType, b.slab.Data(rec))
	if !ok {
		hash, ext = d.lookDeeper(b, rec, linkType, clock)
	}
	it := b.items.add(hash >> (64 - shardBits))
	it.of(rec, linkType, clock)
	it.hash, it.ext, it.flow = hash, ext, 0
}

// allEthernet reports whether every interface described so far is Ethernet.
func allEthernet(links []uint16) bool {
	for _, l := range links {
		if l != link.EN10MB {
			return false
		}
	}
	return true
}

// passes applies the user's filter, and counts what it keeps out.
func (d *dispatcher) passes(linkType uint16, data []byte, wireLen uint32) bool {
	if !filter.Supports(linkType) && d.filterErr == nil {
		d.filterErr = usage("a filter cannot be applied to packets of link type %d", linkType)
	}
	if d.filter.Match(linkType, data, wireLen) {
		return true
	}
	d.filteredOut++
	return false
}

// lookDeeper places a record that needs a full decode: tunnels, fragments,
// ICMP errors, options, everything that is not plain TCP or UDP. It returns the
// hash and ext of the record's item.
func (d *dispatcher) lookDeeper(b *batch, rec *capture.Record, linkType uint16, clock int64) (hash uint64, extIndex uint32) {
	defer func() {
		if r := recover(); r != nil {
			// The worker meets the same bytes, fails alike, and reports it.
			hash = 0
		}
	}()
	p := &d.scratch
	p.Epoch = d.prev.epoch
	var it item
	it.of(rec, linkType, clock)
	b.describe(p, &it)
	p.Decode(linkType, b.slab.Data(rec), rec.Orig)

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
		extIndex = uint32(len(b.exts))
	}
	return shardHash(p), extIndex
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
