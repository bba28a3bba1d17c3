package flow

import "pcaptriage/decoders"

// lookUp finds the live flow of a packet with ports, where nothing stands in the
// way of that, and p's direction in it. It changes nothing; nil says only that
// Packet has to look closer: at an expiry, at VLANs and views, at flows whose
// hashes are equal in part.
func (t *Table) lookUp(p *decoders.Packet, clock int64) (*Flow, uint8) {
	s := t.index.first(tagOf(p.Hash))
	if s.empty() || t.splits != 0 || p.Has&(decoders.HasPorts|decoders.IsFragment) != decoders.HasPorts {
		return nil, 0
	}
	// The endpoints in the order of decoders.MakeKey. Which comes first changes
	// with every other packet, so this is written to need no branch.
	aLo, bLo, aHi, bHi := p.Src.Lo, p.Dst.Lo, p.Src.Hi, p.Dst.Hi
	ports, back := uint32(p.SrcPort)<<16|uint32(p.DstPort), uint32(p.DstPort)<<16|uint32(p.SrcPort)
	var dir uint8
	if aHi == bHi {
		if bLo < aLo || bLo == aLo && back < ports {
			dir = 1
		}
	} else if bHi < aHi {
		dir = 1
	}
	flip := -uint64(dir)
	x, y, z := (aLo^bLo)&flip, (aHi^bHi)&flip, (ports^back)&uint32(flip)

	f := t.arena.at(s.id())
	k := &f.Key
	if k.A.Lo^aLo^x|k.B.Lo^bLo^x|k.A.Hi^aHi^y|k.B.Hi^bHi^y|k.Domain^p.Domain != 0 ||
		uint32(k.PortA)<<16|uint32(k.PortB) != ports^z || k.Proto != p.Proto || k.Version != p.IPVersion ||
		t.past(f, clock) {
		return nil, 0
	}
	return f, dir
}

// past reports whether f's deadline has come. clock is not before f.Last.
func (t *Table) past(f *Flow, clock int64) bool {
	return uint64(clock)-uint64(f.Last) >= uint64(t.timeout[f.class&3])
}
