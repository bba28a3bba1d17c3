package linkscore

import "pcaptriage/decoders/link"

// candidate is a link type with a strict reader.
type candidate struct {
	linkType uint16
	read     func(s *Scorer, f frame) reading
}

// candidates, in the order in which a repair prefers the members of a class
// that dissect a file identically: 101 for raw IP, 108 before 0 for a loopback
// header in network order, Cisco HDLC and PPP before the types that hold either.
var candidates = [numCandidates]candidate{
	{link.EN10MB, (*Scorer).ethernet},
	{link.Raw, func(_ *Scorer, f frame) reading { return ip(f) }},
	{link.Raw12, func(_ *Scorer, f frame) reading { return ip(f) }},
	{link.Raw14, func(_ *Scorer, f frame) reading { return ip(f) }},
	{link.IPv4, func(_ *Scorer, f frame) reading { return ipv4(f) }},
	{link.IPv6, func(_ *Scorer, f frame) reading { return ipv6(f) }},
	{link.Loop, func(_ *Scorer, f frame) reading { return loop(f) }},
	{link.Null, func(_ *Scorer, f frame) reading { return null(f) }},
	{link.LinuxSLL, (*Scorer).sll},
	{link.LinuxSLL2, (*Scorer).sll2},
	{link.CHDLC, (*Scorer).chdlc},
	{link.PPP, (*Scorer).ppp},
	{link.PPPHDLC, (*Scorer).ppp},
	{link.PPPEther, (*Scorer).pppoe},
	{link.PPPWithDir, (*Scorer).pppWithDirection},
	{link.FrameRelay, (*Scorer).frameRelay},
	{link.PFLOG, func(_ *Scorer, f frame) reading { return pflog(f) }},
	{link.Enc, func(_ *Scorer, f frame) reading { return enc(f) }},
	{link.IEEE80211, (*Scorer).wlan},
	{link.Radiotap, (*Scorer).radiotap},
	{link.Prism, (*Scorer).prism},
	{link.PPI, (*Scorer).ppi},
	{link.NFLOG, func(_ *Scorer, f frame) reading { return nflog(f) }},
	{link.IPNet, func(_ *Scorer, f frame) reading { return ipnet(f) }},
	{link.MTP2, func(_ *Scorer, f frame) reading { return mtp2Unit(f) }},
	{link.MTP2WithPHDR, func(_ *Scorer, f frame) reading { return mtp2Header(f) }},
	{link.MTP3, func(_ *Scorer, f frame) reading { return message(f) }},
	{link.SCCP, func(_ *Scorer, f frame) reading { return signalling(f) }},
}

// numCandidates is their number. The compiler does not let it be a len here,
// since the readers' receiver holds an array of that size.
const numCandidates = 28

// candidateOf is the index of link type t among the candidates, or -1.
func candidateOf(t uint16) int {
	for i := range candidates {
		if candidates[i].linkType == t {
			return i
		}
	}
	return -1
}

// openBSDEnc is how OpenBSD numbers its enc interface. The registry has given
// the number to nobody, so that a file with it can only be OpenBSD's.
const openBSDEnc = 13

// Checkable reports whether packets can tell that t is wrong: it is decoded down
// to IP or SS7, or it is a number that stands for nothing else. User-defined
// types mean what their user says.
func Checkable(t uint16) bool {
	if candidateOf(t) >= 0 || t == openBSDEnc {
		return true
	}
	if t >= link.User0 && t <= link.User15 {
		return false
	}
	e, ok := link.Lookup(t)
	return ok && e.Support == link.Decoded
}
