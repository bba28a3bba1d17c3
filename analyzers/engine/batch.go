package engine

import (
	"math"
	"sync"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/flow"
)

// item is one record's work order. It has what the worker needs of the record: a
// shard's records lie apart in the slab, so that each would be a cache line to
// wait for, while the items of a list lie in the order in which they are read.
type item struct {
	clock, time           int64
	hash                  uint64
	off, size, orig       uint32 // see capture.Record
	frame, iface          uint32
	ext                   uint32    // index+1 in batch.exts, 0: none; or reset
	flow                  flow.Hint // set shortly before the item is done, see shard.ahead
	link                  uint16    // link type to read it as
	hasTime, cutBySnaplen bool
}

// of sets all of it but hash, ext and flow. It writes them one by one where they are to
// lie: a copy would wait for the parts of the original to be written.
func (it *item) of(rec *capture.Record, link uint16, clock int64) {
	it.clock, it.time = clock, rec.Time
	it.off, it.size, it.orig = rec.Off, rec.Len, rec.Orig
	it.frame, it.iface, it.link = rec.Frame, rec.Iface, link
	it.hasTime, it.cutBySnaplen = rec.Flags&capture.HasTime != 0, rec.Flags&capture.SnapCut != 0
}

// reset, as an item's ext, says that the capture clock restarted before the
// items that follow: every flow ends, at clock, and hash is the new epoch.
const reset = math.MaxUint32

// ext carries what few packets need besides their record.
type ext struct {
	// datagrams are the IP datagrams that this record completed, outermost
	// first; the batch owns them. More than one: a tunnel's outer datagram and
	// the inner one were both in fragments.
	datagrams []datagram
	tunnel    uint32 // interned tunnel path
}

// apply makes p what it is by the datagrams that it completed and its tunnel.
func (e *ext) apply(p *decoders.Packet) {
	for _, d := range e.datagrams {
		p.DecodeIP(d.data, d.wireLen)
	}
	p.TunnelID = e.tunnel
}

type datagram struct {
	data    []byte
	wireLen uint32
}

// batch is a slab with the work orders of its records, one list a shard, so that
// a worker has to do with one flow table after the other. The dispatcher fills it;
// workers read it and append to their own outs; the merger takes the outs, releases
// the slab and gives the batch back.
type batch struct {
	slab  *capture.Slab
	links []uint16
	file  uint16
	items itemLists
	exts  []ext
	begin uint32 // epoch at the beginning
	// sweep: after the items, end what is past its deadline at sweepClock;
	// events up to there can then be ordered finally.
	sweep      bool
	sweepClock int64
	epoch      uint32 // at the end
	// final: the capture ends with this batch (which has no slab).
	final bool

	outs []workerOuts // by worker
	done sync.WaitGroup
}

// workerOuts are a worker's events and asides of one batch.
type workerOuts struct {
	events outLists
	asides [][]analyzers.AsideRun // by analyzer
}

// outLists are lists of events, as the worker filled them one after the other; it
// takes an empty one out of spare in exchange. The merger takes the lists, and
// puts others that it has done with into spare.
type outLists struct {
	byAnalyzer [][][]analyzers.StampedEvent
	spare      [][]analyzers.StampedEvent
}

// listEvents is the capacity of a list: 4 KiB, little enough that the last ones,
// which are seldom full, do not add up.
const listEvents = 32

// swap takes a list of events for analyzer a and returns an empty one.
func (o *outLists) swap(a int, events []analyzers.StampedEvent) []analyzers.StampedEvent {
	if len(events) > 0 {
		o.byAnalyzer[a] = append(o.byAnalyzer[a], events)
	}
	n := len(o.spare)
	if n == 0 {
		return make([]analyzers.StampedEvent, 0, listEvents)
	}
	empty := o.spare[n-1]
	o.spare = o.spare[:n-1]
	return empty
}

// take moves the lists for analyzer a to to, and as many of free to spare.
func (o *outLists) take(a int, to, free *[][]analyzers.StampedEvent) {
	lists := o.byAnalyzer[a]
	*to = append(*to, lists...)
	rest := len(*free) - min(len(lists), len(*free))
	o.spare = append(o.spare, (*free)[rest:]...)
	clear((*free)[rest:])
	*free = (*free)[:rest]
	clear(lists)
	o.byAnalyzer[a] = lists[:0]
}

// describe sets what p says of the record itself, but for the epoch. Decode sets
// the rest.
func (b *batch) describe(p *decoders.Packet, it *item) {
	p.Has = 0
	if it.hasTime {
		p.Has, p.Time = decoders.HasTime, it.time
	}
	p.File, p.Frame = b.file, b.slab.FrameBase+uint64(it.frame)
	p.Clock, p.Iface, p.Hash = it.clock, it.iface, it.hash
}

// noLink stands for an interface that the file does not describe.
const noLink = 0xffff

func linkOf(links []uint16, rec *capture.Record) uint16 {
	if int(rec.Iface) < len(links) {
		return links[rec.Iface]
	}
	return noLink
}

func newBatch(workers, nAnalyzers int) *batch {
	b := &batch{outs: make([]workerOuts, workers)}
	for w := range b.outs {
		b.outs[w].events.byAnalyzer = make([][][]analyzers.StampedEvent, nAnalyzers)
		b.outs[w].asides = make([][]analyzers.AsideRun, nAnalyzers)
	}
	return b
}

// clear makes b ready for the next slab; the memory of the lists is kept.
func (b *batch) clear() {
	b.items.clear()
	clear(b.exts)
	b.exts = b.exts[:0]
	b.slab, b.links = nil, nil
	b.sweep, b.final = false, false
}
