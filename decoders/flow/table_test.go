package flow

import (
	"math/rand/v2"
	"testing"
	"time"

	"pcaptriage/decoders"
)

// TestSetKey: the key built in place is Packet.Key's.
func TestSetKey(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 3))
	program := make([]byte, stepLen)
	var k decoders.FlowKey
	for range 20_000 {
		for i := range program {
			program[i] = byte(rnd.Uint32())
		}
		p, _ := programPacket(program, nil)
		p.Domain = uint64(rnd.IntN(2)) << 60
		want, wantDir := p.Key()
		p.Hash = want.Hash()
		if p.Has&decoders.IsFragment != 0 {
			want, wantDir = decoders.MakeKey(p.Src, p.Dst, 0, 0, p.Proto, p.IPVersion, p.Domain)
		}
		dir, hash := setKey(&k, p)
		if k != want || dir != wantDir || hash != want.Hash() || !sameKey(&k, &want) {
			t.Fatalf("%+v %d, want %+v %d", k, dir, want, wantDir)
		}
		other := want
		switch rnd.IntN(9) {
		case 0:
			other.A.Lo++
		case 1:
			other.A.Hi++
		case 2:
			other.B.Lo++
		case 3:
			other.B.Hi++
		case 4:
			other.PortA++
		case 5:
			other.PortB++
		case 6:
			other.Proto++
		case 7:
			other.Version++
		case 8:
			other.Domain++
		}
		if sameKey(&k, &other) {
			t.Fatalf("%+v equals %+v", k, other)
		}
	}
}

// TestIndex compares the hash index with a map, with few tags so that long runs
// form and wrap around the end of the table.
func TestIndex(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 4))
	x := newIndex(minSlots)
	tags := map[int32]uint32{}
	for step := range 200_000 {
		id := int32(rnd.IntN(300))
		if tag, ok := tags[id]; ok {
			x.remove(tag, id)
			delete(tags, id)
		} else {
			tags[id] = uint32(rnd.IntN(40)) * 0x01ff_ffff
			x.add(tags[id], id)
		}
		if step%500 != 0 {
			continue
		}
		if x.n != len(tags) {
			t.Fatalf("%d entries, want %d", x.n, len(tags))
		}
		for id, tag := range tags {
			found := false
			for i := tag & x.mask; !x.slots[i].empty(); i = (i + 1) & x.mask {
				found = found || x.slots[i] == makeSlot(tag, id)
			}
			if !found {
				t.Fatalf("step %d: flow %d not found", step, id)
			}
		}
	}
}

// TestEviction: the victim is the flow with the oldest last packet, whatever
// its class.
func TestEviction(t *testing.T) {
	cfg := DefaultConfig(1)
	cfg.MaxFlows = 4
	w := newWire(cfg)
	server := v4(10, 0, 0, 200, 80)
	syn := func(host byte) {
		w.clock += time.Second
		s := tcpSpec{src: v4(10, 0, 0, host, 1000), dst: server, flags: decoders.SYN, id: uint32(host)}
		w.feed(s.packet())
	}
	data := func(host byte, n uint32) {
		w.clock += time.Second
		s := tcpSpec{src: v4(10, 0, 0, host, 1000), dst: server, flags: decoders.ACK, seq: n, length: 10, id: 100 + n}
		w.feed(s.packet())
	}
	udp := func(host byte) {
		w.clock += time.Second
		w.feed(udpPacket(v4(10, 0, 0, host, 1000), server, uint32(w.clock/time.Second), "x"))
	}
	syn(1)
	data(2, 1)
	udp(3)
	syn(4)
	data(2, 11) // 2 is young again
	udp(5)      // evicts 1
	syn(6)      // evicts 3
	udp(7)      // evicts 4
	udp(8)      // evicts 2
	var got []byte
	for _, e := range w.ends {
		got = append(got, byte(e.key.A.Lo))
		if e.reason != EndEvicted || e.at%int64(time.Second) != 0 {
			t.Errorf("%+v", e)
		}
	}
	if string(got) != "\x01\x03\x04\x02" {
		t.Errorf("victims %v", got)
	}
	if w.ends[0].at != int64(6*time.Second) {
		t.Errorf("an eviction is stamped with the clock: %v", w.ends[0].at)
	}
	// What is past its deadline ends before anything is evicted.
	w.clock += cfg.IdleSYN
	udp(9)
	if last := w.ends[len(w.ends)-1]; last.reason != EndIdle || last.at != int64(7*time.Second+cfg.IdleSYN) {
		t.Errorf("%+v", last)
	}
}

