package decoders

import (
	"testing"

	"pcaptriage/decoders/link"
)

// linkCase is a record of a link type around inner4 or inner6.
type linkCase struct {
	name string
	link uint16
	head string // hex, before the IP packet
	v6   bool   // the IP packet is inner6
	has  Fields // beyond those of the IP packet
}

var linkCases = []linkCase{
	{"Ethernet", 1, "020000000001 020000000002 0800", false, HasMAC},
	{"Ethernet IPv6", 1, "020000000001 020000000002 86dd", true, HasMAC},
	{"Ethernet SNAP", 1, "020000000001 020000000002 0100 aaaa03 000000 0800", false, HasMAC},
	{"Ethernet LLC IP", 1, "020000000001 020000000002 0100 060603", false, HasMAC},
	{"VLAN", 1, "020000000001 020000000002 8100 2007 0800", false, HasMAC | HasVLAN},
	{"QinQ", 1, "020000000001 020000000002 88a8 0064 8100 0007 86dd", true, HasMAC | HasVLAN},
	{"VLAN then SNAP", 1, "020000000001 020000000002 8100 0007 0100 aaaa03 000000 0800", false, HasMAC | HasVLAN},
	{"old QinQ", 1, "020000000001 020000000002 9100 0064 9200 0007 0800", false, HasMAC | HasVLAN},
	{"MPLS", 1, "020000000001 020000000002 8847 000100ff 000201ff", false, HasMAC},
	{"MPLS pseudowire", 1, "020000000001 020000000002 8847 000101ff 00000000 020000000003 020000000004 0800", false, HasMAC},
	{"MPLS pseudowire without control word", 1, "020000000001 020000000002 8848 000101ff 420000000003 420000000004 86dd", true, HasMAC},
	{"PPPoE", 1, "020000000001 020000000002 8864 1100 0102 0100 0021", false, HasMAC | HasTunnel},
	{"802.1ah", 1, "020000000001 020000000002 88e7 00000064 020000000003 020000000004 8100 0007 0800", false, HasMAC | HasVLAN},
	{"MACsec in clear", 1, "020000000001 020000000002 88e5 2000 00000001 0000000000000001 0800", false, HasMAC},
	{"MACsec in clear, no SCI", 1, "020000000001 020000000002 88e5 0000 00000001 0800", false, HasMAC},
	{"FabricPath", 1, "020000000001 020000000002 8903 0040 020000000003 020000000004 0800", false, HasMAC},
	{"Cisco metadata", 1, "020000000001 020000000002 8909 0101 0001 0010 0800", false, HasMAC},
	{"TRILL", 1, "020000000001 020000000002 22f3 003f 0001 0002 020000000003 020000000004 0800", false, HasMAC},
	{"802.1BR", 1, "020000000001 020000000002 893f 000000000000 0800", false, HasMAC},
	{"VN-Tag", 1, "020000000001 020000000002 8926 00000000 0800", false, HasMAC},
	{"HSR", 1, "020000000001 020000000002 892f 00000000 0800", false, HasMAC},
	{"NSH", 1, "020000000001 020000000002 894f 0002 01 01 00000001", false, HasMAC},
	{"ISL", 1, "01000c000000 020000000002 0060 aaaa03 00000c 000f 0000 0000 020000000003 020000000004 0800", false, HasMAC | HasVLAN},
	{"NULL little endian", 0, "02000000", false, Loopback},
	{"NULL big endian", 0, "00000002", false, Loopback},
	{"NULL Linux IPv6", 0, "0a000000", true, Loopback},
	{"NULL Windows IPv6", 0, "17000000", true, Loopback},
	{"NULL NetBSD IPv6", 0, "18000000", true, Loopback},
	{"NULL Solaris IPv6", 0, "1a000000", true, Loopback},
	{"NULL FreeBSD IPv6", 0, "1c000000", true, Loopback},
	{"NULL macOS IPv6", 0, "1e000000", true, Loopback},
	{"LOOP", 108, "00000018", true, Loopback},
	{"LOOP host order", 108, "18000000", true, Loopback},
	{"RAW", 101, "", false, 0},
	{"RAW 12", 12, "", true, 0},
	{"RAW 14", 14, "", false, 0},
	{"IPV4", 228, "", false, 0},
	{"IPV6", 229, "", true, 0},
	{"SLL", 113, "0000 0001 0006 020000000002 0000 0800", false, HasMAC | Incoming},
	{"SLL sent", 113, "0004 0001 0006 020000000002 0000 86dd", true, HasMAC | Outgoing},
	{"SLL lo", 113, "0000 0304 0006 000000000000 0000 0800", false, HasMAC | Incoming | Loopback},
	{"SLL tun", 113, "0004 fffe 0000 000000000000 0000 0800", false, Outgoing},
	{"SLL VLAN", 113, "0003 0001 0006 020000000002 0000 8100 0007 0800", false, HasMAC | HasVLAN},
	{"SLL LLC", 113, "0003 0001 0006 020000000002 0000 0004 aaaa03 000000 0800", false, HasMAC},
	{"SLL2", 276, "86dd 0000 00000003 0001 04 06 020000000002 0000", true, HasMAC | Outgoing | HasLinkIface},
	{"PPP", 9, "ff03 0021", false, 0},
	{"PPP without framing", 9, "0057", true, 0},
	{"PPP compressed protocol", 9, "21", false, 0},
	{"PPP compressed, framed", 9, "ff03 57", true, 0},
	{"PPP Cisco HDLC", 9, "0f00 0800", false, 0},
	{"PPP MPLS", 9, "ff03 0281 000101ff", false, 0},
	{"PPP bridging", 9, "ff03 0031 0001 020000000001 020000000002 0800", false, HasMAC},
	{"PPP_HDLC", 50, "ff03 0021", false, 0},
	{"PPP_ETHER", 51, "1100 0102 0100 0021", false, HasTunnel},
	{"PPP_PPPD", 166, "0103 0021", false, Outgoing},
	{"PPP_WITH_DIR", 204, "00 ff03 0021", false, Incoming},
	{"C_HDLC_WITH_DIR", 205, "01 0f00 0800", false, Outgoing},
	{"FRELAY_WITH_DIR", 206, "01 1841 03 cc", false, Outgoing},
	{"C_HDLC", 104, "8f00 86dd", true, 0},
	{"FRELAY", 107, "1841 03 cc", false, 0},
	{"FRELAY IPv6", 107, "1841 03 8e", true, 0},
	{"FRELAY SNAP", 107, "1841 03 00 80 000000 0800", false, 0},
	{"FRELAY bridged", 107, "1841 03 00 80 0080c2 0007 020000000001 020000000002 0800", false, HasMAC},
	{"FRELAY Cisco", 107, "1841 0800", false, 0},
	{"FRELAY 4-byte address", 107, "18404041 03 cc", false, 0},
	{"PFLOG in", 117, "3d 02 0000" + zeros(56) + "01 000000", false, Incoming},
	{"PFLOG out IPv6", 117, "3d 18 0000" + zeros(56) + "02 000000", true, Outgoing},
	{"old PFLOG", 17, "00000002" + zeros(22) + "0001", false, Incoming},
	{"ENC", 109, "02000000 00000001 00000000", false, 0},
	{"ENC IPv6", 109, "00000018 00000001 00000000", true, 0},
	{"802.11 to DS", 105, "0801 0000 020000000009 020000000002 020000000001 1000 aaaa03 000000 0800", false, HasMAC},
	{"802.11 QoS from DS", 105, "8802 0000 020000000001 020000000009 020000000002 1000 0000 aaaa03 000000 86dd", true, HasMAC},
	{"802.11 four addresses", 105, "0803 0000 020000000008 020000000009 020000000001 1000 020000000002 aaaa03 000000 0800", false, HasMAC},
	{"802.11 A-MSDU", 105, "8800 0000 020000000001 020000000002 020000000009 1000 8000 020000000001 020000000002 0100 aaaa03 000000 0800", false, HasMAC},
	{"radiotap", 127, "0000 0800 00000000 0800 0000 020000000001 020000000002 020000000009 1000 aaaa03 000000 0800", false, HasMAC},
	{"radiotap padded", 127, "0000 1900 03000080 00000000" + zeros(4) + "0000000000000001 20 8800 0000 020000000001 020000000002 020000000009 1000 0000 0000 aaaa03 000000 0800", false, HasMAC},
	{"Prism", 119, "44000000 90000000" + zeros(136) + "0800 0000 020000000001 020000000002 020000000009 1000 aaaa03 000000 0800", false, HasMAC},
	{"Prism is AVS", 119, "80211001 00000040" + zeros(56) + "0800 0000 020000000001 020000000002 020000000009 1000 aaaa03 000000 0800", false, HasMAC},
	{"AVS", 163, "80211002 00000040" + zeros(56) + "0800 0000 020000000001 020000000002 020000000009 1000 aaaa03 000000 0800", false, HasMAC},
	{"PPI", 192, "0000 0800 69000000 0800 0000 020000000001 020000000002 020000000009 1000 aaaa03 000000 0800", false, HasMAC},
	{"PPI Ethernet", 192, "0000 0800 01000000 020000000001 020000000002 0800", false, HasMAC},
	{"NFLOG in", 239, "02 00 0000 0800 0100 08000300 0800 0400 00000005 0600 0a00 61000000 3900 0900", false, Incoming | HasLinkIface},
	{"NFLOG out, big endian", 239, "0a 00 0000 0008 0005 00000006 0041 0009", true, Outgoing | HasLinkIface},
	{"NFLOG MAC", 239, "02 00 0000 1000 0800 0006 0000 020000000002 0000 3900 0900", false, HasMAC},
	{"IPNET", 226, "02 02 0001 00000039 00000004 00000000 00000000 00000000", false, Outgoing | HasLinkIface},
	{"FDDI", 10, "50 400000000080 400000000040 aaaa03 000000 0800", false, HasMAC},
	{"token ring", 6, "10 40 020000000001 020000000002 aaaa03 000000 0800", false, HasMAC},
	{"token ring, source routed", 6, "10 40 020000000001 820000000002 0430 0010 aaaa03 000000 0800", false, HasMAC},
	{"ARCNET_LINUX", 129, "01 02 0000 d4 00 0001", false, 0},
	{"ARCNET_LINUX exception", 129, "01 02 0000 d4 ff 000000 00 0001", false, 0},
	{"ARCNET_LINUX RFC 1051", 129, "01 02 0000 f0", false, 0},
	{"ARCNET_BSD IPv6", 7, "01 02 c4 00 0001", true, 0},
	{"IP over 1394", 138, "0000000000000001 0000000000000002 0800", false, 0},
	{"IPOIB", 242, zeros(40) + "0800 0000", false, 0},
	{"IP over Fibre Channel", 122, "0000000000000001 0000000000000002 aaaa03 000000 0800", false, 0},
	{"SLIP", 8, "01" + zeros(15), false, Outgoing},
	{"ATM_RFC1483", 100, "aaaa03 000000 0800", false, 0},
	{"ATM_RFC1483 bridged", 100, "aaaa03 0080c2 0007 0000 020000000001 020000000002 0800", false, HasMAC},
	{"ATM_RFC1483 routed ISO", 100, "fefe03 cc", false, 0},
	{"ATM_CLIP", 106, "aaaa03 000000 0800", false, 0},
	{"ATM_CLIP bare", 106, "", false, 0},
	{"SUNATM", 123, "82 00 0021 aaaa03 000000 0800", false, Outgoing},
	{"SUNATM LANE", 123, "01 00 0021 0001 020000000001 020000000002 0800", false, HasMAC | Incoming},
	{"JUNIPER_ETHER", 178, "4d4743 81 0004 00000000 020000000001 020000000002 0800", false, HasMAC | Incoming},
	{"JUNIPER_ETHER without L2", 178, "4d4743 02 02000000", false, Outgoing},
	{"JUNIPER_PPP", 179, "4d4743 00 ff03 0021", false, Outgoing},
	{"JUNIPER_FRELAY", 180, "4d4743 01 1841 03 cc", false, Incoming},
	{"JUNIPER_CHDLC", 181, "4d4743 01 0f00 0800", false, Incoming},
	{"DOCSIS", 143, "00 00 0040 0000 020000000001 020000000002 0800", false, HasMAC},
	{"DOCSIS extended header", 143, "01 02 0040 0000 0000 020000000001 020000000002 0800", false, HasMAC},
	{"ERF", 197, "0000000000000000 02 04 0040 0000 0040 0000 020000000001 020000000002 0800", false, HasMAC},
	{"ERF extension", 197, "0000000000000000 96 04 0040 0000 0040 0000000000000000", false, 0},
	{"ERF_ETH", 175, "0000000000000000 02 04 0040 0000 0040 0000 020000000001 020000000002 86dd", true, HasMAC},
	{"ERF_POS", 176, "0000000000000000 01 04 0040 0000 0040 ff03 0021", false, 0},
	{"PKTAP", 258, pktapHeader + "020000000001 020000000002 0800", false, HasMAC | Outgoing},
	{"USER2 is PKTAP", 149, pktapHeader + "020000000001 020000000002 86dd", true, HasMAC | Outgoing},
	{"NETANALYZER", 240, "00000000 020000000001 020000000002 0800", false, HasMAC},
	{"NETANALYZER_TRANSPARENT", 241, "00000000 55555555555555d5 020000000001 020000000002 0800", false, HasMAC},
	{"EPON", 259, "555555555555 020000000001 020000000002 0800", false, HasMAC},
	{"mPacket", 274, "55555555555555d5 020000000001 020000000002 0800", false, HasMAC},
	{"DSA_TAG_BRCM", 281, "020000000001 020000000002 00000000 0800", false, HasMAC},
	{"DSA_TAG_BRCM_PREPEND", 282, "00000000 020000000001 020000000002 0800", false, HasMAC},
	{"DSA_TAG_DSA", 284, "020000000001 020000000002 00000000 0800", false, HasMAC},
	{"DSA_TAG_EDSA", 285, "020000000001 020000000002 dada 0000 00000000 0800", false, HasMAC},
	{"MPLS link", 219, "000101ff", false, 0},
}

