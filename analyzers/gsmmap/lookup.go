package gsmmap

import "pcaptriage/decoders/tcap"

// maxDialogues are followed at the same time; the oldest go first.
const maxDialogues = 200_000

// idWindow is how long ago a dialogue may have been alive to be matched by its
// transaction id alone.
const idWindow = int64(10 * 60e9)

// tidKey is a transaction id with the node that chose it.
type tidKey struct {
	node node
	ssn  uint8
	tid  tcap.TID
}

func newKey(p *party, t *tcap.TID) tidKey { return tidKey{p.node, p.ssn, *t} }

// ref is one side of a dialogue.
type ref struct {
	d    *dialogue
	side int
}

// dialogues is the table, by full key, by transaction id, and in the order of
// the last message.
type dialogues struct {
	byKey          map[tidKey]ref
	byTID          map[tcap.TID][]ref
	newest, oldest *dialogue
	n              int
}

func (t *dialogues) init() {
	t.byKey, t.byTID = map[tidKey]ref{}, map[tcap.TID][]ref{}
}

func (t *dialogues) add(d *dialogue) {
	t.n++
	t.link(d)
}

func (t *dialogues) link(d *dialogue) {
	d.older, d.newer = t.newest, nil
	if t.newest != nil {
		t.newest.newer = d
	}
	t.newest = d
	if t.oldest == nil {
		t.oldest = d
	}
}

func (t *dialogues) unlink(d *dialogue) {
	if d.newer != nil {
		d.newer.older = d.older
	} else {
		t.newest = d.older
	}
	if d.older != nil {
		d.older.newer = d.newer
	} else {
		t.oldest = d.newer
	}
}

func (t *dialogues) toFront(d *dialogue) {
	t.unlink(d)
	t.link(d)
}

// maxSameTID bounds the dialogues that are looked through for one transaction id.
const maxSameTID = 64

// bind makes a side's transaction id known.
func (t *dialogues) bind(d *dialogue, side int, k tidKey) {
	if k.tid.Len == 0 {
		return
	}
	d.keys[side], d.known[side] = k, true
	t.byKey[k] = ref{d, side}
	if same := t.byTID[k.tid]; len(same) < maxSameTID {
		t.byTID[k.tid] = append(same, ref{d, side})
	}
}

func (t *dialogues) remove(d *dialogue) {
	t.unlink(d)
	t.n--
	d.gone = true
	for side, k := range d.keys {
		if !d.known[side] {
			continue
		}
		if t.byKey[k].d == d {
			delete(t.byKey, k)
		}
		same := t.byTID[k.tid]
		kept := same[:0]
		for _, r := range same {
			if r.d != d || r.side != side {
				kept = append(kept, r)
			}
		}
		if len(kept) == 0 {
			delete(t.byTID, k.tid)
		} else {
			t.byTID[k.tid] = kept
		}
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
	if r, ok := c.table.byKey[newKey(p, id)]; ok {
		return r.d, r.side
	}
	same := c.table.byTID[*id]
	if hasPC {
		if r, ok := only(same, func(r ref) bool { return r.d.hasPC && r.d.pc[r.side] == pc && r.d.pc[1-r.side] == other }); ok {
			return r.d, r.side
		}
	}
	if r, ok := only(same, func(r ref) bool { return c.now-r.d.lastClock <= idWindow }); ok {
		r.d.byID = true
		c.counts.byID++
		return r.d, r.side
	}
	return nil, 0
}

// only returns the one that meets the condition, if it is the only one.
func only(all []ref, is func(ref) bool) (found ref, ok bool) {
	for _, r := range all {
		if !is(r) {
			continue
		}
		if ok {
			return ref{}, false
		}
		found, ok = r, true
	}
	return found, ok
}
