package connect

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// serverRows are the latency rows of a server, as far as they were looked up.
type serverRows struct {
	server decoders.Addr
	port   uint16
	rows   [metricClient + 1]analyzers.Series
}

// recentServers is how many servers' rows a flow part has at hand: finding three
// rows for each connection among those of all servers takes longer than entering
// its times.
const recentServers = 1 << serverBits

const serverBits = 4

// rowsOf is where the rows of a server are at hand.
func (fp *flowPart) rowsOf(server decoders.Addr, port uint16) *serverRows {
	s := &fp.servers[(server.Lo^uint64(port))*0x9e3779b97f4a7c15>>(64-serverBits)]
	if s.server != server || s.port != port {
		*s = serverRows{server: server, port: port}
	}
	return s
}

// observe enters a time into one of the rows of s.
func (fp *flowPart) observe(s *serverRows, metric int, ns int64, id uint64) {
	if s.rows[metric] == 0 {
		if ns < 0 {
			fp.latency.Negative++ // and begins no row
			return
		}
		s.rows[metric] = fp.latency.SeriesOf(metric, analyzers.LabelKey{A: s.server, PA: s.port})
	}
	fp.latency.ObserveIn(s.rows[metric], ns, id)
}

// measure enters the handshake into the latency series.
func (fp *flowPart) measure(a *attempt, f *flow.Flow) {
	if a.flags&flagSimul != 0 {
		return // no side is the server
	}
	s := fp.rowsOf(f.Endpoint(a.dir ^ 1))
	id := analyzers.SampleID(f.Key.Hash(), a.synFrame)
	fp.observe(s, metricHandshake, a.endTime-a.synTime, id)
	if a.syns == 1 && a.synacks == 1 {
		fp.observe(s, metricServer, a.synackTime-a.synTime, id)
		fp.observe(s, metricClient, a.endTime-a.synackTime, id)
	}
}
