package flow

import "pcaptriage/decoders"

// quoted handles an ICMP error: it finds the flow of the packet that the error
// quotes and leaves it alone.
func (t *Table) quoted(p *decoders.Packet, clock int64) *Flow {
	q := &p.ICMP.Quote
	hasPorts := q.HasPorts && !q.Fragment
	var sport, dport uint16
	if hasPorts {
		sport, dport = q.SrcPort, q.DstPort
	}
	k, dir := decoders.MakeKey(q.Src, q.Dst, sport, dport, q.Proto, q.IPVersion, q.Domain)
	p.Seg.Dir = dir
	hash := k.Hash()
	if t.copies.seen(p, hash, nil) {
		t.stats.Copies++
	}
	tag := tagOf(hash)
	if t.splits != 0 {
		sk := splitKey(&k, vlanID(p))
		if f := t.find(&sk, tag, clock); f != nil {
			return f
		}
	}
	return t.find(&k, tag, clock)
}
