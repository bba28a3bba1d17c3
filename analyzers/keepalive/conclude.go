package keepalive

import (
	"cmp"
	"slices"

	"pcaptriage/analyzers"
)

// conclude turns the groups and pairs into findings, rows and tables.
func conclude(c *analyzers.Conclusion) {
	cor := c.Correlator.(*correlated).correlator
	lat := c.Flow.(*flowResult).latency
	w := &writer{c: c, cfg: c.Config.(*config)}
	for _, g := range cor.order {
		if g.key.kind == kindSlow {
			continue // several to a finding
		}
		w.group(g)
	}
	w.slow(cor.order)
	pairs := sortedPairs(cor)
	for _, p := range pairs {
		w.unused(p)
		w.unread(p)
	}
	c.Out.Latency = lat.Rows()
	c.Out.LabelsFolded, c.Out.NegativeLatencies = lat.Folded, lat.Negative
	c.Out.VerdictsWithheld = cor.withheld + cor.foldedGroups
	c.Out.Tables = []*analyzers.Table{connectionRows(pairs), connRows(&cor.conns, c.TunnelPath), turnRows(cor), probeRows(cor, c.TunnelPath)}
}

// sortedPairs lists the pairs with the most connections first.
func sortedPairs(c *correlator) []*pair {
	out := make([]*pair, 0, len(c.pairs))
	for _, p := range c.pairs {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *pair) int {
		return cmp.Or(cmp.Compare(b.connections, a.connections), a.key.compare(b.key))
	})
	return out
}

func (a pairKey) compare(b pairKey) int {
	return cmp.Or(a.client.Compare(b.client), a.server.Compare(b.server), cmp.Compare(a.port, b.port))
}
