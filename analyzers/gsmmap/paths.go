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

func keyOf(e *analyzers.Event) (k pathKey, dir int) {
	k = pathKey{e.Src, e.Dst, e.SPort, e.DPort}
	if k.b.Less(k.a) || k.a == k.b && k.portB < k.portA {
		return pathKey{k.b, k.a, k.portB, k.portA}, 1
	}
	return k, 0
}

// path counts what one SCTP path carried.
type path struct {
	key                              pathKey
	first                            moment
	chunks, retransmissions, missing uint64
	evidence                         []moment
	tunnel                           uint32
}

const maxPaths = 4096

// paths holds SCTP paths, and which pairs of addresses were seen in which
// direction.
type paths struct {
	by   map[pathKey]*path
	ways map[[2]decoders.Addr]bool // TCAP from the first to the second
}

func (t *paths) init() { *t = paths{by: map[pathKey]*path{}, ways: map[[2]decoders.Addr]bool{}} }

func (t *paths) of(e *analyzers.Event) *path {
	k, _ := keyOf(e)
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

func (t *paths) ended(e *analyzers.Event) {
	p := t.of(e)
	p.chunks += uint64(e.V[0])
	p.retransmissions += uint64(e.V[1])
	p.missing += uint64(e.V[2])
	if p.first.frame == 0 || e.Frame < p.first.frame {
		p.first = moment{time: e.Time, frame: e.Frame}
	}
}

// direction notes that a TCAP message went from Src to Dst.
func (t *paths) direction(e *analyzers.Event) {
	k := [2]decoders.Addr{e.Src, e.Dst}
	if !t.ways[k] && len(t.ways) < maxPaths {
		t.ways[k] = true
	}
}

// answers reports whether the capture has anything that went the way on which an
// answer to an invoke from side would come. Without addresses it cannot be told.
func (t *paths) answers(d *dialogue, side int) bool {
	if d.src.IsZero() {
		return true
	}
	return t.ways[[2]decoders.Addr{d.dst, d.src}] && t.ways[[2]decoders.Addr{d.src, d.dst}]
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
