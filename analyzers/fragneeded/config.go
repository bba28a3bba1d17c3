package fragneeded

import "time"

// config is the analyzer's options.
type config struct {
	RecoveredBelow time.Duration `opt:"recovered-below" doc:"reaction to an ICMP error below which the flow counts as recovered, not stalled"`
	BlackholeAfter time.Duration `opt:"blackhole-after" doc:"how long a quoted range must stay unacknowledged for pmtu-blackhole"`
	RepeatAfter    time.Duration `opt:"repeat-after" doc:"how long after a recovery the same message must come again for pmtu-repeat"`
	SuspectWithin  time.Duration `opt:"suspect-within" doc:"how long after another flow's ICMP error pmtu-stall-suspected looks for its traces (Linux keeps the route's MTU for 600 s)"`
	HopMin         time.Duration `opt:"hop-min" doc:"delay of one forward from which proxy-hop-delay reports it"`
	HopWindow      time.Duration `opt:"hop-window" doc:"how long after its arrival a message may leave on another flow to count as forwarded"`
	HopMatches     int           `opt:"hop-matches" doc:"matching messages that make two flows the two sides of a proxy; a single long one that is unique suffices"`
	FoldEvents     int           `opt:"fold-events" doc:"findings of one rule, client and server:port that are reported one by one; the rest becomes one"`
}

func defaultConfig() *config {
	return &config{
		RecoveredBelow: 100 * time.Millisecond,
		BlackholeAfter: 3 * time.Second,
		RepeatAfter:    time.Second,
		SuspectWithin:  600 * time.Second,
		HopMin:         100 * time.Millisecond,
		HopWindow:      2 * time.Second,
		HopMatches:     3,
		FoldEvents:     8,
	}
}

// The probe timer of Linux fires after max(RTO, 200 ms) (TCP_RTO_MIN is HZ/5),
// rounded up by the timer wheel; measured 204 to 254 ms.
const (
	probeLow  = int64(180 * time.Millisecond)
	probeHigh = int64(300 * time.Millisecond)
)
