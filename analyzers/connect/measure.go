package connect

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders/flow"
)

// measure enters the handshake into the latency series.
func (fp *flowPart) measure(a *attempt, f *flow.Flow) {
	if a.flags&flagSimul != 0 {
		return // no side is the server
	}
	if a.after&untimed != 0 {
		return // of such packets the clock stands still: it would be 0
	}
	addr, port := f.Endpoint(a.dir ^ 1)
	k := analyzers.LabelKey{A: addr, PA: port}
	id := analyzers.SampleID(f.Key.Hash(), a.synFrame)
	fp.latency.Observe(metricHandshake, k, a.endTime-a.synTime, id)
	if a.syns == 1 && a.synacks == 1 && a.after&untimedAnswer == 0 {
		fp.latency.Observe(metricServer, k, a.synackTime-a.synTime, id)
		fp.latency.Observe(metricClient, k, a.endTime-a.synackTime, id)
	}
}
