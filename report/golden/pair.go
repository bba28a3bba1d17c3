package golden

import (
	"strings"

	"pcaptriage/report"
)

// pairs are the same things in the golden and in the new report of one capture.
type pairs[T any] struct {
	both       [][2]T
	gone, come []T
}

// pair pairs by one key after the other: what has the first key in common, then
// of those left what has the second. Several with one key go in their order.
func pair[T comparable](then, now []T, keys ...func(T) string) (out pairs[T]) {
	with := make(map[T]T, len(then))
	taken := make(map[T]bool, len(now))
	for _, key := range keys {
		free := map[string][]T{}
		for _, y := range now {
			if !taken[y] {
				free[key(y)] = append(free[key(y)], y)
			}
		}
		for _, x := range then {
			if _, done := with[x]; done {
				continue
			}
			k := key(x)
			if list := free[k]; len(list) > 0 {
				with[x], taken[list[0]] = list[0], true
				free[k] = list[1:]
			}
		}
	}
	for _, x := range then {
		if y, ok := with[x]; ok {
			out.both = append(out.both, [2]T{x, y})
		} else {
			out.gone = append(out.gone, x)
		}
	}
	for _, y := range now {
		if !taken[y] {
			out.come = append(out.come, y)
		}
	}
	return out
}

// sep stands between the parts of a key: no string of a report has it.
const sep = "\x00"

// ruleAndFlow is what a finding is about, without ports.
func ruleAndFlow(f *report.Finding) string {
	if f.Flow == nil {
		return f.Rule
	}
	return strings.Join([]string{f.Rule, f.Flow.Proto, deref(f.Flow.Src), deref(f.Flow.Dst), strings.Join(f.Flow.Tunnel, sep)}, sep)
}

// rowKey is metric and labels.
func rowKey(r *report.LatencyRow) string {
	var b strings.Builder
	b.WriteString(r.Metric)
	for _, l := range r.Labels {
		b.WriteString(sep + l.Name + sep + l.Value)
	}
	return b.String()
}
