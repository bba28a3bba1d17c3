package decoders

// EtherTypes (IEEE registration authority, IANA) that lead to IP.
const (
	etherIPv4       = 0x0800
	etherIPv6       = 0x86dd
	etherVLAN       = 0x8100 // 802.1Q
	etherQinQ       = 0x88a8 // 802.1ad
	etherVLAN9100   = 0x9100 // tags in use before 802.1ad
	etherVLAN9200   = 0x9200
	etherVLAN9300   = 0x9300
	etherMPLS       = 0x8847
	etherMPLSMcast  = 0x8848
	etherPPPoED     = 0x8863
	etherPPPoES     = 0x8864
	etherPBB        = 0x88e7 // 802.1ah
	etherMACsec     = 0x88e5
	etherFabricPath = 0x8903
	etherCMD        = 0x8909 // Cisco metadata
	etherTRILL      = 0x22f3
	etherTEB        = 0x6558 // transparent Ethernet bridging (GRE, Geneve)
	etherPPP        = 0x880b
	etherNSH        = 0x894f
	etherETag       = 0x893f // 802.1BR
	etherVNTag      = 0x8926
	etherRTag       = 0xf1c1 // 802.1CB
	etherHSR        = 0x892f
	etherEDSA       = 0xdada
	etherJumboLLC   = 0x8870
	etherMaxLength  = 1500 // up to here the field is an 802.3 length
	etherMin        = 0x0600
	payloadIP       = 0x10000 // not an EtherType: IP, version by its first bits
	payloadWLAN     = 0x10001 // not an EtherType: an 802.11 frame
)

// etherType decodes b as what the EtherType t says, or one of the payload
// values that are none. Tags are peeled off in a loop; everything else ends it.
func (p *Packet) etherType(t uint32, b []byte, wire uint32) {
	for p.nested() {
		var n uint32 // tag before the next type field
		switch t {
		case etherIPv4, etherIPv6, payloadIP: // the packet's own version counts
			p.ip(b, wire)
			return
		case payloadWLAN:
			p.wlan(b, wire, false)
			return
		case etherTEB:
			p.ethernet(b, wire)
			return
		case etherMPLS, etherMPLSMcast:
			p.mpls(b, wire)
			return
		case etherPPPoES:
			p.pppoe(b, wire)
			return
		case etherPPP:
			p.ppp(b, wire)
			return
		case etherPBB: // I-TAG, then a customer frame
			p.skipToEthernet(b, wire, 4)
			return
		case etherFabricPath:
			p.skipToEthernet(b, wire, 2)
			return
		case etherTRILL:
			p.trill(b, wire)
			return
		case etherNSH:
			p.nsh(b, wire)
			return
		case etherMACsec:
			if n = p.macsec(b); n == 0 {
				return
			}
		case etherJumboLLC:
			p.llc(b, wire, 0)
			return
		case etherVLAN, etherQinQ, etherVLAN9100, etherVLAN9200, etherVLAN9300:
			n = 2
			p.vlan(b)
		case etherHSR, etherVNTag, etherRTag:
			n = 4
		case etherETag, etherCMD, etherEDSA:
			n = 6
		default:
			p.otherType(t, b, wire)
			return
		}
		if uint32(len(b)) < n+2 {
			p.fail(TruncatedLink)
			return
		}
		t = uint32(be.Uint16(b[n:]))
		b, wire = b[n+2:], wire-n-2
	}
}

// otherType is for type fields that are lengths, or name no carrier of IP.
func (p *Packet) otherType(t uint32, b []byte, wire uint32) {
	switch {
	case t <= etherMaxLength:
		b, wire = limit(b, wire, t)
		p.llc(b, wire, 0)
	case nonIPType(uint16(t)):
		p.nonIP()
	default:
		p.fail(UnknownEtherType)
	}
}

// vlan notes the id in the tag at b (IEEE 802.1Q 9.6).
func (p *Packet) vlan(b []byte) {
	if len(b) < 2 || p.NVLAN == MaxVLAN {
		return
	}
	p.VLANs[p.NVLAN] = be.Uint16(b) & 0x0fff
	p.NVLAN++
	p.Has |= HasVLAN
}

func (p *Packet) skipToEthernet(b []byte, wire, n uint32) {
	if uint32(len(b)) < n {
		p.fail(TruncatedLink)
		return
	}
	p.ethernet(b[n:], wire-n)
}

