package gsmmap

import (
	"pcaptriage/decoders"
	"pcaptriage/decoders/sctp"
	"pcaptriage/decoders/ss7"
)

// maxAssociations is how many SCTP associations (paths of them) are followed at
// the same time, in all shards together; maxHeld how many octets of incomplete
// messages they hold.
const (
	maxAssociations = 1024
	maxHeld         = 64 << 20
)

// association is what is remembered of one flow of SCTP packets, or of one SS7
// link without IP. It holds pointers, and so it is kept outside the store that
// hangs on flows; handle leads to it.
type association struct {
	sctp   *sctp.Assoc // nil on links without SCTP
	link   ss7.Link
	owner  uint64 // flow.Flow.Serial, or a linkKey's number with ownerLink
	used   int64  // capture clock, for eviction
	serial uint64 // order of last use, where the clock does not tell

	a, b         decoders.Addr // of Dir 0's sender, and the other
	portA, portB uint16
	tag          uint32    // of direction 0, where ports do not tell the directions apart
	tags         [2]uint32 // by direction, of the latest packet; 0: none
	first        decoders.FrameRef
	firstTime    int64
}

const ownerLink = 1 << 63

// handle is a flow's state in the engine's store.
type handle struct{ index uint32 }

// linkKey tells the links apart that have no flow. A link runs on across the files
// of a series.
type linkKey struct {
	iface        uint32
	layer        ss7.Layer
	link         uint16 // number in the header of MTP2_WITH_PHDR
	a, b         decoders.Addr
	portA, portB uint16
}

// associations holds a shard's associations, at most max, the least recently
// used out first.
type associations struct {
	all     []*association
	max     int
	budget  sctp.Budget
	serial  uint64
	links   map[linkKey]uint64 // to the number in owner
	evicted uint64
	ended   func(*association) // called before one is dropped
	told    ss7.Link           // what the user has told of links
}

func newAssociations(shards int, told ss7.Link, ended func(*association)) *associations {
	return &associations{told: told, max: max(4, maxAssociations/max(1, shards)), budget: sctp.Budget{Max: maxHeld / max(1, shards)},
		links: map[linkKey]uint64{}, ended: ended}
}

// get returns the association at index if it still belongs to owner.
func (s *associations) get(index uint32, owner uint64, clock int64) *association {
	if int(index) >= len(s.all) || s.all[index] == nil || s.all[index].owner != owner {
		return nil
	}
	s.serial++
	a := s.all[index]
	a.used, a.serial = clock, s.serial
	return a
}

// add makes room for a new association and returns its index.
func (s *associations) add(a *association, clock int64) uint32 {
	s.serial++
	a.used, a.serial, a.link = clock, s.serial, s.told
	at, oldest := -1, -1
	for i, o := range s.all {
		if o == nil {
			at = i
			break
		}
		if oldest < 0 || o.serial < s.all[oldest].serial {
			oldest = i
		}
	}
	switch {
	case at >= 0:
	case len(s.all) < s.max:
		at = len(s.all)
		s.all = append(s.all, nil)
	default:
		at = oldest
		s.evicted++
		s.end(uint32(at))
	}
	s.all[at] = a
	return uint32(at)
}

// end drops the association at index.
func (s *associations) end(index uint32) {
	a := s.all[index]
	if a == nil {
		return
	}
	if a.sctp != nil {
		a.sctp.Close()
	}
	s.ended(a)
	s.all[index] = nil
}

// ofLink returns the state of a link without a flow, made on first use.
func (s *associations) ofLink(k linkKey, clock int64) *association {
	owner, ok := s.links[k]
	if ok {
		for i := range s.all {
			if a := s.get(uint32(i), owner, clock); a != nil {
				return a
			}
		}
	} else {
		if len(s.links) >= 4*s.max {
			clear(s.links) // exported PDUs between more peers than can be followed
		}
		s.serial++
		owner = ownerLink | s.serial
		s.links[k] = owner
	}
	a := &association{owner: owner, a: k.a, b: k.b, portA: k.portA, portB: k.portB}
	s.add(a, clock)
	return a
}

// followSCTP gives the association the means to put SCTP messages together.
func (s *associations) followSCTP(a *association) *sctp.Assoc {
	if a.sctp == nil {
		a.sctp = sctp.NewAssoc(sctp.Config{Budget: &s.budget})
	}
	return a.sctp
}
