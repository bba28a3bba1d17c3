package ssh

import (
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/decoders/flow"
)

const ms = int64(1e6)

// at is a message that was complete then.
func at(t int64, loss int64) mark { return mark{time: t * ms, frame: 1, loss: loss * ms} }

// newPhasePart is a flow part at a session of direction 0, captured 1 ms from
// the client and 9 ms from the server.
func newPhasePart() (*flowPart, *session) {
	fp := newFlowPart(&analyzers.Env{Shards: 1 << 10, Config: defaultConfig(), Metrics: metrics})
	f := &flow.Flow{SYNTime: 100 * ms, SYNACKTime: 109 * ms, AckTime: 110 * ms, Flags: flow.SawSYN | flow.Established}
	s := &session{}
	s.sides[0].near, s.sides[1].near = -1, -1
	fp.cur = cursor{s: s, f: f}
	return fp, s
}

func TestTook(t *testing.T) {
	fp, s := newPhasePart()
	none := mark{}
	for _, c := range []struct {
		name      string
		side      uint8
		event     mark
		peer, own *mark
		want      int64
	}{
		{"the server behind the client's message", 1, at(200, 0), ptr(at(150, 0)), nil, 41},
		{"the client behind the server's", 0, at(200, 0), ptr(at(150, 0)), nil, 49},
		{"behind its own message, which came later", 1, at(200, 0), ptr(at(150, 0)), ptr(at(180, 0)), 20},
		{"before the other side's: it did not wait for that", 1, at(140, 0), ptr(at(150, 0)), ptr(at(130, 0)), 10},
		{"sooner than light", 1, at(155, 0), ptr(at(150, 0)), nil, 0},
		{"time lost by retransmissions", 1, at(400, 210), ptr(at(150, 10)), nil, 41},
		{"what it waits for was not seen", 1, at(200, 0), &none, ptr(at(180, 0)), -1},
		{"it was not seen", 1, none, ptr(at(150, 0)), nil, -1},
		{"its own only", 1, at(200, 0), nil, ptr(at(150, 0)), 50},
	} {
		want := c.want
		if want > 0 {
			want *= ms
		}
		if got := fp.took(s, c.side, &c.event, c.peer, c.own); got != want {
			t.Errorf("%s: %d, want %d", c.name, got, want)
		}
	}
}

func ptr(m mark) *mark { return &m }

// A handshake that was slow, since its SYN was lost say, does not make the round
// trip long for good.
func TestNear(t *testing.T) {
	fp, s := newPhasePart()
	if a, b := fp.near(s, 0), fp.near(s, 1); a != ms || b != 9*ms {
		t.Errorf("%d, %d", a, b)
	}
	s.sides[0].near = 8 * ms // what the client sent was acknowledged so soon
	if got := fp.near(s, 1); got != 9*ms {
		t.Errorf("%d: the handshake's is good enough", got)
	}
	fp.cur.f.SYNTime -= 1000 * ms
	if got := fp.near(s, 1); got != 8*ms {
		t.Errorf("%d: the SYN was lost", got)
	}
	fp.cur.f.SYNTime, fp.cur.f.SYNACKTime = 0, 0
	if a, b := fp.near(s, 0), fp.near(s, 1); a != 0 || b != 8*ms {
		t.Errorf("%d, %d: no handshake", a, b)
	}
}

// Whose fault: loss, an unacknowledged message and a closed window are not the
// program's.
func TestBlame(t *testing.T) {
	fp, s := newPhasePart()
	peer, event := at(150, 0), at(1500, 0)
	event.acked = 170 * ms
	p := fp.react(s, 1, &event, &peer, nil)
	if p.owner != ownerServer || p.unacked || !fp.slow(s, &p, 300*ms) {
		t.Errorf("%+v", p)
	}
	if d := detailOf(&p); d.n[0] != 20*ms {
		t.Errorf("acknowledged after %d", d.n[0])
	}
	late := event
	late.acked = event.time
	if p := fp.react(s, 1, &late, &peer, nil); !p.unacked {
		t.Error("acknowledged with the answer only")
	}
	lossy := event
	lossy.loss = 1200 * ms
	if p := fp.react(s, 1, &lossy, &peer, nil); p.owner != ownerNetwork || fp.slow(s, &p, 100*ms) {
		t.Errorf("%+v: the network's", p)
	}
	s.sides[0].zero = 400 * ms
	if p := fp.react(s, 1, &event, &peer, nil); !p.blocked || fp.slow(s, &p, 300*ms) {
		t.Errorf("%+v: the client took nothing", p)
	}
	s.sides[0].zero = 0
	s.sides[1].flags |= hasGaps
	if p := fp.react(s, 1, &event, &peer, nil); fp.slow(s, &p, 300*ms) {
		t.Error("bytes are missing")
	}
	s.sides[1].flags = 0
	quick := at(150+9+25, 0)
	if p := fp.react(s, 1, &quick, &peer, nil); fp.slow(s, &p, 20*ms) {
		t.Errorf("%+v: less than three round trips and 200 ms, whatever the option says", p)
	}
}

// A small segment that waits for the acknowledgement of the one before it waits
// for the network.
func TestNagle(t *testing.T) {
	fp, s := newPhasePart()
	own, event := at(150, 0), at(185, 0)
	event.nagle = 175 * ms // acknowledged at the capture point; the server knows 9 ms later
	p := fp.afterNagle(s, 1, fp.react(s, 1, &event, nil, &own))
	if p.took != ms {
		t.Errorf("took %d", p.took)
	}
	event.nagle = 140 * ms // long before
	if p := fp.afterNagle(s, 1, fp.react(s, 1, &event, nil, &own)); p.took != 35*ms {
		t.Errorf("took %d", p.took)
	}
}
