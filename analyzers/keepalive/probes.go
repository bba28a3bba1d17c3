package keepalive

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// probePair is what a connection has on which keep-alive probes were seen: one
// prober a direction.
type probePair struct{ d [2]prober }

// prober is one side's keep-alive probes. Times are on the capture clock.
type prober struct {
	first, last           int64
	firstFrame, lastFrame decoders.FrameRef
	runFrame              decoders.FrameRef // first of the unanswered ones in a row
	idle                  int64             // of the connection, before the first probe
	lastIdle              int64             // before the last probe

	count, answered uint32
	run             uint32  // waiting for an answer, in a row
	longest         uint32  // most in a row that did not get one
	fast, fastest   uint32  // intervals in a row below the flood limit: now, and at most
	all, inRun      spacing // between probes with nothing but answers between them, and those of run

	gap      uint16 // probes since the last HTTP response
	gapFrame decoders.FrameRef

	resetTime  int64
	resetFrame decoders.FrameRef
	outcome    probeOutcome
	payload    bool // probes carry a byte
}

// spacing sums up the intervals between probes.
type spacing struct {
	count                      uint32
	shortest, widest, together int64
}

func (s *spacing) add(interval int64) {
	if s.count == 0 || interval < s.shortest {
		s.shortest = interval
	}
	s.widest = max(s.widest, interval)
	s.together += interval
	s.count++
}

// mean is 0 if there are none.
func (s *spacing) mean() int64 {
	if s.count == 0 {
		return 0
	}
	return s.together / int64(s.count)
}

type probeOutcome uint8

const (
	probesFine    probeOutcome = iota
	probesReset                // answered by RST
	probesGivenUp              // the prober sent RST after unanswered probes
	probesSilence              // unanswered to the end
	probesUnknown              // unanswered, but nobody looked long enough
)

var probeOutcomes = [...]string{"answered", "answered-by-reset", "given-up", "silence", "unknown"}

// probe takes a keep-alive probe.
func (fp *flowPart) probe(c *conn, p *decoders.Packet) {
	if c.probes == 0 {
		c.probes = fp.probes.take()
	}
	b := &fp.probes.at(c.probes).d[p.Seg.Dir]
	now := p.Clock
	if b.count == 0 {
		b.first, b.firstFrame, b.idle = now, p.Ref(), now-c.busy
	} else if c.busy < b.last {
		i := now - b.last
		b.all.add(i)
		if b.run > 0 {
			b.inRun.add(i)
		}
		if i < int64(fp.cfg.FloodInterval) {
			b.fast++
			b.fastest = max(b.fastest, b.fast)
		} else {
			b.fast = 0
		}
	} else {
		b.fast = 0
	}
	if b.run == 0 {
		b.runFrame, b.inRun = p.Ref(), spacing{}
	}
	b.longest = max(b.longest, b.run) // the newest may still be answered
	b.count++
	b.run++
	b.last, b.lastFrame, b.lastIdle = now, p.Ref(), now-c.busy
	b.payload = b.payload || p.Seg.Payload > 0
	if b.gap == 0 {
		b.gapFrame = p.Ref()
	}
	if b.gap < 0xffff {
		b.gap++
	}
}

// heard notes that a side which was asked has sent something.
func (fp *flowPart) heard(c *conn, p *decoders.Packet, f *flow.Flow) {
	d := p.Seg.Dir
	asker := &fp.probes.at(c.probes).d[1-d]
	if asker.run == 0 || p.TCP.Flags&decoders.RST != 0 {
		return
	}
	asker.run = 0
	if p.Seg.Is(decoders.ClassKeepAliveACK) {
		asker.answered++
		if !p.Timed() {
			return
		}
		a, port := f.Endpoint(f.Server())
		fp.latency.Observe(metricAnswer, analyzers.LabelKey{A: a, PA: port}, p.Clock-asker.last, analyzers.SampleID(p.Hash, p.Ref()))
	}
}

// minGivenUp and minSilence are how many probes in a row must go unanswered
// before the peer is called dead: with the prober's own RST as a witness, and
// without.
const (
	minGivenUp = 2
	minSilence = 3
)

// maxAnswer is how long after a probe its answer may come: the longest round trip
// that is taken for one.
const maxAnswer = int64(3e9)

// resetProbes looks at an RST on a connection with probes and reports whether
// it has to do with them.
func (fp *flowPart) resetProbes(c *conn, p *decoders.Packet) bool {
	pair := fp.probes.at(c.probes)
	own, asker := &pair.d[p.Seg.Dir], &pair.d[1-p.Seg.Dir]
	switch {
	case asker.run > 0 && asker.last > c.busy && p.Clock-asker.last > maxAnswer:
		return true // the answer is missing, and the RST has a cause that cannot be seen
	case asker.run > 0 && asker.last > c.busy:
		asker.outcome, asker.resetTime, asker.resetFrame = probesReset, p.Clock, p.Ref()
		return true
	case own.run >= minGivenUp && own.last > c.busy:
		own.outcome, own.resetTime, own.resetFrame = probesGivenUp, p.Clock, p.Ref()
		return true
	}
	return own.run > 0
}

// concludeProbes reports what was seen of the probes of a connection that ends.
func (fp *flowPart) concludeProbes(c *conn, f *flow.Flow, reason flow.EndReason, at int64, out *analyzers.Out) {
	pair := fp.probes.at(c.probes)
	for d := range uint8(2) {
		b := &pair.d[d]
		if b.count == 0 {
			continue
		}
		last := b.run
		if b.outcome == probesReset {
			last-- // an RST is an answer too
		}
		b.longest = max(b.longest, last)
		if b.outcome == probesGivenUp && f.OneSided() {
			b.outcome = probesUnknown // the answers were not captured, and an RST may have another cause
		}
		if b.outcome == probesFine && b.run > 0 {
			b.outcome = probesUnknown
			if b.run >= minSilence && !f.OneSided() && c.closed == 0 {
				switch reason {
				case flow.EndIdle, flow.EndClosed:
					b.outcome = probesSilence
				case flow.EndCapture:
					if b.inRun.count > 0 && at-b.last >= 2*b.inRun.widest {
						b.outcome = probesSilence
					}
				default:
					withheld(f, out)
				}
			}
		}
		reportProbes(b, d, f, out)
	}
}
