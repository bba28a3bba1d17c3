package keepalive

import (
	"strconv"
	"strings"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// Indexes into tables.
const (
	tableConnections = iota
	tablePerConnection
	tableTurns
	tableProbes
)

var tables = []analyzers.TableSpec{
	tableConnections: {Name: "http_connections", Text: true,
		Doc: "HTTP connections by client and server, those with the most connections first.",
		Columns: []analyzers.Column{
			{Name: "client", Type: analyzers.ColString, Doc: "client address"},
			{Name: "server", Type: analyzers.ColString, Doc: "server address and port"},
			{Name: "connections", Type: analyzers.ColCount, Doc: "connections that carried HTTP"},
			{Name: "exchanges", Type: analyzers.ColCount, Doc: "exchanges (final responses; of connections seen from one side, messages)"},
			{Name: "per_connection", Type: analyzers.ColNumber, Doc: "exchanges a connection"},
			{Name: "reused_share", Type: analyzers.ColRatio, Doc: "share of exchanges on a connection that had been used before"},
			{Name: "handshakes_paid", Type: analyzers.ColDuration, Doc: "time in TCP handshakes"},
			{Name: "handshakes_saved", Type: analyzers.ColDuration, Doc: "time that the reused exchanges would have paid, at the mean of these handshakes"},
			{Name: "closed_by_client", Type: analyzers.ColCount, Only: analyzers.Programs, Doc: "connections that the client closed first"},
			{Name: "closed_by_server", Type: analyzers.ColCount, Only: analyzers.Programs, Doc: "connections that the server closed first"},
			{Name: "closed_by_reset", Type: analyzers.ColCount, Only: analyzers.Programs, Doc: "of both, by RST"},
			{Name: "close_asked", Type: analyzers.ColCount, Only: analyzers.Programs, Doc: "connections that could not be kept: Connection: close, HTTP/1.0, or a response that ends with the connection"},
			{Name: "server_idle", Type: analyzers.ColDuration, Only: analyzers.Programs, Doc: "shortest time after a response at which the server closed unasked; from 1 s on, its idle timeout"},
			{Name: "partial", Type: analyzers.ColCount, Only: analyzers.Programs, Doc: "connections with an exchange that is not whole in the capture"},
			{Name: "upgraded", Type: analyzers.ColCount, Only: analyzers.Programs, Doc: "connections that became something else (101, CONNECT)"},
			{Name: "ended", Type: analyzers.ColString, Only: analyzers.People, Doc: "how the connections ended, and what else was special about them"},
			{Name: "http2", Type: analyzers.ColCount, Only: analyzers.Programs, Doc: "connections with HTTP/2 prior knowledge: not read, no exchanges"},
		}},
	tablePerConnection: {Name: "http_per_connection", Text: true,
		Doc: "HTTP connections that were used again or could have been, the longest idle time first.",
		Columns: []analyzers.Column{
			{Name: "flow", Type: analyzers.ColFlow, Doc: "the client first"},
			{Name: "exchanges", Type: analyzers.ColCount, Doc: "exchanges (final responses; of connections seen from one side, messages)"},
			{Name: "reused", Type: analyzers.ColBool, Doc: "it carried more than its first exchange"},
			{Name: "idle_gaps", Type: analyzers.ColCount, Doc: "answered requests after an idle time of at least 1 s (option reuse-min); 255: that many or more"},
			{Name: "longest_idle", Type: analyzers.ColDuration, Doc: "longest idle time before a request"},
			{Name: "closed_by", Type: analyzers.ColString, Doc: "who sent the first FIN or RST: client, server, nobody"},
			{Name: "why", Type: analyzers.ColString, Doc: "why it was closed, as far as the messages and the packets tell"},
			{Name: "idle_at_close", Type: analyzers.ColDuration, Only: analyzers.Programs, Doc: "from the last response to the first FIN or RST; none if that was before the response's end"},
			{Name: "partial", Type: analyzers.ColBool, Only: analyzers.Programs, Doc: "an exchange is not whole in the capture"},
			{Name: "first_frame", Type: analyzers.ColFrame, Doc: "the connection's first packet"},
		}},
	tableTurns: {Name: "turns",
		Doc: "Connections that carry no readable HTTP/1.x: payload of the client that the server answered, counted as turns.",
		Columns: []analyzers.Column{
			{Name: "client", Type: analyzers.ColString, Doc: "client address"},
			{Name: "server", Type: analyzers.ColString, Doc: "server address and port"},
			{Name: "protocol", Type: analyzers.ColString, Doc: "tls, http2 (prior knowledge), upgraded (101 or CONNECT), other"},
			{Name: "connections", Type: analyzers.ColCount, Doc: "connections with turns"},
			{Name: "turns", Type: analyzers.ColCount, Doc: "changes of direction from client to server, those of handshakes included"},
			{Name: "per_connection", Type: analyzers.ColNumber, Doc: "turns a connection"},
			{Name: "used_again", Type: analyzers.ColCount, Doc: "turns that look like a request on a connection that was used before (TLS only)"},
			{Name: "longest_idle", Type: analyzers.ColDuration, Doc: "longest idle time before a turn of the client's"},
		}},
	tableProbes: {Name: "keepalive_probes", Text: true,
		Doc: "TCP keep-alive probes, a row for each connection and side that probes.",
		Columns: []analyzers.Column{
			{Name: "flow", Type: analyzers.ColFlow, Doc: "the prober first"},
			{Name: "prober", Type: analyzers.ColString, Doc: "client or server"},
			{Name: "probes", Type: analyzers.ColCount, Doc: "probes"},
			{Name: "answered", Type: analyzers.ColCount, Doc: "answered by an ACK"},
			{Name: "unanswered", Type: analyzers.ColCount, Doc: "most probes in a row that nothing from the other side answered"},
			{Name: "idle", Type: analyzers.ColDuration, Doc: "idle time before the first probe"},
			{Name: "interval_min", Type: analyzers.ColDuration, Doc: "shortest time between two probes with nothing but answers in between"},
			{Name: "interval_max", Type: analyzers.ColDuration, Doc: "longest of these"},
			{Name: "outcome", Type: analyzers.ColString, Doc: "answered, answered-by-reset, given-up, silence, unknown"},
			{Name: "setting", Type: analyzers.ColString, Doc: "whose defaults these are, as far as idle time and interval tell"},
			{Name: "first_frame", Type: analyzers.ColFrame, Doc: "the first probe"},
			{Name: "last_frame", Type: analyzers.ColFrame, Doc: "the last probe"},
		}},
}

// maxConnectionRows bounds the table of pairs.
const maxConnectionRows = 1000

func connectionRows(pairs []*pair) *analyzers.Table {
	t := &analyzers.Table{Spec: &tables[tableConnections]}
	for _, p := range pairs {
		if p.connections == 0 {
			continue
		}
		if len(t.Rows) == maxConnectionRows {
			t.Truncated++
			continue
		}
		client, server := p.key.client.String(), p.key.to()
		if p.key == (pairKey{}) {
			client, server = analyzers.OtherLabel, analyzers.OtherLabel
		}
		var share, paid, saved, idle any
		if p.closes.serverIdle > 0 {
			idle = p.closes.serverIdle
		}
		if p.exchanges > 0 {
			share = float64(p.reused) / float64(p.exchanges)
		}
		if p.paidCount > 0 {
			paid, saved = p.paid, p.saved()
		}
		t.Rows = append(t.Rows, []any{client, server, p.connections, p.exchanges, mean(p.exchanges, p.connections), share, paid, saved,
			p.closes.byClient, p.closes.byServer, p.closes.byReset, p.closes.asked, idle, p.withHoles, p.tunnels, p.endings(), p.http2})
	}
	return t
}

func probeRows(c *correlator, tunnel func(uint32) []string) *analyzers.Table {
	t := &analyzers.Table{Spec: &tables[tableProbes], Truncated: c.cut}
	byFrame(c.probes)
	for i := range c.probes {
		r := &c.probes[i]
		flow := &analyzers.FlowRef{Proto: "tcp", Src: r.prober, SPort: r.pport, Dst: r.peer, DPort: r.qport, Tunnel: tunnel(r.tunnel)}
		who := "client"
		if r.byServer {
			who = "server"
		}
		var lo, hi any
		if r.all.count > 0 {
			lo, hi = r.all.shortest, r.all.widest
		}
		t.Rows = append(t.Rows, []any{flow, who, r.count, r.answered, r.longest, r.idle, lo, hi,
			probeOutcomes[r.outcome], r.setting(), decoders.FrameRef(r.firstFrame), r.lastFrame})
	}
	return t
}

// mean is n/d, nil without any.
func mean(n, d uint64) any {
	if d == 0 {
		return nil
	}
	return float64(n) / float64(d)
}

// minIdleTimeout is the least time after a response for which a server's unasked
// end is called an idle timeout; sooner it did not mean to wait.
const minIdleTimeout = int64(1e9)

// endings sums up for people how a pair's connections ended.
func (p *pair) endings() string {
	var s []string
	add := func(n uint64, what string) {
		if n > 0 {
			s = append(s, strconv.FormatUint(n, 10)+" "+what)
		}
	}
	add(p.closes.byClient, "by client")
	add(p.closes.byServer, "by server")
	add(p.closes.byReset, "by RST")
	add(p.closes.asked, "asked to close")
	add(p.withHoles, "partial")
	add(p.tunnels, "upgraded")
	add(p.http2, "HTTP/2")
	if p.closes.serverIdle > 0 {
		what := "server idle timeout "
		if p.closes.serverIdle < minIdleTimeout {
			what = "server closed unasked after "
		}
		s = append(s, what+duration(p.closes.serverIdle))
	}
	return strings.Join(s, ", ")
}

func connRows(c *topConns, tunnel func(uint32) []string) *analyzers.Table {
	t := &analyzers.Table{Spec: &tables[tablePerConnection], Truncated: c.cut}
	for _, r := range c.sorted() {
		flow := &analyzers.FlowRef{Proto: "tcp", Src: r.client, SPort: r.cport, Dst: r.server, DPort: r.sport, Tunnel: tunnel(r.tunnel)}
		var longest, last any
		if r.longest > 0 {
			longest = r.longest
		}
		if r.last >= 0 {
			last = r.last
		}
		reused := r.exchanges > 1 || r.exchanges > 0 && r.flags&firstRequest == 0
		t.Rows = append(t.Rows, []any{flow, uint64(r.exchanges), reused, uint64(r.gaps), longest, r.closer(), r.reason(), last, r.flags&isPartial != 0, r.first})
	}
	return t
}

func turnRows(c *correlator) *analyzers.Table {
	t := &analyzers.Table{Spec: &tables[tableTurns], Truncated: c.turnsCut}
	for _, r := range c.sortedTurns() {
		var longest any
		if r.longest > 0 {
			longest = r.longest
		}
		t.Rows = append(t.Rows, []any{r.key.client.String(), r.key.to(), turnProtocols[r.key.protocol], r.connections, r.turns, mean(r.turns, r.connections), r.reuses, longest})
	}
	return t
}
