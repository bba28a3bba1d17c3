package decoders

import (
	"bytes"
	"fmt"
)

// diff names the first valid field in which two packets differ, "" if none.
// Fields whose bit is not set are not looked at: they may hold anything.
func diff(a, b *Packet) string {
	if a.Has != b.Has || a.Fail != b.Fail {
		return fmt.Sprintf("Has %b, %b; Fail %v, %v", a.Has, b.Has, a.Fail, b.Fail)
	}
	eq := func(name string, x, y any) string {
		if x == y {
			return ""
		}
		return fmt.Sprintf("%s %v, %v", name, x, y)
	}
	bytesEq := func(name string, x, y []byte) string {
		if bytes.Equal(x, y) {
			return ""
		}
		return fmt.Sprintf("%s %x, %x", name, x, y)
	}
	first := func(list ...string) string {
		for _, s := range list {
			if s != "" {
				return s
			}
		}
		return ""
	}
	s := first(eq("LinkType", a.LinkType, b.LinkType), eq("WireLen", a.WireLen, b.WireLen),
		bytesEq("Data", a.Data, b.Data), eq("NVLAN", a.NVLAN, b.NVLAN), eq("NTunnel", a.NTunnel, b.NTunnel),
		eq("Domain", a.Domain, b.Domain), eq("TunnelID", a.TunnelID, b.TunnelID))
	has := func(f Fields) bool { return s == "" && a.Has&f != 0 }
	if has(HasMAC) {
		s = first(eq("SrcMAC", a.SrcMAC, b.SrcMAC), eq("DstMAC", a.DstMAC, b.DstMAC))
	}
	if has(HasVLAN) {
		s = eq("VLANs", fmt.Sprint(a.VLANs[:a.NVLAN]), fmt.Sprint(b.VLANs[:b.NVLAN]))
	}
	if has(HasTunnel) {
		s = eq("TunnelHops", fmt.Sprint(a.TunnelHops[:a.NTunnel]), fmt.Sprint(b.TunnelHops[:b.NTunnel]))
	}
	if has(HasLinkIface) {
		s = eq("LinkIface", a.LinkIface, b.LinkIface)
	}
	if has(HasIP) {
		s = first(eq("Src", a.Src, b.Src), eq("Dst", a.Dst, b.Dst), eq("IPVersion", a.IPVersion, b.IPVersion),
			eq("Proto", a.Proto, b.Proto), eq("TTL", a.TTL, b.TTL), eq("TOS", a.TOS, b.TOS), eq("DF", a.DF, b.DF),
			eq("MF", a.MF, b.MF), eq("IPID", a.IPID, b.IPID), eq("FragOff", a.FragOff, b.FragOff),
			eq("IPLen", a.IPLen, b.IPLen), bytesEq("IPHdr", a.IPHdr, b.IPHdr), bytesEq("L4", a.L4, b.L4))
	}
	if has(HasPorts) {
		s = first(eq("SrcPort", a.SrcPort, b.SrcPort), eq("DstPort", a.DstPort, b.DstPort))
	}
	if has(HasTCP) {
		x, y := a.TCP, b.TCP
		x.Opt, y.Opt = TCPOptions{}, TCPOptions{}
		s = first(eq("TCP", x, y), diffOptions(&a.TCP.Opt, &b.TCP.Opt))
	}
	if has(HasSCTP) {
		s = eq("SCTP", a.SCTP, b.SCTP)
	}
	if has(HasICMP) {
		x, y := a.ICMP, b.ICMP
		x.Quote, y.Quote = Quote{}, Quote{}
		s = eq("ICMP", x, y)
	}
	if has(HasQuote) {
		s = eq("Quote", a.ICMP.Quote, b.ICMP.Quote)
	}
	if has(HasPayload) {
		s = first(eq("PayloadLen", a.PayloadLen, b.PayloadLen), bytesEq("Payload", a.Payload, b.Payload))
	}
	return s
}

func diffOptions(a, b *TCPOptions) string {
	x, y := TCPOptions{Has: a.Has}, TCPOptions{Has: b.Has}
	for _, o := range []struct{ to, from *TCPOptions }{{&x, a}, {&y, b}} {
		if o.from.Has&OptMSS != 0 {
			o.to.MSS = o.from.MSS
		}
		if o.from.Has&OptWScale != 0 {
			o.to.WScale = o.from.WScale
		}
		if o.from.Has&OptTimestamps != 0 {
			o.to.TSVal, o.to.TSEcr = o.from.TSVal, o.from.TSEcr
		}
		if o.from.Has&OptSACK != 0 {
			o.to.NSACK = o.from.NSACK
			copy(o.to.SACK[:o.from.NSACK], o.from.SACK[:])
		}
	}
	if x != y {
		return fmt.Sprintf("TCP options %+v, %+v", x, y)
	}
	return ""
}

// broken names an invariant of a decoded packet that does not hold, "" if all do.
func broken(p *Packet) string {
	inside := func(s []byte) bool {
		return len(s) == 0 || within(p.Data, s) || p.Has&Reassembled != 0
	}
	switch {
	case p.Fail >= numUndecoded:
		return "Fail out of range"
	case p.NVLAN > MaxVLAN || p.NTunnel > MaxTunnel:
		return "too many VLANs or tunnels"
	case p.Has&HasVLAN != 0 != (p.NVLAN > 0):
		return "HasVLAN and NVLAN disagree"
	case p.Has&HasTunnel != 0 != (p.NTunnel > 0):
		return "HasTunnel and NTunnel disagree"
	case p.Has&HasDomain != 0 != (p.Domain != 0):
		return "HasDomain and Domain disagree"
	case p.Has&(HasPorts|HasTCP|HasUDP|HasSCTP|HasICMP|IsFragment) != 0 && p.Has&HasIP == 0:
		return "transport without IP"
	case p.Has&(HasTCP|HasUDP|HasSCTP) != 0 && p.Has&(HasPorts|HasPayload) != HasPorts|HasPayload:
		return "transport header without ports or payload"
	case p.Has&HasQuote != 0 && p.Has&HasICMP == 0:
		return "quote without ICMP"
	case p.Has&HasIP != 0 && p.Has&NonIP != 0:
		return "both IP and not"
	case p.Has&(HasIP|NonIP) == 0 && p.Fail == Decoded:
		return "decoded, but to what?"
	case p.Has&SnapCut != 0 != (uint32(len(p.Data)) < p.WireLen):
		return "SnapCut wrong"
	}
	if p.Has&HasIP != 0 {
		if !inside(p.IPHdr) || !inside(p.L4) {
			return "IPHdr or L4 outside of the record"
		}
		if uint32(len(p.IPHdr)) > p.IPLen || len(p.L4) > len(p.IPHdr) {
			return "IPHdr longer than IPLen, or L4 than IPHdr"
		}
	}
	if p.Has&HasPayload != 0 {
		if !inside(p.Payload) || uint32(len(p.Payload)) > p.PayloadLen {
			return "payload outside of the record or longer than its length"
		}
		if p.Has&HasIP != 0 && p.PayloadLen >= p.IPLen {
			return "payload as long as the datagram"
		}
	}
	return ""
}

// within reports whether s lies in the memory of b.
func within(b, s []byte) bool {
	for i := range b {
		if &b[i] == &s[0] {
			return i+len(s) <= len(b)
		}
	}
	return false
}
