package ssh

import (
	"math"

	"pcaptriage/decoders/flow"
)

// keep makes the session's record.
func (fp *flowPart) keep(s *session, f *flow.Flow, all *phases, end *ending) {
	r := fp.res
	open := fp.unfinished(s, end)
	if r.sessions++; r.sessions == 1 && r.timeline == nil {
		r.timeline = fp.timeline(s, f, all)
		r.timeline.open = open
	}
	if len(r.records) >= r.maxRecords {
		r.folded++
		return
	}
	c, v, a := s.clientSide(), s.serverSide(), &s.auth
	x := record{tunnel: f.TunnelID, frame: f.FirstFrame, time: s.start(f), agreed: fp.names.agreement(s.agreed),
		clientSoftware: fp.names.text(c.software), serverSoftware: fp.names.text(v.software), keyType: fp.names.text(s.keyType),
		hostKey: s.hostKey, hasKey: s.flags&hasKey != 0, loss: s.loss, rtt: -1, outcome: end.outcome, why: a.why,
		auth: [3]uint64{uint64(a.answers), uint64(a.refusedKeys), uint64(a.refusedOther)}}
	x.client, x.cport = f.Endpoint(s.client)
	x.server, x.port = f.Endpoint(1 - s.client)
	for i, e := range [2]*side{c, v} {
		x.bye[i] = bye{e.flags&disconnected != 0, e.reason, fp.names.text(e.said)}
	}
	if o := fp.names.offer(c.offer); o != nil {
		x.hassh[0] = o.hassh[0]
	}
	if o := fp.names.offer(v.offer); o != nil {
		x.hassh[1] = o.hassh[1]
	}
	if !f.OneSided() {
		x.rtt = fp.near(s, 0) + fp.near(s, 1)
	}
	x.confidence = confidence(s, end)
	x.total = -1
	switch until := max(s.lastData, s.closed.time); {
	case a.success.seen():
		x.total = a.success.time - x.time
	case until > 0:
		x.total = until - x.time
	}
	longest := int64(math.MinInt64)
	for i := range all {
		x.took[i], x.owners[i] = -1, noOwner
		if f.OneSided() || !all[i].seen() {
			continue
		}
		x.took[i], x.owners[i] = all[i].took, all[i].owner
		if cost := max(all[i].took, all[i].loss); cost > longest {
			x.longest, longest = phase(i), cost
		}
	}
	x.open = open
	x.data = [2]int64{-1, -1}
	if a.success.seen() && !f.OneSided() {
		x.data[0] = fp.took(s, s.client, &a.session[0], &a.success, nil)
		x.data[1] = fp.took(s, 1-s.client, &a.session[1], &a.session[0], &a.success)
	}
	r.records = append(r.records, x)
}

// ended enters the phase that r ended in.
func (r *record) ended(hole bool) {
	r.open.settle(hole)
	if r.open.owner == noOwner {
		return
	}
	p := r.open.phase
	if r.owners[r.longest] == noOwner || r.open.waited > r.took[r.longest] {
		r.longest = p
	}
	r.owners[p] = r.open.owner
	r.total = max(r.total, r.open.until.time-r.time)
}

// confidence says how far the outcome can be relied upon.
func confidence(s *session, end *ending) string {
	switch end.outcome {
	case outUnknown, outCut:
		return ""
	case outSuccess:
		if s.auth.prompt && s.auth.assumed == 0 {
			return "high"
		}
		return "medium"
	case outGaveUp, outServerEnded, outGrace, outStalled:
		if s.clientSide().newKeys.seen() {
			if s.auth.assumed == 0 {
				return "high"
			}
			return "medium"
		}
	}
	return "certain"
}

func (fp *flowPart) timeline(s *session, f *flow.Flow, all *phases) *timeline {
	t := &timeline{phases: *all, rounds: s.auth.rounds, nrounds: int(s.auth.nrounds), syn: s.start(f)}
	for i := range t.nrounds {
		t.took[i] = [2]int64{fp.clientTook(s, &t.rounds[i]), fp.serverTook(s, &t.rounds[i])}
	}
	return t
}
