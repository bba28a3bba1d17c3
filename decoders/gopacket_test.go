package decoders

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"pcaptriage/decoders/link"
)

// TestAgainstGopacket compares the header fields of packets outside of tunnels
// with gopacket's layers, over the corpus. What gopacket is known to read
// otherwise is left out by deviation, for the reason it gives.
func TestAgainstGopacket(t *testing.T) {
	var compared, skipped int
	for _, file := range corpusFiles(t, "syn", "ssh", "fragneeded", "dlt", "malformed") {
		eachRecord(t, file, func(r record) {
			var p Packet
			p.Decode(r.link, r.data, r.wire)
			if p.Has&HasIP == 0 || p.NTunnel > 0 || deviation(&p) != "" {
				skipped++
				return
			}
			ours := fieldsOf(&p)
			if s := compareFields(&p, ours, gopacketFields(&p)); s != "" {
				t.Errorf("%s frame %d: %s", r.file, r.frame, s)
			}
			compared++
		})
	}
	t.Logf("%d packets compared, %d left out", compared, skipped)
	if compared < 10000 {
		t.Errorf("only %d packets compared", compared)
	}
}

// deviation says why gopacket is no measure for p.
func deviation(p *Packet) string {
	switch p.LinkType {
	case link.EN10MB, link.Raw, link.IPv4, link.IPv6, link.LinuxSLL:
	default:
		return "gopacket has no decoder for the link type, or another reading of it"
	}
	switch {
	case p.Has&SnapCut != 0:
		return "gopacket takes lengths from the record"
	case p.Fail != Decoded:
		return "gopacket goes on, or stops elsewhere"
	case p.Has&IsFragment != 0:
		return "gopacket reads no transport header of a first fragment"
	case p.Has&(HasTCP|HasUDP) == 0:
		return "other protocols are compared with tshark"
	}
	return ""
}

// fields are the parts of a packet that both sides have, as text.
type fields struct {
	ip, l4, options string
	payload         []byte
}

func fieldsOf(p *Packet) (f fields) {
	f.ip = fmt.Sprint(p.IPVersion, " ", p.Src, p.Dst, p.TTL, p.TOS)
	if p.IPVersion == 4 {
		f.ip += fmt.Sprint(" ", p.IPID, p.DF)
	}
	f.payload = p.Payload
	if p.Has&HasUDP != 0 {
		f.l4 = fmt.Sprint("UDP ", p.SrcPort, " ", p.DstPort)
		return f
	}
	h := &p.TCP
	f.l4 = fmt.Sprint("TCP ", p.SrcPort, " ", p.DstPort, h.Seq, h.Ack, h.Window, h.Checksum, h.Urgent, h.Flags, h.HdrLen)
	if h.Opt.Has&OptMSS != 0 {
		f.options += fmt.Sprint(" MSS ", h.Opt.MSS)
	}
	if h.Opt.Has&OptTimestamps != 0 {
		f.options += fmt.Sprint(" TS ", h.Opt.TSVal, h.Opt.TSEcr)
	}
	if h.Opt.Has&OptSACK != 0 {
		f.options += fmt.Sprint(" SACK ", h.Opt.NSACK, h.Opt.SACK[0])
	}
	return f
}

// gopacketFields decodes with gopacket from the innermost IP header that we
// found: what is compared is the headers, not the ways to them.
func gopacketFields(p *Packet) (f fields) {
	first := gopacket.LayerType(layers.LayerTypeIPv4)
	if p.IPVersion == 6 {
		first = layers.LayerTypeIPv6
	}
	pkt := gopacket.NewPacket(p.IPHdr, first, gopacket.DecodeOptions{NoCopy: true, Lazy: true})
	switch ip := pkt.NetworkLayer().(type) {
	case *layers.IPv4:
		f.ip = fmt.Sprint(4, " ", AddrFrom(netAddr(ip.SrcIP)), AddrFrom(netAddr(ip.DstIP)), ip.TTL, ip.TOS,
			" ", ip.Id, ip.Flags&layers.IPv4DontFragment != 0)
	case *layers.IPv6:
		f.ip = fmt.Sprint(6, " ", AddrFrom(netAddr(ip.SrcIP)), AddrFrom(netAddr(ip.DstIP)), ip.HopLimit, ip.TrafficClass)
	}
	switch l4 := pkt.TransportLayer().(type) {
	case *layers.UDP:
		f.l4 = fmt.Sprint("UDP ", uint16(l4.SrcPort), " ", uint16(l4.DstPort))
		f.payload = l4.Payload
	case *layers.TCP:
		f.payload = l4.Payload
		f.l4 = fmt.Sprint("TCP ", uint16(l4.SrcPort), " ", uint16(l4.DstPort), l4.Seq, l4.Ack, l4.Window, l4.Checksum, l4.Urgent,
			l4.Contents[13], l4.DataOffset*4)
		f.options = gopacketOptions(l4.Options)
	}
	return f
}

// netAddr is the zero address, which is nobody's, for one that gopacket did not
// set.
func netAddr(ip net.IP) netip.Addr {
	if a, ok := netip.AddrFromSlice(ip); ok {
		return a
	}
	return netip.IPv6Unspecified()
}

func gopacketOptions(list []layers.TCPOption) string {
	var mss, ts, sack string
	for _, o := range list {
		switch d := o.OptionData; {
		case o.OptionType == layers.TCPOptionKindMSS && len(d) == 2:
			mss = fmt.Sprint(" MSS ", be.Uint16(d))
		case o.OptionType == layers.TCPOptionKindTimestamps && len(d) == 8:
			ts = fmt.Sprint(" TS ", be.Uint32(d), be.Uint32(d[4:]))
		case o.OptionType == layers.TCPOptionKindSACK && len(d) >= 8 && len(d)%8 == 0 && len(d) <= 32:
			sack = fmt.Sprint(" SACK ", len(d)/8, [2]uint32{be.Uint32(d), be.Uint32(d[4:])})
		}
	}
	return mss + ts + sack
}

func compareFields(p *Packet, ours, theirs fields) string {
	switch {
	case theirs.l4 == "" && len(p.IPHdr)-len(p.L4) > map[uint8]int{4: 20, 6: 40}[p.IPVersion]:
		return "" // gopacket rejects the packet for a malformed IP option; its transport header is fine
	case theirs.l4 == "":
		return "gopacket found no transport header: " + ours.l4
	case ours.ip != theirs.ip:
		return fmt.Sprintf("IP %s, gopacket %s", ours.ip, theirs.ip)
	case ours.l4 != theirs.l4:
		return fmt.Sprintf("%s, gopacket %s", ours.l4, theirs.l4)
	case ours.options != theirs.options && p.TCP.Opt.Has&OptCut == 0:
		return fmt.Sprintf("options%s, gopacket%s", ours.options, theirs.options)
	case !bytes.Equal(ours.payload, theirs.payload):
		return fmt.Sprintf("payload of %d, gopacket %d", len(ours.payload), len(theirs.payload))
	}
	return ""
}
