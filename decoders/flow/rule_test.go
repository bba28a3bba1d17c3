package flow

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"pcaptriage/decoders"
)

// reasons are the reasons of the ends so far.
func (w *wire) reasons() string {
	var s []string
	for _, e := range w.ends {
		s = append(s, e.reason.String())
	}
	return strings.Join(s, " ")
}

func TestPortReuse(t *testing.T) {
	const closed = handshake + "c F. 1 1 : fin new\ns F. 1 2 : fin new\nc . 2 2 : ack\n"
	for name, tc := range map[string]struct {
		script string
		ends   string
		prev   State
		client byte // whose port is the client's: c or s
	}{
		"after the close":          {closed + "+1s c S 0 isn=900000 : syn portreuse\ns S. 0 1 isn=7777 : synack\nc . 1 1 : hsack ack", "closed", StateClosed, 'c'},
		"after a reset":            {"c S 0 : syn\ns R. 0 1 : rst\nc S 0 isn=900000 : syn portreuse", "closed", StateClosed, 'c'},
		"of an unanswered attempt": {"c S 0 : syn\nc S 0 isn=900000 : syn portreuse", "closed", StateSYN, 'c'},
		"of an open connection":    {handshake + "c S 0 isn=900000 : syn portreuse\ns . 1 44444 : challenge ack", "closed", StateEstablished, 'c'},
		"of one seen in the middle": {"c . 1 1 5 : new mid\ns . 1 6 : ack\nc S 0 isn=900000 : syn portreuse",
			"closed", StateEstablished, 'c'},
		"the other way round":     {closed + "s S 0 isn=900000 : syn portreuse\nc S. 0 1 isn=4 : synack", "closed", StateClosed, 's'},
		"by an uncaptured syn":    {closed + "s S. 0 700001 isn=900000 : synack", "closed", StateClosed, 'c'},
		"one side captured":       {"s S. 0 1 : synack\ns . 1 1 5 : new\ns S. 0 1 isn=900000 : synack", "closed", StateEstablished, 'c'},
		"twice":                   {"c S 0 : syn\nc S 0 isn=900000 : syn portreuse\nc S 0 isn=4 : syn portreuse", "closed closed", StateSYN, 'c'},
		"late syn of the old one": {closed + "c S 0 : synretrans\nc S 0 isn=900000 : syn portreuse", "closed", StateClosed, 'c'},
	} {
		t.Run(name, func(t *testing.T) {
			for setting, cv := range settings() {
				w := newWire(DefaultConfig(1))
				f := w.play(t, cv, tc.script)
				if w.reasons() != tc.ends || f.Flags&PortReused == 0 || f.PrevState != tc.prev {
					t.Errorf("%s: ends %q flags %#x previous state %d", setting, w.reasons(), f.Flags, f.PrevState)
				}
				last := w.ends[len(w.ends)-1]
				if f.PrevLast == 0 || last.at <= f.PrevLast-epochStart {
					t.Errorf("%s: last packet %d, end %d", setting, f.PrevLast-epochStart, last.at)
				}
				_, port := f.Endpoint(f.Client)
				if (port == cv.client.port) != (tc.client == 'c') {
					t.Errorf("%s: client port %d", setting, port)
				}
			}
		})
	}
}

