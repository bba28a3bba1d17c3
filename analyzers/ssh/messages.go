package ssh

import (
	"bytes"
	"crypto/sha256"

	"pcaptriage/decoders/sshwire"
	"pcaptriage/decoders/stream"
)

// messages is the flow part as the handler of what sshwire finds.
type messages flowPart

// Version implements sshwire.Handler.
func (h *messages) Version(v *sshwire.Version, at sshwire.Span) {
	fp, s, d := (*flowPart)(h), h.cur.s, h.cur.dir
	e := &s.sides[d]
	if e.version.seen() {
		return
	}
	e.version = s.mark(d, at.Last)
	// "OpenSSH_9.2p1 Debian-2+deb12u10": software and comments.
	text := v.Raw
	if i := len(text) - len(v.Software) - len(v.Comments) - 1; len(v.Comments) > 0 && i >= 0 {
		text = text[i:]
	} else if len(v.Software) > 0 {
		text = v.Software
	}
	e.software = fp.names.of(text)
	e.software1 = softwareOf(v.Software)
}

// softwareOf recognises the implementations that matter.
func softwareOf(b []byte) software {
	has := func(name string) bool { return bytes.Contains(b, []byte(name)) }
	switch {
	case has("keyscan"), has("Nmap"), has("ssh-audit"), has("zgrab"), has("ZGrab"):
		return scanner
	case bytes.HasPrefix(b, []byte("OpenSSH")):
		return openSSH
	case bytes.HasPrefix(b, []byte("dropbear")):
		return dropbear
	}
	return otherSoftware
}

// Line implements sshwire.Handler.
func (h *messages) Line(text []byte, at sshwire.Span) {
	fp, s, d := (*flowPart)(h), h.cur.s, h.cur.dir
	e := &s.sides[d]
	if e.version.seen() {
		if e.after == 0 {
			e.after = fp.names.of(text)
		}
		return
	}
	e.lineLast = s.mark(d, at.Last)
	if e.lines++; e.lines == 1 {
		e.lineFirst = e.lineLast
		e.line = fp.names.of(text)
	}
}

// Packet implements sshwire.Handler.
func (h *messages) Packet(p *sshwire.Packet) {
	fp, s, d := (*flowPart)(h), h.cur.s, h.cur.dir
	e := &s.sides[d]
	m := s.mark(d, p.Last)
	switch {
	case p.SSH1 || p.Unfinished:
	case p.Type == sshwire.MsgKexInit:
		if !e.kexInit.seen() {
			e.kexInit = m
			fp.offered(s, d, p.Payload)
		}
	case p.Type == sshwire.MsgNewKeys:
		e.newKeys = m
		if d == s.client {
			// The server's came before, even where the capture cut it off.
			s.serverSide().parser.SetEncrypted()
		}
	case p.Type == sshwire.MsgDisconnect:
		e.flags |= disconnected
		if x, ok := sshwire.ParseDisconnect(p.Payload); ok {
			e.reason, e.said = x.Reason, fp.names.of(x.Description)
		}
	case p.Type >= sshwire.MsgKexFirst && p.Type < sshwire.MsgKexFirst+kexMessages:
		e.kex[p.Type-sshwire.MsgKexFirst] = m
		fp.exchanged(s, d, p)
	}
}

// offered takes a KEXINIT.
func (fp *flowPart) offered(s *session, d uint8, payload []byte) {
	e := &s.sides[d]
	id, cut := fp.names.offerOf(payload)
	if cut {
		e.flags |= offerCut
	}
	if e.offer = id; id == 0 {
		return
	}
	if r := fp.names.offer(id).Role(); r != sshwire.RoleUnknown {
		s.client = d
		if r == sshwire.Server {
			s.client = 1 - d
		}
		s.flags |= roleKnown
	}
	s.agreed = fp.names.agree(s.clientSide().offer, s.serverSide().offer)
}

// exchanged takes a key exchange message.
func (fp *flowPart) exchanged(s *session, d uint8, p *sshwire.Packet) {
	kind := sshwire.KexUnknown
	if a := fp.names.agreement(s.agreed); a != nil {
		kind = a.kind
	}
	if s.flags&roleKnown == 0 {
		fp.assign(s, d, p.Type, kind)
	}
	if kind == sshwire.KexGEX && p.Type == sshwire.MsgKexFirst+1 {
		s.sides[d].group = uint32(sshwire.GroupBits(p.Payload))
	}
	if d == s.client {
		return
	}
	if kind == sshwire.KexUnknown {
		kind = replyKind(p)
	}
	if blob := sshwire.HostKeyBlob(p.Payload, kind); blob != nil {
		s.hostKey = sha256.Sum256(blob)
		s.flags |= hasKey
		s.keyType = fp.names.of(keyType(blob))
	}
}

// replyKind is a family of methods that has the host key where p must have it,
// for when the KEXINITs are not there.
func replyKind(p *sshwire.Packet) sshwire.KexKind {
	if p.Type == sshwire.MsgKexFirst+3 {
		return sshwire.KexGEX
	}
	return sshwire.KexECDH
}

// keyType is the algorithm's name in a public key, which HostKeyBlob has checked.
func keyType(blob []byte) []byte {
	n := int(blob[2])<<8 | int(blob[3])
	return blob[4 : 4+n]
}

// assign finds out who the client is from a key exchange message: in reverse SSH
// the TCP connection's server is the client.
func (fp *flowPart) assign(s *session, d, typ uint8, kind sshwire.KexKind) {
	role := sshwire.SenderRole(typ, kind)
	if kind == sshwire.KexUnknown && (typ == sshwire.MsgKexFirst || typ == sshwire.MsgKexFirst+4) && !s.sides[1-d].kex[0].seen() {
		role = sshwire.Client
	}
	if role == sshwire.RoleUnknown {
		return
	}
	s.flags |= roleKnown
	was := s.client
	s.client = d
	if role == sshwire.Server {
		s.client = 1 - d
	}
	if s.client != was {
		s.agreed = fp.names.agree(s.clientSide().offer, s.serverSide().offer)
	}
}

// Encrypted implements sshwire.Handler.
func (h *messages) Encrypted(b []byte, n uint64, at stream.Mark, boundary bool) {
	fp, s, d := (*flowPart)(h), h.cur.s, h.cur.dir
	e := &s.sides[d]
	m := s.mark(d, at)
	if !e.encrypted.seen() {
		e.encrypted = m
	}
	if s.flags&decided == 0 {
		fp.sealed(s, d, b, n, m, boundary)
	}
}

// Fault implements sshwire.Handler.
func (h *messages) Fault(f sshwire.Fault, _ stream.Mark) {
	e := &h.cur.s.sides[h.cur.dir]
	if e.fault == 0 {
		e.fault = f
	}
}

// discard is a handler for sessions that are given up.
type discard struct{}

func (discard) Version(*sshwire.Version, sshwire.Span)      {}
func (discard) Line([]byte, sshwire.Span)                   {}
func (discard) Packet(*sshwire.Packet)                      {}
func (discard) Encrypted([]byte, uint64, stream.Mark, bool) {}
func (discard) Fault(sshwire.Fault, stream.Mark)            {}
