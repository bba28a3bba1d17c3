package flow

import (
	"fmt"
	"testing"
	"time"

	"pcaptriage/decoders"
)

// Copies of data: in a doubled stream at low and high rates, and where the original
// was tracked elsewhere, or the copy would pass for new data.

// stream makes the data segments of one direction of a connection.
type stream struct {
	tcpSpec
	id uint32
}

func newStream(cv conversation) *stream {
	return &stream{tcpSpec: tcpSpec{src: cv.client, dst: cv.server, flags: decoders.ACK, seq: cv.isn[0] + 1, ack: cv.isn[1] + 1, window: 1000, length: 100}, id: 1000}
}

// next returns a segment twice: the packet and its copy.
func (s *stream) next() (p, copy *decoders.Packet) {
	s.id = s.id%0xffff + 1
	s.tcpSpec.id = s.id
	p, copy = s.packet(), s.packet()
	copy.TTL--
	s.seq += s.length
	return p, copy
}

// TestLateCopiesOfData doubles streams of data: each segment comes again
// late in the window, while the log is as long as the rate wants it, grows when the
// rate rises and shrinks when it falls.
func TestLateCopiesOfData(t *testing.T) {
	const late = 9 * time.Millisecond
	type sent struct {
		at    time.Duration
		frame uint64
		p     *decoders.Packet
	}
	for name, phases := range map[string][]int{ // packets in late, one phase after another
		"one":           {1},
		"few":           {20},
		"many":          {400},
		"grows":         {20, 50, 100, 200, 400},
		"grows at once": {5, 400},
		"shrinks":       {400, 3, 3, 3, 3, 3, 3, 3},
		"up and down":   {20, 300, 20, 20, 20, 20, 300, 20, 20},
	} {
		for setting, cv := range settings() {
			t.Run(name+"/"+setting, func(t *testing.T) {
				w := newWire(DefaultConfig(1))
				w.play(t, cv, handshake)
				w.clock += time.Second
				s := newStream(cv)
				var waiting []sent
				missed, copies := 0, 0
				var lengths [2]uint32 // shortest and longest
				lengths[0] = copyLogMax
				for _, rate := range phases {
					for range max(3*rate, 200) {
						for len(waiting) > 0 && waiting[0].at+late <= w.clock {
							o, now := waiting[0], w.clock
							waiting, w.clock = waiting[1:], waiting[0].at+late
							w.feed(o.p)
							w.clock = now
							copies++
							if !o.p.Seg.Is(decoders.ClassCopy) || o.p.Seg.CopyOf.Frame() != o.frame {
								missed++
							}
						}
						p, again := s.next()
						w.feed(p)
						if p.Seg.Class != decoders.ClassNewData {
							t.Fatalf("frame %d: %s", p.Frame, classText(p.Seg.Class))
						}
						waiting = append(waiting, sent{w.clock, p.Frame, again})
						w.clock += late / time.Duration(rate)
						lengths[0], lengths[1] = min(lengths[0], w.copies.len), max(lengths[1], w.copies.len)
					}
				}
				if missed > copies/100 { // too many in one set
					t.Errorf("%d of %d copies missed, log of %d to %d", missed, copies, lengths[0], lengths[1])
				}
				if len(phases) > 1 && lengths[0] == lengths[1] {
					t.Errorf("the length stayed at %d", lengths[0])
				}
			})
		}
	}
}

// TestForgottenOriginals: of more packets than the log holds, the first are
// forgotten, and their copies pass for retransmissions.
func TestForgottenOriginals(t *testing.T) {
	cv := settings()["client below"]
	w := newWire(DefaultConfig(1))
	w.play(t, cv, handshake)
	s := newStream(cv)
	var copies []*decoders.Packet
	for range 3 * copyLogMax {
		w.clock += time.Microsecond
		p, again := s.next()
		w.feed(p)
		copies = append(copies, again)
	}
	for back, want := range map[int]decoders.Class{3*copyLogMax - 1: decoders.ClassRetrans, 10: decoders.ClassCopy} {
		p := copies[len(copies)-1-back]
		if w.feed(p); !p.Seg.Is(want) {
			t.Errorf("the copy of %d packets before: %s", back, classText(p.Seg.Class))
		}
	}
}