func TestVLANs(t *testing.T) {
	t.Run("two directions on two VLANs", func(t *testing.T) {
		playAll(t, "c S 0 vlan=10 : syn\ns S. 0 1 vlan=20 : synack\nc . 1 1 vlan=10 : hsack ack\ns P. 1 1 9 vlan=20 : new", func(t *testing.T, w *wire, f *Flow) {
			if w.Stats().Flows != 1 || f.Flags&VLANSplit != 0 {
				t.Error("split")
			}
		})
	})
	// A firewall that changes sequence numbers, captured on both sides.
	for name, cv := range settings() {
		t.Run("split "+name, func(t *testing.T) {
			w := newWire(DefaultConfig(1))
			a := cv
			b := cv
			b.isn = [2]uint32{cv.isn[0] + 900000, cv.isn[1] + 800000}
			b.id = 500
			step := func(cv conversation, line string) *Flow { return w.play(t, cv, line) }
			fa := step(a, "c S 0 vlan=10 : syn")
			fb := step(b, "c S 0 vlan=20 : syn")
			if fa == fb || fb.Flags != SawSYN|VLANSplit || fb.Key.Domain>>48 != 20 {
				t.Fatalf("not split: %+v", fb)
			}
			for _, c := range []struct {
				cv   conversation
				f    *Flow
				line string
			}{
				{b, fb, "s S. 0 1 vlan=20 id=7 : synack"},
				{a, fa, "s S. 0 1 vlan=10 id=8 : synack"},
				{a, fa, "c . 1 1 vlan=10 id=9 : hsack ack"},
				{b, fb, "c . 1 1 vlan=20 id=10 : hsack ack"},
				{a, fa, "c P. 1 1 100 vlan=10 id=11 : new"},
				{b, fb, "c P. 1 1 100 vlan=20 id=12 : new"},
				{b, fb, "s . 1 101 vlan=20 id=13 : ack"},
				{a, fa, "s . 1 101 vlan=10 id=14 : ack"},
			} {
				if f := step(c.cv, c.line); f != c.f {
					t.Errorf("%s: wrong flow", c.line)
				}
			}
			w.Finish(epochStart + int64(w.clock))
			if w.reasons() != "end end" || w.splits != 0 {
				t.Error(w.reasons(), w.splits)
			}
		})
		t.Run("split with answers on a third VLAN "+name, func(t *testing.T) {
			w := newWire(DefaultConfig(1))
			b := cv
			b.isn = [2]uint32{cv.isn[0] + 900000, cv.isn[1] + 800000}
			b.id = 500
			fa := w.play(t, cv, "c S 0 vlan=10 : syn\ns S. 0 1 vlan=11 : synack")
			fb := w.play(t, b, "c S 0 vlan=20 : syn\ns S. 0 1 vlan=21 : synack\nc . 1 1 vlan=20 : hsack ack\ns P. 1 1 10 vlan=21 : new")
			if fa == fb || w.Stats().Flows != 2 {
				t.Error("answers on VLAN 21 did not find the split flow")
			}
			if f := w.play(t, cv, "c . 1 1 vlan=10 id=99 : hsack ack"); f != fa {
				t.Error("first connection lost")
			}
		})
	}
	t.Run("reuse on another VLAN after the close", func(t *testing.T) {
		playAll(t, "c S 0 vlan=10 : syn\ns R. 0 1 vlan=10 : rst\nc S 0 vlan=20 isn=4 : syn portreuse", func(t *testing.T, w *wire, f *Flow) {
			if f.Flags&VLANSplit != 0 || w.reasons() != "closed" {
				t.Error(w.reasons())
			}
		})
	})
	t.Run("reuse of a split flow", func(t *testing.T) {
		playAll(t, "c S 0 vlan=10 : syn\nc S 0 vlan=20 isn=4 : syn\nc S 0 vlan=20 isn=5 : syn portreuse\ns R. 0 1 vlan=20 : rst", func(t *testing.T, w *wire, f *Flow) {
			if f.Flags != VLANSplit|PortReused|SawSYN|SawRST || w.splits != 1 {
				t.Errorf("%#x %d", f.Flags, w.splits)
			}
		})
	})
}

