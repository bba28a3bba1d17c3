package ssh

import "pcaptriage/decoders/sshwire"

// Authentication (RFC 4252) is encrypted, but until it has succeeded the two
// sides speak in turns, and some of the server's messages have sizes that can be
// computed: SERVICE_ACCEPT, and SUCCESS, which is a single byte. The answer to
// the client's first request, which asks what is allowed, is a FAILURE and shows
// the size of that.

// auth is what is known of a session's authentication.
type auth struct {
	stage authStage
	why   unknown // why nothing can be said; valid if stage is authUnknown

	splitters [2]sshwire.Splitter // by direction
	units     [maxUnits]unit      // of the burst under way, of the side that speaks
	n         uint8
	speaker   uint8
	talking   bool // units and speaker are valid

	assumed  uint16 // size of SUCCESS where the algorithms are not known
	failSize uint16 // of FAILURE; 0: not known yet
	answers  uint16 // to authentication requests
	keyTaken uint16 // size of the last request, if it offered a key and the server took it

	refusedKeys, refusedOther uint16
	promptRefused             uint16 // of refusedOther: sent within half a second of the prompt
	slowFails                 uint16 // refused after a delay that looks made
	slowest                   int64  // longest of these

	requestAt, requestEnd mark   // of the client's last burst
	requestSize           uint16 // of its last packet
	answered              mark   // end of the server's last answer; the client's turn from then on
	first                 round  // the first authentication request
	longest               round  // that with the longest wait for the client
	accept                mark
	service               round // SERVICE_REQUEST and its answer
	success               mark
	prompt                bool    // the client went on at once behind success
	session               [2]mark // first data behind success, of client and server

	clientTime, serverTime int64 // in all rounds, without the round trip and loss
	rounds                 [maxRounds]round
	nrounds                uint8
	lastKind               answer
	lastSize               uint16
	sealedBytes            uint32 // of the server behind SERVICE_ACCEPT
}

const (
	maxUnits  = 6
	maxRounds = 6
	// maxAuthBytes is more than the server says before SUCCESS: what comes behind
	// it is a session's traffic.
	maxAuthBytes = 32 << 10
	// maxAnswers is more requests than any server allows.
	maxAnswers = 200
)

type authStage uint8

const (
	beforeService authStage = iota // the client has sent nothing encrypted
	awaitAccept                    // SERVICE_REQUEST was sent
	awaitAuth                      // the service was accepted
	authDone                       // success
	authUnknown                    // nothing can be said
)

// unknown is why authentication cannot be inferred.
type unknown uint8

const (
	notUnknown unknown = iota
	becauseOneSided
	becauseCompressed
	becauseUnknownSuite
	becauseGaps
	becauseSizes
	becauseCut
	becauseMidStream
)

var unknownTexts = [...]string{"", "one direction only", "compressed from the start", "sizes of these algorithms are not known",
	"bytes are missing in the capture", "sizes fit nothing known", "algorithms are cut off by the snaplen", "the capture begins too late"}

// answer is what the server said to an authentication request.
type answer uint8

const (
	noAnswer answer = iota
	wasRefused
	wasOther   // asks on: PK_OK, INFO_REQUEST, or DISCONNECT
	wasPartial // a FAILURE that says: right, and now another method (RFC 4252 5.1)
	wasSuccess
)

// unit is a packet where packets can be told apart, else a segment's bytes.
type unit struct {
	mark
	size uint32
}

// round is a request of the client and its answer.
type round struct {
	since, asked, askedEnd, done mark // the answer before, the request's begin and end, the answer
	kind                         answer
	key                          bool // the request offered a public key
}

// sealed takes n bytes of direction d behind NEWKEYS, of which b was captured.
func (fp *flowPart) sealed(s *session, d uint8, b []byte, n uint64, m mark, boundary bool) {
	a := &s.auth
	if a.stage == authDone {
		return
	}
	if a.stage == beforeService && d != s.client {
		if u := fp.suite(s, d); u != nil && u.ClearLength {
			a.splitters[d].Skip(u, b, n) // EXT_INFO: before the client has spoken
		}
		return
	}
	if a.stage == authUnknown {
		// For the time of the service's answer only.
		fp.unsized(s, d, m)
		return
	}
	if why := fp.cannotInfer(s); why != notUnknown {
		a.stage, a.why = authUnknown, why
		fp.unsized(s, d, m)
		return
	}
	if a.stage >= awaitAuth && d != s.client {
		a.sealedBytes += uint32(min(n, maxAuthBytes))
	}
	u := fp.suite(s, d)
	if u == nil || !u.ClearLength {
		fp.unit(s, d, uint32(min(n, 1<<20)), m, boundary)
		return
	}
	sp := &a.splitters[d]
	if len(b) < int(min(n, 1<<30)) {
		if size := sp.Gap(n - uint64(len(b))); size > 0 {
			fp.unit(s, d, uint32(size), m, true)
		}
	}
	for len(b) > 0 && s.flags&decided == 0 && a.stage != authDone {
		var size int
		if size, b = sp.Next(u, b); size > 0 {
			fp.unit(s, d, uint32(size), m, true)
		}
	}
	if sp.Lost() {
		a.stage, a.why = authUnknown, becauseSizes
		s.flags |= decided
	}
}

