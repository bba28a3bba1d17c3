package connect

import (
	"cmp"
	"slices"

	"pcaptriage/decoders"
)

// sorted returns all groups in the order of their first frames.
func (gs *groups) sorted() []*group {
	out := make([]*group, 0, len(gs.all))
	for i := range gs.all {
		out = append(out, &gs.all[i])
	}
	sortGroups(out)
	return out
}

func sortGroups(gs []*group) {
	slices.SortFunc(gs, func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.firstFrame, b.firstFrame), cmp.Compare(a.key.kind, b.key.kind), a.key.client.Compare(b.key.client),
			a.key.server.Compare(b.key.server), cmp.Compare(a.key.port, b.key.port))
	})
}

// overflow returns the sums of evicted groups, in the order of their frames.
func (gs *groups) overflow() []*group {
	var out []*group
	for _, f := range gs.folded {
		out = append(out, &f.group)
	}
	sortGroups(out)
	return out
}

// fold makes the summaries of groups of one kind: where one server:port has
// more than limit groups they become one, then likewise for one client.
// What is left over and still more than all is one, too. evicted are sums that
// belong to the folded ones.
func fold(gs, evicted []*group, limit, all int) []*summary {
	byServer := map[endpoint][]*group{}
	for _, g := range gs {
		k := endpoint{g.key.server, g.key.port}
		byServer[k] = append(byServer[k], g)
	}
	for _, g := range evicted {
		if k := (endpoint{g.key.server, g.key.port}); g.key.client.IsZero() && !g.key.server.IsZero() {
			byServer[k] = append(byServer[k], g)
		}
	}
	many := func(of []*group) bool {
		return len(of) > limit || slices.ContainsFunc(of, func(g *group) bool { return g.key.client.IsZero() })
	}
	byClient := map[decoders.Addr][]*group{}
	for _, g := range gs {
		if !many(byServer[endpoint{g.key.server, g.key.port}]) {
			byClient[g.key.client] = append(byClient[g.key.client], g)
		}
	}
	for _, g := range evicted {
		if g.key.server.IsZero() { // of one client, or of everything
			byClient[g.key.client] = append(byClient[g.key.client], g)
		}
	}
	manyOfClient := func(of []*group) bool {
		return len(of) > limit || slices.ContainsFunc(of, func(g *group) bool { return g.key.server.IsZero() })
	}
	var out []*summary
	var single []*group
	for _, of := range byServer {
		if many(of) {
			sortGroups(of)
			out = append(out, summarize(of))
		}
	}
	for _, of := range byClient {
		if manyOfClient(of) {
			sortGroups(of)
			out = append(out, summarize(of))
			continue
		}
		single = append(single, of...)
	}
	if sortGroups(single); len(single) > all {
		out = append(out, summarize(single))
	} else {
		for _, g := range single {
			out = append(out, summarize([]*group{g}))
		}
	}
	slices.SortFunc(out, func(a, b *summary) int {
		return cmp.Or(cmp.Compare(a.head.firstFrame, b.head.firstFrame), a.client.Compare(b.client),
			a.server.Compare(b.server), cmp.Compare(a.port, b.port))
	})
	return out
}
