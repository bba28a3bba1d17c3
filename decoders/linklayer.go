package decoders

import "pcaptriage/decoders/link"

// linkLayer reads the header of link type t at b.
func (p *Packet) linkLayer(t uint16, b []byte, wire uint32) {
	if !p.nested() {
		return
	}
	switch t {
	case link.EN10MB:
		p.ethernet(b, wire)
	case link.Raw, link.Raw12, link.Raw14, link.IPv4, link.IPv6:
		p.ip(b, wire)
	case link.Null, link.Loop:
		p.null(b, wire)
	case link.LinuxSLL:
		p.sll(b, wire)
	case link.LinuxSLL2:
		p.sll2(b, wire)
	case link.PPP, link.PPPHDLC:
		p.ppp(b, wire)
	case link.PPPEther:
		p.pppoe(b, wire)
	case link.PPPWithDir, link.CHDLCWithDir, link.FRelayWithDir:
		p.withDirection(t, b, wire)
	case link.PPPPPPD:
		p.pppd(b, wire)
	case link.CHDLC:
		p.chdlc(b, wire)
	case link.FrameRelay:
		p.frameRelay(b, wire)
	case link.PFLOG:
		p.pflog(b, wire)
	case link.OldPFLOG:
		p.oldPFLOG(b, wire)
	case link.Enc:
		p.enc(b, wire)
	case link.IEEE80211:
		p.wlan(b, wire, false)
	case link.Radiotap:
		p.radiotap(b, wire)
	case link.Prism:
		p.prism(b, wire)
	case link.AVS:
		p.avs(b, wire)
	case link.PPI:
		p.ppi(b, wire)
	case link.NFLOG:
		p.nflog(b, wire)
	case link.IPNet:
		p.ipnet(b, wire)
	case link.FDDI:
		p.fddi(b, wire)
	case link.TokenRing:
		p.tokenRing(b, wire)
	case link.ARCNET:
		p.arcnet(b, wire, 2)
	case link.ARCNETLinux:
		p.arcnet(b, wire, 4)
	case link.AppleIPOver1394:
		p.typeAt(b, wire, 16)
	case link.IPoIB:
		p.ipoib(b, wire)
	case link.IPOverFC:
		p.skipToLLC(b, wire, 16)
	case link.SLIP:
		p.slip(b, wire)
	case link.ATMRFC1483:
		p.llc(b, wire, 2)
	case link.ATMCLIP:
		p.atmCLIP(b, wire)
	case link.SunATM:
		p.sunATM(b, wire)
	case link.JuniperEther, link.JuniperPPP, link.JuniperCHDLC, link.JuniperFRelay:
		p.juniper(t, b, wire)
	case link.DOCSIS:
		p.docsis(b, wire)
	case link.ERF, link.ERFEth, link.ERFPOS:
		p.erf(b, wire)
	case link.PKTAP:
		p.pktap(b, wire)
	case link.NetAnalyzer, link.DSATagBRCMPre:
		p.skipToEthernet(b, wire, 4)
	case link.NetAnalyzerT:
		p.skipToEthernet(b, wire, 12) // and preamble
	case link.EPON:
		p.skipToEthernet(b, wire, 6)
	case link.MPacket:
		p.mPacket(b, wire)
	case link.DSATagBRCM, link.DSATagDSA:
		p.switchTag(b, wire, 4)
	case link.DSATagEDSA:
		p.switchTag(b, wire, 8)
	case link.MPLS:
		p.mpls(b, wire)
	case link.MTP2:
		p.mtp2(b, wire, false)
	case link.MTP2WithPHDR:
		p.mtp2Header(b, wire)
	case link.MTP3, link.SCCP, link.SCTP, link.UpperPDU:
		p.nonIPPayload(b, wire)
	case link.User2:
		if isPKTAP(b) {
			p.pktap(b, wire)
			return
		}
		p.fail(UnknownLink)
	default:
		p.otherLink(t)
	}
}

// otherLink is for link types whose headers are not read.
func (p *Packet) otherLink(t uint16) {
	if e, ok := link.Lookup(t); ok && e.Support == link.NoIP {
		p.nonIP()
		return
	}
	p.fail(UnknownLink)
}

// typeAt reads an EtherType at offset n and what follows it.
func (p *Packet) typeAt(b []byte, wire, n uint32) {
	if uint32(len(b)) < n+2 {
		p.fail(TruncatedLink)
		return
	}
	p.etherType(uint32(be.Uint16(b[n:])), b[n+2:], wire-n-2)
}

// skip passes over n bytes of a header; ok is false, and the reason set, when
// they were not all captured.
func (p *Packet) skip(b []byte, wire, n uint32) (rest []byte, left uint32, ok bool) {
	if uint32(len(b)) < n {
		p.fail(TruncatedLink)
		return nil, 0, false
	}
	return b[n:], wire - n, true
}

func (p *Packet) skipToLLC(b []byte, wire, n uint32) {
	if b, wire, ok := p.skip(b, wire, n); ok {
		p.llc(b, wire, 0)
	}
}
