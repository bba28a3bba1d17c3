package filter_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/filter"
)

// expressions that both tcpdump and this package understand.
var expressions = []string{
	"tcp", "udp", "icmp", "icmp6", "arp", "ip", "ip6", "sctp", "igmp", "esp", "ah", "pim", "vrrp",
	"not tcp", "tcp or udp and not port 53", "tcp[tcpflags] == tcp-syn", "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
	"tcp[13]=18", "tcp[13] & 4 != 0", "icmp[0] = 3", "icmp[icmptype] == icmp-unreach or icmp[icmptype] = icmp-timxceed",
	"tcp[tcpflags] == tcp-syn or tcp[13]=18", "tcp[tcpflags] & tcp-rst != 0 or icmp[0] = 3",
	"port 80", "tcp port 80 or 443", "src port 80", "dst port 443", "portrange 1-1023", "src portrange 80-90", "udp portrange 5000-6000", "port http or port domain",
	"host 192.168.1.1", "src host 192.168.1.2 or dst host 10.0.0.1", "net 192.168.0.0/16", "net 10", "src net 172.16.0.0/12", "net 192.168.0.0 mask 255.255.0.0",
	"host ::1", "ip6 net fe80::/10", "src or dst port 22", "src and dst port 53",
	"ip[0] & 0xf != 5", "ip[6:2] & 0x1fff != 0", "ip[2:2] > 1000", "ip[8] < 5", "ip6[6] = 6", "icmp6[0] = 2", "udp[4:2] > 100",
	"len > 500", "less 60", "greater 1000", "len = ip[2:2] + 14", "(tcp[12] >> 4) * 4 > 20", "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420",
	"vlan", "vlan 100 and tcp", "vlan and vlan and ip", "tcp or vlan and tcp", "not (tcp or udp)", "!(port 80) and ip", "port (80 or 443)", "not port 80 and not 443",
	"ether broadcast", "ether multicast", "broadcast", "multicast", "ip multicast", "ip6 multicast", "ether proto 0x88cc", "ether[12:2] = 0x0800", "ip proto 47", "ip proto \\tcp", "ip6 proto 58", "proto 50",
	"ip and not tcp and not udp", "ip[9] / 2 = 3", "ip[1] ^ 0x10 = 0", "ip[9] % 5 = 1", "1 << 2 = 4 and ip", "ether[0] & 1 = 1 and ip[16] >= 224",
}

// On real captures the filter lets pass exactly the packets that tcpdump does.
func TestPeersTcpdump(t *testing.T) {
	if os.Getenv("PCAPTRIAGE_PEERS") == "" {
		t.Skip("compares with tcpdump; set PCAPTRIAGE_PEERS=1 (make test-peers)")
	}
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skip("tcpdump is not installed")
	}
	files, _ := filepath.Glob("../../testdata/pcaps/*/*.pcap")
	for _, area := range []string{"dlt", "syn", "fragneeded", "keepalive", "big"} {
		more, _ := filepath.Glob("../../../shared/pcaps/" + area + "/*.*cap")
		files = append(files, more...)
	}
	compared := 0
	for i, file := range files {
		recs, link := records(file)
		// libpcap knows the address families of its own system only, and takes
		// a loopback capture of another one for something else than IP.
		if len(recs) == 0 || !filter.Supports(link) || link == 0 || link == 108 {
			continue
		}
		for j, expr := range expressions {
			if (i+j)%5 != 0 { // a fifth of the pairs is plenty, and each file and each expression comes often
				continue
			}
			cmd := exec.Command("tcpdump", "-nr", file, "-w", "-", expr)
			out, err := cmd.Output()
			if err != nil {
				continue // no such primitive on this link type, or a file that libpcap refuses
			}
			f, err := filter.Compile(expr)
			if err != nil {
				t.Fatal(err)
			}
			want := readAll(bytes.NewReader(out), "tcpdump")
			var got []record
			for _, r := range recs {
				if f.Match(link, r.data, r.wire) {
					got = append(got, r)
				}
			}
			compared++
			if !same(got, want) {
				t.Errorf("%s %q: %d packets pass, with tcpdump %d", filepath.Base(file), expr, len(got), len(want))
			}
		}
	}
	if compared == 0 {
		t.Fatal("nothing was compared")
	}
	t.Logf("%d pairs of file and expression", compared)
}

type record struct {
	data []byte
	wire uint32
}

func same(a, b []record) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i].data, b[i].data) {
			return false
		}
	}
	return true
}

// records reads a file of one link type; none for others.
func records(file string) ([]record, uint16) {
	r, err := capture.Open(file, capture.Options{})
	if err != nil {
		return nil, 0
	}
	defer r.Close()
	recs := drain(r)
	info := r.Info()
	if len(info.Interfaces) != 1 || info.DamageCount > 0 {
		return nil, 0
	}
	return recs, info.Interfaces[0].LinkType
}

func readAll(src io.Reader, name string) []record {
	r, err := capture.NewReader(src, name, capture.Options{})
	if err != nil {
		return nil
	}
	defer r.Close()
	return drain(r)
}

func drain(r *capture.Reader) (out []record) {
	for {
		slab, err := r.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				return nil
			}
			return out
		}
		for i := range slab.Recs {
			rec := &slab.Recs[i]
			out = append(out, record{bytes.Clone(slab.Data(rec)), rec.Orig})
		}
		slab.Release()
	}
}
