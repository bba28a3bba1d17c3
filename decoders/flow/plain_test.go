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
	f, dir := tab.lookUp(&p, 0, clock)
	for i := range min(tab.arena.used, 5) { // any hint will do
		hint := Hint(1 + (int32(p.Frame)+i)%tab.arena.used)
		if other, d := tab.lookUp(&p, hint, clock); other != nil {
			tab.checkFound(t, &p, other, d, clock)
		} else if f != nil && f.id == int32(hint-1) {
			t.Fatalf("frame %d: lookUp found flow %d without a hint, and none with the right one", p.Frame, f.Serial)
		}
	}
	if f == nil {
		return
	}
	n.found++
	tab.checkFound(t, &p, f, dir, clock)
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

// checkFound demands that find finds f for p, too.
func (t *Table) checkFound(tb testing.TB, p *decoders.Packet, f *Flow, dir uint8, clock int64) {
	var k decoders.FlowKey
	wantDir, hash := setKey(&k, p)
	if want := t.find(&k, tagOf(hash), clock); want != f || dir != wantDir || hash != p.Hash {
		tb.Fatalf("frame %d: lookUp found flow %d, direction %d, find %+v, %d", p.Frame, f.Serial, dir, want, wantDir)
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

// TestLookUpComparesKeys: hashes that are equal in part do not make a flow, whatever
// the addresses and ports have in common.
func TestLookUpComparesKeys(t *testing.T) {
	for name, hosts := range map[string][2]endpoint{
		"IPv4": {v4(10, 0, 0, 1, 80), v4(10, 0, 0, 2, 1000)},
		"IPv6": {v6(1, 80), v6(2, 1000)},
	} {
		tab := New(DefaultConfig(1), nil)
		s := tcpSpec{src: hosts[0], dst: hosts[1], flags: decoders.SYN, id: 1}
		p := s.packet()
		hash := p.Hash
		p.Clock, p.Time, p.Frame = epochStart, epochStart, 1
		tab.Packet(p)
		if f, _ := tab.lookUp(p, 0, epochStart); f == nil {
			t.Fatalf("%s: not found", name)
		}
		// Changes that cancel each other out where both ends are looked at together.
		for n := range 1 << 6 {
			q := *s.packet()
			for bit, field := range []*uint64{&q.Src.Lo, &q.Dst.Lo, &q.Src.Hi, &q.Dst.Hi} {
				*field ^= uint64(n >> bit & 1 << 4)
			}
			q.SrcPort ^= uint16(n >> 4 & 1 << 4)
			q.DstPort ^= uint16(n >> 5 & 1 << 4)
			if q.IPVersion == 4 && n>>2&3 != 0 {
				continue // no IPv4 address differs there
			}
			q.Hash = hash
			if f, _ := tab.lookUp(&q, 0, epochStart); (f != nil) != (n == 0) {
				t.Errorf("%s: %v:%d > %v:%d is taken for %v:%d > %v:%d: %v", name, q.Src, q.SrcPort, q.Dst, q.DstPort, p.Src, p.SrcPort, p.Dst, p.DstPort, f != nil)
			}
		}
	}
}
