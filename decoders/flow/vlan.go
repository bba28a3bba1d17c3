package flow

import "pcaptriage/decoders"

// Equal 4-tuples on different VLANs can be different connections (a capture
// behind a firewall that changes sequence numbers, overlapping address plans),
// while most connections have their two directions on two VLANs. So the VLAN is
// no part of a flow's identity until a SYN with another ISN comes from the same
// direction on another VLAN while the first connection is open.

const (
	vlanShift = 48
	untagged  = 0xfff // id of "no tag" in a split key; 802.1Q reserves 0xfff
)

// vlanID is the id of p's VLAN for flow keys: never 0. A stack of tags is
// folded into 12 bits.
func vlanID(p *decoders.Packet) uint16 {
	if p.Has&decoders.HasVLAN == 0 || p.NVLAN == 0 {
		return untagged
	}
	id := p.VLANs[0] & 0xfff
	for _, v := range p.VLANs[1:min(p.NVLAN, decoders.MaxVLAN)] {
		id = (id*31 + v) & 0xfff
	}
	if id == 0 {
		return untagged // priority-tagged: the tag names no VLAN
	}
	return id
}

// splitKey is k keyed with a VLAN.
func splitKey(k *decoders.FlowKey, vlan uint16) decoders.FlowKey {
	s := *k
	s.Domain |= uint64(vlan) << vlanShift
	return s
}

// findSplit is the lookup while the table holds split flows: the flow keyed
// with p's VLAN, else the plain one, unless the split-off connection's answers
// come on a VLAN of their own.
func (t *Table) findSplit(k *decoders.FlowKey, p *decoders.Packet, dir uint8, tag uint32, clock int64) *Flow {
	v := vlanID(p)
	sk := splitKey(k, v)
	if f := t.find(&sk, tag, clock); f != nil {
		return f
	}
	f := t.find(k, tag, clock)
	if f == nil || f.splitVLAN == 0 {
		return f
	}
	sk = splitKey(k, f.splitVLAN)
	if s := t.find(&sk, tag, clock); s != nil && s.answeredOn(p, dir, v) {
		return s
	}
	return f
}

// answeredOn reports whether p, on VLAN v, belongs to the direction opposite
// to the SYN with which the split flow f began.
func (f *Flow) answeredOn(p *decoders.Packet, dir uint8, v uint16) bool {
	if dir == f.Client {
		return false
	}
	if f.Dir[dir].Packets != 0 {
		return f.Dir[dir].vlan == v
	}
	c := &f.Dir[f.Client]
	return p.Has&decoders.HasTCP != 0 && p.TCP.Flags&(decoders.SYN|decoders.ACK) == decoders.SYN|decoders.ACK &&
		c.acceptsSYNACK(Seq(p.TCP.Ack))
}
