package fragneeded

import (
	"cmp"
	"slices"

	"pcaptriage/analyzers"
)

// Indexes into tables.
const (
	tablePaths = iota
	tableHops
)

var tables = []analyzers.TableSpec{
	tablePaths: {Name: "path_mtu", Text: true,
		Doc: "What ICMP errors said about the path MTU, by destination, reporter and MTU; messages that quote other protocols than TCP are counted here only.",
		Columns: []analyzers.Column{
			{Name: "destination", Type: analyzers.ColString, Doc: "destination of the quoted packets"},
			{Name: "reporter", Type: analyzers.ColString, Doc: "source of the ICMP errors"},
			{Name: "kind", Type: analyzers.ColString, Doc: "router, destination, or self: the sender's own kernel"},
			{Name: "mtu", Type: analyzers.ColCount, Doc: "next-hop MTU as stated, in bytes"},
			{Name: "messages", Type: analyzers.ColCount, Doc: "ICMP errors, copies not counted"},
			{Name: "events", Type: analyzers.ColCount, Doc: "events: the errors of a burst are one"},
			{Name: "flows", Type: analyzers.ColCount, Doc: "flows that they quote"},
			{Name: "worst_delay", Type: analyzers.ColDuration, Doc: "longest time until a TCP flow had sent again what was dropped"},
			{Name: "first_frame", Type: analyzers.ColFrame, Doc: "of the first message"},
		}},
	tableHops: {Name: "proxy_pairs", Text: true,
		Doc: "Pairs of flows with the same messages: in at a proxy, out on a connection of its own. Delays of the first 256 messages of each pair.",
		Columns: []analyzers.Column{
			{Name: "inbound", Type: analyzers.ColFlow, Doc: "flow on which requests arrive"},
			{Name: "outbound", Type: analyzers.ColFlow, Doc: "flow on which they leave"},
			{Name: "matches", Type: analyzers.ColCount, Doc: "messages found on both"},
			{Name: "p50", Type: analyzers.ColDuration, Doc: "from arrival to departure, median"},
			{Name: "p95", Type: analyzers.ColDuration, Doc: "... 95th percentile"},
			{Name: "max", Type: analyzers.ColDuration, Doc: "... longest of all"},
		}},
}

// pathRows fills table path_mtu, most events first.
func pathRows(c *correlator) *analyzers.Table {
	t := &analyzers.Table{Spec: &tables[tablePaths]}
	keys := make([]pathKey, 0, len(c.paths))
	for k := range c.paths {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b pathKey) int {
		return cmp.Or(cmp.Compare(c.paths[b].events, c.paths[a].events), cmp.Compare(c.paths[a].first, c.paths[b].first),
			a.dst.Compare(b.dst), a.reporter.Compare(b.reporter), cmp.Compare(a.mtu, b.mtu))
	})
	for _, k := range keys {
		p := c.paths[k]
		var worst any
		if p.hasWorst {
			worst = p.worst
		}
		t.Rows = append(t.Rows, []any{k.dst.String(), k.reporter.String(), p.kind.String(), uint64(k.mtu), p.messages, p.events, p.flows, worst, p.first})
	}
	t.Truncated = c.otherPath.messages
	return t
}

// hopRows fills table proxy_pairs.
func hopRows(c *correlator, tunnel func(uint32) []string) *analyzers.Table {
	t := &analyzers.Table{Spec: &tables[tableHops], Truncated: c.hops.pairsLost}
	for _, p := range c.hops.sorted(c.cfg) {
		t.Rows = append(t.Rows, []any{p.in.ref(tunnel), p.out.ref(tunnel), p.matches, p.quantile(.5), p.quantile(.95), p.max})
	}
	return t
}