// TestExpireOrder: ends come in the order of their deadlines, stamped with them.
func TestExpireOrder(t *testing.T) {
	cfg := Config{MaxFlows: 100, IdleSYN: 10 * time.Second, IdleTCP: 60 * time.Second, Linger: 5 * time.Second, IdleOther: 20 * time.Second}
	w := newWire(cfg)
	cv := settings()["client below"]
	w.play(t, cv, handshake) // ends at 60.06 s
	other := cv
	other.client.port++
	w.play(t, other, "+1s c S 0 : syn") // 11.06 s
	w.clock += time.Second
	w.feed(udpPacket(cv.client, cv.server, 1, "x")) // 22.06 s
	third := cv
	third.client.port += 2
	w.play(t, third, "+6s c S 0 : syn\n+1s s R. 0 1 : rst") // 14.06 s
	w.Expire(epochStart + int64(11060*time.Millisecond) - 1)
	if len(w.ends) != 0 {
		t.Fatal("too early")
	}
	w.Expire(epochStart + int64(time.Hour))
	want := []struct {
		reason EndReason
		at     time.Duration
	}{{EndIdle, 11060 * time.Millisecond}, {EndClosed, 14060 * time.Millisecond}, {EndIdle, 22060 * time.Millisecond}, {EndIdle, 60060 * time.Millisecond}}
	if len(w.ends) != len(want) {
		t.Fatal(w.ends)
	}
	for i, x := range want {
		if w.ends[i].reason != x.reason || w.ends[i].at != int64(x.at) {
			t.Errorf("end %d: %v at %v, want %v", i, w.ends[i].reason, time.Duration(w.ends[i].at), x)
		}
	}
}

// TestOwnDeadline: a packet that comes at its flow's deadline begins another.
func TestOwnDeadline(t *testing.T) {
	w := newWire(DefaultConfig(1))
	a, b := v4(10, 0, 0, 1, 5000), v4(10, 0, 0, 2, 53)
	w.feed(udpPacket(a, b, 1, "x"))
	w.clock += DefaultConfig(1).IdleOther - 1
	w.feed(udpPacket(a, b, 2, "x"))
	w.clock += DefaultConfig(1).IdleOther
	f := w.feed(udpPacket(a, b, 3, "x"))
	if f.Serial != 2 || len(w.ends) != 1 || w.ends[0].at != int64(w.clock) || w.ends[0].packets != 2 {
		t.Errorf("%+v %+v", f, w.ends)
	}
}

func TestResetAndFinish(t *testing.T) {
	w := newWire(DefaultConfig(1))
	b := v4(10, 0, 0, 2, 53)
	for i := range byte(10) {
		w.clock += time.Millisecond
		w.feed(udpPacket(v4(10, 0, 1, i*77, 5000), b, 1, "x"))
	}
	last := int64(w.clock)
	w.Reset()
	if len(w.ends) != 10 || w.Stats().Live != 0 {
		t.Fatal(len(w.ends), w.Stats())
	}
	for i, e := range w.ends {
		if e.reason != EndClockReset || e.first != decoders.FrameRef(i+1) || e.at != last {
			t.Errorf("end %d: %+v", i, e)
		}
	}
	// The clock may now be anywhere, and no earlier packet is remembered.
	w.ends = nil
	w.clock = -time.Hour
	p := udpPacket(v4(10, 0, 1, 7*77&0xff, 5000), b, 1, "x")
	f := w.feed(p)
	if p.Seg.CopyOf != 0 || f.First != epochStart-int64(time.Hour) {
		t.Errorf("%+v", p.Seg)
	}
	w.clock += time.Second
	w.feed(udpPacket(v4(10, 0, 1, 1, 5000), b, 1, "x"))
	w.Finish(epochStart + int64(w.clock))
	if w.reasons() != "end end" || w.ends[0].first != 11 || w.ends[1].at != int64(w.clock) {
		t.Errorf("%+v", w.ends)
	}
}

// TestClockNeverRunsBack: a table that is given a smaller clock keeps the last.
func TestClockNeverRunsBack(t *testing.T) {
	tab := New(DefaultConfig(1), nil)
	p := udpPacket(v4(10, 0, 0, 1, 5000), v4(10, 0, 0, 2, 53), 1, "x")
	p.Clock = 1000
	tab.Packet(p)
	q := udpPacket(v4(10, 0, 0, 1, 5000), v4(10, 0, 0, 2, 53), 2, "x")
	q.Clock = 10
	if f := tab.Packet(q); f.Last != 1000 || q.Clock != 10 {
		t.Errorf("last %d, packet's clock %d", f.Last, q.Clock)
	}
}
