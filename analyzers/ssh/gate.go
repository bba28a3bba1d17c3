package ssh

import (
	"bytes"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
	"pcaptriage/decoders/sshwire"
)

const (
	sshPort = 22
	// bannerWithin is how far into a direction the identification string may
	// begin: OpenSSH reads 8 KiB of text before it.
	bannerWithin = analyzers.EarlyBytes
)

// mayOpen reports false for nearly every segment for which opens would, with
// less effort: it runs for every early payload of every connection.
func mayOpen(p *decoders.Packet) bool {
	if p.Seg.Payload == 0 {
		return p.TCP.Flags&(decoders.FIN|decoders.RST) != 0
	}
	return p.Seg.Ahead == 0 || len(p.Payload) > 0 && p.Payload[0]|0x20 == 's'
}

// opens decides whether p is where the session of a flow without state begins.
func opens(p *decoders.Packet, f *flow.Flow) (open, forPort bool) {
	d := p.Seg.Dir
	if p.Seg.Payload > 0 {
		if p.Seg.Ahead > bannerWithin || p.Seg.Is(decoders.ClassKeepAlive) {
			return false, false
		}
		b := p.Payload
		if p.Has&decoders.HasPayload == 0 {
			b = nil
		}
		if len(b) >= 4 && b[0]|0x20 == 's' && sshwire.IsVersion(b) {
			return true, false
		}
		if p.Seg.Ahead > 0 {
			return false, false
		}
		// The first payload of its direction.
		if len(b) > 0 && b[0] != 0 && behindText(b) {
			return true, false
		}
		if looksLikeKex(b) && f.Dir[d].Has&flow.HasISN == 0 {
			return true, false
		}
		if isSSHPort(f) && f.Dir[1-d].Payload == 0 && begins(p, f) {
			return true, true
		}
		return false, false
	}
	// The server closes first, and without a word.
	return f.Dir[1-d].Has&(flow.HasFIN|flow.SentRST) == 0 && p.TCP.Flags&(decoders.FIN|decoders.RST) != 0 && d == f.Server() && isSSHPort(f) &&
		f.Flags&(flow.SawSYN|flow.Established) == flow.SawSYN|flow.Established && f.Dir[d].Payload == 0, true
}

// behindText reports whether b has an identification string behind lines of
// text ("\nSSH-"). Of its bytes, H is the rarest in text.
func behindText(b []byte) bool {
	for {
		i := bytes.IndexByte(b, 'H')
		if i < 0 {
			return false
		}
		if i >= 3 && i+1 < len(b) && b[i+1] == '-' && b[i-1] == 'S' && b[i-2] == 'S' && b[i-3] == '\n' {
			return true
		}
		b = b[i+1:]
	}
}

// isSSHPort reports whether the server's port is SSH's.
func isSSHPort(f *flow.Flow) bool {
	_, port := f.Endpoint(f.Server())
	return port == sshPort
}

// begins reports whether p's payload is the first that its side sent.
func begins(p *decoders.Packet, f *flow.Flow) bool {
	h := &f.Dir[p.Seg.Dir]
	return h.Has&flow.HasISN != 0 && p.TCP.Seq == h.ISN+1
}

// looksLikeKex reports whether b begins with a binary packet of the key exchange
// (RFC 4253 6): where a capture begins between banners and NEWKEYS.
func looksLikeKex(b []byte) bool {
	if len(b) < 6 || b[0] != 0 || b[1] != 0 {
		return false
	}
	length, pad, typ := uint32(b[2])<<8|uint32(b[3]), uint32(b[4]), b[5]
	return length >= sshwire.MinLength && length <= sshwire.MaxLength && (4+length)%8 == 0 &&
		pad >= sshwire.MinPad && pad+1 < length && typ >= sshwire.MsgKexInit && typ <= 41
}

// open gives f a session; nil when it is not to have one.
func (fp *flowPart) open(p *decoders.Packet, f *flow.Flow, out *analyzers.Out) *session {
	yes, forPort := opens(p, f)
	if !yes {
		return nil
	}
	if fp.sessions.full() {
		fp.evict()
	}
	c := fp.store.New(f)
	c.h = fp.sessions.take()
	s := fp.sessions.at(c.h)
	c.gen = s.gen
	s.client = f.Client
	s.begun = p.Clock
	if forPort {
		s.flags |= portOnly
	}
	if f.Flags&flow.SawSYN != 0 {
		s.flags |= fromSYN
	}
	for d := range uint8(2) {
		s.sides[d].near = -1
		if half := &f.Dir[d]; half.Has&flow.HasISN != 0 && (half.Payload == 0 || d == p.Seg.Dir && half.Payload == uint64(p.Seg.Payload)) {
			fp.startAt(s, d, half.ISN, p)
		}
	}
	fp.enter(s, f, out)
	return s
}
