package sshwire

import "encoding/binary"

// header is the beginning of a binary packet (RFC 4253 6): length, padding
// length, and the first byte of the payload, which is the message type.
type header struct {
	length uint32
	pad    uint8
	typ    uint8
	ssh1   bool
}

const headerLen = 6

// readHeader reads an SSH-2 packet's header; false: too few bytes.
func readHeader(b []byte) (h header, ok bool) {
	if len(b) < headerLen {
		return h, false
	}
	return header{length: binary.BigEndian.Uint32(b), pad: b[4], typ: b[5]}, true
}

// check returns what is wrong with h, 0 if nothing.
func (h *header) check() Fault {
	switch {
	case h.length < MinLength || h.length > MaxLength:
		return FaultLength
	case h.pad < MinPad || uint32(h.pad)+1 >= h.length:
		return FaultPadding
	}
	return 0
}

// likely reports whether the message type belongs into the key exchange and the
// packet is padded as it has to be before there is a cipher.
func (h *header) likely() bool {
	return (4+h.length)%8 == 0 &&
		(h.typ >= MsgKexInit && h.typ <= maxKexType || h.typ >= MsgDisconnect && h.typ <= MsgDebug)
}

// certain reports whether h is good enough without an identification string:
// other protocols begin with a small 32-bit length too.
func (h *header) certain() bool {
	return h.likely() && h.typ >= MsgKexInit && h.typ <= maxKexType
}

// maxKexType is the highest message type that any key exchange uses (GSS).
const maxKexType = 41

// readPlain reads packets in clear, and the lines of text that some servers send
// in their place.
func (d *Decoder) readPlain(p, peer *Parser, in *input, h Handler) {
	if p.inPacket {
		d.readBody(p, in, h)
		return
	}
	if !p.open && isPrintable(in.b[0]) {
		// As a length this would exceed 500 million.
		p.inLine = true
	}
	if p.inLine {
		if !d.readLine(p, in, h) {
			d.fail(p, in, FaultLength, h)
		}
		return
	}
	d.readHead(p, peer, in, h)
}

func isPrintable(c byte) bool { return ' ' <= c && c <= '~' }

// readHead reads a packet's header, which may come in pieces.
func (d *Decoder) readHead(p, peer *Parser, in *input, h Handler) {
	p.start(in)
	b := in.b
	if p.held > 0 {
		b, _ = d.scratch.Bytes(p.note)
	}
	hd, need := p.header(peer, b)
	for need > len(b) {
		n := len(in.b)
		if p.held > 0 {
			n = min(n, need-len(b)) // no more: a packet may be hardly longer
		}
		if n == 0 || !d.keep(p, in, n, h) {
			return
		}
		b, _ = d.scratch.Bytes(p.note)
		hd, need = p.header(peer, b)
	}
	f := hd.fault()
	if f == 0 && p.version == NoProtocol && !hd.certain() {
		f = FaultNotSSH
	}
	if f != 0 {
		d.fail(p, in, f, h)
		return
	}
	p.head = hd
	p.inPacket = true
	p.remain = hd.wire() - p.held
	d.packetDone(p, h)
}

// header reads the header in b by the protocol that holds; need is how many
// bytes it takes.
func (p *Parser) header(peer *Parser, b []byte) (h header, need int) {
	if p.isSSH1(peer) {
		return readHeader1(b)
	}
	h, _ = readHeader(b)
	unsure := p.version == SSH199 && (peer == nil || peer.version == NoProtocol)
	if len(b) >= headerLen && unsure && !(h.check() == 0 && h.likely()) {
		// The other side is not in the capture: it may be SSH-1 after all.
		if h1, need := readHeader1(b); need > len(b) || h1.fault() == 0 {
			return h1, need
		}
	}
	return h, headerLen
}

// isSSH1 reports whether the packets must be those of SSH-1.
func (p *Parser) isSSH1(peer *Parser) bool {
	return p.version == SSH1 || p.version == SSH199 && peer != nil && peer.version == SSH1
}

// fault returns what is wrong with h, 0 if nothing.
func (h *header) fault() Fault {
	if h.ssh1 {
		if h.length < ssh1MinLength || h.length > MaxLength1 {
			return FaultLength
		}
		return 0
	}
	return h.check()
}

// wire is the whole packet's size.
func (h *header) wire() uint32 {
	if h.ssh1 {
		return 4 + uint32(h.pad) + h.length
	}
	return 4 + h.length
}

// readBody reads the rest of a packet. One that lies wholly in the input is not
// copied.
func (d *Decoder) readBody(p *Parser, in *input, h Handler) {
	n := int(min(uint32(len(in.b)), p.remain))
	if p.held == 0 && uint32(n) == p.remain && !p.part {
		b := in.b[:n]
		p.take(in, n)
		p.remain = 0
		d.report(p, b, false, h)
		return
	}
	p.remain -= uint32(n)
	if p.part || int(p.held)+n > maxKept {
		p.take(in, n) // behind a hole: of no use; SSH-1: too large to keep
		p.part = true
	} else if !d.keep(p, in, n, h) {
		return
	}
	d.packetDone(p, h)
}

// maxKept is how much of a packet is kept.
const maxKept = 4 + MaxLength

// packetDone reports the packet under way if all of it has come.
func (d *Decoder) packetDone(p *Parser, h Handler) {
	if p.remain > 0 {
		return
	}
	b, _ := d.scratch.Bytes(p.note)
	d.report(p, b, false, h)
}

// report hands the packet, of which b is there, to h and goes to what follows.
func (d *Decoder) report(p *Parser, b []byte, unfinished bool, h Handler) {
	hd := p.head
	d.packet = Packet{Span: Span{p.begin, p.last}, Type: hd.typ, SSH1: hd.ssh1, Index: p.packets,
		Length: hd.length, Pad: hd.pad, Cut: p.cut, Unfinished: unfinished}
	pk := &d.packet
	skip := 5
	if hd.ssh1 {
		skip = 4 + int(hd.pad)
	}
	if len(b) > skip {
		pk.Payload = b[skip:]
		pk.Payload = pk.Payload[:min(len(pk.Payload), pk.PayloadLen())]
	}
	p.packets++
	if !unfinished && (hd.ssh1 && (hd.typ == Msg1PublicKey || hd.typ == Msg1SessionKey) || !hd.ssh1 && hd.typ == MsgNewKeys) {
		p.phase = Encrypted
	}
	h.Packet(pk)
	d.drop(p)
}

// fail gives up on the place that the parser is at.
func (d *Decoder) fail(p *Parser, in *input, f Fault, h Handler) {
	at := p.begin
	if p.version == NoProtocol && p.packets == 0 {
		f = FaultNotSSH
	}
	d.drop(p)
	p.phase = Lost
	in.skip(len(in.b))
	h.Fault(f, at)
}
