package gsmmap

import "pcaptriage/decoders/gsmmap"

// retryKey links a refused attempt to its repetition in another version: who
// sends it, to whom it goes, and the short message.
type retryKey struct {
	from   node
	da, ui uint64 // fingerprints
}

// nodePair is who begins a dialogue and whom the Begin is addressed to.
type nodePair struct{ from, to node }

// refusedTry is an attempt that was refused because of its version.
type refusedTry struct {
	at  moment    // sent; clock: refused
	in  *incident // of the refusal
	row *row      // that counts it, nil when nothing was invoked yet

	// Of a Begin without components, which holds no short message to compare.
	pair    nodePair
	context gsmmap.Context
	offered gsmmap.Context // valid if offers
	offers  bool
	done    bool
}

// again notes that the attempt is repeated in the message at.
func (t *refusedTry) again(at moment) {
	t.in.addEvidence(at, "retry")
	t.in.retried++
	t.in.delay += at.time - t.at.time
	if t.row != nil {
		t.row.repeated++
	} else {
		t.in.byNodes++
	}
}

// retryWindow is how long after the refused attempt its repetition may come.
const retryWindow = int64(10e9)

const maxRetries = 4096

// retries holds refused attempts, at most maxRetries of each kind.
type retries struct {
	by    map[retryKey]*refusedTry
	order []retryKey
	// empty are attempts that were refused before the short message was sent,
	// oldest first; queue has them all in the order of their refusal.
	empty map[nodePair][]*refusedTry
	queue []*refusedTry
}

func (r *retries) init() {
	*r = retries{by: map[retryKey]*refusedTry{}, empty: map[nodePair][]*refusedTry{}}
}

func (r *retries) add(k retryKey, t *refusedTry) {
	if len(r.order) >= maxRetries {
		delete(r.by, r.order[0])
		r.order = r.order[1:]
	}
	r.by[k] = t
	r.order = append(r.order, k)
}

// take finds the refused attempt that the invoke repeats, nil when there is none.
func (r *retries) take(k retryKey, clock int64) *refusedTry {
	t := r.by[k]
	if t == nil || clock-t.at.clock > retryWindow {
		return nil
	}
	delete(r.by, k)
	return t
}

// addEmpty enters an attempt without a short message.
func (r *retries) addEmpty(t *refusedTry) {
	if len(r.queue) >= maxRetries {
		r.drop(r.queue[0])
		r.queue = r.queue[1:]
	}
	r.empty[t.pair] = append(r.empty[t.pair], t)
	r.queue = append(r.queue, t)
}

func (r *retries) drop(t *refusedTry) {
	if t.done {
		return
	}
	t.done = true
	list := r.empty[t.pair]
	kept := list[:0]
	for _, o := range list {
		if o != t {
			kept = append(kept, o)
		}
	}
	if len(kept) == 0 {
		delete(r.empty, t.pair)
	} else {
		r.empty[t.pair] = kept
	}
}

// takeEmpty finds the refused attempt that a Begin between the same nodes
// repeats: the oldest one whose offer it takes up. Whether it is for the same
// short message cannot be seen.
func (r *retries) takeEmpty(d *dialogue, pair nodePair, clock int64) *refusedTry {
	list := r.empty[pair]
	for len(list) > 0 && clock-list[0].at.clock > retryWindow {
		r.drop(list[0])
		list = r.empty[pair]
	}
	for _, t := range list {
		if t.takenUp(d) {
			r.drop(t)
			return t
		}
	}
	return nil
}

// takenUp reports whether the dialogue begins as the refusal asked for: in the
// context that it offered, or else in a lower version.
func (t *refusedTry) takenUp(d *dialogue) bool {
	switch {
	case t.offers && t.offered.Version > 1:
		return d.hasCtx && d.ctx == t.offered
	case d.noPortion: // version 1
		return true
	}
	return !t.offers && d.hasCtx && d.ctx.Family == t.context.Family && d.ctx.Version < t.context.Version
}
