package fragneeded

import (
	"math/bits"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// asleep keeps messages while none of them can have been passed on: no address
// has been both a client and a server, and none is a loopback address. Most
// captures never have such an address, so nothing is done for the single
// message but keep it, where it was written; as soon as there is one, the hops
// are woken with the messages that they would remember.
type asleep struct {
	roles    map[decoders.Addr]role
	kept     []analyzers.AsideRun // the latest messages, the oldest sweep first
	sweeps   []sweep              // what kept consists of
	messages int                  // in kept
	gone     []analyzers.AsideRun // scratch of forget
}

// role is what an address has been.
type role uint8

const (
	asClient role = 1 << iota
	asServer
)

// sweep is what one call of Sift brought.
type sweep struct{ runs, messages int }

// maxRoles is the number of addresses that are known before the hops are woken
// anyway.
const maxRoles = 1 << 16

// Sift implements analyzers.Sifter: messages are asides.
func (c *correlator) Sift(runs []analyzers.AsideRun, at *decoders.FrameRef) (deliver []analyzers.StampedEvent, done []analyzers.AsideRun) {
	h := &c.hops
	if h.ring == nil {
		h.keep(runs)
		if !h.disturbed(runs, at) {
			return nil, h.forget()
		}
		runs = h.kept
		h.asleep = asleep{}
		h.wake()
	}
	h.events = readAsides(h.events[:0], runs, at)
	return h.events, runs
}

// keep adds a sweep's messages.
func (z *asleep) keep(runs []analyzers.AsideRun) {
	s := sweep{runs: len(runs)}
	for i := range runs {
		s.messages += runs[i].N
	}
	z.kept = append(z.kept, runs...)
	z.sweeps = append(z.sweeps, s)
	z.messages += s.messages
}

// forget drops the oldest messages, as long as enough for the ring remain. Whole
// sweeps only: within one they are in no order. It waits for a quarter more than
// that, so that what remains is not moved every time.
func (z *asleep) forget() (dropped []analyzers.AsideRun) {
	if z.messages < hopRing+hopRing/4 {
		return nil
	}
	runs, sweeps := 0, 0
	for _, s := range z.sweeps {
		if z.messages-s.messages < hopRing {
			break
		}
		z.messages -= s.messages
		runs += s.runs
		sweeps++
	}
	z.gone = append(z.gone[:0], z.kept[:runs]...)
	n := copy(z.kept, z.kept[runs:])
	clear(z.kept[n:])
	z.kept = z.kept[:n]
	z.sweeps = append(z.sweeps[:0], z.sweeps[sweeps:]...)
	return z.gone
}

// disturbed notes the roles of the addresses in new messages, and reports
// whether one has both, in whatever order. A flow's later messages have the
// addresses of its first, which is marked: no other is read.
func (z *asleep) disturbed(runs []analyzers.AsideRun, at *decoders.FrameRef) bool {
	if z.roles == nil {
		z.roles = map[decoders.Addr]role{}
	}
	for r := range runs {
		for m := runs[r].Marked; m != 0; m &= m - 1 {
			a := runs[r].Asides[bits.TrailingZeros64(m):]
			*at = frameOf(a)
			if z.plays(ends(a)) {
				return true
			}
		}
	}
	return false
}

// plays notes the roles in a message from src to dst.
func (z *asleep) plays(src, dst decoders.Addr) (disturbed bool) {
	const both = asClient | asServer
	is := z.note(src, asClient) | z.note(dst, asServer)<<2
	return is&both == both || is>>2 == both || src == dst || src.IsLoopback() || dst.IsLoopback() || len(z.roles) > maxRoles
}

// note adds a role to those of an address, and returns all.
func (z *asleep) note(a decoders.Addr, as role) role {
	had := z.roles[a]
	if had&as == 0 {
		z.roles[a] = had | as
	}
	return had | as
}
