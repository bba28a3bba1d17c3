package ssh

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
	"pcaptriage/decoders/sshwire"
)

// phase is a part of the handshake that one side is waited for.
type phase uint8

const (
	phaseConnect phase = iota
	phaseBannerServer
	phaseBannerClient
	phaseKexInitServer
	phaseKexInitClient
	phaseKexClient
	phaseKexServer
	phaseHostKeyGate
	phaseNewKeys
	phaseService
	phaseAuthClient
	phaseAuthServer
	numPhases
)

var phaseNames = [numPhases]string{"connect", "banner-server", "banner-client", "kexinit-server", "kexinit-client",
	"kex-client", "kex-server", "hostkey-gate", "newkeys", "service", "auth-client", "auth-server"}

// owner is who was waited for.
type owner uint8

const (
	noOwner owner = iota
	ownerClient
	ownerServer
	ownerNetwork
	ownerUser
)

var ownerNames = [...]string{"", "client", "server", "network", "user"}

// stretch is a phase of one session.
type stretch struct {
	begin, end mark  // as seen at the capture point
	took       int64 // of its side: without the round trip to it and loss; -1: the phase was not seen
	loss       int64 // lost by retransmissions within
	owner      owner
	unacked    bool // what its side waited for was acknowledged with the answer only, if at all
	blocked    bool // the other side had announced a zero window
}

func (p *stretch) seen() bool { return p.took >= 0 }

// network is the part of the phase that is not its side's: round trip and loss.
func (p *stretch) network() int64 { return max(p.end.time-p.begin.time-p.took, 0) }

// phases are all of one session.
type phases [numPhases]stretch

// near is the round trip between the capture point and side d: what must be
// taken off the time in which d seems to react. The handshake shows it; where
// that was slow, the shortest round trip of later segments does.
func (fp *flowPart) near(s *session, d uint8) int64 {
	f := fp.cur.f
	sample, shook := s.sides[1-d].near, int64(-1)
	switch {
	case d != f.Client && f.SYNTime != 0 && f.SYNACKTime >= f.SYNTime:
		shook = f.SYNACKTime - f.SYNTime
	case d == f.Client && f.SYNACKTime != 0 && f.AckTime >= f.SYNACKTime:
		shook = f.AckTime - f.SYNACKTime
	}
	if shook < 0 || sample >= 0 && shook > 3*sample {
		return max(sample, 0)
	}
	return shook
}

// took is how long side d took for event, which it could begin when the other
// side's message peer had reached it and its own message own was sent; one of the
// two may be nil. A message that was sent before peer did not wait for it. -1
// when something of this was not seen.
func (fp *flowPart) took(s *session, d uint8, event, peer, own *mark) int64 {
	from, loss := int64(-1), int64(0)
	if peer != nil && !peer.seen() {
		return -1
	}
	if peer != nil && (own == nil || !own.seen() || peer.time <= event.time) {
		from, loss = peer.time+fp.near(s, d), peer.loss
	}
	if own != nil && own.seen() && own.time > from {
		from, loss = own.time, max(loss, own.loss)
	}
	if from < 0 || !event.seen() {
		return -1
	}
	return max(event.time-from-(event.loss-loss), 0)
}

// afterNagle takes off a stretch what its side waited for the acknowledgement of
// its own data before: a cost of TCP, in OpenSSH one round trip before the
// server's KEXINIT, and one with a delayed ACK behind the client's NEWKEYS.
func (fp *flowPart) afterNagle(s *session, d uint8, p stretch) stretch {
	if !p.seen() || p.end.nagle <= p.begin.time {
		return p
	}
	p.took = min(p.took, max(p.end.time-p.end.nagle-fp.near(s, d), 0))
	return p
}

// react fills a stretch of side d; see took.
func (fp *flowPart) react(s *session, d uint8, event, peer, own *mark) stretch {
	p := stretch{end: *event, took: fp.took(s, d, event, peer, own), owner: ownerClient}
	if d != s.client {
		p.owner = ownerServer
	}
	if p.took < 0 {
		return p
	}
	if peer != nil && peer.seen() && peer.time <= event.time {
		p.begin = *peer
	}
	if own != nil && own.seen() && own.time > p.begin.time {
		p.begin = *own
	}
	p.loss = event.loss - p.begin.loss
	if peer != nil && peer.seen() && peer.frame != 0 {
		p.unacked = event.acked == 0 || event.acked >= event.time
	}
	p.blocked = s.sides[1-d].zero > p.begin.time && s.sides[1-d].zero < event.time
	if p.loss >= int64(fp.cfg.LossMin) && p.loss > p.took {
		p.owner = ownerNetwork
	}
	return p
}

// plus adds a second stretch of the same side.
func (p stretch) plus(q stretch) stretch {
	switch {
	case !q.seen():
		return p
	case !p.seen():
		return q
	}
	p.end = q.end
	p.took += q.took
	p.loss += q.loss
	p.unacked = p.unacked || q.unacked
	p.blocked = p.blocked || q.blocked
	return p
}

