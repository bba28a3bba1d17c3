package excerpt

import "pcaptriage/decoders"

// handshake collects the frames that open the latest connection of a flow: of
// TCP the SYNs, SYN-ACKs and the first segment without SYN (RFC 9293 3.5), of
// SCTP the chunks from INIT to COOKIE ACK (RFC 9260 5.1).
type handshake struct {
	frames []decoders.FrameRef
	isn    uint32
	done   bool
}

// maxHandshake bounds the frames of one: repeated SYNs and copies count too.
const maxHandshake = 12

// see looks at a packet of the flow.
func (h *handshake) see(p *decoders.Packet) {
	opens, part, closes := false, false, false
	var isn uint32
	switch {
	case p.Has&decoders.HasTCP != 0:
		syn, ack := p.TCP.Flags&decoders.SYN != 0, p.TCP.Flags&decoders.ACK != 0
		opens, isn = syn && !ack, p.TCP.Seq
		part = syn || ack
		closes = !syn
	case p.Has&decoders.HasSCTP != 0 && len(p.Payload) > 0:
		const initChunk, initAck, cookieEcho, cookieAck = 1, 2, 10, 11
		switch p.Payload[0] {
		case initChunk:
			opens, part = true, true
		case initAck, cookieEcho:
			part = true
		case cookieAck:
			part, closes = true, true
		}
	}
	if opens && (len(h.frames) == 0 || h.done || isn != h.isn) {
		h.frames, h.isn, h.done = h.frames[:0], isn, false
	}
	if h.done || !part || !opens && len(h.frames) == 0 || len(h.frames) == maxHandshake {
		return
	}
	h.frames = append(h.frames, p.Ref())
	h.done = closes
}