// suite is how direction d is enciphered, nil when that is not known.
func (fp *flowPart) suite(s *session, d uint8) *sshwire.Suite {
	g := fp.names.agreement(s.agreed)
	if g == nil || !g.sized {
		return nil
	}
	if d == s.client {
		return &g.suites[0]
	}
	return &g.suites[1]
}

// cannotInfer says why sizes will not tell.
func (fp *flowPart) cannotInfer(s *session) unknown {
	if s.sides[0].flags&hasGaps != 0 || s.sides[1].flags&hasGaps != 0 {
		return becauseGaps
	}
	if g := fp.names.agreement(s.agreed); g != nil {
		switch {
		case g.sized:
			return notUnknown
		case g.CompC2S == "zlib" || g.CompS2C == "zlib":
			return becauseCompressed
		}
		return becauseUnknownSuite
	}
	c, v := s.clientSide(), s.serverSide()
	if (c.flags|v.flags)&offerCut != 0 {
		// OpenSSH on both sides: the sizes themselves show what was agreed.
		if c.software1 == openSSH && v.software1 == openSSH {
			return notUnknown
		}
		return becauseCut
	}
	return becauseMidStream
}

// unsized notes when the server first answers, where nothing else can be said.
func (fp *flowPart) unsized(s *session, d uint8, m mark) {
	a := &s.auth
	switch {
	case d == s.client && !a.service.asked.seen():
		a.service.asked, a.service.askedEnd = m, m
	case d != s.client && a.service.asked.seen():
		a.service.done = m
		s.flags |= decided
	}
}

// unit takes a packet or segment of direction d.
func (fp *flowPart) unit(s *session, d uint8, size uint32, m mark, boundary bool) {
	a := &s.auth
	isClient := d == s.client
	if !a.talking || a.speaker != d {
		if a.talking && isClient {
			fp.turn(s, m)
			if s.flags&decided != 0 || a.stage == authDone {
				return
			}
		}
		a.talking, a.speaker, a.n = true, d, 0
		boundary = true
		if isClient {
			a.requestAt = m
		}
	}
	switch {
	case !boundary && a.n > 0:
		a.units[a.n-1].size += size
		a.units[a.n-1].mark = later(a.units[a.n-1].mark, m)
	case a.n == maxUnits:
		a.units[a.n-1] = unit{m, size} // the last is what counts
	default:
		a.units[a.n] = unit{m, size}
		a.n++
	}
	if isClient {
		a.requestEnd, a.requestSize = m, uint16(min(a.units[a.n-1].size, 1<<16-1))
		if a.stage == beforeService {
			a.stage = awaitAccept
			a.service.since, a.service.asked = s.clientSide().newKeys, m
		}
		if a.stage == awaitAccept {
			a.service.askedEnd = m
		}
	}
	if a.sealedBytes >= maxAuthBytes || a.answers >= maxAnswers {
		a.stage, a.why = authUnknown, becauseSizes
		s.flags |= decided
	}
}

func later(a, b mark) mark {
	if b.frame > a.frame {
		return b
	}
	return a
}

// turn judges what the server has said, when the client speaks again at next;
// next is not seen when the connection has ended.
func (fp *flowPart) turn(s *session, next mark) {
	a := &s.auth
	units := a.units[:a.n]
	if !a.talking || a.speaker == s.client || len(units) == 0 {
		return
	}
	if a.stage == awaitAccept {
		var ok bool
		if units, ok = fp.accepted(s, units); !ok {
			a.stage, a.why = authUnknown, becauseSizes
			s.flags |= decided
			return
		}
		if len(units) == 0 {
			a.talking = false
			return
		}
	}
	if a.stage == awaitAuth {
		fp.answer(s, units, next)
	}
	a.talking = false
}

// accepted finds SERVICE_ACCEPT in the server's first burst and returns what
// follows it: answers to requests that came with SERVICE_REQUEST.
func (fp *flowPart) accepted(s *session, units []unit) (rest []unit, ok bool) {
	a := &s.auth
	for i := range units {
		u := &units[i]
		size, more := fp.acceptSize(s, int(u.size))
		if size == 0 {
			continue
		}
		a.stage = awaitAuth
		a.accept, a.answered = u.mark, u.mark
		a.service.done = u.mark
		rest = units[i+1:]
		if more > 0 { // the next answer came in the same segment
			u.size = uint32(more)
			rest = units[i:]
		}
		return rest, true
	}
	return nil, false
}

