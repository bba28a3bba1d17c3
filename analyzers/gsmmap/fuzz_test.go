package gsmmap

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/ss7"
)

// FuzzCapture leads records of any SS7 link type through flow part, events and
// correlator to tables and findings: nothing may panic, and nothing may be left
// behind. A record is its length in two octets, the seconds since the one before
// in one, and its octets.
func FuzzCapture(f *testing.F) {
	files, err := filepath.Glob("../../testdata/pcaps/gsmmap/*.pcap")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		link, records := uint16(binary.LittleEndian.Uint32(b[20:])), []byte(nil)
		for b = b[24:]; len(b) >= 16; {
			n := int(binary.LittleEndian.Uint32(b[8:]))
			octets := b[16 : 16+n]
			if link == 101 { // the SCTP packet in it
				octets = octets[20:]
			}
			records = append(binary.BigEndian.AppendUint16(records, uint16(len(octets))), 1)
			records = append(records, octets...)
			b = b[16+n:]
		}
		if link == 101 {
			link = ss7.LinkTypeSCTP
		}
		f.Add(link, records)
	}
	f.Fuzz(func(t *testing.T, link uint16, b []byte) {
		cfg := &config{ShowContent: true}
		fp := newFlowPart(&analyzers.Env{Config: cfg, Shards: 1})
		c := newCorrelator(&analyzers.Env{Config: cfg, Metrics: metrics})
		out := &analyzers.Out{}
		p := decoders.Packet{LinkType: link, Clock: 1e18}
		for n := uint64(1); len(b) > 3; n++ {
			size := min(int(binary.BigEndian.Uint16(b)), len(b)-3)
			p.Clock += int64(b[2]) * 1e9
			p.Time, p.Data, p.WireLen = p.Clock, b[3:3+size:3+size], uint32(size)
			b = b[3+size:]
			fp.Packet(&p, nil, out)
			for i := range out.Events {
				c.Event(&out.Events[i].Event)
			}
			out.Events = out.Events[:0]
		}
		flow := fp.End(p.Clock, out)
		for i := range out.Events {
			c.Event(&out.Events[i].Event)
		}
		end := c.End(p.Clock)
		conclusion := &analyzers.Conclusion{Flow: flow, Correlator: end, TunnelPath: func(uint32) []string { return nil }}
		conclude(conclusion)
		if c.table.n != 0 || len(c.table.byKey) != 0 || len(c.table.byTID) != 0 {
			t.Fatalf("%d dialogues left", c.table.n)
		}
		for _, r := range c.ops.rows {
			if sum := r.results + r.errors + r.rejected + r.returned + r.aborted + r.refused + r.unanswered + r.open + r.other; sum < r.invokes || r.repeated > r.refused {
				t.Fatalf("%d invokes, but %d outcomes", r.invokes, sum)
			}
		}
	})
}
