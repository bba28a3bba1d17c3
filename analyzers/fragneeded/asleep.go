package fragneeded

import (
	"slices"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// asleep keeps messages while none of them can have been passed on: no address
// has been both a client and a server, and none is a loopback address. Most
// captures never have such an address, so nothing is done for the single
// message but keep it; as soon as there is one, the hops are woken with the
// messages that they would remember.
type asleep struct {
	roles  map[decoders.Addr]role
	kept   [][]analyzers.StampedEvent // the latest messages, the oldest sweep first
	sweeps []sweep                    // what kept consists of
	n      int                        // messages in kept
}

// role is what an address has been.
type role uint8

const (
	asClient role = 1 << iota
	asServer
)

// sweep is what one call of Sift brought.
type sweep struct{ lists, messages int }

// maxRoles is the number of addresses that are known before the hops are woken
// anyway.
const maxRoles = 1 << 16

// Sift implements analyzers.Sifter: messages are asides.
func (c *correlator) Sift(lists [][]analyzers.StampedEvent) (deliver, done [][]analyzers.StampedEvent) {
	h := &c.hops
	if h.ring != nil {
		return lists, nil
	}
	done = h.keep(lists)
	if !h.disturbed(lists) {
		return nil, append(done, h.forget()...)
	}
	deliver = h.kept
	h.asleep = asleep{}
	h.wake()
	return deliver, done
}

// keep adds a sweep's messages. Where they take but a small part of a list's
// memory, it keeps a copy and returns the list.
func (z *asleep) keep(lists [][]analyzers.StampedEvent) (done [][]analyzers.StampedEvent) {
	s := sweep{lists: len(lists)}
	for _, l := range lists {
		s.messages += len(l)
		if len(l) < cap(l)/2 {
			done = append(done, l)
			l = slices.Clone(l)
		}
		z.kept = append(z.kept, l)
	}
	z.sweeps = append(z.sweeps, s)
	z.n += s.messages
	return done
}

// forget drops the oldest messages, as long as enough for the ring remain.
func (z *asleep) forget() (dropped [][]analyzers.StampedEvent) {
	lists, sweeps := 0, 0
	for _, s := range z.sweeps {
		if z.n-s.messages < hopRing {
			break
		}
		z.n -= s.messages
		lists += s.lists
		sweeps++
	}
	dropped = append(dropped, z.kept[:lists]...)
	z.kept = append(z.kept[:0], z.kept[lists:]...)
	z.sweeps = append(z.sweeps[:0], z.sweeps[sweeps:]...)
	return dropped
}

// disturbed notes the roles of the addresses in new messages, and reports
// whether one has both, in whatever order. A flow's later messages have the
// addresses of its first.
func (z *asleep) disturbed(lists [][]analyzers.StampedEvent) bool {
	if z.roles == nil {
		z.roles = map[decoders.Addr]role{}
	}
	for _, l := range lists {
		for i := range l {
			if e := &l[i].Event; e.Flags&begins != 0 && z.plays(e) {
				return true
			}
		}
	}
	return false
}

// plays notes the roles in message e.
func (z *asleep) plays(e *analyzers.Event) (disturbed bool) {
	src, dst := z.roles[e.Src]|asClient, z.roles[e.Dst]|asServer
	z.roles[e.Src], z.roles[e.Dst] = src, dst
	const both = asClient | asServer
	return src == both || dst == both || e.Src == e.Dst || e.Src.IsLoopback() || e.Dst.IsLoopback() || len(z.roles) > maxRoles
}
