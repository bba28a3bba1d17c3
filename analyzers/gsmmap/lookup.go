package gsmmap

import (
	"pcaptriage/decoders/recency"
	"pcaptriage/decoders/tcap"
)

// maxDialogues are followed at the same time; the oldest go first.
const maxDialogues = 200_000

// idWindow is how long ago a dialogue may have been alive to be matched by its
// transaction id alone.
const idWindow = int64(10 * 60e9)

// tidKey is a fingerprint of a transaction id and the node that chose it. With
// 64 bits, two dialogues of a full table share one in one of a hundred million
// captures, and then one is followed by its id and point codes only.
type tidKey uint64

func newKey(p *party, t *tcap.TID) tidKey {
	h := uint64(t.Octets[0])<<24 | uint64(t.Octets[1])<<16 | uint64(t.Octets[2])<<8 | uint64(t.Octets[3])
	h |= uint64(t.Len)<<32 | uint64(p.ssn)<<40
	for _, v := range [...]uint64{p.node.Hi, p.node.Lo} {
		h = (h ^ v) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	return tidKey(h * 0xd6e8feb86659fd93)
}

// ref is one side of a dialogue.
type ref struct {
	d    *dialogue
	side uint8
}

// dialogues is the table, by full key, by transaction id, and in the order of
// the last message.
type dialogues struct {
	byKey map[tidKey]ref
	byTID map[tcap.TID]*sameTID
	byUse recency.List[*dialogue]
	n     int
}

func (t *dialogues) init() {
	t.byKey, t.byTID = map[tidKey]ref{}, map[tcap.TID]*sameTID{}
	t.byUse = recency.New(func(d *dialogue) *recency.Links[*dialogue] { return &d.links })
}

func (t *dialogues) add(d *dialogue) {
	t.n++
	t.byUse.Add(d)
}

// sameTID is a side that chose a transaction id, and the next one that chose the
// same: nearly always there is none.
type sameTID struct {
	ref
	next *sameTID
}

// maxSameTID bounds the dialogues that are looked through for one transaction id.
const maxSameTID = 64

// bind makes a side's transaction id known.
func (t *dialogues) bind(d *dialogue, side int, p *party, id *tcap.TID) {
	if id.Len == 0 {
		return
	}
	k, r := newKey(p, id), ref{d, uint8(side)}
	d.keys[side], d.tids[side] = k, *id
	t.byKey[k] = r
	n, last := 0, (*sameTID)(nil)
	for s := t.byTID[*id]; s != nil; s = s.next {
		n, last = n+1, s
	}
	switch {
	case last == nil:
		t.byTID[*id] = &sameTID{ref: r}
	case n < maxSameTID:
		last.next = &sameTID{ref: r}
	}
}

func (t *dialogues) remove(d *dialogue) {
	t.byUse.Remove(d) // also from its neighbours: a row or a sighting may keep d, which must not keep others
	t.n--
	d.gone = true
	for side := range d.keys {
		if !d.known(side) {
			continue
		}
		if k := d.keys[side]; t.byKey[k].d == d {
			delete(t.byKey, k)
		}
		t.forget(d.tids[side], ref{d, uint8(side)})
	}
}

// forget takes a side out of those with a transaction id.
func (t *dialogues) forget(id tcap.TID, gone ref) {
	var before *sameTID
	for s := t.byTID[id]; s != nil; before, s = s, s.next {
		switch {
		case s.ref != gone:
			continue
		case before != nil:
			before.next = s.next
		case s.next != nil:
			t.byTID[id] = s.next
		default:
			delete(t.byTID, id)
		}
		return
	}
}

// find looks for the dialogue of a message by its destination transaction id:
// with the called address, with the point codes, or alone if only one dialogue
// has it. receiver is the side that the message goes to.
func (c *correlator) find(m *message) (d *dialogue, receiver int) {
	return c.owner(&m.called, &m.dtid, m.dpc, m.opc, m.flags&msgHasPC != 0)
}

// owner looks for the dialogue in which the node with the address p and point
// code pc chose the transaction id.
func (c *correlator) owner(p *party, id *tcap.TID, pc, other uint32, hasPC bool) (*dialogue, int) {
	if r, ok := c.table.byKey[newKey(p, id)]; ok && r.d.tids[r.side] == *id {
		return r.d, int(r.side)
	}
	same := c.table.byTID[*id]
	if hasPC {
		if r, ok := only(same, func(r ref) bool { return r.d.hasPC && r.d.pc[r.side] == pc && r.d.pc[1-r.side] == other }); ok {
			return r.d, int(r.side)
		}
	}
	if r, ok := only(same, func(r ref) bool { return c.now-r.d.lastClock <= idWindow }); ok {
		r.d.byID = true
		c.counts.byID++
		return r.d, int(r.side)
	}
	return nil, 0
}

// only returns the one that meets the condition, if it is the only one.
func only(all *sameTID, is func(ref) bool) (found ref, ok bool) {
	for ; all != nil; all = all.next {
		if !is(all.ref) {
			continue
		}
		if ok {
			return ref{}, false
		}
		found, ok = all.ref, true
	}
	return found, ok
}
