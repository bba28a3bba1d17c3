package flow

import (
	"testing"
	"time"

	"pcaptriage/decoders"
)

// exchange has a connection from that port open, or open and close, a
// millisecond a segment.
func (w *wire) exchange(port uint16, segments int) *Flow {
	c, s := v4(10, 0, 0, 1, port), v4(10, 0, 0, 2, 80)
	var f *Flow
	for i, spec := range []tcpSpec{
		{src: c, dst: s, flags: decoders.SYN, seq: 100},
		{src: s, dst: c, flags: decoders.SYN | decoders.ACK, seq: 500, ack: 101},
		{src: c, dst: s, flags: decoders.ACK, seq: 101, ack: 501},
		{src: c, dst: s, flags: decoders.FIN | decoders.ACK, seq: 101, ack: 501},
		{src: s, dst: c, flags: decoders.FIN | decoders.ACK, seq: 501, ack: 102},
		{src: c, dst: s, flags: decoders.ACK, seq: 102, ack: 502},
	}[:segments] {
		spec.id = uint32(port)<<8 | uint32(i+1)
		w.clock += time.Millisecond
		f = w.feed(spec.packet())
	}
	return f
}

const opening, whole = 3, 6 // segments of exchange

// retiring has a table of two flows that are closed, the first at 6 ms, the
// second at 1.006 s.
func retiring(t *testing.T) (w *wire, cfg Config) {
	cfg = DefaultConfig(1)
	cfg.Roomy = 2
	w = newWire(cfg)
	w.exchange(1001, whole)
	w.clock = time.Second
	if f := w.exchange(1002, whole); f.State != StateClosed || len(w.ends) != 0 {
		t.Fatalf("state %d, %d ends", f.State, len(w.ends))
	}
	return w, cfg
}

func TestClosedConnectionsMakeRoom(t *testing.T) {
	w, cfg := retiring(t)
	w.clock = cfg.LingerLeast // the first has been silent for 6 ms less
	if w.exchange(1003, opening); len(w.ends) != 0 {
		t.Fatalf("ended too early: %s", w.reasons())
	}
	w.clock = cfg.LingerLeast + 100*time.Millisecond
	w.exchange(1004, opening)
	if len(w.ends) != 1 || w.ends[0].key.PortA != 1001 || w.ends[0].reason != EndClosed || w.ends[0].at != int64(w.clock-2*time.Millisecond) {
		t.Fatalf("%+v", w.ends)
	}
	if n := len(w.arena.free); n != 0 || w.arena.used != 3 {
		t.Errorf("%d flows taken, %d free: the new one should be where the old one was", w.arena.used, n)
	}
	// An open connection stays, however long it is silent.
	w.clock = time.Minute
	w.exchange(1005, opening) // ends what is past its deadline
	w.exchange(1006, opening)
	w.exchange(1007, opening)
	if got := w.reasons(); got != "closed closed" {
		t.Errorf("%s", got)
	}
}

// TestRoomyTablesKeepClosedConnections: below Config.Roomy nothing ends early.
func TestRoomyTablesKeepClosedConnections(t *testing.T) {
	cfg := DefaultConfig(1)
	w := newWire(cfg)
	for port := range uint16(cfg.Roomy / 2) {
		w.clock = time.Duration(port) * 7 * time.Millisecond // less than Linger in all
		w.exchange(1000+port, whole)
	}
	if len(w.ends) != 0 {
		t.Errorf("%d ends", len(w.ends))
	}
}

func TestPortReuseAfterRetirement(t *testing.T) {
	const closed = 6 * time.Millisecond // when the first was
	for name, tc := range map[string]struct {
		after time.Duration
		reuse bool
	}{
		"soon": {10 * time.Second, true},
		"late": {31 * time.Second, false},
	} {
		w, cfg := retiring(t)
		w.clock = cfg.LingerLeast + time.Second
		w.exchange(1003, opening)
		if len(w.ends) != 1 || w.ends[0].key.PortA != 1001 {
			t.Fatalf("%+v", w.ends)
		}
		w.clock = tc.after
		f := w.exchange(1001, opening)
		if got := f.Flags&PortReused != 0; got != tc.reuse {
			t.Errorf("%s: reuse %v", name, got)
		}
		if tc.reuse && (f.PrevLast != epochStart+int64(closed) || f.PrevState != StateClosed) {
			t.Errorf("%s: previous connection: state %d, last packet at %d", name, f.PrevState, f.PrevLast-epochStart)
		}
		if f.Flags&MidStream != 0 || f.State != StateEstablished {
			t.Errorf("%s: flags %#x state %d", name, f.Flags, f.State)
		}
	}
}

// TestLateSegmentAfterRetirement: it begins a flow, of which only the middle is
// known, and which is not the reuse of anything.
func TestLateSegmentAfterRetirement(t *testing.T) {
	w, cfg := retiring(t)
	w.clock = cfg.LingerLeast + time.Second
	w.exchange(1003, opening)
	s := tcpSpec{src: v4(10, 0, 0, 2, 80), dst: v4(10, 0, 0, 1, 1001), flags: decoders.FIN | decoders.ACK, seq: 501, ack: 102, id: 1}
	if f := w.feed(s.packet()); f.Flags&(MidStream|PortReused) != MidStream {
		t.Errorf("flags %#x", f.Flags)
	}
}

func TestRetiredTuples(t *testing.T) {
	var r retired
	key := func(n int) *decoders.FlowKey {
		k, _ := decoders.MakeKey(decoders.Addr{Lo: 1}, decoders.Addr{Lo: 2}, uint16(n), uint16(n>>16), decoders.ProtoTCP, 4, 0)
		return &k
	}
	take := func(n int) (int64, bool) { return r.take(key(n), tagOf(key(n).Hash())) }
	if _, ok := take(1); ok {
		t.Error("found in nothing")
	}
	const all = maxRetired + 100
	for n := range all {
		r.add(&Flow{Key: *key(n), Last: int64(n)})
	}
	for n := range all {
		elsewhere := *key(n)
		elsewhere.Domain = 7
		if _, ok := r.take(&elsewhere, tagOf(elsewhere.Hash())); ok {
			t.Fatalf("%d: equal addresses in another network are another connection", n)
		}
		last, ok := take(n)
		if ok != (n >= all-maxRetired) || ok && last != int64(n) {
			t.Fatalf("%d: %d %v", n, last, ok)
		}
		if _, ok := take(n); ok {
			t.Fatalf("%d: found again", n)
		}
	}
	if r.index.n != 0 {
		t.Errorf("%d left in the index", r.index.n)
	}
	r.add(&Flow{Key: *key(5), Last: 5}) // where one lay that was taken
	if last, ok := take(5); !ok || last != 5 {
		t.Errorf("%d %v", last, ok)
	}
}
