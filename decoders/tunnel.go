package decoders

// domainShift puts the tunnel kind into the uppermost four bits of a domain,
// out of the way of the VLAN id that the tracker may add (FlowKey.Domain).
const domainShift = 60

// MakeDomain is the Packet.Domain of a virtual network: the tunnel kind in the
// upper four bits, its number below. VXLAN and Geneve are told apart by VNI.
// For GTP-U the number is 0: the two directions of a session have different
// TEIDs, which only the control plane pairs.
func MakeDomain(kind TunnelKind, vni uint32) uint64 {
	return uint64(kind)<<domainShift | uint64(vni)
}

// enter decodes b, of the given payload type (see etherType), as the inside of
// a tunnel whose outer packet p holds, and reports whether there is an IP packet
// in it. If there is none, p is the outer packet again, and why says what
// stopped the decoder: Decoded when it was simply not IP. At the depth limit
// the outer packet stays, marked TooDeep.
func (p *Packet) enter(kind TunnelKind, id uint32, payload uint32, b []byte, wire uint32) (found bool, why Undecoded) {
	if p.NTunnel == MaxTunnel {
		p.fail(TooDeep)
		return false, TooDeep
	}
	outer := *p
	hop := TunnelHop{ID: id, Kind: kind}
	if p.Has&HasIP != 0 { // PPPoE has no addresses of its own
		hop.Src, hop.Dst = p.Src, p.Dst
	}
	p.TunnelHops[p.NTunnel] = hop
	p.NTunnel++
	p.Has = p.Has&^ipLevel | HasTunnel
	switch kind {
	case TunnelVXLAN, TunnelGeneve:
		p.Domain = MakeDomain(kind, id)
		p.Has |= HasDomain
	case TunnelGTPU:
		p.Domain = MakeDomain(kind, 0)
		p.Has |= HasDomain
	}
	p.etherType(payload, b, wire)
	if p.Has&HasIP != 0 {
		return true, p.Fail
	}
	why = p.Fail
	*p = outer
	return false, why
}

// enterGuess is enter for a tunnel that only a port number suggests: b must
// hold a packet that fits, or p stays what it is.
func (p *Packet) enterGuess(kind TunnelKind, id uint32, payload uint32, b []byte, wire uint32) bool {
	strict := p.state.strict
	p.state.strict = true
	found, _ := p.enter(kind, id, payload, b, wire)
	if !found {
		p.state.strict = strict
	}
	return found
}

// enterNamed is enter for a tunnel that the IP header names: when its inside
// is cut or broken, that is worth telling.
func (p *Packet) enterNamed(kind TunnelKind, id uint32, payload uint32, b []byte, wire uint32) {
	if found, why := p.enter(kind, id, payload, b, wire); !found {
		switch why {
		case TruncatedLink, TruncatedIP, BadIP, TooDeep:
			p.fail(why)
		}
	}
}

// enterLink is enter for a tunnel without an outer IP packet.
func (p *Packet) enterLink(kind TunnelKind, id uint32, payload uint32, b []byte, wire uint32) {
	if found, why := p.enter(kind, id, payload, b, wire); !found {
		if why == Decoded {
			p.nonIP()
		} else {
			p.fail(why)
		}
	}
}

// tunnel follows the IP protocols that carry packets. What is no tunnel, or
// not followed (ESP), is decoded as far as its IP header goes.
func (p *Packet) tunnel(proto uint8, b []byte, wire uint32) {
	switch proto {
	case ProtoIPv4:
		kind := TunnelIPIP
		if p.IPVersion == 6 {
			kind = TunnelIPv6
		}
		p.enterNamed(kind, 0, etherIPv4, b, wire)
	case ProtoIPv6:
		kind := TunnelSixIn4
		if p.IPVersion == 6 {
			kind = TunnelIPv6
		}
		p.enterNamed(kind, 0, etherIPv6, b, wire)
	case ProtoGRE:
		p.gre(b, wire)
	case protoEtherIP:
		if len(b) >= 2 && b[0] == 0x30 && b[1] == 0 { // RFC 3378 2
			p.enterNamed(TunnelEtherIP, 0, etherTEB, b[2:], wire-2)
		}
	case ProtoL2TP:
		p.l2tpIP(b, wire)
	case protoMPLS:
		p.enterNamed(TunnelMPLS, 0, etherMPLS, b, wire)
	case protoEthernet:
		p.enterNamed(TunnelEtherIP, 0, etherTEB, b, wire)
	}
}

const (
	protoEtherIP  = 97
	protoMPLS     = 137
	protoEthernet = 143
)
