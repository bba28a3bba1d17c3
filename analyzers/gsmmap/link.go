package gsmmap

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/exportpdu"
	"pcaptriage/decoders/mtp2"
	"pcaptriage/decoders/sctp"
	"pcaptriage/decoders/ss7"
)

// linkPacket takes a record of a link type without IP.
func (fp *flowPart) linkPacket(p *decoders.Packet, out *analyzers.Out) {
	layer, data := ss7.OfLinkType(p.LinkType), p.Data
	k := linkKey{iface: p.Iface}
	switch {
	case p.LinkType == ss7.LinkTypeExportPDU:
		fp.begin(p, out)
		fp.cov.packets++
		pdu, err := exportpdu.Decode(data)
		if err == nil {
			layer, data = ss7.OfExported(&pdu), pdu.Data
		}
		if layer == ss7.NoLayer {
			fp.cov.exported++
			return
		}
		fp.exportedFrom(&pdu, &k)
	case ss7.ERFChannel(p.LinkType, data):
		fp.cov.erf++
		return
	case layer == ss7.NoLayer:
		return
	default:
		fp.begin(p, out)
		fp.cov.packets++
	}
	k.layer = layer
	if layer == ss7.MTP2Header {
		// One capture may hold several links, each with its own MTP3.
		if h, _, err := mtp2.ReadPseudoHeader(data); err == nil {
			k.link = h.Link
		}
	}
	fp.at.scope = uint64(k.link)<<40 | uint64(p.Iface)<<8 | uint64(layer)
	if layer == ss7.SCTP {
		fp.linkSCTP(k, data, int(p.WireLen)-(len(p.Data)-len(data)))
		return
	}
	a := fp.assocs.ofLink(k, p.Clock)
	fp.at.assoc = a
	fp.decode(layer, data, p.Has&decoders.SnapCut != 0)
}

// exportedFrom takes the addresses that an exported PDU brings with it.
func (fp *flowPart) exportedFrom(pdu *exportpdu.PDU, k *linkKey) {
	e := &fp.at.event
	e.Src, e.Dst, e.SPort, e.DPort = pdu.Src, pdu.Dst, pdu.SrcPort, pdu.DstPort
	fp.at.sport, fp.at.dport = pdu.SrcPort, pdu.DstPort
	fp.at.exportedPC, fp.at.opc, fp.at.dpc = pdu.HasPC, pdu.OPC, pdu.DPC
	k.a, k.b, k.portA, k.portB = pdu.Src, pdu.Dst, pdu.SrcPort, pdu.DstPort
	if k.b.Less(k.a) || k.a == k.b && k.portB < k.portA {
		k.a, k.b, k.portA, k.portB = k.b, k.a, k.portB, k.portA
	}
	if !e.Src.IsZero() {
		e.Proto = decoders.ProtoSCTP
	}
}

// linkSCTP takes an SCTP packet without IP, or from an exported PDU.
func (fp *flowPart) linkSCTP(k linkKey, data []byte, wire int) {
	h, chunks, err := sctp.ReadHeader(data)
	if err != nil {
		fp.cov.failed++
		return
	}
	dir := uint8(0)
	k.portA, k.portB = h.SrcPort, h.DstPort
	if k.portB < k.portA {
		k.portA, k.portB, dir = k.portB, k.portA, 1
	}
	a := fp.assocs.ofLink(k, fp.at.clock)
	if k.portA == k.portB {
		// Neither addresses nor ports tell the directions apart; the tags do, until
		// the association begins anew.
		if a.tag == 0 {
			a.tag = h.VTag
		}
		if dir = 0; h.VTag != a.tag {
			dir = 1
		}
	}
	fp.sctp(a, dir, h.SrcPort, h.DstPort, h.VTag, false, chunks, wire-sctp.HeaderLen)
}
