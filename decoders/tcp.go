package decoders

// tcp reads a TCP header (RFC 9293 3.1). gopacket and others reject a segment
// whose options the snap length cut; its fixed 20 bytes are as good as any.
func (p *Packet) tcp(b []byte, wire uint32) {
	if !p.ports(b, wire) {
		return
	}
	if len(b) < 20 {
		p.cut(b, wire, 20)
		return
	}
	hdr := uint32(b[12]>>4) * 4
	if hdr < 20 || hdr > wire {
		p.fail(BadL4)
		return
	}
	p.Has |= HasTCP | HasPayload
	p.TCP.fixed(b, uint8(hdr))
	have := min(hdr, uint32(len(b)))
	p.TCP.Opt.decode(b[20:have], have < hdr)
	p.Payload = b[have:]
	p.PayloadLen = wire - hdr
}

// ports reads the two port numbers that TCP, UDP, SCTP and others begin with.
func (p *Packet) ports(b []byte, wire uint32) bool {
	if len(b) < 4 {
		p.cut(b, wire, 4)
		return false
	}
	p.Has |= HasPorts
	p.bothPorts(b)
	return true
}

// bothPorts reads the port numbers as one word.
func (p *Packet) bothPorts(b []byte) {
	w := be.Uint32(b)
	p.DstPort, p.SrcPort = uint16(w), uint16(w>>16)
}

// cut sets the reason why a transport header of n bytes is not complete: the
// capture cut it, or the IP packet itself is too short to hold it.
func (p *Packet) cut(b []byte, wire, n uint32) {
	if uint32(len(b)) < wire || wire >= n {
		p.fail(TruncatedL4)
	} else {
		p.fail(BadL4)
	}
}

// fixed reads the 20 bytes that every TCP header has.
func (t *TCP) fixed(b []byte, hdr uint8) {
	_ = b[19]
	t.Seq = be.Uint32(b[4:])
	t.Ack = be.Uint32(b[8:])
	w := be.Uint32(b[14:])
	t.Checksum, t.Window = uint16(w), uint16(w>>16)
	t.Urgent = be.Uint16(b[18:])
	t.Flags = b[13]
	t.HdrLen = hdr
}

// TCP option kinds (IANA).
const (
	optEnd        = 0
	optNOP        = 1
	optMSS        = 2
	optWScale     = 3
	optSACKOK     = 4
	optSACK       = 5
	optTimestamps = 8
	optFastOpen   = 34
	optExperiment = 254 // RFC 6994; magic F989 is fast open
)

// decode reads the option list in b (RFC 9293 3.1); cut says that the capture
// ended before the list did. An option with an impossible length ends the
// reading with OptCut; one with the wrong length for its kind is passed over.
func (o *TCPOptions) decode(b []byte, cut bool) {
	switch {
	case cut:
		o.list(b, cut)
	case timestampsAlone(b):
		o.timestamps(b)
	default:
		o.others(b)
	}
}

// others reads the whole option list b where it is not that of timestampsAlone.
func (o *TCPOptions) others(b []byte) {
	if len(b) == 20 && o.linuxSYN((*[20]byte)(b)) {
		return
	}
	o.list(b, false)
}

// linuxSYN reads the list of most SYNs and their answers, in the order in which
// Linux and Android write it: MSS, SACK permitted, timestamps, NOP, window scale.
// It reports false, with nothing read, for any other.
func (o *TCPOptions) linuxSYN(b *[20]byte) bool {
	const (
		mss        = optMSS<<8 | 4
		sackAndTS  = optSACKOK<<24 | 2<<16 | optTimestamps<<8 | 10
		nopAndWind = optNOP<<16 | optWScale<<8 | 3
	)
	if be.Uint16(b[:]) != mss || be.Uint32(b[4:]) != sackAndTS || be.Uint32(b[16:])>>8 != nopAndWind {
		return false
	}
	o.Has = OptMSS | OptSACKPermitted | OptTimestamps | OptWScale
	o.MSS = be.Uint16(b[2:])
	o.TSVal, o.TSEcr = be.Uint32(b[8:]), be.Uint32(b[12:])
	o.WScale = min(b[19], 14)
	return true
}

// timestampsAlone reports whether the option list b is NOP NOP timestamps, as
// that of nearly every segment of an established connection (RFC 7323 appendix A).
func timestampsAlone(b []byte) bool { return len(b) == 12 && be.Uint32(b) == 0x0101080a }

// timestamps reads such a list.
func (o *TCPOptions) timestamps(b []byte) {
	_ = b[11]
	o.Has = OptTimestamps
	o.TSVal, o.TSEcr = be.Uint32(b[4:]), be.Uint32(b[8:])
}

// list reads any list, option by option.
func (o *TCPOptions) list(b []byte, cut bool) {
	o.Has = 0
	if cut {
		o.Has = OptCut
	}
	for len(b) > 0 {
		switch b[0] {
		case optEnd:
			o.Has &^= OptCut // what was cut is padding
			return
		case optNOP:
			b = b[1:]
			continue
		}
		if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
			o.Has |= OptCut
			return
		}
		n := int(b[1])
		o.option(b[0], b[2:n])
		b = b[n:]
	}
}

// option reads one option's value.
func (o *TCPOptions) option(kind byte, v []byte) {
	switch kind {
	case optMSS:
		if len(v) == 2 {
			o.Has |= OptMSS
			o.MSS = be.Uint16(v)
		}
	case optWScale:
		if len(v) == 1 {
			o.Has |= OptWScale
			o.WScale = min(v[0], 14)
		}
	case optSACKOK:
		if len(v) == 0 {
			o.Has |= OptSACKPermitted
		}
	case optSACK:
		if len(v) == 0 || len(v)%8 != 0 || len(v) > 8*len(o.SACK) {
			return
		}
		o.Has |= OptSACK
		o.NSACK = uint8(len(v) / 8)
		for i := range o.NSACK {
			o.SACK[i] = [2]uint32{be.Uint32(v[8*i:]), be.Uint32(v[8*i+4:])}
		}
	case optTimestamps:
		if len(v) == 8 {
			o.Has |= OptTimestamps
			o.TSVal, o.TSEcr = be.Uint32(v), be.Uint32(v[4:])
		}
	case optFastOpen:
		o.Has |= OptFastOpen
	case optExperiment:
		if len(v) >= 2 && be.Uint16(v) == 0xf989 {
			o.Has |= OptFastOpen
		}
	}
}
