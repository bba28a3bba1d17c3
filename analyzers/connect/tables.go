package connect

import (
	"cmp"
	"slices"

	"pcaptriage/analyzers"
)

// Indexes into tables.
const (
	tableConnections = iota
	tableAttempts
)

var tables = []analyzers.TableSpec{
	tableConnections: {Name: "connections", Text: true,
		Doc: "Connection attempts by server and what became of them.",
		Columns: []analyzers.Column{
			{Name: "server", Type: analyzers.ColString, Doc: "address:port that was tried"},
			{Name: "attempts", Type: analyzers.ColCount, Doc: "initial SYNs: one for each 4-tuple and initial sequence number"},
			{Name: "answered", Type: analyzers.ColCount, Doc: "handshake completed, or reset by the client after the SYN-ACK"},
			{Name: "refused", Type: analyzers.ColCount, Doc: "RST that acknowledges the SYN"},
			{Name: "rejected", Type: analyzers.ColCount, Doc: "ICMP error that quotes the SYN"},
			{Name: "dropped", Type: analyzers.ColCount, Doc: "SYN repeated, no answer of any kind; selectively or not"},
			{Name: "unanswered", Type: analyzers.ColCount, Doc: "one SYN, no answer"},
			{Name: "incomplete", Type: analyzers.ColCount, Doc: "SYN-ACK without a final ACK, ignored SYN-ACKs included"},
			{Name: "one_sided", Type: analyzers.ColCount, Doc: "the client went on, but the answer is not in the capture"},
			{Name: "other", Type: analyzers.ColCount, Doc: "stale peer without later success, or undecided; answered to other add up to attempts"},
			{Name: "syn_unseen", Type: analyzers.ColCount, Doc: "SYN-ACKs whose SYN is not in the capture: not among the attempts"},
			{Name: "slow", Type: analyzers.ColCount, Doc: "of answered: only after a repeated SYN"},
			{Name: "p50", Type: analyzers.ColDuration, Doc: "handshake, first SYN to final ACK, median"},
			{Name: "p95", Type: analyzers.ColDuration, Doc: "... 95th percentile"},
			{Name: "p99", Type: analyzers.ColDuration, Doc: "... 99th percentile"},
		}},
	tableAttempts: {Name: "connect_attempts",
		Doc: "The first 10,000 connection attempts in the order of their SYNs.",
		Columns: []analyzers.Column{
			{Name: "flow", Type: analyzers.ColFlow, Doc: "client and server of the attempt"},
			{Name: "isn", Type: analyzers.ColCount, Doc: "initial sequence number of the client"},
			{Name: "syn_frames", Type: analyzers.ColFrames, Doc: "frames of the SYN and of its retransmissions, the first 8"},
			{Name: "syns", Type: analyzers.ColCount, Doc: "number of SYNs, copies not counted"},
			{Name: "outcome", Type: analyzers.ColString, Doc: "answered, answered-unseen, undecided, or the name of a rule without connect-"},
			{Name: "notes", Type: analyzers.ColStrings, Doc: "what else was seen: slow-syn-lost, stale-peer, half-open, cut (the capture ended too early to be sure), one-sided, ..."},
			{Name: "time", Type: analyzers.ColTime, Doc: "of the first SYN"},
			{Name: "answer_frame", Type: analyzers.ColFrame, Doc: "of what decided the attempt: final ACK, RST, ICMP error, first SYN-ACK"},
			{Name: "took", Type: analyzers.ColDuration, Doc: "from the first SYN to the answer frame"},
			{Name: "since_reuse", Type: analyzers.ColDuration, Doc: "how soon after the last packet of the same 4-tuple's previous connection the SYN came"},
		}},
}

// maxServerRows is the number of servers in table connections.
const maxServerRows = 1000

// connectionRows fills table connections: most attempts first.
func connectionRows(c *correlator, lat *analyzers.Latencies) *analyzers.Table {
	t := &analyzers.Table{Spec: &tables[tableConnections]}
	keys := make([]endpoint, 0, len(c.peers.servers))
	for k, s := range c.peers.servers {
		if s.attempts()+s.noSYN > 0 {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b endpoint) int {
		return cmp.Or(cmp.Compare(c.peers.servers[b].attempts(), c.peers.servers[a].attempts()), compareEndpoints(a, b))
	})
	for i, k := range keys {
		if i == maxServerRows {
			t.Truncated = uint64(len(keys) - i)
			break
		}
		t.Rows = append(t.Rows, connectionRow(k.addr.HostPort(k.port), c.peers.servers[k], lat, analyzers.LabelKey{A: k.addr, PA: k.port}))
	}
	if c.peers.otherServer.attempts()+c.peers.otherServer.noSYN > 0 {
		t.Rows = append(t.Rows, connectionRow(analyzers.OtherLabel, &c.peers.otherServer, lat, analyzers.LabelKey{}))
	}
	return t
}

func connectionRow(name string, s *server, lat *analyzers.Latencies, k analyzers.LabelKey) []any {
	n := func(os ...outcome) (sum uint64) {
		for _, o := range os {
			sum += s.counts[o]
		}
		return sum
	}
	row := []any{name, s.attempts(), n(answered), n(refused), n(rejected), n(dropped, droppedSome), n(unanswered),
		n(incomplete, synackIgnored), n(answeredUnseen), n(stalePeer, undecided), s.noSYN, s.slow}
	for _, q := range []float64{.5, .95, .99} {
		if v, ok := lat.Quantile(metricHandshake, k, q); ok {
			row = append(row, v)
		} else {
			row = append(row, nil)
		}
	}
	return row
}
