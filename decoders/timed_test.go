package decoders

import "testing"

func TestTimed(t *testing.T) {
	const clock = int64(1e18)
	for _, c := range []struct {
		name string
		has  Fields
		time int64
		want bool
	}{
		{"at the clock", HasTime, clock, true},
		{"a little disorder", HasTime, clock - maxDisorder, true},
		{"far behind", HasTime, clock - maxDisorder - 1, false},
		{"ahead, so the clock did not follow", HasTime, clock + 1, false},
		{"no time", 0, clock, false},
	} {
		p := Packet{Has: c.has, Time: c.time, Clock: clock}
		if got := p.Timed(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
