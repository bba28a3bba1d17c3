package decoders

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pcaptriage/decoders/link"
)

// tsharkFields are read in this order, all occurrences of each.
var tsharkFields = []string{"frame.number", "frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst",
	"tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.len", "udp.srcport", "udp.dstport", "frame.cap_len"}

// view is what both sides say of one frame's innermost packet, as text; parts
// that were not decoded are empty.
type view struct{ src, dst, ports, tcp string }

// TestPeers compares with tshark's dissection, frame by frame. It runs only
// when asked to (make test-peers), for tshark takes its time.
func TestPeers(t *testing.T) {
	if os.Getenv("PCAPTRIAGE_PEERS") == "" {
		t.Skip("PCAPTRIAGE_PEERS is not set")
	}
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("no tshark")
	}
	areas := []string{"dlt", "syn", "big", "fragneeded", "ssh", "keepalive"}
	if s := os.Getenv("PCAPTRIAGE_AREAS"); s != "" {
		areas = strings.Fields(s)
	}
	var frames, differ int
	reasons := map[string]int{}
	for _, file := range corpusFiles(t, areas...) {
		theirs := tsharkViews(t, file)
		eachRecord(t, file, func(r record) {
			th, ok := theirs[r.frame]
			if !ok {
				return
			}
			frames++
			var p Packet
			p.Decode(r.link, r.data, r.wire)
			ours := viewOf(&p)
			if ours == th.view {
				return
			}
			if why := explained(&p, ours, th); why != "" {
				reasons[why]++
			} else {
				differ++
				if differ < 400 {
					t.Errorf("%s frame %d link %d: we %+v %v, tshark %+v %s", filepath.Base(file), r.frame, r.link, ours, p.Fail, th.view, th.protocols)
				}
			}
		})
	}
	t.Logf("%d frames compared, %d unexplained", frames, differ)
	for why, n := range reasons {
		t.Logf("%d: %s", n, why)
	}
}

func viewOf(p *Packet) (v view) {
	if p.Has&HasIP == 0 {
		return v
	}
	v.src, v.dst = p.Src.String(), p.Dst.String()
	if p.Has&HasPorts != 0 && (p.Proto == ProtoTCP || p.Proto == ProtoUDP) {
		v.ports = fmt.Sprintf("%d > %d", p.SrcPort, p.DstPort)
	}
	if p.Has&HasTCP != 0 {
		v.tcp = fmt.Sprintf("%d + %d", p.TCP.Seq, p.PayloadLen)
	}
	return v
}

type tsharkView struct {
	view
	protocols string
	captured  int // bytes
}

// tsharkViews has tshark dissect a file without any reassembly, and picks each
// frame's innermost IP packet: the last before what an ICMP error quotes.
func tsharkViews(t *testing.T, file string) map[uint64]tsharkView {
	t.Helper()
	args := []string{"-n", "-r", file, "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE",
		"-o", "tcp.desegment_tcp_streams:FALSE", "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,"}
	for _, f := range tsharkFields {
		args = append(args, "-e", f)
	}
	cmd := exec.Command("tshark", args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	views := map[uint64]tsharkView{}
	in := bufio.NewScanner(out)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		cols := strings.Split(in.Text(), "\t")
		if len(cols) != len(tsharkFields) {
			continue
		}
		var n uint64
		fmt.Sscan(cols[0], &n)
		v := tsharkView{view: pick(cols), protocols: cols[1]}
		fmt.Sscan(cols[12], &v.captured)
		views[n] = v
	}
	cmd.Wait() // its exit status tells of damaged files
	return views
}

