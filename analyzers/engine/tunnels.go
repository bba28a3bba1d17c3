package engine

import (
	"strconv"

	"pcaptriage/decoders"
)

// maxTunnels is the number of tunnel paths kept apart; id 0 means no tunnel,
// and what comes later shares the last id.
const maxTunnels = 1 << 14

// tunnelTable numbers tunnel paths in the order in which they appear.
type tunnelTable struct {
	ids    map[tunnelKey]uint32
	paths  [][]string // by id
	folded uint64
}

type tunnelKey struct {
	n    uint8
	hops [decoders.MaxTunnel]decoders.TunnelHop
}

func newTunnelTable() tunnelTable {
	return tunnelTable{ids: map[tunnelKey]uint32{}, paths: [][]string{nil}}
}

// intern returns the id of p's tunnel path. A TEID is left out of the path:
// the two directions of one bearer have different ones.
func (t *tunnelTable) intern(p *decoders.Packet) uint32 {
	k := tunnelKey{n: p.NTunnel}
	copy(k.hops[:], p.TunnelHops[:p.NTunnel])
	for i := range k.hops {
		if k.hops[i].Kind == decoders.TunnelGTPU {
			k.hops[i].ID = 0
		}
	}
	id, ok := t.ids[k]
	if ok {
		return id
	}
	if len(t.paths) > maxTunnels {
		t.folded++
		return maxTunnels
	}
	id = uint32(len(t.paths))
	t.ids[k] = id
	path := make([]string, k.n)
	for i := range path {
		path[i] = hopString(&k.hops[i])
	}
	t.paths = append(t.paths, path)
	return id
}

func hopString(h *decoders.TunnelHop) string {
	s := decoders.TunnelNames[h.Kind]
	if !h.Src.IsZero() || !h.Dst.IsZero() {
		s += " " + h.Src.String() + ">" + h.Dst.String()
	}
	if h.ID != 0 {
		s += " id " + strconv.FormatUint(uint64(h.ID), 10)
	}
	return s
}

// path resolves an id; nil for 0.
func (t *tunnelTable) path(id uint32) []string {
	if int(id) >= len(t.paths) {
		return []string{"(other)"}
	}
	return t.paths[id]
}
