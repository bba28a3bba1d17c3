package engine

import (
	"math"
	"sync"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/capture"
)

// item is one record's work order.
type item struct {
	clock int64
	hash  uint64
	rec   uint32 // index in the slab
	ext   uint32 // index+1 in batch.exts, 0: none; or reset
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
// a worker has to do with one flow table after the other. The dispatcher fills it; workers read it and append to their own outs; the
// merger takes the outs, releases the slab and gives the batch back.
type batch struct {
	slab  *capture.Slab
	links []uint16
	file  uint16
	items [Shards][]item
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
type workerOuts struct{ events, asides outLists }

// outLists are lists of events. Each was a shard's own (asides: the worker's);
// the worker takes an empty one out of spare in exchange. The merger takes the
// lists, and puts others that it has done with into spare.
type outLists struct {
	byAnalyzer [][][]analyzers.StampedEvent
	spare      [][]analyzers.StampedEvent
}

// swap takes a list of events for analyzer a and returns an empty one.
func (o *outLists) swap(a int, events []analyzers.StampedEvent) []analyzers.StampedEvent {
	o.byAnalyzer[a] = append(o.byAnalyzer[a], events)
	n := len(o.spare)
	if n == 0 {
		return nil
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

// describe sets what p says of the record itself, but for the epoch, and returns
// the link type to read it as. Decode sets the rest.
func (b *batch) describe(p *decoders.Packet, it *item, rec *capture.Record) (link uint16) {
	p.Has = 0
	if rec.Flags&capture.HasTime != 0 {
		p.Has, p.Time = decoders.HasTime, rec.Time
	}
	p.File, p.Frame = b.file, b.slab.FrameNumber(rec)
	p.Clock, p.Iface, p.Hash = it.clock, rec.Iface, it.hash
	return linkOf(b.links, rec)
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
		b.outs[w].asides.byAnalyzer = make([][][]analyzers.StampedEvent, nAnalyzers)
	}
	return b
}

// clear makes b ready for the next slab; the memory of the lists is kept.
func (b *batch) clear() {
	for s := range b.items {
		b.items[s] = b.items[s][:0]
	}
	clear(b.exts)
	b.exts = b.exts[:0]
	b.slab, b.links = nil, nil
	b.sweep, b.final = false, false
}
