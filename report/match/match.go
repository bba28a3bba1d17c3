// Package match finds in two captures what is the same thing: findings and
// latency rows of a capture and of another one of the same traffic, recorded
// again. check and diff compare what it pairs.
package match

import (
	"net/netip"
	"strings"

	"pcaptriage/report"
)

// Findings pairs findings: by their stable id, then, of those left, by rule and
// flow without ports, in their order. It returns the pairs in the order of a,
// and what has no counterpart in its own order.
func Findings(a, b []*report.Finding) (pairs [][2]*report.Finding, onlyA, onlyB []*report.Finding) {
	return pair(a, b, func(f *report.Finding) string { return f.ID }, findingKey)
}

// Rows pairs latency rows: by metric and labels, then, of those left, by metric
// and labels without ports, in their order. A server on a port of chance, as
// test rigs start them, is the same server on the next day.
func Rows(a, b []*report.LatencyRow) (pairs [][2]*report.LatencyRow, onlyA, onlyB []*report.LatencyRow) {
	return pair(a, b, func(r *report.LatencyRow) string { return rowKey(r, false) }, func(r *report.LatencyRow) string { return rowKey(r, true) })
}

// pair pairs by one key after the other. Several with one key are paired in
// their order.
func pair[T comparable](a, b []T, keys ...func(T) string) (pairs [][2]T, onlyA, onlyB []T) {
	with := make(map[T]T, len(a))
	taken := make(map[T]bool, len(b))
	for _, key := range keys {
		free := map[string][]T{}
		for _, y := range b {
			if !taken[y] {
				free[key(y)] = append(free[key(y)], y)
			}
		}
		for _, x := range a {
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
	for _, x := range a {
		if y, ok := with[x]; ok {
			pairs = append(pairs, [2]T{x, y})
		} else {
			onlyA = append(onlyA, x)
		}
	}
	for _, y := range b {
		if !taken[y] {
			onlyB = append(onlyB, y)
		}
	}
	return pairs, onlyA, onlyB
}

// sep stands between the parts of a key: no string of a report has it.
const sep = "\x00"

// findingKey is rule and flow without ports.
func findingKey(f *report.Finding) string {
	if f.Flow == nil {
		return f.Rule
	}
	return strings.Join([]string{f.Rule, f.Flow.Proto, deref(f.Flow.Src), deref(f.Flow.Dst), strings.Join(f.Flow.Tunnel, sep)}, sep)
}

func deref(s *string) string {
	if s == nil {
		return "*"
	}
	return *s
}

// rowKey is metric and labels, on request without the ports in them.
func rowKey(r *report.LatencyRow, portless bool) string {
	var b strings.Builder
	b.WriteString(r.Metric)
	for _, l := range r.Labels {
		b.WriteString(sep + l.Name + sep)
		if at, err := netip.ParseAddrPort(l.Value); err == nil && portless {
			b.WriteString(at.Addr().String())
		} else {
			b.WriteString(l.Value)
		}
	}
	return b.String()
}
