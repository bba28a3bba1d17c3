package ssh

import (
	"cmp"
	"slices"
	"strings"

	"pcaptriage/analyzers"
)

// barCells is the width of the phases' bar.
const barCells = 34

// phaseRows shows a session phase by phase.
func (w *writer) phaseRows(t *timeline) *analyzers.Table {
	table := &analyzers.Table{Spec: &tables[tablePhases]}
	if t == nil {
		return table
	}
	list := t.list()
	if len(list) == 0 {
		return table
	}
	from, to := list[0].begin.time, list[0].end.time
	for i := range list {
		from, to = min(from, list[i].begin.time), max(to, list[i].end.time)
	}
	for i := range list {
		p := &list[i]
		table.Rows = append(table.Rows, []any{p.name, p.took, p.network(), ownerNames[p.owner],
			frames(p.begin.frame, p.end.frame), p.begin.time, p.end.time, p.bar(from, to)})
	}
	return table
}

// line is a phase with its name.
type line struct {
	name string
	stretch
}

// list is the session's phases in the order of their ends, with the
// authentication requests one by one.
func (t *timeline) list() (out []line) {
	for i := range t.phases {
		if p := &t.phases[i]; p.seen() && phase(i) < phaseAuthClient {
			out = append(out, line{phaseNames[i], *p})
		}
	}
	for i := range t.nrounds {
		r := &t.rounds[i]
		n := " " + string(rune('1'+i))
		client := ownerClient
		if t.took[i][0] >= typing {
			client = ownerUser
		}
		if t.took[i][0] >= 0 && r.since.seen() {
			out = append(out, line{phaseNames[phaseAuthClient] + n, stretch{begin: r.since, end: r.asked, took: t.took[i][0], owner: client}})
		}
		if t.took[i][1] >= 0 {
			out = append(out, line{phaseNames[phaseAuthServer] + n, stretch{begin: r.askedEnd, end: r.done, took: t.took[i][1], owner: ownerServer}})
		}
	}
	if u := &t.open; u.owner != noOwner {
		out = append(out, line{">" + phaseNames[u.phase], stretch{begin: u.since, end: u.until, took: u.waited, owner: u.owner}})
	}
	slices.SortStableFunc(out, func(a, b line) int { return cmp.Compare(a.end.time, b.end.time) })
	return out
}

// bar draws the phase within a span of time: round trip and loss first, then its
// side's own time. Anything at all shows.
func (p *line) bar(from, to int64) string {
	if to <= from {
		return ""
	}
	cell := func(t int64) int { return int(float64(t-from) / float64(to-from) * barCells) }
	start := min(cell(p.begin.time), barCells-1)
	own := min(max(cell(p.end.time-p.took), start), barCells-1)
	end := max(cell(p.end.time), own)
	net, body := own-start, end-own
	if body == 0 && (net == 0 || p.took >= p.network()) {
		body, net = 1, max(net-1, 0)
	}
	return strings.Repeat(" ", start) + strings.Repeat("░", net) + strings.Repeat("█", body)
}
