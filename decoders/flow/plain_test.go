package flow

import (
	"os"
	"path/filepath"
	"testing"

	"pcaptriage/decoders"
)

// shortcuts counts what check saw.
type shortcuts struct{ packets, found, tracked int }

// check tries, on a packet that the table has yet to get, the quick
// ways (lookUp, plain) beside the ones for every packet (find, track), and
// demands that they say and do the same. The table stays as it is.
func (n *shortcuts) check(t testing.TB, tab *Table, packet *decoders.Packet) {
	p := *packet
	if p.Has&decoders.HasIP == 0 || p.Has&decoders.HasQuote != 0 || tab.splits != 0 {
		return
	}
	n.packets++
	clock := p.Clock
	if tab.started {
		clock = max(clock, tab.clock)
	}
	begin(&p)
	f, dir := tab.lookUp(&p, clock)
	if f == nil {
		return
	}
	n.found++
	var k decoders.FlowKey
	wantDir, hash := setKey(&k, &p)
	if want := tab.find(&k, tagOf(hash), clock); want != f || dir != wantDir || hash != p.Hash {
		t.Fatalf("frame %d: lookUp found flow %d, direction %d, find %+v, %d", p.Frame, f.Serial, dir, want, wantDir)
	}
	if p.Has&(decoders.HasTCP|decoders.IsFragment) != decoders.HasTCP {
		return
	}
	p.Seg.Dir = dir
	quick := *f
	if !quick.plain(&p, &quick.Dir[dir], &quick.Dir[1-dir], clock) {
		if quick != *f || p.Seg.Class != 0 {
			t.Fatalf("frame %d: plain changed something and gave up", p.Frame)
		}
		return
	}
	n.tracked++
	got := p.Seg.Class
	slow := *f
	holes, stats := len(tab.holes.sets), tab.stats
	p.Seg.Class = tab.track(&slow, &p, dir, clock)
	tab.add(&slow, &p, dir, clock)
	tab.stats = stats
	if got != p.Seg.Class || quick != slow {
		t.Fatalf("frame %d: plain says %s and leaves\n%+v\ntrack says %s and leaves\n%+v\nof\n%+v", p.Frame, classText(got), quick, classText(p.Seg.Class), slow, *f)
	}
	if f.Dir[dir].Packets == 0 || classOf(slow.State) != classOpen || holes != len(tab.holes.sets) {
		t.Fatalf("frame %d: plain took a segment that changes more than its flow: %+v", p.Frame, *f)
	}
}

// TestShortcuts compares over real captures; runProgram does over made ones.
func TestShortcuts(t *testing.T) {
	var n shortcuts
	for _, dir := range []string{"../../testdata/pcaps", corpus} {
		filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return nil
			}
			tab := New(DefaultConfig(1), nil)
			readCapture(t, name, func(p *decoders.Packet, reset bool) {
				if reset {
					tab.Reset()
				}
				n.check(t, tab, p)
				tab.Packet(p)
			})
			return nil
		})
	}
	t.Logf("%d packets, %d looked up, %d tracked the quick way", n.packets, n.found, n.tracked)
	if n.found < n.packets/2 || n.tracked < n.packets/4 {
		t.Errorf("the quick ways are hardly taken: %+v", n)
	}
}