func TestCopies(t *testing.T) {
	v4set, v6set := settings()["client below"], settings()["ipv6"]
	for name, tc := range map[string]struct {
		cv     conversation
		script string
	}{
		"same id":                    {v4set, handshake + "c P. 1 1 9 : new\n+9ms again 1 : copy\n+9ms again 1 : copy"},
		"same id, too late":          {v4set, handshake + "c P. 1 1 9 : new\n+11ms again 1 : retrans"},
		"same id, other place":       {v4set, "c S 0 : syn\n+1ms again 1 ttl=63 iface=3 : copy"},
		"another id":                 {v4set, "c S 0 : syn\n+5ms c S 0 : synretrans"},
		"no id, same place":          {v4set, handshake + "c P. 1 1 9 id=0 : new\n+5ms again 1 : retrans"},
		"no id, other interface":     {v4set, handshake + "c P. 1 1 9 id=0 : new\n+5ms again 1 iface=1 : copy"},
		"no id, other ttl":           {v4set, handshake + "c P. 1 1 9 id=0 : new\n+5ms again 1 ttl=60 : copy"},
		"no id, other vlan":          {v4set, handshake + "c P. 1 1 9 id=0 : new\n+5ms again 1 vlan=60 : copy"},
		"ipv6, same place":           {v6set, handshake + "c P. 1 1 9 : new\n+5ms again 1 : retrans"},
		"ipv6, other hop limit":      {v6set, handshake + "c P. 1 1 9 : new\n+5ms again 1 ttl=60 : copy"},
		"syn-ack without id":         {v4set, "c S 0 : syn\ns S. 0 1 id=0 : synack\n+30us again 1 : copy\n+5ms again 1 : synackretrans"},
		"syn in ipv6":                {v6set, "c S 0 : syn\n+30us again 1 : copy\n+1s c S 0 : synretrans"},
		"resets without id":          {v4set, handshake + "s R 1 id=0 : rst\n+10us again 1 : rst"},
		"sent again, then its copy":  {v6set, handshake + "c P. 1 1 9 : new\n+5ms again 1 : retrans\n+1ms again 1 iface=1 : copy"},
		"three places":               {v6set, handshake + "c P. 1 1 9 : new\n+1ms again 1 iface=1 : copy\n+1ms again 1 iface=2 : copy"},
		"duplicate acks in a row":    {v6set, handshake + "c . 1 1 9 : new\n" + strings.Repeat("+10us s . 1 1 : dup ack\n", 20)},
		"payload differs":            {v4set, handshake + "c . 1 1 9 : new\n+1ms c . 1 1 8 id=4 : retrans"},
		"copy of a copied keepalive": {v4set, handshake + "+20s c . 0 1 1 : keepalive\n+1ms again 1 : copy\ns . 1 1 : keepaliveack ack"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(DefaultConfig(1))
			w.play(t, tc.cv, tc.script)
		})
	}
}

func TestCopiesCiteTheFirst(t *testing.T) {
	w := newWire(DefaultConfig(1))
	p := udpPacket(v4(10, 0, 0, 1, 5000), v4(10, 0, 0, 2, 53), 77, "query")
	f := w.feed(p)
	before := *f
	for range 3 {
		w.clock += 8 * time.Millisecond
		q := *p
		if g := w.feed(&q); g != f {
			t.Fatal("another flow")
		}
		if q.Seg.CopyOf != 1 || q.Seg.Class != decoders.ClassCopy || q.Seg.Payload != 5 {
			t.Errorf("frame %d: %+v", q.Frame, q.Seg)
		}
	}
	before.Dir[0].twice, before.Dir[1].twice = f.Dir[0].twice, f.Dir[1].twice
	if *f != before {
		t.Errorf("a copy changed the flow:\n%+v\n%+v", before, *f)
	}
	if s := w.Stats(); s.Copies != 3 || s.Packets != 1 {
		t.Errorf("%+v", s)
	}
	w.clock += 11 * time.Millisecond
	q := *p
	w.feed(&q)
	if q.Seg.CopyOf != 0 || f.Dir[f.Client].Packets != 2 {
		t.Error("after the window a packet is a packet again")
	}
}

// TestDoubledDirection: a SPAN port that mirrors both directions delivers every
// packet twice, with nothing to tell the copies apart.
func TestDoubledDirection(t *testing.T) {
	cv := settings()["ipv6"]
	w := newWire(DefaultConfig(1))
	w.play(t, cv, handshake)
	var judged []bool
	for i := range uint32(40) {
		s := tcpSpec{src: cv.client, dst: cv.server, flags: decoders.ACK, seq: cv.isn[0] + 1 + i*100, ack: cv.isn[1] + 1, length: 100, window: 1000}
		w.clock += 20 * time.Millisecond
		w.feed(s.packet())
		w.clock += 10 * time.Microsecond
		p := s.packet()
		w.feed(p)
		judged = append(judged, p.Seg.Is(decoders.ClassCopy))
	}
	first := slices.Index(judged, true)
	if first != 8 || slices.Contains(judged[first:], false) {
		t.Errorf("copies recognised from pair %d on: %v", first, judged)
	}
}

