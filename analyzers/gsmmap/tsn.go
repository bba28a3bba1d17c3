package gsmmap

import (
	"slices"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// tsnKey is a numbering of chunks (TSN): those from one port to another with one
// verification tag. The paths of a multi-homed association share it.
type tsnKey struct {
	sport, dport uint16
	vtag         uint32
}

// tsnSpace is what the capture has of one numbering. TSNs are counted on beyond
// their 32 bits, so that they can be compared.
type tsnSpace struct {
	paths   []*tsnPath
	ref     uint32 // the TSN at the position refAt, valid if there are paths
	refAt   int64
	acked   int64 // the receiver has all up to here, valid if hasAck
	hasAck  bool
	waiting []uint32        // acknowledgements that came before the first path
	addrs   []decoders.Addr // of the receiver, from its INIT or INIT ACK
	breaks  []tsnBreak      // where a path's numbers jumped
}

// tsnBreak is a chunk whose number does not follow the one before on its path.
type tsnBreak struct {
	after int64 // position of the one before
	at    moment
}

// tsnPath is what came over one path.
type tsnPath struct {
	src, dst decoders.Addr
	spans    []span // ascending, not touching
	lost     uint64 // missing between spans that were joined for want of room
}

// span is a range of positions, both ends included.
type span struct{ first, last int64 }

// Bounds of what is kept of TSNs.
const (
	maxSpaces    = 4096
	maxTSNPaths  = 8 // of one association
	maxSpans     = 2048
	maxBreaks    = 64
	maxPeerAddrs = 16
	tsnWindow    = 4096 // a wider jump is a new beginning, not loss
	runBreak     = 1    // Flags of evRun: the next chunk did not follow
	runAcked     = 2    // Flags of evRun: the receiver has all up to Last
)

// tsnSpaces holds the numberings of all associations.
type tsnSpaces struct {
	by      map[tsnKey]*tsnSpace
	dropped uint64 // runs beyond a cap
}

func (t *tsnSpaces) init() { t.by = map[tsnKey]*tsnSpace{} }

func (t *tsnSpaces) of(k tsnKey) *tsnSpace {
	s := t.by[k]
	if s == nil {
		if len(t.by) >= maxSpaces {
			t.dropped++
			return nil
		}
		s = &tsnSpace{}
		t.by[k] = s
	}
	return s
}

// run takes an evRun.
func (t *tsnSpaces) run(e *analyzers.Event) {
	s := t.of(tsnKey{e.SPort, e.DPort, uint32(e.V[0])})
	if s == nil {
		return
	}
	first, last := uint32(e.V[1]), uint32(e.V[2])
	if e.Flags&runAcked != 0 {
		s.acknowledge(last)
		return
	}
	if len(s.paths) == 0 {
		s.ref = first
	}
	p := s.path(e.Src, e.Dst)
	if p == nil {
		t.dropped++
		return
	}
	from := s.position(first)
	r := span{from, from + int64(last-first)}
	s.ref, s.refAt = last, r.last
	p.add(r)
	if e.Flags&runBreak != 0 && len(s.breaks) < maxBreaks {
		s.breaks = append(s.breaks, tsnBreak{r.last, moment{time: e.Time, frame: e.Frame}})
	}
	for _, cum := range s.waiting {
		s.acknowledge(cum)
	}
	s.waiting = nil
}

// position is where a TSN stands, next to the one entered last.
func (s *tsnSpace) position(tsn uint32) int64 { return s.refAt + int64(int32(tsn-s.ref)) }

// acknowledge takes a cumulative acknowledgement.
func (s *tsnSpace) acknowledge(cum uint32) {
	if len(s.paths) == 0 {
		if len(s.waiting) < maxTSNPaths {
			s.waiting = append(s.waiting, cum)
		}
		return
	}
	if at := s.position(cum); !s.hasAck || at > s.acked {
		s.acked, s.hasAck = at, true
	}
}

func (s *tsnSpace) path(src, dst decoders.Addr) *tsnPath {
	for _, p := range s.paths {
		if p.src == src && p.dst == dst {
			return p
		}
	}
	if len(s.paths) >= maxTSNPaths {
		return nil
	}
	p := &tsnPath{src: src, dst: dst}
	s.paths = append(s.paths, p)
	return p
}

// address takes an address that an INIT or INIT ACK names: its sender's, to
// which packets with the tag go.
func (t *tsnSpaces) address(e *analyzers.Event) {
	s := t.of(tsnKey{e.SPort, e.DPort, uint32(e.V[0])})
	if s != nil && len(s.addrs) < maxPeerAddrs && !slices.Contains(s.addrs, e.Src) {
		s.addrs = append(s.addrs, e.Src)
	}
}

// add enters a range; what it touches or overlaps becomes one with it.
func (p *tsnPath) add(r span) {
	p.spans = insertSpan(p.spans, r)
	if len(p.spans) > maxSpans {
		gap := p.spans[1].first - p.spans[0].last - 1
		if gap <= tsnWindow {
			p.lost += uint64(gap)
		}
		p.spans[1].first = p.spans[0].first
		p.spans = slices.Delete(p.spans, 0, 1)
	}
}

func insertSpan(list []span, r span) []span {
	// Nearly always it belongs at the end.
	i := len(list)
	for i > 0 && list[i-1].first > r.first {
		i--
	}
	if i > 0 && list[i-1].last >= r.first-1 {
		i--
		r.first, r.last = list[i].first, max(list[i].last, r.last)
		list = slices.Delete(list, i, i+1)
	}
	n := i
	for n < len(list) && list[n].first <= r.last+1 {
		r.last = max(r.last, list[n].last)
		n++
	}
	return slices.Replace(list, i, n, r)
}

// holes are the ranges that are missing between spans, wide jumps left out.
func holes(spans []span) (out []span) {
	for i := 1; i < len(spans); i++ {
		if h := (span{spans[i-1].last + 1, spans[i].first - 1}); h.last-h.first < tsnWindow {
			out = append(out, h)
		}
	}
	return out
}

func size(spans []span) (n uint64) {
	for _, h := range spans {
		n += uint64(h.last - h.first + 1)
	}
	return n
}

// lack is what the capture lacks of a numbering.
type lack struct {
	merged   bool     // the paths are one association's
	missing  []uint64 // by path; if merged, the first has all
	acked    uint64   // of them, those that the receiver has: the capture alone lacks them
	evidence []moment // chunks behind a hole
}

// lack compares what came over the paths. Without an INIT that lists their
// addresses they are taken for one association's only if that explains what is
// missing: tags are not unique.
func (s *tsnSpace) lack() (l lack) {
	var all []span
	var apart, lost uint64
	l.missing = make([]uint64, len(s.paths))
	listed := len(s.addrs) > 0
	for i, p := range s.paths {
		l.missing[i] = size(holes(p.spans)) + p.lost
		apart += l.missing[i]
		lost += p.lost
		for _, r := range p.spans {
			all = insertSpan(all, r)
		}
		listed = listed && slices.Contains(s.addrs, p.dst)
	}
	between := holes(all)
	if len(s.paths) > 1 && !listed && size(between)+lost > apart {
		return l
	}
	if len(s.paths) == 0 {
		return l
	}
	l.merged = true
	if end := all[len(all)-1].last; s.hasAck && s.acked > end && s.acked-end <= tsnWindow {
		between = append(between, span{end + 1, s.acked})
	}
	clear(l.missing)
	l.missing[0] = size(between) + lost
	for _, h := range between {
		if s.hasAck && h.first <= s.acked {
			l.acked += uint64(min(h.last, s.acked) - h.first + 1)
		}
	}
	for _, b := range s.breaks {
		if len(l.evidence) < analyzers.MaxEvidence && slices.ContainsFunc(between, func(h span) bool { return h.first == b.after+1 }) {
			l.evidence = append(l.evidence, b.at)
		}
	}
	return l
}
