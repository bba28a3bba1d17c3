package sshwire

import (
	"crypto/sha256"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pcaptriage/decoders/stream/streamtest"
)

// labEvent is an event of the lab's truth table: "0.049 C KEXINIT len=1560".
type labEvent struct {
	at     float64 // seconds from the SYN
	server bool
	what   string // BANNER, LINE, KEXINIT, KEX30, NEWKEYS, ENC
	text   string
	size   int
}

type labFile struct {
	conns    [][]labEvent
	rough    []bool // retransmissions or reordering: times and segments differ
	received []string
}

var labLine = regexp.MustCompile(`([0-9.]+) ([CS]) ([A-Z]+[0-9]*)(\(tail\))?(?: (?:len=)?([0-9]+))?(?: b?'([^']*)')?`)

// readLab reads the table beside the lab's captures.
func readLab(t testing.TB, dir string) map[string]*labFile {
	b, err := os.ReadFile(filepath.Join(dir, "TRUTH-lab.md"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*labFile{}
	var f *labFile
	for _, line := range strings.Split(string(b), "\n") {
		if name, ok := strings.CutPrefix(line, "## "); ok {
			f = &labFile{}
			files[name] = f
		}
		if names, ok := strings.CutPrefix(line, "server sent after NEWKEYS: "); ok {
			f.received = strings.Split(names, ", ")
		}
		_, text, ok := strings.Cut(line, ": ")
		if !ok || !strings.HasPrefix(line, "conn ") {
			continue
		}
		var conn []labEvent
		rough := strings.Contains(text, "RETX") || strings.Contains(text, "OOO")
		for _, part := range strings.Split(text, "; ") {
			m := labLine.FindStringSubmatch(part)
			if m == nil || m[3] == "FIN" || m[3] == "RST" || m[3] == "RETX" || m[3] == "OOO" {
				continue
			}
			e := labEvent{server: m[2] == "S", what: m[3]}
			e.at, _ = strconv.ParseFloat(m[1], 64)
			e.size, _ = strconv.Atoi(m[5])
			e.text = strings.NewReplacer(`\r`, "", `\n`, "").Replace(m[6])
			if e.what == "BADLEN" {
				e.what, e.text = "LINE", "Protocol major versions differ."
			}
			conn = append(conn, e)
		}
		if len(conn) > 0 {
			f.conns = append(f.conns, conn)
			f.rough = append(f.rough, rough)
		}
	}
	return files
}

// labEvents turns what was parsed into the same form.
func (c *session) labEvents(server bool) (all []labEvent) {
	for _, e := range c.events {
		if (e.dir != c.from) != server {
			continue
		}
		x := labEvent{server: server, text: e.text, size: e.wire, at: float64(e.at.Last.Time-c.syn) / 1e9}
		switch {
		case e.kind == 'V':
			x.what = "BANNER"
			x.size = 0
		case e.kind == 'L':
			x.what = "LINE"
		case e.kind == 'E':
			x.what = "ENC"
		case e.kind != 'P':
			x.what = "FAULT"
		case e.typ == MsgKexInit:
			x.what = "KEXINIT"
		case e.typ == MsgNewKeys:
			x.what = "NEWKEYS"
		default:
			x.what = fmt.Sprintf("KEX%d", e.typ)
		}
		all = append(all, x)
	}
	return all
}

// TestLab compares every event in the lab's table: kind, text, size, and the
// time on undisturbed connections.
func TestLab(t *testing.T) {
	dir := streamtest.Corpus(t, "ssh-lab")
	conns, events := 0, 0
	for name, f := range readLab(t, dir) {
		if len(f.conns) == 0 {
			continue
		}
		var got []*session
		for _, c := range readSSH(t, filepath.Join(dir, name)) {
			if len(c.events) > 0 && c.syn != 0 {
				got = append(got, c)
			}
		}
		if len(got) != len(f.conns) {
			t.Errorf("%s: %d connections, want %d", name, len(got), len(f.conns))
			continue
		}
		for i, want := range f.conns {
			conns++
			for _, server := range []bool{false, true} {
				have := got[i].labEvents(server)
				n := 0
				for _, w := range want {
					if w.server != server {
						continue
					}
					events++
					why := ""
					switch {
					case n >= len(have):
						why = "missing"
					case f.rough[i] && w.what == "ENC":
						continue
					case have[n].what != w.what || have[n].text != w.text || w.size != 0 && have[n].size != w.size:
						why = fmt.Sprintf("is %+v", have[n])
					case !f.rough[i] && math.Abs(have[n].at-w.at) > 0.0015:
						why = fmt.Sprintf("comes at %v", have[n].at)
					}
					if why != "" {
						t.Errorf("%s connection %d: event %d, %+v, %s", name, i, n, w, why)
						break
					}
					n++
				}
				if !f.rough[i] && n < len(have) {
					t.Errorf("%s connection %d: %+v is not in the table", name, i, have[n])
				}
			}
		}
	}
	t.Logf("%d connections, %d events", conns, events)
	if conns < 40 || events < 800 {
		t.Error("too few to mean anything")
	}
}

// TestLabFingerprints: HASSH of the lab's programs.
func TestLabFingerprints(t *testing.T) {
	dir := streamtest.Corpus(t, "ssh-lab")
	for _, c := range []struct{ file, client, server string }{
		{"lab_02_known_pubkey_ok.pcap", "472b5de333ad665af5cbf10ff892c4df", "425d29fe50d8e4f5e37efb6e24bcf660"},
		{"lab_23_dropbear_client.pcap", "16574631849ea8d13c926c9905839928", "425d29fe50d8e4f5e37efb6e24bcf660"},
	} {
		client, server := readSSH(t, filepath.Join(dir, c.file))[0].kexInits()
		if client == nil || server == nil {
			t.Fatal(c.file)
		}
		if client.HASSH(Client) != c.client || server.HASSH(Server) != c.server {
			t.Errorf("%s: %s, %s", c.file, client.HASSH(Client), server.HASSH(Server))
		}
	}
}

// TestLabNegotiation: what fails and what is guessed wrongly.
func TestLabNegotiation(t *testing.T) {
	dir := streamtest.Corpus(t, "ssh-lab")
	for _, c := range []struct {
		file   string
		kex    string
		failed []Slot
		guess  bool // of the client, who made one
	}{
		{"lab_07a_kex_diffie-hellman-group-exchange-sha256.pcap", "diffie-hellman-group-exchange-sha256", nil, false},
		{"lab_07f_kex_sntrup761x25519-sha512.pcap", "sntrup761x25519-sha512@openssh.com", nil, true},
		{"lab_08a_no_common_kex.pcap", "", []Slot{Kex}, false},
		{"lab_08b_no_common_cipher.pcap", "sntrup761x25519-sha512", []Slot{CipherC2S, CipherS2C}, true},
		{"lab_08c_no_common_hostkey.pcap", "sntrup761x25519-sha512", []Slot{HostKey}, false},
		{"lab_08d_no_common_mac.pcap", "sntrup761x25519-sha512", []Slot{MACC2S, MACS2C}, true},
		{"lab_23_dropbear_client.pcap", "curve25519-sha256", nil, false},
	} {
		s := readSSH(t, filepath.Join(dir, c.file))[0]
		client, server := s.kexInits()
		if client == nil || server == nil {
			t.Fatal(c.file)
		}
		n := Negotiate(client, server)
		if n.Kex != c.kex || !slices.Equal(n.Failed, c.failed) {
			t.Errorf("%s: %+v", c.file, n)
		}
		if client.FirstFollows != strings.Contains(c.file, "dropbear_client") {
			t.Errorf("%s: first_kex_packet_follows %v", c.file, client.FirstFollows)
		}
		if client.FirstFollows && GuessRight(client, server, client) != c.guess {
			t.Errorf("%s: guess", c.file)
		}
	}
}

// TestLabSizes: where lengths are in clear, each packet up to the success has the
// size that is computed for the message which the client's log names.
func TestLabSizes(t *testing.T) {
	dir := streamtest.Corpus(t, "ssh-lab")
	truth := readLab(t, dir)
	for _, name := range []string{"lab_09a_cipher_aes256-gcm.pcap", "lab_09b_cipher_aes128-ctr_hmac-sha2-256-etm.pcap"} {
		s := readSSH(t, filepath.Join(dir, name))[0]
		client, server := s.kexInits()
		n := Negotiate(client, server)
		u, ok := SuiteOf(n.CipherS2C, n.MACS2C, n.CompS2C)
		if !ok || !u.ClearLength {
			t.Fatalf("%s: %+v", name, n)
		}
		var sp Splitter
		var sizes []int
		for _, e := range s.find('E', 1-s.from) {
			for rest := e.bytes; len(rest) > 0; {
				var size int
				if size, rest = sp.Next(&u, rest); size > 0 {
					sizes = append(sizes, size)
				}
			}
		}
		names := truth[name].received
		done := slices.Index(names, "SUCCESS")
		// The log does not name all that comes later.
		if sp.Lost() || done < 0 || len(sizes) < len(names) {
			t.Errorf("%s: %d packets, want %d: %v", name, len(sizes), len(names), sizes)
			continue
		}
		for i, what := range names[:done+1] {
			size := sizes[i]
			if what == "SERVICE_ACCEPT" && !u.Is(size, ServiceAcceptLen) || u.Is(size, AuthSuccessLen) != (what == "SUCCESS") || !u.Valid(size) {
				t.Errorf("%s: %s has size %d", name, what, size)
			}
		}
	}
}

// TestLabHostKeys: the lab has one host key for each server program.
func TestLabHostKeys(t *testing.T) {
	dir := streamtest.Corpus(t, "ssh-lab")
	keys := map[string]bool{}
	bits := 0
	for _, name := range []string{"lab_02_known_pubkey_ok.pcap", "lab_07a_kex_diffie-hellman-group-exchange-sha256.pcap", "lab_07c_kex_diffie-hellman-group18-sha512.pcap", "lab_07e_kex_curve25519-sha256.pcap"} {
		s := readSSH(t, filepath.Join(dir, name))[0]
		client, server := s.kexInits()
		kind := KexOf(Negotiate(client, server).Kex)
		found := false
		for _, e := range s.where('P', -1) {
			if blob := HostKeyBlob(e.payload, kind); blob != nil {
				found = true
				keys[KeyType(blob)+" "+Fingerprint(sha256.Sum256(blob))] = true
			}
			if kind == KexGEX && e.typ == 31 {
				bits = GroupBits(e.payload)
			}
			if e.typ >= MsgKexFirst {
				if r := SenderRole(e.typ, kind); (r == Client) != (e.dir == s.from) {
					t.Errorf("%s: message %d", name, e.typ)
				}
			}
		}
		if !found {
			t.Errorf("%s: no host key", name)
		}
	}
	if len(keys) != 1 || bits < 2048 {
		t.Errorf("keys %v, group of %d bits", keys, bits)
	}
}

// TestLabSpecial: captures that are cut, doubled, one-sided or begun late.
func TestLabSpecial(t *testing.T) {
	dir := streamtest.Corpus(t, "ssh-lab")
	read := func(name string) *session { return readSSH(t, filepath.Join(dir, name))[0] }
	shape := func(s *session, dir int) (out []string) {
		for _, e := range s.where('P', dir) {
			out = append(out, fmt.Sprint(e.typ, " ", e.wire))
		}
		return out
	}
	plain, twice := read("lab_02_known_pubkey_ok.pcap"), read("lab_41_span_duplicates.pcap")
	if !slices.Equal(shape(plain, -1), shape(twice, -1)) || len(plain.events) != len(twice.events) {
		t.Errorf("doubled frames: %v, %v", shape(plain, -1), shape(twice, -1))
	}
	if one := read("lab_40_server_to_client_only.pcap"); len(shape(one, -1)) != 3 || len(one.where('F', -1)) != 0 {
		t.Errorf("one direction: %v", shape(one, -1))
	}
	if late := read("lab_39_midstream_encrypted.pcap"); len(late.where('P', -1)) != 0 || len(late.where('V', -1)) != 0 {
		t.Errorf("begun late: %v", late.events)
	}
	// With 96 bytes a segment the types and sizes are there up to the first hole
	// that runs into the next packet.
	cut := read("lab_31_snaplen96.pcap")
	if got := shape(cut, int(cut.from)); len(got) < 3 || got[0] != shape(plain, int(plain.from))[0] {
		t.Errorf("cut: %v", got)
	}
	for _, v := range cut.where('V', -1) {
		if !strings.HasPrefix(v.text, "SSH-2.0-OpenSSH") {
			t.Errorf("cut: %q", v.text)
		}
	}
}