// pktapHeader is sent on en0, an Ethernet.
var pktapHeader = "6c000000 01000000 01000000" + zeros(24) + "02000000" + zeros(68)

func zeros(n int) (s string) {
	for range n {
		s += "00"
	}
	return s
}

func (c *linkCase) bytes() []byte {
	if c.v6 {
		return cat(hx(c.head), inner6())
	}
	return cat(hx(c.head), inner4())
}

func TestLinkTypes(t *testing.T) {
	covered := map[uint16]bool{}
	for _, c := range linkCases {
		covered[c.link] = true
		b := cat(c.bytes(), []byte{0xfa, 0xce, 0xfa, 0xce}) // a trailer is nobody's payload
		p := decoded(c.link, b)
		if p.Fail != Decoded || p.Has&HasIP == 0 {
			t.Errorf("%s: %v, has %b", c.name, p.Fail, p.Has)
			continue
		}
		ip := HasIP | HasPorts | HasPayload
		want, ipLen, src := ip|HasTCP, uint32(45), "10.0.0.1"
		if c.v6 {
			want, ipLen, src = ip|HasUDP, 53, "2001:db8::1"
		}
		if p.Has != want|c.has {
			t.Errorf("%s: has %b, want %b", c.name, p.Has, want|c.has)
		}
		if p.Src != addr(src) || p.SrcPort != 40000 || p.DstPort != 443 || string(p.Payload) != "hello" || p.PayloadLen != 5 || p.IPLen != ipLen {
			t.Errorf("%s: %v %d > %v %d %q %d, IP length %d", c.name, p.Src, p.SrcPort, p.Dst, p.DstPort, p.Payload, p.PayloadLen, p.IPLen)
		}
		if p.Has&HasMAC != 0 && c.name != "SLL lo" && c.name != "ISL" && p.SrcMAC != [6]byte{2, 0, 0, 0, 0, 2} {
			t.Errorf("%s: source MAC %x", c.name, p.SrcMAC)
		}
		if p.Has&HasVLAN != 0 && p.VLANs[p.NVLAN-1] != 7 {
			t.Errorf("%s: VLANs %v", c.name, p.VLANs[:p.NVLAN])
		}
		if s := broken(p); s != "" {
			t.Errorf("%s: %s", c.name, s)
		}
	}
	for _, e := range link.Table() {
		if e.Support == link.Decoded && !covered[e.Number] {
			t.Errorf("no case for link type %s, which the table says is decoded", e.Name)
		}
	}
}

