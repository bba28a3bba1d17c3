package main

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// dissection is everything that tshark says about a file, field by field.
func dissection(t *testing.T, name string) string {
	t.Helper()
	cmd := exec.Command("tshark", "-r", name, "-n", "-T", "pdml")
	out, err := cmd.Output()
	if err != nil && len(out) == 0 {
		t.Fatalf("tshark %s: %v", name, err)
	}
	// The file's name and the time of the dissection are in the head.
	if i := bytes.Index(out, []byte("<packet>")); i >= 0 {
		out = out[i:]
	}
	// All kinds of raw IP are repaired to one of them, so that its name, and the
	// pseudo-protocol "raw" that tshark lists for that one, may differ.
	var lines []string
	for _, l := range strings.Split(string(out), "\n") {
		if strings.Contains(l, `"frame.encap_type"`) {
			for _, raw := range []string{"Raw IPv4 (129)", "Raw IPv6 (130)", "Raw IP (7)"} {
				if strings.Contains(l, raw) {
					l = "raw IP"
				}
			}
		}
		if strings.Contains(l, `"frame.protocols"`) {
			l = strings.ReplaceAll(l, "raw:", "")
		}
		if strings.Contains(l, `<proto name="raw"`) && strings.HasSuffix(l, "/>") {
			continue
		}
		lines = append(lines, l)
	}
	return strings.Join(lines, "\n")
}

func fixed(t *testing.T, name string, args ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "fixed")
	var stdout, stderr bytes.Buffer
	args = append([]string{"fix-dlt", name, "--output", out}, args...)
	if code := run(args, strings.NewReader(""), &stdout, &stderr); code != exitOK && code != exitDamaged {
		t.Fatalf("fix-dlt %s: exit %d: %s%s", name, code, stdout.String(), stderr.String())
	}
	return out
}

func sameDissection(t *testing.T, what, got, want string) {
	t.Helper()
	g, w := strings.Split(dissection(t, got), "\n"), strings.Split(dissection(t, want), "\n")
	if len(w) < 10 {
		t.Fatalf("%s: tshark says nothing of the original", what)
	}
	for i := range w {
		if i >= len(g) || g[i] != w[i] {
			have := "nothing"
			if i < len(g) {
				have = g[i]
			}
			t.Errorf("%s: line %d differs:\n got %s\nwant %s", what, i+1, have, w[i])
			return
		}
	}
}

// TestPeersFixDLT: tshark dissects what fix-dlt repairs exactly as the rightly
// labelled original, which editcap makes without our help.
func TestPeersFixDLT(t *testing.T) {
	needPeers(t)
	dir := filepath.Join("..", "..", "testdata", "pcaps", "linktype")
	for _, c := range []struct{ file, encap string }{
		{"openbsd-lo0.pcap", "loop"}, {"openbsd-lo0-bigendian.pcap", "loop"}, {"openbsd-lo0-snaplen-116.pcap", "loop"},
		{"openbsd-lo0-v4.pcap", "loop"}, {"openbsd-lo0-v6.pcap", "loop"}, {"null-le-as-raw.pcap", "null"},
		{"raw-as-ethernet.pcap", "rawip"}, {"ethernet-as-raw.pcap", "ether"}, {"sll-as-ethernet.pcap", "linux-sll"},
		{"sll2-as-ethernet.pcap", "linux-sll2"},
	} {
		right := filepath.Join(t.TempDir(), "right")
		name := filepath.Join(dir, c.file)
		if out, err := exec.Command("editcap", "-F", "pcap", "-T", c.encap, name, right).CombinedOutput(); err != nil {
			t.Fatalf("editcap: %v %s", err, out)
		}
		sameDissection(t, c.file, fixed(t, name), right)
	}
}

// The corpus' OpenBSD captures in every container, against the originals.
func TestPeersFixDLTCorpus(t *testing.T) {
	needPeers(t)
	dir := filepath.Join("..", "..", "..", "shared", "pcaps", "dlt")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no corpus beside the repository")
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	sameDissection(t, "pcap", fixed(t, in("derived__openbsd_loop_mislabelled12.pcap")), in("derived__openbsd_loop_linktype108.pcap"))
	sameDissection(t, "pcapng", fixed(t, in("derived__openbsd_loop_mislabelled12.pcapng")), in("derived__openbsd_loop_linktype108.pcapng"))
	for _, n := range []string{"derived__openbsd_loop_mislabelled12_BE.pcap", "derived__openbsd_loop_mislabelled12_ns.pcap",
		"derived__openbsd_loop_mislabelled12_snap68.pcap"} {
		right := filepath.Join(t.TempDir(), "right")
		format := "pcap"
		if strings.Contains(n, "_ns") {
			format = "nsecpcap"
		}
		if out, err := exec.Command("editcap", "-F", format, "-T", "loop", in(n), right).CombinedOutput(); err != nil {
			t.Fatalf("editcap: %v %s", err, out)
		}
		sameDissection(t, n, fixed(t, in(n)), right)
	}
}