// trill passes over a TRILL header (RFC 6325 3.1).
func (p *Packet) trill(b []byte, wire uint32) {
	if len(b) < 6 {
		p.fail(TruncatedLink)
		return
	}
	options := uint32(be.Uint16(b)>>6&0x1f) * 4
	p.skipToEthernet(b, wire, 6+options)
}

// nsh passes over a network service header (RFC 8300 2.2).
func (p *Packet) nsh(b []byte, wire uint32) {
	if len(b) < 8 {
		p.fail(TruncatedLink)
		return
	}
	n := uint32(b[1]&0x3f) * 4
	if n < 8 {
		p.fail(BadLink)
		return
	}
	if uint32(len(b)) < n {
		p.fail(TruncatedLink)
		return
	}
	var t uint32
	switch b[3] {
	case 1:
		t = etherIPv4
	case 2:
		t = etherIPv6
	case 3:
		t = etherTEB
	case 4:
		t = etherNSH
	case 5:
		t = etherMPLS
	default:
		p.fail(UnknownEtherType)
		return
	}
	p.etherType(t, b[n:], wire-n)
}

// macsec returns the length of a security tag (IEEE 802.1AE 9.3) whose payload
// is integrity protected only. It sets the reason and returns 0 when the
// payload is encrypted or the tag cut.
func (p *Packet) macsec(b []byte) uint32 {
	if len(b) < 6 {
		p.fail(TruncatedLink)
		return 0
	}
	const secureChannel, encrypted, changed = 0x20, 0x08, 0x04
	if b[0]&(encrypted|changed) != 0 {
		p.fail(Encrypted)
		return 0
	}
	if b[0]&secureChannel != 0 {
		return 14
	}
	return 6
}

// nonIPType reports whether an EtherType is one that is known and carries no
// IP packet.
func nonIPType(t uint16) bool {
	switch t {
	case 0x0806, 0x8035, // ARP, RARP
		0x0842,         // Wake-on-LAN
		0x0bad, 0x0baf, // VINES
		0x2000, 0x2003, 0x2004, // CDP, Cisco CTP, DTP (over HDLC, SNAP)
		0x22ea, 0x22f0, // SRP, AVTP
		0x4305,                         // batman-adv
		0x6001, 0x6002, 0x6003, 0x6004, // DEC MOP, DECnet, LAT
		0x6005, 0x6006, 0x6007,
		0x80f3, 0x809b, // AppleTalk
		0x80d5,         // SNA
		0x8137, 0x8138, // IPX
		0x8204,                      // QNX
		0x8808, 0x8809, etherPPPoED, // MAC control, slow protocols, PPPoE discovery
		0x8819,         // CobraNet
		0x8868, 0x886d, // Intel ANS
		0x886f,         // Microsoft NLB
		0x887b,         // HomePlug
		0x888e, 0x8892, // EAPOL, PROFINET
		0x8899,         // Realtek
		0x889a,         // HyperSCSI
		0x88a2, 0x88a4, // ATA over Ethernet, EtherCAT
		0x88ab,                 // POWERLINK
		0x88b8, 0x88b9, 0x88ba, // GOOSE, GSE, sampled values
		0x88b5, 0x88b6, 0x88b7, // local experiments, OUI extended
		0x88c7,                 // 802.11 preauthentication
		0x88ca, 0x88cc, 0x88cd, // TIPC, LLDP, SERCOS
		0x88d9, 0x88dc, 0x88e1, 0x88e3, 0x88f5, 0x88f6, // LLTD, WSMP, HomePlug AV, MRP, MVRP, MMRP
		0x88f7, 0x88f8, 0x88fb, // PTP, NC-SI, PRP
		0x8902, 0x8906, 0x8914, // CFM, FCoE, FIP
		0x890d, 0x8915, 0x8917, // 802.11 encapsulation, RoCE, MIS
		0x8929, 0x893a, 0x8940, 0x8946, 0x8947, // MIRP, IEEE 1905, ECP, TRILL control, GeoNetworking
		0x8951, 0x8952, 0x89a2, // service discovery, RDMA, OPC
		0x9000, 0x9003, // loopback test
		0x9998,         // Zigbee encapsulations
		0xa0ed,         // 6LoWPAN encapsulation
		0xb7ea,         // GRE control
		0xc0de, 0xc0df, // eXpressive Internet Protocol
		0xcafe, 0xd00d, // Veritas
		0xfcfc, // FC over Ethernet, old
		0xfefe: // ISO over Cisco HDLC
		return true
	}
	return false
}
