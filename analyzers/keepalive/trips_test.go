package keepalive

import "testing"

func TestTripsText(t *testing.T) {
	const ms = int64(1e6)
	for _, c := range []struct {
		name  string
		paths []int64
		want  string
	}{
		{"short", []int64{99 * ms, 1 * ms}, ""},
		{"a tenth", []int64{1 * ms, 100 * ms}, "; up to 100 ms of that is the round trip to the server"},
		{"none known", []int64{-1, -1}, "; the capture does not show how much of that is the round trip to the server"},
		{"some known, short", []int64{-1, 1 * ms, -1}, "; of 2 the capture does not show how much is the round trip to the server"},
		{"some known", []int64{-1, 300 * ms}, "; up to 300 ms of that is the round trip to the server (of 1 the capture does not show it)"},
		{"no time at all", []int64{0}, ""},
	} {
		var sum trips
		for i, p := range c.paths {
			var one trips // as of another group
			one.add(int64(1000+i)*ms, p)
			sum.merge(&one)
		}
		if got := sum.text(1000 * ms); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if got := (&trips{count: 1}).text(0); got != "" {
			t.Errorf("no limit: %q", got)
		}
	}
}
