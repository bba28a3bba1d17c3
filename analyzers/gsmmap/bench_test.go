package gsmmap

import (
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
	"pcaptriage/decoders/recency"
	"pcaptriage/decoders/tcap"
)

// BenchmarkOtherPacket is what a packet costs that has nothing to do with SS7.
func BenchmarkOtherPacket(b *testing.B) {
	fp := newFlowPart(&analyzers.Env{Config: &config{}, Shards: 16})
	udp := &decoders.Packet{Has: decoders.HasIP | decoders.HasUDP | decoders.HasPayload, SrcPort: 53, DstPort: 40000, Payload: make([]byte, 100)}
	arp := &decoders.Packet{LinkType: 1, Data: make([]byte, 42)}
	for name, p := range map[string]*decoders.Packet{"udp": udp, "arp": arp} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			f, out := &flow.Flow{}, &analyzers.Out{}
			for b.Loop() {
				fp.Packet(p, f, out)
			}
		})
	}
}

// A dialogue that has left the table is kept by its row, by sightings of its
// messages: it must not keep its neighbours of then.
func TestRemovedKeepsNothing(t *testing.T) {
	var table dialogues
	table.init()
	all := []*dialogue{{}, {}, {}}
	for i, d := range all {
		table.add(d)
		p := &party{ssn: uint8(i)}
		id := tidOf("same")
		table.bind(d, initiator, p, &id)
	}
	for n, i := range []int{1, 0, 2} {
		table.remove(all[i])
		if all[i].links != (recency.Links[*dialogue]{}) {
			t.Error("a removed dialogue holds others")
		}
		id := tidOf("same")
		left := 0
		for s := table.byTID[id]; s != nil; s = s.next {
			left++
		}
		if left != 2-n || len(table.byKey) != 2-n || table.n != 2-n {
			t.Errorf("%d by id, %d by key, %d in all after %d removals", left, len(table.byKey), table.n, n+1)
		}
	}
	if table.byUse.Newest() != nil || table.byUse.Oldest() != nil || len(table.byTID) != 0 {
		t.Error("the empty table holds something")
	}
}

func tidOf(s string) (id tcap.TID) {
	id.Len = uint8(copy(id.Octets[:], s))
	return id
}
