package flow

import "pcaptriage/decoders"

// lookUp finds the live flow of a packet with ports, where nothing stands in the
// way of that, and p's direction in it. It changes nothing; nil says only that
// Packet has to look closer: at an expiry, at VLANs and views, at flows whose
// hashes are equal in part.
func (t *Table) lookUp(p *decoders.Packet, hint Hint, clock int64) (*Flow, uint8) {
	if hint == 0 { // its first packets came since
		hint = t.hint(p.Hash)
	}
	if hint == 0 || t.splits != 0 || p.Has&(decoders.HasPorts|decoders.IsFragment) != decoders.HasPorts {
		return nil, 0
	}
	f := t.arena.at(int32(hint - 1)) // may have ended, or be another flow by now
	k := &f.Key
	if k.Proto != p.Proto || k.Version != p.IPVersion || k.Domain != p.Domain || t.past(f, clock) {
		return nil, 0
	}
	// The endpoints in the order of decoders.MakeKey. Which comes first changes
	// with every other packet, so this is written to need no branch for IPv4.
	src, dst := p.Src.Lo, p.Dst.Lo
	sport, dport := uint64(p.SrcPort), uint64(p.DstPort)
	var dir uint8
	if p.IPVersion == 4 {
		// Of an address only the lower 32 bits differ.
		if dst<<16|dport < src<<16|sport {
			dir = 1
		}
	} else {
		if p.Dst.Less(p.Src) || p.Src == p.Dst && dport < sport {
			dir = 1
		}
		flip := (p.Src.Hi ^ p.Dst.Hi) & -uint64(dir)
		if (k.A.Hi^p.Src.Hi^flip)|(k.B.Hi^p.Dst.Hi^flip) != 0 {
			return nil, 0
		}
	}
	flip := -uint64(dir)
	addrs, ports := (src^dst)&flip, (sport^dport)&flip
	if (k.A.Lo^src^addrs)|(k.B.Lo^dst^addrs)|(uint64(k.PortA)^sport^ports)|(uint64(k.PortB)^dport^ports) != 0 {
		return nil, 0
	}
	return f, dir
}

// past reports whether f's deadline has come. clock is not before f.Last.
func (t *Table) past(f *Flow, clock int64) bool {
	return uint64(clock)-uint64(f.Last) >= uint64(t.timeout[f.class&3])
}
