package filter_test

import (
	"errors"
	"strings"
	"testing"

	"pcaptriage/decoders/filter"
)

// Packets to match, Ethernet: a SYN 10.0.0.1:40000 > 10.0.0.2:443, the same on
// VLAN 7, an IPv6 UDP packet 2001:db8::1:53 > 2001:db8::2:5353, an ARP request
// of 10.0.0.1 for 10.0.0.2.
var (
	syn  = hexBytes("020000000002 020000000001 0800 4500002c 00014000 4006 0000 0a000001 0a000002 9c40 01bb 00000001 00000000 6002 ffff 0000 0000 020405b4")
	vlan = hexBytes("020000000002 020000000001 8100 0007 0800 4500002c 00014000 4006 0000 0a000001 0a000002 9c40 01bb 00000001 00000000 6002 ffff 0000 0000 020405b4")
	dns6 = hexBytes("020000000002 020000000001 86dd 60000000 0008 11 40 20010db8000000000000000000000001 20010db8000000000000000000000002 0035 14e9 0008 0000")
	arp  = hexBytes("ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002")
)

func hexBytes(s string) []byte {
	s = strings.ReplaceAll(s, " ", "")
	b := make([]byte, len(s)/2)
	for i := range b {
		b[i] = unhex(s[2*i])<<4 | unhex(s[2*i+1])
	}
	return b
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c - 'a' + 10
}

func TestMatch(t *testing.T) {
	packets := []struct {
		name string
		data []byte
	}{{"syn", syn}, {"vlan", vlan}, {"dns6", dns6}, {"arp", arp}}
	for _, tt := range []struct{ expr, pass string }{
		{"tcp", "syn"},
		{"not tcp", "vlan dns6 arp"},
		{"vlan and tcp", "vlan"},
		{"vlan 7 and host 10.0.0.1", "vlan"},
		{"vlan 8", ""},
		{"tcp or vlan and tcp", "vlan"}, // and and or bind equally, and vlan moves what follows
		{"tcp[tcpflags] == tcp-syn", "syn"},
		{"tcp[13] & 18 = 2", "syn"},
		{"tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn", "syn"},
		{"port 443", "syn"},
		{"port https or domain", "syn dns6"},
		{"src port 443", ""},
		{"portrange 440-450", "syn"},
		{"udp portrange 50-60", "dns6"},
		{"host 10.0.0.1", "syn arp"},
		{"ip host 10.0.0.1", "syn"},
		{"dst host 10.0.0.2 or 10.0.0.9", "syn arp"},
		{"src and dst net 10", "syn arp"},
		{"net 10.0.0.0/30 and not arp", "syn"},
		{"net 10.0.0.0 mask 255.0.0.0", "syn arp"},
		{"host 2001:db8::2", "dns6"},
		{"ip6 net 2001:db8::/32", "dns6"},
		{"udp", "dns6"},
		{"ether broadcast", "arp"},
		{"ether host 02:00:00:00:00:01", "syn vlan dns6 arp"},
		{"ether src 02:00:00:00:00:02", ""},
		{"ether[12:2] = 0x806", "arp"},
		{"len = 58", "syn"},
		{"less 58", "syn arp"},
		{"(tcp[12] >> 4) * 4 = 24", "syn"},
		{"(host 10.0.0.1 or host 10.0.0.7) and (tcp[13] = 2)", "syn"},
		{"tcp[1000] = 0", ""},
		{"not tcp[1000] = 0", "vlan dns6 arp"}, // a load beyond the packet rejects it
		{"10.0.0.1", "syn arp"},
		{"not (not tcp)", "syn"},
		{"!tcp && !udp || arp", "vlan arp"},
	} {
		f, err := filter.Compile(tt.expr)
		if err != nil {
			t.Errorf("%q: %v", tt.expr, err)
			continue
		}
		var pass []string
		for _, p := range packets {
			if f.Match(1, p.data, uint32(len(p.data))) {
				pass = append(pass, p.name)
			}
		}
		if got := strings.Join(pass, " "); got != tt.pass {
			t.Errorf("%q lets pass %q, want %q", tt.expr, got, tt.pass)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, expr := range []string{"", "tcp and", "tcp-syn", "(tcp", "tcp)", "host", "host www.example.com", "port 70000", "port", "net 10.0.0.1/8",
		"tcp[", "tcp[0", "tcp[0:3] = 1", "tcp[0] =", "1 / 0 = 1", "foo", "gateway 10.0.0.1", "protochain 6", "udp host 10.0.0.1", "ip host ::1", "80", "10.0.0.0/8",
		"ether host 10.0.0.1", "host 02:00:00:00:00:01:02:03:04", "vlan 5000", "mpls", "tcp port", "igmp6", "\x00", "tcp &&& udp", strings.Repeat("(", 5000), strings.Repeat("not ", 5000) + "tcp"} {
		_, err := filter.Compile(expr)
		var syntax *filter.SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%.40q: error %v, want a syntax error", expr, err)
		}
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	f, err := filter.Compile("(host 10.0.0.1 or net 2001:db8::/32) and (tcp port 443 or udp) and not ether host 02:00:00:00:00:09 and tcp[13] & 2 != 0")
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() {
		f.Match(1, syn, uint32(len(syn)))
		f.Match(1, dns6, uint32(len(dns6)))
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzFilter(f *testing.F) {
	for _, e := range expressions {
		f.Add(e, syn, uint16(1))
	}
	f.Add("vlan and ip6", vlan, uint16(113))
	f.Fuzz(func(t *testing.T, expr string, data []byte, link uint16) {
		c, err := filter.Compile(expr)
		if err != nil {
			return
		}
		// A packet cut short is rejected or judged alike, never a panic.
		for n := range data {
			c.Match(link, data[:n], uint32(len(data)))
		}
	})
}
