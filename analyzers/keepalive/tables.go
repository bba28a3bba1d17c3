package keepalive

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// Indexes into tables.
const (
	tableConnections = iota
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
			{Name: "per_connection", Type: analyzers.ColString, Doc: "exchanges a connection, one decimal"},
			{Name: "reused_share", Type: analyzers.ColRatio, Doc: "share of exchanges on a connection that had been used before"},
			{Name: "handshakes_paid", Type: analyzers.ColDuration, Doc: "time in TCP handshakes"},
			{Name: "handshakes_saved", Type: analyzers.ColDuration, Doc: "time that the reused exchanges would have paid, at the mean of these handshakes"},
			{Name: "closed_by_client", Type: analyzers.ColCount, Doc: "connections that the client closed first"},
			{Name: "closed_by_server", Type: analyzers.ColCount, Doc: "connections that the server closed first"},
			{Name: "closed_by_reset", Type: analyzers.ColCount, Doc: "of both, by RST"},
			{Name: "close_asked", Type: analyzers.ColCount, Doc: "connections that could not be kept: Connection: close, HTTP/1.0, or a response that ends with the connection"},
			{Name: "server_idle", Type: analyzers.ColDuration, Doc: "shortest time after a response at which the server closed unasked: its idle timeout"},
			{Name: "partial", Type: analyzers.ColCount, Doc: "connections with an exchange that is not whole in the capture"},
			{Name: "upgraded", Type: analyzers.ColCount, Doc: "connections that became something else (101, CONNECT)"},
			{Name: "http2", Type: analyzers.ColCount, Doc: "connections with HTTP/2 prior knowledge: not read, no exchanges"},
		}},
	tableProbes: {Name: "keepalive_probes", Text: true,
		Doc: "TCP keep-alive probes, a row for each connection and side that probes.",
		Columns: []analyzers.Column{
			{Name: "flow", Type: analyzers.ColFlow, Doc: "the prober first"},
			{Name: "prober", Type: analyzers.ColString, Doc: "client or server"},
			{Name: "probes", Type: analyzers.ColCount, Doc: "probes"},
			{Name: "answered", Type: analyzers.ColCount, Doc: "answered by an ACK"},
			{Name: "unanswered", Type: analyzers.ColCount, Doc: "most probes in a row without any segment from the other side"},
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
		t.Rows = append(t.Rows, []any{client, server, p.connections, p.exchanges, tenths(p.exchanges, p.connections), share, paid, saved,
			p.closes.byClient, p.closes.byServer, p.closes.byReset, p.closes.asked, idle, p.withHoles, p.tunnels, p.http2})
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
		if r.intervals > 0 {
			lo, hi = r.shortest, r.widest
		}
		t.Rows = append(t.Rows, []any{flow, who, r.count, r.answered, r.longest, r.idle, lo, hi,
			probeOutcomes[r.outcome], r.setting(), decoders.FrameRef(r.firstFrame), r.lastFrame})
	}
	return t
}
