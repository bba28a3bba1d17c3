package connect

import "time"

// config is the analyzer's options.
type config struct {
	ScanTargets int           `opt:"scan-targets" doc:"distinct address:port targets of one source within scan-window that make a scan"`
	ScanWindow  time.Duration `opt:"scan-window" doc:"time in which a scan's targets are counted"`
	ScanFailed  float64       `opt:"scan-failed" doc:"share of a scan's targets, 0 to 1, to which no attempt completed"`

	HealthCheckMin   int           `opt:"health-check-min" doc:"connections without data, closed at once, that make a health check"`
	HealthCheckClose time.Duration `opt:"health-check-close" doc:"how soon after the handshake the client of a health check closes"`

	SelectiveWindow time.Duration `opt:"selective-window" doc:"how long before a dropped attempt an answered one may have begun for connect-dropped-selectively"`

	MuteMin time.Duration `opt:"no-response-min" doc:"how long the client must have waited for connect-no-response, if it closed first"`

	SlowMin time.Duration `opt:"slow-min" doc:"shortest wait that connect-slow-syn-lost reports"`

	FoldGroups int `opt:"fold-groups" doc:"groups of one outcome at one server:port (or of one client) beyond which they become one finding"`
}

func defaultConfig() *config {
	return &config{
		ScanTargets: 20, ScanWindow: 60 * time.Second, ScanFailed: 0.8,
		HealthCheckMin: 3, HealthCheckClose: time.Second,
		SelectiveWindow: 30 * time.Second,
		MuteMin:         100 * time.Millisecond,
		SlowMin:         200 * time.Millisecond,
		FoldGroups:      16,
	}
}