// Cut after every byte, a record must fail for a reason, or hold IP; and never
// break an invariant.
func TestLinkTypesCut(t *testing.T) {
	for _, c := range linkCases {
		b := c.bytes()
		for n := range b {
			var p Packet
			p.Decode(c.link, b[:n:n], uint32(len(b)))
			if s := broken(&p); s != "" {
				t.Errorf("%s cut to %d: %s", c.name, n, s)
			}
			if p.Has&HasIP == 0 && p.Fail == Decoded && p.Has&NonIP == 0 {
				t.Errorf("%s cut to %d: no reason", c.name, n)
			}
			if p.Has&SnapCut == 0 {
				t.Errorf("%s cut to %d: not marked as cut", c.name, n)
			}
		}
	}
}

func TestNotIP(t *testing.T) {
	for _, c := range []struct {
		name string
		link uint16
		hex  string
		fail Undecoded
	}{
		{"ARP", 1, "ffffffffffff 020000000002 0806 0001", Decoded},
		{"LLDP", 1, "0180c200000e 020000000002 88cc 00", Decoded},
		{"STP", 1, "0180c2000000 020000000002 0026 424203 00", Decoded},
		{"CDP", 1, "01000ccccccc 020000000002 0026 aaaa03 00000c 2000", Decoded},
		{"PPPoE discovery", 1, "ffffffffffff 020000000002 8863 1109 0000 0000", Decoded},
		{"PPPoE LCP", 1, "020000000001 020000000002 8864 1100 0102 0004 c021 0101", Decoded},
		{"unknown type", 1, "020000000001 020000000002 f00d 00", UnknownEtherType},
		{"Ethernet cut", 1, "020000000001 020000000002 08", TruncatedLink},
		{"VLAN cut", 1, "020000000001 020000000002 8100 0007", TruncatedLink},
		{"MACsec", 1, "020000000001 020000000002 88e5 2c00 00000001 0000000000000001 abcd", Encrypted},
		{"PPPoE version 2", 1, "020000000001 020000000002 8864 2100 0102 0004 0021 4500", BadLink},
		{"MPLS unknown", 1, "020000000001 020000000002 8847 000101ff f0ff", UnknownEtherType},
		{"MPLS associated channel", 1, "020000000001 020000000002 8847 000101ff 10000007", Decoded},
		{"NULL with ISO", 0, "07000000 00", Decoded},
		{"NULL with nonsense", 0, "12345678 00", BadLink},
		{"NULL unknown family", 0, "63000000 00", UnknownEtherType},
		{"raw with nonsense", 101, "f0", BadIP},
		{"raw, empty", 101, "", TruncatedIP},
		{"netlink", 113, "0004 0338 0000 0000000000000000 0000 00", Decoded},
		{"CAN", 113, "0001 0118 0000 0000000000000000 000c 00", Decoded},
		{"802.11 beacon", 105, "8000 0000", Decoded},
		{"802.11 null", 105, "4801 0000 020000000009 020000000002 020000000001 1000", Decoded},
		{"802.11 protected", 105, "0841 0000 020000000009 020000000002 020000000001 1000 0000", Encrypted},
		{"802.11 later fragment", 105, "0801 0000 020000000009 020000000002 020000000001 1100 0000", Decoded},
		{"radiotap version", 127, "0100 0800 00000000", BadLink},
		{"LCP", 9, "ff03 c021 01", Decoded},
		{"VJ compressed", 9, "ff03 002d 01", UnknownEtherType},
		{"SLARP", 104, "8f00 8035 00", Decoded},
		{"Frame Relay LMI", 107, "0001 03 08 00", Decoded},
		{"FDDI SMT", 10, "41 000000000080 000000000040 00", Decoded},
		{"DOCSIS management", 143, "c2 00 0010 0000 00", Decoded},
		{"Juniper without magic", 178, "00000000 00", BadLink},
		{"NFLOG bad length", 239, "02 00 0000 0100 0100", BadLink},
		{"CAN link", 227, "00000000", Decoded},
		{"USB link", 189, "00", Decoded},
		{"802.15.4 link", 195, "00", Decoded},
		{"private link", 147, "00", UnknownLink},
		{"USER2, not PKTAP", 149, "00", UnknownLink},
		{"Juniper ATM", 137, "4d4743 00", UnknownLink},
		{"link type of nobody", 9999, "00", UnknownLink},
	} {
		p := decoded(c.link, hx(c.hex))
		if p.Fail != c.fail {
			t.Errorf("%s: %v, want %v", c.name, p.Fail, c.fail)
		}
		if (p.Has&NonIP != 0) != (c.fail == Decoded) || p.Has&HasIP != 0 {
			t.Errorf("%s: has %b", c.name, p.Has)
		}
		if s := broken(p); s != "" {
			t.Errorf("%s: %s", c.name, s)
		}
	}
}