// pick reads the innermost packet off the occurrences of tshark's fields.
func pick(cols []string) (v view) {
	count := map[string]int{}
	last := map[string]int{} // 1 for the first layer
	for i, name := range strings.Split(cols[1], ":") {
		if (name == "icmp" || name == "icmpv6") && count["ip"]+count["ipv6"] > 0 {
			break
		}
		count[name]++
		last[name] = i + 1
	}
	nth := func(col, n int) string {
		all := strings.Split(cols[col], ",")
		if n < 1 || n > len(all) {
			return ""
		}
		return all[n-1]
	}
	ipAt := last["ip"]
	if last["ipv6"] > ipAt {
		ipAt = last["ipv6"]
		v.src, v.dst = nth(4, count["ipv6"]), nth(5, count["ipv6"])
	} else if count["ip"] > 0 {
		v.src, v.dst = nth(2, count["ip"]), nth(3, count["ip"])
	}
	if last["tcp"] > ipAt {
		if s, d := nth(6, count["tcp"]), nth(7, count["tcp"]); s != "" {
			v.ports = s + " > " + d
		}
		if s, n := nth(8, count["tcp"]), nth(9, count["tcp"]); s != "" && n != "" {
			v.tcp = s + " + " + n
		}
	} else if last["udp"] > ipAt {
		if s, d := nth(10, count["udp"]), nth(11, count["udp"]); s != "" {
			v.ports = s + " > " + d
		}
	}
	return v
}

// explained gives the reason for a difference that is none of our errors.
func explained(p *Packet, ours view, th tsharkView) string {
	layer := func(name string) bool { return strings.Contains(":"+th.protocols+":", ":"+name+":") }
	theirsCut := th.src == "" || th.dst == ""
	switch {
	case th.captured != len(p.Data):
		return "the readers disagree about the record: a damaged file"
	case ours.src == "" && p.Fail == TruncatedIP:
		return "tshark shows the addresses of a header that was cut behind them"
	case layer("cfp") && (theirsCut || th.tcp == ""):
		return "tshark takes the last 4 bytes of a FabricPath frame for an FCS"
	case ours.src == "" && layer("vjc"):
		return "tshark reconstructs what Van Jacobson compressed"
	case ours.src == "" && layer("6lowpan"):
		return "6LoWPAN is not followed"
	case ours.src == "" && layer("pppoes"):
		return "PPPoE with another version, type or code"
	case theirsCut && layer("pwethheuristic"):
		return "tshark takes a pseudowire without control word for one with"
	case theirsCut && p.LinkType == link.EN10MB && th.protocols == "eth:ethertype:data":
		return "tshark takes a damaged pcap file for one with longer record headers"
	case theirsCut && p.LinkType == link.IPv6 && p.IPVersion == 4:
		return "we go by the packet's own version"
	case p.NTunnel == 0 && p.Has&(HasUDP|IsFragment) == HasUDP && layer("gtp"):
		return "inner packet longer than the GTP-U payload"
	case theirsCut && p.LinkType == link.SLIP:
		return "tshark has no dissector for SLIP"
	case theirsCut && p.LinkType == link.Loop && th.protocols == "null:data":
		return "tshark takes DLT_LOOP in network order only"
	case theirsCut && (layer("ip") || layer("ipv6")) && p.Has&HasIP != 0:
		return "tshark descends into an inner header that was cut; we stay at the packet around it"
	case th.src != ours.src && p.Has&IsFragment != 0:
		return "tshark reads on in a first fragment; we put the datagram together first"
	case p.Fail == BadL4 && th.ports == ours.ports:
		return "tshark takes a length from a TCP header with a data offset below 5"
	case ours.tcp != "" && th.src == ours.src && th.ports == ours.ports && th.tcp == "":
		return "tshark stopped in the TCP header, at cut options"
	case layer("lisp"):
		return "LISP is not followed"
	case layer("sflow"):
		return "tshark shows the packet sampled in an sFlow datagram"
	case p.NTunnel == 0 && p.Has&HasUDP != 0 && (layer("vxlan") || layer("geneve")):
		return "VXLAN without VNI flag, Geneve of another version"
	case layer("gre") && p.Proto == ProtoGRE:
		return "EoIP in GRE version 0"
	case th.src == ours.src && th.ports == "" && ours.ports != "":
		return "tshark stopped at bad IP options"
	}
	return ""
}