// icmpError makes an ICMP error of the router's that quotes q.
func icmpError(q *decoders.Packet, router endpoint, id uint32) *decoders.Packet {
	p := ipPacket(router, endpoint{q.Src, 0}, decoders.ProtoICMP, id, append(make([]byte, 8), q.IPHdr[:28]...), 0)
	p.Has |= decoders.HasICMP | decoders.HasQuote
	p.ICMP = decoders.ICMP{Type: 3, Code: 4, Quote: decoders.Quote{Src: q.Src, Dst: q.Dst, SrcPort: q.SrcPort, DstPort: q.DstPort, Proto: q.Proto,
		IPVersion: q.IPVersion, HasPorts: true, Seq: q.TCP.Seq, HasSeq: true}}
	p.Hash = q.Hash
	return p
}

func TestICMPErrors(t *testing.T) {
	for name, cv := range settings() {
		if !cv.client.addr.Is4() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			w := newWire(DefaultConfig(1))
			f := w.play(t, cv, handshake)
			s := tcpSpec{src: cv.server, dst: cv.client, flags: decoders.ACK, seq: cv.isn[1] + 1, ack: cv.isn[0] + 1, length: 1400}
			quoted := s.packet()
			w.feed(quoted)
			before := *f
			w.clock += time.Second
			router := v4(10, 9, 9, 9, 0)
			e := icmpError(quoted, router, 5)
			if g := w.feed(e); g != f || e.Seg.Dir != quoted.Seg.Dir || e.Seg.Class != 0 {
				t.Errorf("%p %p %+v", g, f, e.Seg)
			}
			first := e.Frame
			again := icmpError(quoted, router, 5)
			if g := w.feed(again); g != f || again.Seg.CopyOf != decoders.FrameRef(first) || !again.Seg.Is(decoders.ClassCopy) {
				t.Errorf("copy of an ICMP error: %+v", again.Seg)
			}
			if *f != before {
				t.Error("an ICMP error changed the flow that it quotes")
			}
			if s := w.Stats(); s.Flows != 1 || s.Packets != 4 {
				t.Errorf("%+v", s)
			}

			s.dst.port++
			other := icmpError(s.packet(), router, 6)
			if g := w.feed(other); g != nil {
				t.Error("a flow for a quote of something unknown")
			}
			w.clock += DefaultConfig(1).IdleTCP
			if g := w.feed(icmpError(quoted, router, 7)); g != nil || w.reasons() != "idle" {
				t.Error("the quoted flow was past its deadline", w.reasons())
			}
		})
	}
}

func TestOtherPackets(t *testing.T) {
	w := newWire(DefaultConfig(1))
	if f := w.feed(&decoders.Packet{Has: decoders.NonIP}); f != nil {
		t.Error("flow for a packet without IP")
	}
	a, b := v4(10, 0, 0, 1, 5000), v4(10, 0, 0, 2, 53)
	u := w.feed(udpPacket(a, b, 1, "x"))
	if u.State != StateNone || u.Key.Proto != decoders.ProtoUDP || u.Dir[u.Client].Packets != 1 {
		t.Errorf("%+v", u)
	}
	// The answer comes to the same flow.
	if w.feed(udpPacket(b, a, 2, "y")) != u || u.Dir[u.Server()].Payload != 1 {
		t.Error("answer not in the flow")
	}
	// Fragments: the first has ports, the second has none; both belong to the
	// address pair.
	first := udpPacket(a, b, 3, "fragment")
	first.Has |= decoders.IsFragment
	first.MF = true
	ff := w.feed(first)
	second := ipPacket(a, b, decoders.ProtoUDP, 3, []byte("more of it"), 0)
	second.Has |= decoders.IsFragment
	second.FragOff = 16
	if ff == u || w.feed(second) != ff || ff.Key.PortA != 0 || second.Seg.CopyOf != 0 {
		t.Error("fragments")
	}
	// A TCP fragment is not tracked.
	s := tcpSpec{src: a, dst: b, flags: decoders.SYN}
	p := s.packet()
	p.Has |= decoders.IsFragment
	if f := w.feed(p); f.State != StateNone || p.Seg.Class != 0 {
		t.Error("tracked a fragment")
	}
}