// phases takes the session's marks apart.
func (fp *flowPart) phases(s *session, f *flow.Flow) (all phases) {
	for i := range all {
		all[i].took = -1
	}
	cd, sd := s.client, 1-s.client
	c, v := s.clientSide(), s.serverSide()
	if f.Flags&(flow.SawSYN|flow.Established) == flow.SawSYN|flow.Established && f.AckTime >= f.SYNTime && f.SYNTime != 0 {
		syn := mark{time: f.SYNTime, frame: f.FirstFrame}
		up := mark{time: f.AckTime, frame: f.FirstFrame}
		all[phaseConnect] = stretch{begin: syn, end: up, took: f.AckTime - f.SYNTime, owner: ownerNetwork}
		// The side that was called can begin when the ACK arrives, the caller with
		// the SYN-ACK.
		back := mark{time: f.SYNACKTime, frame: f.FirstFrame}
		toServer, toClient := &up, &back
		if sd == f.Client {
			toServer, toClient = &back, &up
		}
		all[phaseBannerServer] = fp.react(s, sd, &v.version, toServer, nil)
		all[phaseBannerClient] = fp.react(s, cd, &c.version, toClient, nil)
		all[phaseBannerServer].unacked, all[phaseBannerClient].unacked = false, false
	}
	all[phaseKexInitServer] = fp.afterNagle(s, sd, fp.react(s, sd, &v.kexInit, &c.version, &v.version))
	all[phaseKexInitClient] = fp.afterNagle(s, cd, fp.react(s, cd, &c.kexInit, &v.version, &c.version))
	fp.exchange(s, &all)
	if a := &s.auth; a.service.asked.seen() {
		asks := fp.afterNagle(s, cd, fp.react(s, cd, &a.service.asked, &v.newKeys, &c.newKeys))
		all[phaseService] = asks.plus(fp.react(s, sd, &a.service.done, &a.service.askedEnd, nil))
		if 2*asks.took <= all[phaseService].took {
			all[phaseService].owner = ownerServer
		}
		if a.answers > 0 {
			last := &a.answered
			if a.success.seen() {
				last = &a.success
			}
			all[phaseAuthClient] = stretch{begin: a.accept, end: a.requestAt, took: a.clientTime, owner: ownerClient}
			all[phaseAuthServer] = stretch{begin: a.first.askedEnd, end: *last, took: a.serverTime, owner: ownerServer}
			if fp.clientTook(s, &a.longest) >= typing {
				all[phaseAuthClient].owner = ownerUser
			}
		}
	}
	if g := &all[phaseHostKeyGate]; g.took >= int64(fp.cfg.HostKeyWait) {
		g.owner = ownerUser
	}
	return all
}

// typing is how long a client's turn must be for a person to be behind it.
const typing = 800e6

// exchange takes the key exchange messages apart.
func (fp *flowPart) exchange(s *session, all *phases) {
	cd, sd := s.client, 1-s.client
	c, v := s.clientSide(), s.serverSide()
	reply := s.reply(fp)
	switch kind := fp.kexKind(s); {
	case kind == sshwire.KexRSA:
		all[phaseKexClient] = fp.react(s, cd, &c.kex[1], &v.kex[0], nil)
		all[phaseKexServer] = fp.react(s, sd, &v.kex[0], &c.kexInit, &v.kexInit).plus(fp.react(s, sd, &v.kex[2], &c.kex[1], nil))
	case c.kex[2].seen() || c.kex[4].seen(): // group exchange
		ask := &c.kex[4]
		if !ask.seen() {
			ask = &c.kex[0]
		}
		all[phaseKexClient] = fp.react(s, cd, ask, &v.kexInit, &c.kexInit).plus(fp.react(s, cd, &c.kex[2], &v.kex[1], nil))
		all[phaseKexServer] = fp.react(s, sd, &v.kex[1], ask, &v.kexInit).plus(fp.react(s, sd, &v.kex[3], &c.kex[2], nil))
	default:
		all[phaseKexClient] = fp.react(s, cd, &c.kex[0], &v.kexInit, &c.kexInit)
		all[phaseKexServer] = fp.react(s, sd, reply, &c.kex[0], &v.kexInit)
	}
	all[phaseNewKeys] = fp.react(s, sd, &v.newKeys, nil, reply)
	all[phaseHostKeyGate] = fp.react(s, cd, &c.newKeys, reply, nil)
}

func (fp *flowPart) kexKind(s *session) sshwire.KexKind {
	if a := fp.names.agreement(s.agreed); a != nil {
		return a.kind
	}
	return sshwire.KexUnknown
}

// reply is the server's last key exchange message, with which the client can go
// on; not seen if it is not there.
func (s *session) reply(fp *flowPart) *mark {
	v := s.serverSide()
	switch kind := fp.kexKind(s); {
	case kind == sshwire.KexRSA:
		return &v.kex[2]
	case v.kex[3].seen(), kind == sshwire.KexGEX:
		return &v.kex[3]
	}
	return &v.kex[1]
}

// observe enters a latency of the session's server.
func (fp *flowPart) observe(s *session, p phase, took int64, frame decoders.FrameRef) {
	if took < 0 {
		return
	}
	k := analyzers.LabelKey{X: [4]uint8{uint8(p)}}
	k.A, k.PA = fp.cur.f.Endpoint(1 - s.client)
	fp.res.latency.Observe(metricPhase, k, took, analyzers.SampleID(fp.cur.f.Key.Hash()^uint64(p)<<56, frame))
}
