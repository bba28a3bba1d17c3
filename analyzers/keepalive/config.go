package keepalive

import "time"

// config is the analyzer's options.
type config struct {
	ReuseMin      time.Duration `opt:"reuse-min" doc:"shortest idle time before a request that keepalive-reuse reports"`
	TLSReuseMin   time.Duration `opt:"tls-reuse-min" doc:"the same for TLS, where every page of a browser would make several; with keep-alive probes in between, reuse-min holds"`
	IdleMin       time.Duration `opt:"idle-min" doc:"how long nothing must have been sent for a connection to be idle (keepalive-idle-drop, keepalive-race)"`
	ResetMin      time.Duration `opt:"reset-min" doc:"how long nothing must have been sent before an RST for tcp-idle-reset"`
	Slow          time.Duration `opt:"slow" doc:"response time, without the round trip, from which http-slow-response speaks"`
	UnusedMin     int           `opt:"unused-min" doc:"connections with one exchange each that make keepalive-unused"`
	UnusedWindow  time.Duration `opt:"unused-window" doc:"how soon after a response the next connection must be opened for keepalive-unused"`
	FloodInterval time.Duration `opt:"flood-interval" doc:"interval of keep-alive probes below which keepalive-flood speaks"`
	DropMin       time.Duration `opt:"drop-min" doc:"how long a request must have been repeated in vain for keepalive-idle-drop"`
}

func defaultConfig() *config {
	return &config{
		ReuseMin: time.Second, TLSReuseMin: 30 * time.Second, IdleMin: time.Second, ResetMin: 2 * time.Second, Slow: time.Second,
		UnusedMin: 5, UnusedWindow: 5 * time.Second,
		FloodInterval: time.Second, DropMin: 3 * time.Second,
	}
}