// A packet seen on a container's interface and again in its VXLAN is one
// packet: the second view begins no flow of its own, and packets that show the
// other view first (on a router, those of the other direction) belong to it.
func TestViewsInsideAndOutsideVXLAN(t *testing.T) {
	a, b := v4(10, 0, 0, 1, 40000), v4(10, 0, 1, 1, 80)
	segments := []tcpSpec{
		{src: a, dst: b, flags: decoders.SYN, seq: 1, window: 1000, id: 5},
		{src: b, dst: a, flags: decoders.SYN | decoders.ACK, seq: 9, ack: 2, window: 1000}, // Linux: id 0
		{src: a, dst: b, flags: decoders.ACK, seq: 2, ack: 10, window: 1000, id: 6},
		{src: b, dst: a, flags: decoders.ACK, seq: 10, ack: 2, window: 1000, length: 50, id: 700},
	}
	for name, outerFirst := range map[string]func(s *tcpSpec) bool{
		"plain view first": func(*tcpSpec) bool { return false },
		"VXLAN first":      func(*tcpSpec) bool { return true },
		"a router":         func(s *tcpSpec) bool { return s.src == b },
	} {
		table := New(DefaultConfig(1), nil)
		clock := int64(time.Hour)
		var frame uint64
		feed := func(p *decoders.Packet, vxlan bool) *Flow {
			frame++
			clock += int64(20 * time.Microsecond)
			p.Frame, p.Time, p.Clock = frame, clock, clock
			if vxlan {
				p.Has |= decoders.HasTunnel | decoders.HasDomain
				p.NTunnel, p.Domain = 1, decoders.MakeDomain(decoders.TunnelVXLAN, 7)
				p.TunnelHops[0] = decoders.TunnelHop{Src: v4(192, 0, 2, 1, 0).addr, Dst: v4(192, 0, 2, 2, 0).addr, ID: 7, Kind: decoders.TunnelVXLAN}
			}
			return table.Packet(p)
		}
		var serial uint64
		for i := range segments {
			s := &segments[i]
			p := s.packet()
			f := feed(p, outerFirst(s))
			if f == nil || p.Seg.Is(decoders.ClassCopy) || serial != 0 && f.Serial != serial {
				t.Fatalf("%s: frame %d: %s, flow %+v", name, frame, classText(p.Seg.Class), f)
			}
			serial = f.Serial
			first := decoders.FrameRef(frame)
			p = s.packet()
			if f := feed(p, !outerFirst(s)); f == nil || f.Serial != serial || !p.Seg.Is(decoders.ClassCopy) || p.Seg.CopyOf != first {
				t.Errorf("%s: frame %d: %s; want a copy of %d in the same flow", name, frame, classText(p.Seg.Class), first)
			}
		}
		if st := table.Stats(); st.Flows != 1 || st.Copies != uint64(len(segments)) {
			t.Errorf("%s: %d flows, %d copies; want 1 and %d", name, st.Flows, st.Copies, len(segments))
		}
		table.Finish(clock)
		if len(table.views.flows)+len(table.views.keys) != 0 {
			t.Errorf("%s: views outlive their flow", name)
		}
	}
}

// The same addresses in another network, with nothing in common, are another
// connection.
func TestEqualAddressesInAnotherNetwork(t *testing.T) {
	table := New(DefaultConfig(1), nil)
	a, b := v4(10, 0, 0, 1, 40000), v4(10, 0, 1, 1, 80)
	var first *Flow
	for i, vni := range []uint32{0, 7} {
		s := tcpSpec{src: a, dst: b, flags: decoders.SYN, seq: uint32(i), window: 1000, id: uint32(5 + i)}
		p := s.packet()
		p.Frame, p.Clock, p.Time = uint64(i+1), int64(time.Hour), int64(time.Hour)
		if vni != 0 {
			p.Has |= decoders.HasTunnel | decoders.HasDomain
			p.Domain = decoders.MakeDomain(decoders.TunnelVXLAN, vni)
		}
		f := table.Packet(p)
		if f == nil || f == first {
			t.Fatalf("VNI %d: flow %v", vni, f)
		}
		first = f
	}
}

