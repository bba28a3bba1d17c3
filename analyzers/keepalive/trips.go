package keepalive

import "fmt"

// trips say how much of a number of response times is the round trip between the
// capture point and the server. The zero value is that of none.
type trips struct {
	count, unknown uint64 // responses; those of which it is not known
	longest        int64  // the longest that it can have been, ns; 0: none is known
	ownMin, ownMax int64  // what is left of the response times without it, ns
}

// add takes a response time and how much of it can have been the round trip (-1:
// not known).
func (t *trips) add(took, path int64) {
	one := trips{count: 1, longest: max(path, 0), ownMin: took - max(path, 0), ownMax: took - max(path, 0)}
	if path < 0 {
		one.unknown = 1
	}
	t.merge(&one)
}

func (t *trips) merge(o *trips) {
	if t.count == 0 {
		*t = *o
		return
	}
	t.count, t.unknown = t.count+o.count, t.unknown+o.unknown
	t.longest, t.ownMin, t.ownMax = max(t.longest, o.longest), min(t.ownMin, o.ownMin), max(t.ownMax, o.ownMax)
}

// attributes adds the numbers to a finding's.
func (t *trips) attributes(a attrs) {
	a["server_side_min_ns"], a["server_side_max_ns"] = t.ownMin, t.ownMax
	if t.unknown < t.count {
		a["round_trip_max_ns"] = t.longest
	}
	if t.unknown > 0 {
		a["round_trip_unknown"] = t.unknown
	}
}

// text says what a reader must know of the round trip in response times of which
// the shortest is least: nothing, where it is less than a tenth. It continues a
// sentence.
func (t *trips) text(least int64) string {
	const part = "of that is the round trip to the server"
	told := t.longest > 0 && t.longest >= least/10
	switch {
	case t.unknown == t.count:
		return "; the capture does not show how much " + part
	case told && t.unknown > 0:
		return fmt.Sprintf("; up to %s %s (of %d the capture does not show it)", duration(t.longest), part, t.unknown)
	case told:
		return fmt.Sprintf("; up to %s %s", duration(t.longest), part)
	case t.unknown > 0:
		return fmt.Sprintf("; of %d the capture does not show how much is the round trip to the server", t.unknown)
	}
	return ""
}
