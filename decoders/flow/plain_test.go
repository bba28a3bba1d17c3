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
	class, ok := quick.plain(&p, dir, clock)
	if !ok {
		if quick != *f {
			t.Fatalf("frame %d: plain changed the flow and gave up", p.Frame)
		}
		return
	}
	n.tracked++
	slow := *f
	holes, splits := len(tab.holes.sets), tab.splits
	if want := tab.track(&slow, &p, dir, clock); class != want || quick != slow {
		t.Fatalf("frame %d: plain says %s and leaves\n%+v\ntrack says %s and leaves\n%+v\nof\n%+v", p.Frame, classText(class), quick, classText(want), slow, *f)
	}
	if !f.born() || f.Dir[dir].Packets == 0 || classOf(slow.State) != classOpen || holes != len(tab.holes.sets) || splits != tab.splits {
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