// SS7 links have no IP; their upper layer is the payload.
func TestSignallingLinks(t *testing.T) {
	for _, c := range []struct {
		name          string
		link          uint16
		hex, payload  string
		direction     Fields
		payloadOnWire uint32
	}{
		{"MTP2", 140, "8182 04 83c0ffee 1234", "83c0ffee", 0, 4}, // two bytes of FCS behind
		{"MTP2, long", 140, "8182 3f 83c0ffee", "83c0ffee", 0, 4},
		{"MTP2 with header", 139, "01 00 0000 8182 04 83c0ffee", "83c0ffee", Outgoing, 4},
		{"MTP2 annex A", 139, "00 01 0000 0102 0304 0300 83c0ff ee", "83c0ff", Incoming, 3},
		{"MTP3", 141, "83c0ffee", "83c0ffee", 0, 4},
		{"SCCP", 142, "0900", "0900", 0, 2},
		{"exported PDU", 252, "000c0004", "000c0004", 0, 4},
	} {
		p := decoded(c.link, hx(c.hex))
		if p.Has != NonIP|HasPayload|c.direction || string(p.Payload) != string(hx(c.payload)) || p.PayloadLen != c.payloadOnWire {
			t.Errorf("%s: has %b, payload %x of %d", c.name, p.Has, p.Payload, p.PayloadLen)
		}
	}
	if p := decoded(link.MTP2, hx("0102")); p.Fail != TruncatedLink {
		t.Errorf("cut MTP2: %v", p.Fail)
	}
}

// The interface index that a link header states is LinkIface.
func TestLinkIface(t *testing.T) {
	for _, c := range linkCases {
		want := map[string]uint32{"SLL2": 3, "NFLOG in": 5, "NFLOG out, big endian": 6, "IPNET": 4}[c.name]
		p := decoded(c.link, c.bytes())
		if got := p.Has&HasLinkIface != 0; got != (want != 0) || got && p.LinkIface != want {
			t.Errorf("%s: %v %d, want %d", c.name, got, p.LinkIface, want)
		}
	}
}