// TestCopyMemoryGrows sends more and more different packets within copyWindow and
// demands that a copy of each of the latest 2048 is still known, and of nothing
// that never came. After that there are few packets.
func TestCopyMemoryGrows(t *testing.T) {
	m := newCopyMemory()
	packet := func(i int) *decoders.Packet {
		p := &decoders.Packet{Has: decoders.HasIP | decoders.HasTime, IPVersion: 4, IPID: uint32(i%0xffff) + 1, IPLen: uint32(i), Proto: 200}
		p.Frame = uint64(i + 1)
		return p
	}
	known, early := 0, 0
	for i := range 3 * copyLogMax {
		if p := packet(i); m.seen(p, 1, nil) {
			t.Fatalf("packet %d is a copy of frame %d", i, p.Seg.CopyOf.Frame())
		}
		if i%97 != 0 {
			continue
		}
		for back := range min(i, copyLogMax-1) {
			p := packet(i - back)
			if m.seen(p, 1, nil) {
				known++
				if p.Seg.CopyOf.Frame() != uint64(i-back+1) {
					t.Fatalf("packet %d is a copy of frame %d", i-back, p.Seg.CopyOf.Frame())
				}
				continue
			}
			if back < copyLogMax/4 {
				early++ // its set was hit too often
			}
			break // it was entered as new: the rest has moved
		}
	}
	if m.len != copyLogMax || known < copyLogMax || early > known/500 {
		t.Errorf("%d in use, %d copies known, %d forgotten early", m.len, known, early)
	}
	t.Logf("%d copies known, %d forgotten early", known, early)

	// The burst is over: a packet every 3 ms.
	for i := range 3 * copyLogMax {
		p := packet(i + 1_000_000)
		p.Time = int64(i+1) * int64(3*time.Millisecond)
		if m.seen(p, 1, nil) {
			t.Fatalf("packet %d is a copy", i)
		}
		for back := range min(i, 4) {
			p := packet(i - back + 1_000_000)
			p.Time = int64(i+1) * int64(3*time.Millisecond)
			if !m.seen(p, 1, nil) {
				t.Fatalf("%d packets after the burst, %d in use: the one %d before is forgotten", i, m.len, back)
			}
		}
	}
	if m.len != copyLogMin {
		t.Errorf("%d in use long after the burst", m.len)
	}
}

// Each packet comes a second time, 9 ms later: next to no copy passes for another
// packet, and of very many packets a few in a thousand do.
func TestLateCopiesAreKnown(t *testing.T) {
	const window = 9 * int64(time.Millisecond)
	for rate, tolerance := range map[int]int{20: 5, 60: 5, 120: 5, 250: 5, 500: 100, 1000: 500} { // packets in the window
		m := newCopyMemory()
		const packets = 50_000
		missed := 0
		for i := range packets + rate {
			at := int64(i) * window / int64(rate)
			for _, n := range []int{i, i - rate} { // a new one, and the copy of an old one
				if n < 0 || n >= packets {
					continue
				}
				p := &decoders.Packet{Has: decoders.HasIP | decoders.HasTime, IPVersion: 4, IPID: uint32(n%0xffff) + 1, IPLen: 100, Proto: 200, Time: at}
				p.L4 = binary.LittleEndian.AppendUint64(nil, mix(uint64(n)+1, 0xa0761d6478bd642f))
				p.Frame = uint64(n + 1)
				if m.seen(p, 1, nil) != (n != i) {
					missed++
				}
			}
		}
		if missed > tolerance {
			t.Errorf("%d packets in the window: %d of %d copies missed, memory of %d", rate, missed, packets, m.len)
		}
	}
}
