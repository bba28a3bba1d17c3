package ssh

import (
	"encoding/binary"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// Kinds of events. Src is the client, Dst the server, unless said otherwise.
const (
	// evEnter, evLeave: a connection begins, and ends to wait for authentication.
	evEnter uint8 = iota + 1
	evLeave
	// evLoad asks how many connections of the server wait. Its Frame names the
	// answer.
	evLoad
	// evGap asks whether the server's host waited for DNS. V: begin and end of
	// the gap. Its Frame names the answer.
	evGap
	// evSession: a session is over. N: refused guesses. V: when it ended, refused
	// keys, -, frame of the last packet. Time: when it began.
	evSession
	// evHostKey: V: SHA-256 of the key. N: index in keyTypes. Frame: the reply.
	evHostKey
	// evGrace: the server closed while it waited for the client. V: age of the
	// connection, its first frame, frame of the server's last message, time of that.
	evGrace
	// evPTR: Src asks a name server for the name of Dst. N: hash of server and id.
	evPTR
	// evPTRAnswer: Src got an answer about Dst.
	evPTRAnswer
)

// Flags of events.
const (
	flagFailed  uint16 = 1 << iota // evSession: something was refused, and nothing accepted
	flagGuessed                    // evSession: ... that was no offered key, and all of these came promptly
	flagLooked                     // evSession: the client left before it could log in
	flagSuccess                    // evSession
	flagSilent                     // evGrace: the client never said anything
)

// event begins an event about a session.
func (s *session) event(kind uint8, f *flow.Flow) (e analyzers.Event) {
	e.Kind = kind
	e.Src, e.SPort = f.Endpoint(s.client)
	e.Dst, e.DPort = f.Endpoint(1 - s.client)
	e.TunnelID = f.TunnelID
	return e
}

// enter tells that a connection waits for authentication.
func (fp *flowPart) enter(s *session, f *flow.Flow, out *analyzers.Out) {
	e := s.event(evEnter, f)
	e.Time, e.Frame = s.begun, f.FirstFrame
	s.flags |= entered
	s.enterDir = s.client
	out.Emit(&e)
}

// leave tells that it no longer does.
func (fp *flowPart) leave(s *session, at int64, frame decoders.FrameRef, out *analyzers.Out) {
	if s.flags&entered == 0 || out == nil {
		return
	}
	s.flags &^= entered
	client := s.client
	s.client = s.enterDir
	e := s.event(evLeave, fp.cur.f)
	s.client = client
	e.Time, e.Frame = at, frame
	out.Emit(&e)
}

// askLoad asks for the number of other connections that the server was busy
// with when it closed this one.
func (fp *flowPart) askLoad(s *session, out *analyzers.Out) {
	e := s.event(evLoad, fp.cur.f)
	e.Time, e.Frame = s.closed.time, s.closed.frame
	out.Emit(&e)
}

// askDNS asks whether the server's host waited for the client's name.
func (fp *flowPart) askDNS(s *session, from, to *mark) {
	e := s.event(evGap, fp.cur.f)
	e.Time, e.Frame = to.time, to.frame
	e.V = [4]int64{from.time, to.time}
	fp.cur.out.Emit(&e)
}

// keyTypes are the host key types that events tell apart; 0 is for all others.
// Certificates are left out: they may be renewed.
var keyTypes = [...]string{"", "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
	"ssh-dss", "ssh-ed448", "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"}

// reportKey tells of the server's host key.
func (fp *flowPart) reportKey(s *session, f *flow.Flow, out *analyzers.Out) {
	if s.flags&hasKey == 0 {
		return
	}
	e := s.event(evHostKey, f)
	name := fp.names.text(s.keyType)
	for i := 1; i < len(keyTypes); i++ {
		if keyTypes[i] == name {
			e.N = uint32(i)
		}
	}
	reply := s.reply(fp)
	if e.N == 0 || !reply.seen() {
		return
	}
	e.Time, e.Frame = reply.time, reply.frame
	for i := range e.V {
		e.V[i] = int64(binary.BigEndian.Uint64(s.hostKey[8*i:]))
	}
	out.Emit(&e)
}

// reportSession tells what became of a session.
func (fp *flowPart) reportSession(s *session, f *flow.Flow, end *ending, at int64, out *analyzers.Out) {
	a := &s.auth
	e := s.event(evSession, f)
	e.Time, e.Frame, e.N = s.start(f), f.FirstFrame, uint32(a.refusedOther)
	e.V = [4]int64{s.lastData, int64(a.refusedKeys), 0, int64(a.answered.frame)}
	set := func(is bool, bit uint16) {
		if is {
			e.Flags |= bit
		}
	}
	success := end.outcome == outSuccess
	set(success, flagSuccess)
	set(!success && a.refusedKeys+a.refusedOther > 0, flagFailed)
	// With keyboard-interactive the request itself comes promptly, and the question
	// that answers it can have the size of a refusal; what is typed then tells that
	// there is a person.
	set(!success && a.promptRefused > 0 && a.promptRefused == a.refusedOther, flagGuessed)
	set(end.outcome == outBannerOnly || end.outcome == outKexOnly, flagLooked)
	out.Emit(&e)
}

// start is when the connection began, as far as it is in the capture.
func (s *session) start(f *flow.Flow) int64 {
	if f.SYNTime != 0 {
		return f.SYNTime
	}
	return s.begun
}

// reportGrace tells that the server closed while it waited for the client.
func (fp *flowPart) reportGrace(s *session, f *flow.Flow, end *ending, out *analyzers.Out) {
	if f.AckTime == 0 {
		return
	}
	e := s.event(evGrace, f)
	e.Time, e.Frame = s.closed.time, s.closed.frame
	e.V = [4]int64{s.closed.time - f.AckTime, int64(f.FirstFrame), int64(end.since.frame), end.since.time}
	if end.outcome == outClientSilent {
		e.Flags |= flagSilent
	}
	out.Emit(&e)
}
