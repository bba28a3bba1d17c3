package gsmmap

import (
	"cmp"
	"slices"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// pathKey is a pair of SCTP end points, the lower one first.
type pathKey struct {
	a, b         decoders.Addr
	portA, portB uint16
}

func keyOf(e *analyzers.Event) pathKey { return makePathKey(e.Src, e.Dst, e.SPort, e.DPort) }

func makePathKey(src, dst decoders.Addr, sport, dport uint16) pathKey {
	if dst.Less(src) || src == dst && dport < sport {
		return pathKey{dst, src, dport, sport}
	}
	return pathKey{src, dst, sport, dport}
}

// path counts what one SCTP path carried.
type path struct {
	key    pathKey
	same   *path // another path of the same association, or nil
	first  moment
	counts pathCounts
	// evidence of retransmissions.
	evidence []moment
	tunnel   uint32
	// tcap are tags with which TCAP came, of all paths of the association; valid
	// in its root.
	tcap []uint32
}

// maxTags are remembered of one association: two, and more when it began anew.
const maxTags = 8

func (p *path) addTag(vtag uint32) {
	if vtag != 0 && len(p.tcap) < maxTags && !slices.Contains(p.tcap, vtag) {
		p.tcap = append(p.tcap, vtag)
	}
}

// pathCounts is what an evAssociation tells, and what is known from other paths.
type pathCounts struct {
	chunks, retransmissions, gapReports, dupReports uint64
	missing, acked                                  uint64 // of acked: tsnSpace.lack
}

func (c *pathCounts) add(o *pathCounts) {
	c.chunks += o.chunks
	c.retransmissions += o.retransmissions
	c.gapReports += o.gapReports
	c.dupReports += o.dupReports
	c.missing += o.missing
	c.acked += o.acked
}

const maxPaths = 4096

// paths holds SCTP paths, and which pairs of addresses were seen in which
// direction.
type paths struct {
	by   map[pathKey]*path
	ways map[[2]decoders.Addr]bool // TCAP from the first to the second
	tags map[tsnKey]*path          // a path on which packets had the tag
}

func (t *paths) init() {
	*t = paths{by: map[pathKey]*path{}, ways: map[[2]decoders.Addr]bool{}, tags: map[tsnKey]*path{}}
}

// tagged notes the tag of a path's packets. Another path with the same ports and
// tag belongs to the same association.
func (t *paths) tagged(e *analyzers.Event) {
	k := tsnKey{e.SPort, e.DPort, uint32(e.V[0])}
	p := t.of(e)
	switch other := t.tags[k]; {
	case other != nil:
		join(other, p)
	case len(t.tags) < 2*maxPaths:
		t.tags[k] = p
	}
}

func (t *paths) of(e *analyzers.Event) *path {
	k := keyOf(e)
	p := t.by[k]
	if p == nil {
		if len(t.by) >= maxPaths {
			return &path{}
		}
		p = &path{key: k, tunnel: e.TunnelID}
		t.by[k] = p
	}
	return p
}

func (t *paths) retransmitted(e *analyzers.Event) {
	if p := t.of(e); len(p.evidence) < analyzers.MaxEvidence {
		p.evidence = append(p.evidence, moment{time: e.Time, frame: e.Frame})
	}
}

// elsewhere notes a chunk that was sent again over another path than before.
func (t *paths) elsewhere(e *analyzers.Event) {
	t.of(e).counts.retransmissions++
	t.retransmitted(e)
}

func (t *paths) ended(e *analyzers.Event) {
	p := t.of(e)
	p.counts.add(&pathCounts{chunks: uint64(e.V[0]), retransmissions: uint64(e.V[1]), gapReports: uint64(e.V[2]), dupReports: uint64(e.V[3])})
	if p.first.frame == 0 || e.Frame < p.first.frame {
		p.first = moment{time: e.Time, frame: e.Frame}
	}
}

// direction notes that a TCAP message went from Src to Dst with a tag.
func (t *paths) direction(e *analyzers.Event, vtag uint32) {
	k := [2]decoders.Addr{e.Src, e.Dst}
	if !t.ways[k] && len(t.ways) < maxPaths {
		t.ways[k] = true
	}
	if vtag != 0 {
		t.of(e).root().addTag(vtag)
	}
}

// answers reports whether the capture has anything that went the way on which an
// answer to an invoke would come: between the same addresses, or over another path
// of the association, with the other tag. Without addresses it cannot be told.
func (t *paths) answers(d *dialogue) bool {
	at := d.place
	if at.src.IsZero() || t.ways[[2]decoders.Addr{at.dst, at.src}] && t.ways[[2]decoders.Addr{at.src, at.dst}] {
		return true
	}
	p := t.by[makePathKey(at.src, at.dst, at.sport, at.dport)]
	return p != nil && len(p.root().tcap) > 1
}

// carries reports whether the dialogue's messages come over the association of an
// event.
func (t *paths) carries(d *dialogue, e *analyzers.Event) bool {
	k := makePathKey(d.place.src, d.place.dst, d.place.sport, d.place.dport)
	if k == keyOf(e) {
		return true
	}
	p := t.by[k]
	return p != nil && p.root() == t.of(e).root()
}

// sctpAssociation is what became of one association, over all its paths.
type sctpAssociation struct {
	*path  // the one seen first
	paths  uint64
	counts pathCounts
	gaps   []moment // chunks behind a hole
	resent []moment
}

// associations puts paths together, and what is missing on them, in the order of
// their first packets.
func (t *paths) associations(spaces *tsnSpaces) []*sctpAssociation {
	type hole struct {
		p *path
		l lack
	}
	var lacking []hole
	keys := make([]tsnKey, 0, len(spaces.by))
	for k := range spaces.by {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b tsnKey) int {
		return cmp.Or(cmp.Compare(a.sport, b.sport), cmp.Compare(a.dport, b.dport), cmp.Compare(a.vtag, b.vtag))
	})
	for _, k := range keys {
		s := spaces.by[k]
		l := s.lack()
		for i, sp := range s.paths {
			p := t.by[makePathKey(sp.src, sp.dst, k.sport, k.dport)]
			if p == nil {
				continue
			}
			p.counts.missing += l.missing[i]
			if i == 0 {
				p.counts.acked += l.acked
				lacking = append(lacking, hole{p, l})
			} else if first := t.by[makePathKey(s.paths[0].src, s.paths[0].dst, k.sport, k.dport)]; l.merged && first != nil {
				join(first, p)
			}
		}
	}
	by := map[*path]*sctpAssociation{}
	var out []*sctpAssociation
	for _, p := range t.sorted() {
		root := p.root()
		a := by[root]
		if a == nil {
			a = &sctpAssociation{path: p}
			by[root] = a
			out = append(out, a)
		}
		a.paths++
		a.counts.add(&p.counts)
		a.resent = append(a.resent, p.evidence...)
	}
	for _, h := range lacking {
		if a := by[h.p.root()]; a != nil {
			a.gaps = append(a.gaps, h.l.evidence...)
		}
	}
	for _, a := range out {
		a.gaps, a.resent = earliest(a.gaps), earliest(a.resent)
	}
	return out
}

// earliest are the first moments, as many as a finding cites.
func earliest(list []moment) []moment {
	slices.SortStableFunc(list, func(x, y moment) int { return cmp.Compare(x.frame, y.frame) })
	return list[:min(len(list), analyzers.MaxEvidence)]
}

func (p *path) root() *path {
	for p.same != nil {
		p = p.same
	}
	return p
}

// join makes two paths one association's.
func join(a, b *path) {
	if a, b = a.root(), b.root(); a != b {
		b.same = a
		for _, tag := range b.tcap {
			a.addTag(tag)
		}
	}
}

func (t *paths) sorted() []*path {
	out := make([]*path, 0, len(t.by))
	for _, p := range t.by {
		if p.first.frame != 0 {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(x, y *path) int {
		return cmp.Or(cmp.Compare(x.first.frame, y.first.frame), cmp.Compare(x.key.portA, y.key.portA), cmp.Compare(x.key.portB, y.key.portB))
	})
	return out
}