// TestCopiesThatLookNew: the original of a segment that advances its flow was
// tracked by another flow, or without effect, or the flow's numbers have gone
// around since.
func TestCopiesThatLookNew(t *testing.T) {
	cv := settings()["client below"]
	other := conversation{v4(10, 0, 0, 7, 50000), v4(10, 0, 0, 8, 80), [2]uint32{1, 2}, 5000, cv.window}
	step := func(t *testing.T, w *wire, cv conversation, line string) { t.Helper(); w.play(t, cv, line) }
	data := func(length uint32) *decoders.Packet {
		s := tcpSpec{src: cv.client, dst: cv.server, flags: decoders.ACK, seq: cv.isn[0] + 1, ack: cv.isn[1] + 1, length: length, window: 1000, id: 77}
		return s.packet()
	}
	vxlan := func(p *decoders.Packet) *decoders.Packet {
		p.Has |= decoders.HasTunnel | decoders.HasDomain
		p.NTunnel, p.Domain = 1, decoders.MakeDomain(decoders.TunnelVXLAN, 7)
		p.TunnelHops[0] = decoders.TunnelHop{Src: v4(192, 0, 2, 1, 0).addr, Dst: v4(192, 0, 2, 2, 0).addr, ID: 7, Kind: decoders.TunnelVXLAN}
		return p
	}
	onVLAN := func(p *decoders.Packet, id uint16) *decoders.Packet {
		p.Has |= decoders.HasVLAN
		p.NVLAN, p.VLANs[0] = 1, id
		return p
	}
	open := func(t *testing.T, w *wire, view func(p *decoders.Packet) *decoders.Packet, id uint32) {
		for i, s := range []tcpSpec{
			{src: cv.client, dst: cv.server, flags: decoders.SYN, seq: cv.isn[0], window: 1000},
			{src: cv.server, dst: cv.client, flags: decoders.SYN | decoders.ACK, seq: cv.isn[1], ack: cv.isn[0] + 1, window: 1000},
			{src: cv.client, dst: cv.server, flags: decoders.ACK, seq: cv.isn[0] + 1, ack: cv.isn[1] + 1, window: 1000},
		} {
			s.id = id + uint32(i)
			w.clock += 20 * time.Millisecond
			w.feed(view(s.packet()))
		}
	}
	same := func(p *decoders.Packet) *decoders.Packet { return p }
	const soon = "+100us "
	for name, tc := range map[string]struct {
		flows   int
		before  func(t *testing.T, w *wire) // up to the original
		view    func(p *decoders.Packet) *decoders.Packet
		between func(t *testing.T, w *wire)
		again   func(p *decoders.Packet) *decoders.Packet
		probe   bool // the original has one byte
	}{
		// Two views that have a flow each, since they began to differ by more than the window.
		"inside and outside a VXLAN": {1000, func(t *testing.T, w *wire) { open(t, w, same, 100); open(t, w, vxlan, 200) }, same, nil, vxlan, false},
		"outside and inside a VXLAN": {1000, func(t *testing.T, w *wire) { open(t, w, same, 100); open(t, w, vxlan, 200) }, vxlan, nil, same, false},
		// There it was old, here it would be new.
		"on a VLAN that was split off": {1000, func(t *testing.T, w *wire) {
			open(t, w, func(p *decoders.Packet) *decoders.Packet { return onVLAN(p, 10) }, 100)
			step(t, w, cv, "c S 0 isn=90000 vlan=20 id=1 : syn")
			step(t, w, cv, soon+"s S. 0 89001 vlan=20 id=2 isn=5000 : synack")
		}, func(p *decoders.Packet) *decoders.Packet { return onVLAN(p, 20) }, nil, func(p *decoders.Packet) *decoders.Packet { return onVLAN(p, 10) }, false},
		// The flow was evicted, and what came of the connection since makes a new one.
		"an evicted flow": {1, func(t *testing.T, w *wire) { open(t, w, same, 100) }, same, func(t *testing.T, w *wire) {
			step(t, w, other, soon+"c . 1 1 : ack mid")
			step(t, w, cv, soon+"s . 1 1 id=300 : ack mid")
			step(t, w, cv, soon+"c . 1 1 id=301 : ack")
		}, same, false},
		// Another connection took its place, and then one with its numbers.
		"a connection that began again": {1000, func(t *testing.T, w *wire) { open(t, w, same, 100) }, same, func(t *testing.T, w *wire) {
			step(t, w, cv, soon+"c S 0 isn=70000 id=310 : syn portreuse")
			step(t, w, cv, soon+"c S 0 id=311 : syn portreuse")
			step(t, w, cv, soon+"s S. 0 1 id=312 : synack")
			step(t, w, cv, soon+"c . 1 1 id=313 : hsack ack")
		}, same, false},
		// A zero-window probe is not taken for data, and afterwards nothing tells that there was one.
		"a zero-window probe": {1000, func(t *testing.T, w *wire) {
			open(t, w, same, 100)
			step(t, w, cv, "s . 1 1 win=0 id=340 : zero update ack")
		}, same, func(t *testing.T, w *wire) {
			step(t, w, cv, soon+"s . 1 1 id=341 : zwpack update ack")
			step(t, w, cv, soon+"c . 0 1 1 id=342 : retrans spurious")
		}, same, true},
		// All sequence numbers are gone through, a billion at a time.
		"numbers that went around": {1000, func(t *testing.T, w *wire) { open(t, w, same, 100) }, same, func(t *testing.T, w *wire) {
			for i, seq := range []string{"0x40000000", "0x7fffff00", "0xbfffff00", "0xfffffe00"} {
				step(t, w, cv, fmt.Sprintf(soon+"c . %s 1 10 id=%d : new gap", seq, 320+i))
			}
			step(t, w, cv, soon+"c . 0 1 1 id=330 : new gap")
		}, same, false},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig(1)
			cfg.MaxFlows = tc.flows
			w := newWire(cfg)
			tc.before(t, w)
			w.clock += 20 * time.Millisecond
			length := uint32(100)
			if tc.probe {
				length = 1
			}
			original := tc.view(data(length))
			w.feed(original)
			if original.Seg.Class == 0 || original.Seg.Is(decoders.ClassCopy) {
				t.Fatalf("the original: %s", classText(original.Seg.Class))
			}
			if tc.between != nil {
				tc.between(t, w)
			}
			w.clock += 100 * time.Microsecond
			p := tc.again(data(length))
			if w.feed(p); !p.Seg.Is(decoders.ClassCopy) || p.Seg.CopyOf != original.Ref() {
				t.Errorf("the copy: %s of frame %d", classText(p.Seg.Class), p.Seg.CopyOf.Frame())
			}
		})
	}
}
