package flow

import "pcaptriage/decoders"

// views knows the connections that a capture shows in more than one virtual
// network: on a container's interface and again inside a VXLAN, say. The keys
// differ by Domain. Which view comes first differs by direction on a router,
// so once a copy has told that two keys mean one connection, packets of either
// go to the flow that was there first, and what comes second is their copy.
// The zero value is ready; captures without such views never fill it.
type views struct {
	flows map[decoders.FlowKey]*Flow   // by the other view's key
	keys  map[*Flow][]decoders.FlowKey // the same backwards
}

// learn takes the key of a copy that has no flow of its own, and returns the
// flow of the first view, nil if that is gone.
func (v *views) learn(t *Table, k *decoders.FlowKey, tag uint32, clock int64) *Flow {
	for i := tag & t.index.mask; ; i = (i + 1) & t.index.mask {
		s := t.index.slots[i]
		if s.empty() {
			return nil
		}
		if s.tag() != tag {
			continue
		}
		f := t.arena.at(s.id())
		other := f.Key
		other.Domain = k.Domain
		if !sameKey(&other, k) || f.Flags&VLANSplit != 0 || t.deadline(f) <= clock {
			continue
		}
		if v.flows == nil {
			v.flows, v.keys = map[decoders.FlowKey]*Flow{}, map[*Flow][]decoders.FlowKey{}
		}
		v.flows[*k] = f
		v.keys[f] = append(v.keys[f], *k)
		return f
	}
}

// find returns the live flow that k is another view of, or nil.
func (v *views) find(t *Table, k *decoders.FlowKey, clock int64) *Flow {
	f := v.flows[*k]
	if f == nil {
		return nil
	}
	if d := t.deadline(f); d <= clock {
		t.end(f, f.expired(), d)
		return nil
	}
	return f
}

// forget is called when f leaves the table.
func (v *views) forget(f *Flow) {
	if len(v.keys) == 0 {
		return
	}
	for _, k := range v.keys[f] {
		delete(v.flows, k)
	}
	delete(v.keys, f)
}