// One real capture of each link type, labelled as another, repaired: tshark has
// to see the original again.
func TestPeersFixDLTRelabelled(t *testing.T) {
	needPeers(t)
	root := filepath.Join("..", "..", "..", "shared", "pcaps")
	for _, c := range []struct {
		file  string
		wrong uint32
	}{
		{"dlt/OISF+suricata-verify__http-gap-beyond-body_input.pcap", 101},
		{"dlt/zeek+zeek__quic_interop_quic-go_quic-go_zerortt.pcap", 1},
		{"dlt/simsong+tcpflow__bug8.pcap", 1},
		{"dlt/epiecs+packetlife-backup__pcaps_PPP_negotiation.cap", 12},
		{"dlt/OISF+suricata-verify__pgsql_pgsql-cancel-request_input.pcap", 108},
		{"dlt/epiecs+packetlife-backup__pcaps_HDLC.cap", 101},
		{"dlt/arkime+arkime__80211http.pcap", 1},
		{"dlt/epiecs+packetlife-backup__pcaps_OSPF_point-to-point_adjacencies.cap", 1},
		{"dlt/derived__openbsd_enc_linktype109_le.pcap", 13},
		{"dlt/OISF+suricata-verify__output-eve-smb-01_input.pcap", 1},
		{"dlt/OISF+suricata-verify__decode-sll2-02_input.pcap", 113},
		{"dlt/arkime+arkime__nflog.pcap", 1},
		{"dlt/arkime+arkime__adb.pcap", 1},
		{"dlt/the-tcpdump-group+tcpdump__ipv6_mobility_1.pcap", 1},
		{"dlt/the-tcpdump-group+libpcap__filter_isup_load_generator.pcap", 12},
	} {
		f, err := os.Open(filepath.Join(root, c.file))
		if err != nil {
			t.Skip("no corpus beside the repository")
		}
		b, err := io.ReadAll(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		order := binary.ByteOrder(binary.LittleEndian)
		if b[0] == 0xa1 {
			order = binary.BigEndian
		}
		order.PutUint32(b[20:], c.wrong)
		wrong := filepath.Join(t.TempDir(), "wrong.pcap")
		if err := os.WriteFile(wrong, b, 0o600); err != nil {
			t.Fatal(err)
		}
		sameDissection(t, c.file, fixed(t, wrong), filepath.Join(root, c.file))
	}
}

// tshark reads what --encap writes without complaint, and sees the same packets.
func TestPeersEncap(t *testing.T) {
	needPeers(t)
	for _, file := range []string{"openbsd-lo0.pcap", "mixed.pcapng", "loopback-sll2.pcap"} {
		name := filepath.Join("..", "..", "testdata", "pcaps", "linktype", file)
		want := fields(t, fixed(t, name))
		for _, target := range strings.Split(targetNames(), ", ") {
			if got := fields(t, fixed(t, name, "--encap", target)); got != want {
				t.Errorf("%s as %s:\n%s\nwant\n%s", file, target, got, want)
			}
		}
	}
}

// fields are what must survive another link-layer header.
func fields(t *testing.T, name string) string {
	t.Helper()
	args := []string{"-r", name, "-n", "-T", "fields"}
	for _, f := range []string{"frame.number", "frame.time_epoch", "frame.comment", "ip.len", "ip.src", "ip.dst", "ip.checksum",
		"ipv6.plen", "ipv6.src", "tcp.srcport", "tcp.seq_raw", "tcp.len", "tcp.checksum", "http.request.uri", "_ws.malformed"} {
		args = append(args, "-e", f)
	}
	out, err := exec.Command("tshark", args...).Output()
	if err != nil || len(out) == 0 {
		t.Fatalf("tshark %s: %v", name, err)
	}
	return string(out)
}

func needPeers(t *testing.T) {
	t.Helper()
	if os.Getenv("PCAPTRIAGE_PEERS") == "" {
		t.Skip("PCAPTRIAGE_PEERS is not set")
	}
	for _, tool := range []string{"tshark", "editcap"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is not installed", tool)
		}
	}
}
