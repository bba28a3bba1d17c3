package keepalive

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// serverRows are the latency rows of a server, as far as they were looked up.
type serverRows struct {
	server decoders.Addr
	port   uint16
	rows   [numRows]analyzers.Series
}

// recentServers is how many servers' rows a flow part has at hand: each new
// connection needs two or three, and finding one among those of all servers takes
// longer than an exchange.
const recentServers = 64

// rowOf is one of the rows of the server of ends.
func (fp *flowPart) rowOf(ends *endpoints, row int) analyzers.Series {
	s := &fp.servers[(ends.server.Lo^uint64(ends.sport))*0x9e3779b97f4a7c15>>58]
	if s.server != ends.server || s.port != ends.sport {
		*s = serverRows{server: ends.server, port: ends.sport}
	}
	if s.rows[row] == 0 {
		s.rows[row] = fp.lookUpRow(ends, row)
	}
	return s.rows[row]
}

func (fp *flowPart) lookUpRow(ends *endpoints, row int) analyzers.Series {
	k := analyzers.LabelKey{A: ends.server, PA: ends.sport}
	metric := metricResponse
	switch row {
	case rowIdle:
		metric = metricIdle
	case rowReused:
		k.X[0] = 1
	}
	return fp.latency.SeriesOf(metric, k)
}