// answer judges the server's answer to an authentication request.
func (fp *flowPart) answer(s *session, units []unit, next mark) {
	a := &s.auth
	r := round{since: a.answered, asked: a.requestAt, askedEnd: a.requestEnd}
	if a.service.askedEnd.frame == a.requestEnd.frame {
		r.since = a.requestAt // came with SERVICE_REQUEST, and may share its segment
	} else {
		r.key = fp.offersKey(s, int(a.requestSize), fp.clientTook(s, &r) <= promptly)
	}
	for i := range units {
		if fp.isSuccess(s, int(units[i].size)) && fp.followed(s, &units[i], next) {
			r.done, r.kind = units[i].mark, wasSuccess
			fp.round(s, &r)
			a.stage, a.success = authDone, units[i].mark
			a.prompt = next.seen() && fp.soon(s, &units[i].mark, &next)
			a.session[0] = next
			if i+1 < len(units) {
				a.session[1] = units[i+1].mark
				s.flags |= decided
			}
			return
		}
	}
	last := &units[len(units)-1]
	r.done, r.kind = last.mark, wasOther
	size := int(last.size)
	a.lastSize = uint16(min(size, 1<<16-1))
	accepted := r.key && size >= int(a.requestSize)-keyReplyShorter
	signed := a.keyTaken > 0 && int(a.requestSize) >= int(a.keyTaken)+signatureLonger
	a.keyTaken = 0
	switch {
	case signed && next.seen() && fp.canFail(s, size):
		// The key was right, and is not enough. From here on FAILURE lists other
		// methods.
		a.failSize = uint16(size)
		r.kind = wasPartial
	case a.answers == 0 && accepted:
		// A client that does not ask what is allowed.
	case a.answers == 0:
		// To the question what is allowed. A banner may have come with it.
		if fp.canFail(s, size) {
			a.failSize = uint16(size)
		}
		r.kind = wasRefused
	case size == int(a.failSize):
		r.kind = wasRefused
	case a.failSize == 0 && fp.canFail(s, size) && !accepted:
		a.failSize = uint16(size)
		r.kind = wasRefused
	}
	fp.round(s, &r)
	if r.kind == wasRefused && (a.answers > 1 || r.key) {
		fp.refused(s, &r)
	}
	if accepted && r.kind == wasOther {
		a.keyTaken = a.requestSize
	}
	a.lastKind = r.kind
	a.answered = r.done
}

// keyReplyShorter is how much shorter PK_OK is than the request that it answers:
// it repeats the key but not user, service and method.
const keyReplyShorter = 80

// signatureLonger is how much longer a request with a signature is at least than
// the one before it that asked whether the key would do.
const signatureLonger = 64

// round counts a request with its answer.
func (fp *flowPart) round(s *session, r *round) {
	a := &s.auth
	if a.answers++; a.answers == 1 {
		a.first = *r
	}
	client, server := fp.clientTook(s, r), fp.serverTook(s, r)
	a.clientTime += client
	a.serverTime += server
	if r.since.seen() && (!a.longest.done.seen() || client > fp.clientTook(s, &a.longest)) {
		a.longest = *r
	}
	if a.nrounds < maxRounds {
		a.rounds[a.nrounds] = *r
		a.nrounds++
	}
	fp.observe(s, phaseAuthClient, client, r.asked.frame)
	fp.observe(s, phaseAuthServer, server, r.done.frame)
}

// refused counts a refused request.
func (fp *flowPart) refused(s *session, r *round) {
	a := &s.auth
	if took := fp.serverTook(s, r); took >= int64(fp.cfg.FailMin) && took <= int64(fp.cfg.FailMax) {
		a.slowFails++
		a.slowest = max(a.slowest, took)
	}
	if r.key {
		a.refusedKeys++
		return
	}
	a.refusedOther++
	if fp.clientTook(s, r) <= promptly {
		a.promptRefused++
	}
}

// promptly is sooner than anybody types a password.
const promptly = 500e6

// clientTook is the client's time before a request, serverTook the server's
// before its answer.
func (fp *flowPart) clientTook(s *session, r *round) int64 {
	return fp.took(s, s.client, &r.asked, &r.since, nil)
}

func (fp *flowPart) serverTook(s *session, r *round) int64 {
	return fp.took(s, 1-s.client, &r.done, &r.askedEnd, nil)
}
