package main

import (
	"fmt"
	"strings"
)

// fact is a statement about a capture: so many packets of this kind.
type fact struct {
	label    string
	min, max int
	match    func(p *pkt) bool
}

func exactly(n int, label string, match func(p *pkt) bool) fact {
	return fact{label, n, n, match}
}

func atLeast(n int, label string, match func(p *pkt) bool) fact {
	return fact{label, n, 1 << 30, match}
}

func none(label string, match func(p *pkt) bool) fact { return fact{label, 0, 0, match} }

// checkFacts returns the frames of each fact, for the MANIFEST.
func checkFacts(f *file, facts []fact) (string, error) {
	var parts []string
	for _, fa := range facts {
		var frames []int
		for _, p := range f.packets() {
			if fa.match(p) {
				frames = append(frames, p.n)
			}
		}
		if n := len(frames); n < fa.min || n > fa.max {
			return "", fmt.Errorf("%s: %d packets (frames %s), want %d to %d", fa.label, n, numbers(frames), fa.min, fa.max)
		}
		if len(frames) > 0 {
			parts = append(parts, fa.label+" "+numbers(frames))
		}
	}
	return strings.Join(parts, "; "), nil
}

// numbers lists frames, the first dozen of them.
func numbers(frames []int) string {
	var b strings.Builder
	for i, n := range frames {
		if i == 12 {
			fmt.Fprintf(&b, " and %d more", len(frames)-i)
			break
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprint(&b, n)
	}
	return b.String()
}

// repeats matches the second and later occurrences of packets that are equal in
// direction and sequence number and that f matches: retransmissions.
func repeats(f func(p *pkt) bool) func(p *pkt) bool {
	seen := map[string]bool{}
	return func(p *pkt) bool {
		if !f(p) {
			return false
		}
		k := fmt.Sprint(p.src, p.sport, p.dst, p.dport, p.seq, p.flags&(syn|fin|rst))
		again := seen[k]
		seen[k] = true
		return again
	}
}

// firstTime matches what repeats does not.
func firstTime() func(p *pkt) bool {
	again := repeats(func(*pkt) bool { return true })
	return func(p *pkt) bool { return !again(p) }
}

func isSYN(p *pkt) bool    { return p.has(syn) }
func isSYNACK(p *pkt) bool { return p.has(syn | ack) }
func isRST(p *pkt) bool    { return p.tcp() && p.flags&rst != 0 }
func isFIN(p *pkt) bool    { return p.tcp() && p.flags&fin != 0 }
func isData(p *pkt) bool   { return p.data() }
func isPureACK(p *pkt) bool {
	return p.has(ack) && p.length == 0
}

// all joins conditions.
func all(fs ...func(p *pkt) bool) func(p *pkt) bool {
	return func(p *pkt) bool {
		for _, f := range fs {
			if !f(p) {
				return false
			}
		}
		return true
	}
}

func from(ip string) func(p *pkt) bool { return func(p *pkt) bool { return p.from(ip) } }
func to(ip string) func(p *pkt) bool   { return func(p *pkt) bool { return p.to(ip) } }
func onPort(n int) func(p *pkt) bool   { return func(p *pkt) bool { return p.port(n) } }

// icmp matches an ICMP or ICMPv6 message.
func icmp(proto, kind, code int) func(p *pkt) bool {
	return func(p *pkt) bool { return p.proto == proto && p.kind == kind && p.code == code }
}
