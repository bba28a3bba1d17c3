package connect

import (
	"cmp"
	"slices"

	"pcaptriage/decoders"
)

// scan is one source that tried many targets.
type scan struct {
	client  decoders.Addr
	groups  []*group // its attempts that did not complete, and what is known of those that did
	targets int
	hosts   map[decoders.Addr]bool
	ports   map[uint16]bool
	open    []endpoint // targets that answered with SYN-ACK
	done    int        // those of them to which an attempt completed
}

// target is one address:port that a client tried.
type target struct {
	endpoint
	first     int64
	completed bool
	responded bool // and carried data: no scan
	groups    []*group
}

// open reports whether something listens there: also what a scanner learns
// from a SYN-ACK that it leaves without an answer.
func (t *target) open() bool {
	return t.completed || slices.ContainsFunc(t.groups, func(g *group) bool { return g.key.kind == kindIncomplete || g.key.kind == kindIgnored })
}

// takeScans finds the scanning clients and returns their scans and the groups
// that are not part of one.
func takeScans(all []*group, cfg *config) (scans []*scan, rest []*group) {
	byClient := map[decoders.Addr]map[endpoint]*target{}
	for _, g := range all {
		targets := byClient[g.key.client]
		if targets == nil {
			targets = map[endpoint]*target{}
			byClient[g.key.client] = targets
		}
		k := endpoint{g.key.server, g.key.port}
		t := targets[k]
		if t == nil {
			t = &target{endpoint: k, first: g.first}
			targets[k] = t
		}
		t.first = min(t.first, g.first)
		t.completed = t.completed || g.key.kind == kindCompleted
		t.responded = t.responded || g.responded > 0
		t.groups = append(t.groups, g)
	}
	taken := map[*group]bool{}
	for addr, targets := range byClient {
		if len(targets) < cfg.ScanTargets {
			continue
		}
		if s := scanOf(addr, targets, cfg); s != nil {
			scans = append(scans, s)
			for _, g := range s.groups {
				taken[g] = true
			}
		}
	}
	slices.SortFunc(scans, func(a, b *scan) int {
		return cmp.Or(cmp.Compare(a.groups[0].firstFrame, b.groups[0].firstFrame), a.client.Compare(b.client))
	})
	for _, g := range all {
		if !taken[g] {
			rest = append(rest, g)
		}
	}
	return scans, rest
}

// scanOf slides the window over a client's targets, in the order in which they
// were first tried.
func scanOf(addr decoders.Addr, targets map[endpoint]*target, cfg *config) *scan {
	list := make([]*target, 0, len(targets))
	for _, t := range targets {
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b *target) int {
		return cmp.Or(cmp.Compare(a.first, b.first), compareEndpoints(a.endpoint, b.endpoint))
	})
	in := make([]bool, len(list))
	from, failed, marked := 0, 0, 0
	for i, t := range list {
		if !t.completed {
			failed++
		}
		for t.first-list[from].first > int64(cfg.ScanWindow) {
			if !list[from].completed {
				failed--
			}
			from++
		}
		if n := i - from + 1; n >= max(cfg.ScanTargets, 1) && float64(failed) >= cfg.ScanFailed*float64(n) {
			for j := max(from, marked); j <= i; j++ {
				in[j] = true
			}
			marked = i + 1
		}
	}
	s := &scan{client: addr, hosts: map[decoders.Addr]bool{}, ports: map[uint16]bool{}}
	for i, t := range list {
		if !in[i] || t.responded {
			continue
		}
		s.targets++
		s.hosts[t.addr], s.ports[t.port] = true, true
		if t.completed {
			s.done++
		}
		if t.open() {
			s.open = append(s.open, t.endpoint)
		}
		for _, g := range t.groups {
			if !t.completed || g.key.kind == kindCheck || g.key.kind == kindCompleted {
				s.groups = append(s.groups, g)
			}
		}
	}
	if s.targets == 0 {
		return nil
	}
	sortGroups(s.groups)
	slices.SortFunc(s.open, compareEndpoints)
	return s
}
