package flow

import "time"

// Config sets the limits and timeouts of a table. All times are on the capture
// clock.
type Config struct {
	// MaxFlows is the number of flows kept; the least recently used is evicted
	// for a new one.
	MaxFlows int
	// IdleSYN ends a TCP flow that never got beyond its SYNs. 130 s covers
	// Linux's whole schedule of six doubled retransmissions.
	IdleSYN time.Duration
	// IdleTCP ends an open connection. It must exceed the keep-alive time of
	// common systems (7200 s + 9 x 75 s).
	IdleTCP time.Duration
	// Linger keeps a closed connection for late segments and to see the
	// reuse of its ports.
	Linger time.Duration
	// LingerLeast is how long that is at least, and Roomy the number of flows
	// from which on a closed connection stays no longer, if its room is needed.
	// Of what ends so, the table remembers the ports only. Thousands of flows
	// that have no more to say cost fresh memory, and the cache's.
	LingerLeast time.Duration
	Roomy       int
	// IdleOther ends a flow of another protocol.
	IdleOther time.Duration
}

// DefaultConfig returns the defaults for one of n virtual shards.
func DefaultConfig(n int) Config {
	return Config{
		MaxFlows:    262_144 / n,
		IdleSYN:     130 * time.Second,
		IdleTCP:     3 * time.Hour,
		Linger:      30 * time.Second,
		LingerLeast: 5 * time.Second,
		Roomy:       8192 / n,
		IdleOther:   10 * time.Minute,
	}
}
