package keepalive

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/engine"
	"pcaptriage/decoders/capture"
)

// edit says what to change in a lab capture: frames to leave out, seconds to
// add to the time of a frame and all after it, and a payload frame to cut into
// two segments that come in the wrong order.
type edit struct {
	drop  []int
	later map[int]uint32
	split int
	// tls makes the payload look like TLS: a handshake record in the first half of
	// each connection's first request, application data in everything else, of
	// at most this many bytes a record where it is not 0.
	tls       bool
	tlsRecord int
}

// edited returns the classic little-endian pcap file with the changes.
func edited(t *testing.T, name string, e edit) []byte {
	t.Helper()
	data, err := os.ReadFile("../../testdata/pcaps/keepalive/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if m := binary.LittleEndian.Uint32(data); m != 0xa1b2c3d4 && m != 0xa1b23c4d {
		t.Fatalf("%s: magic %x", name, m)
	}
	out := slices.Clone(data[:24])
	seen := map[uint16]bool{}
	var add uint32
	for frame, b := 1, data[24:]; len(b) >= 16; frame++ {
		n := 16 + binary.LittleEndian.Uint32(b[8:])
		rec := slices.Clone(b[:n])
		b = b[n:]
		add += e.later[frame]
		binary.LittleEndian.PutUint32(rec, binary.LittleEndian.Uint32(rec)+add)
		if e.tls {
			out = append(out, secured(rec, seen, e.tlsRecord)...)
			continue
		}
		if frame == e.split {
			first, second := cutSegment(rec)
			out = append(append(out, second...), first...)
		} else if !slices.Contains(e.drop, frame) {
			out = append(out, rec...)
		}
	}
	return out
}

// secured returns a record with its payload made to look like TLS. seen are the
// clients' ports that have sent something.
func secured(rec []byte, seen map[uint16]bool, most int) []byte {
	const ip = 16 + 14
	tcp := ip + int(rec[ip]&15)*4
	payload := tcp + int(rec[tcp+12]>>4)*4
	port := binary.BigEndian.Uint16(rec[tcp:])
	if payload+10 > len(rec) {
		return rec
	}
	dress := func(r []byte, typ byte) []byte {
		n := len(r) - payload - 5
		if most > 0 {
			n = min(n, most)
		}
		copy(r[payload:], []byte{typ, 3, 3, byte(n >> 8), byte(n)})
		for i := payload + 5; i < len(r); i++ {
			r[i] = byte(i * 41)
		}
		return r
	}
	if port > 1024 && !seen[port] {
		seen[port] = true
		first, second := cutSegment(rec)
		return append(dress(first, 22), dress(second, 23)...)
	}
	return dress(rec, 23)
}

// cutSegment makes two records of an Ethernet IPv4 TCP one with payload.
func cutSegment(rec []byte) (first, second []byte) {
	const ip = 16 + 14
	tcp := ip + int(rec[ip]&15)*4
	payload := tcp + int(rec[tcp+12]>>4)*4
	half := (len(rec) - payload) / 2
	first = slices.Clone(rec[:payload+half])
	second = append(slices.Clone(rec[:payload]), rec[payload+half:]...)
	binary.BigEndian.PutUint32(second[tcp+4:], binary.BigEndian.Uint32(second[tcp+4:])+uint32(half))
	binary.BigEndian.PutUint16(second[ip+4:], binary.BigEndian.Uint16(second[ip+4:])+1) // identification
	for _, r := range [][]byte{first, second} {
		binary.LittleEndian.PutUint32(r[8:], uint32(len(r)-16))
		binary.LittleEndian.PutUint32(r[12:], uint32(len(r)-16))
		binary.BigEndian.PutUint16(r[ip+2:], uint16(len(r)-ip))
	}
	return first, second
}

func rulesOf(t *testing.T, data []byte, set map[string]string) []string {
	t.Helper()
	options := map[string]string{}
	for k, v := range set {
		options["keepalive."+k] = v
	}
	res, err := engine.Run(context.Background(), []string{"x.pcap"}, engine.Options{
		Analyzers: []*analyzers.Analyzer{Analyzer}, Workers: 1, Set: options,
		Open: func(name string, o capture.Options) (*capture.Reader, error) {
			return capture.NewReader(bytes.NewReader(data), name, o)
		}})
	if err != nil {
		t.Fatal(err)
	}
	if r := res.Results[0]; r.Failed || len(res.Internal) > 0 {
		t.Fatalf("%s %v", r.Failure, res.Internal)
	}
	var out []string
	for _, f := range res.Results[0].Outcome.Findings {
		sev := f.Severity
		if sev == analyzers.SeverityDefault {
			sev = Analyzer.Rule(f.Rule).Severity
		}
		out = append(out, f.Rule+" "+sev.String()+" "+f.Confidence.String())
	}
	sort.Strings(out)
	return out
}

// What is not seen, or comes in another order, changes the verdict.
func TestVariants(t *testing.T) {
	for _, c := range []struct {
		name, file string
		edit       edit
		set        map[string]string
		want       []string
	}{
		{name: "race told by RST alone", file: "race.pcap", edit: edit{drop: []int{25, 26, 27}}, want: []string{"keepalive-race error likely"}},
		{name: "race inside TLS", file: "race.pcap", edit: edit{tls: true}, want: []string{"keepalive-race error likely"}},
		{name: "race inside TLS, of an alert", file: "race.pcap", edit: edit{tls: true, tlsRecord: 19}},
		{name: "reuse inside TLS", file: "reuse.pcap", edit: edit{tls: true}, want: []string{"keepalive-reuse info likely"}},
		{name: "reuse inside TLS, soon", file: "tls.pcap"},
		{name: "reuse inside TLS, soon enough", file: "tls.pcap", set: map[string]string{"tls-reuse-min": "2s"}, want: []string{"keepalive-reuse info likely"}},
		{name: "TLS of small records only", file: "reuse.pcap", edit: edit{tls: true, tlsRecord: 34}},
		{name: "first request in two segments, swapped", file: "reuse.pcap", edit: edit{split: 4},
			want: []string{"http-slow-response warning certain", "keepalive-reuse info certain"}},
		{name: "two probes unanswered and RST", file: "dead-peer.pcap", edit: edit{drop: []int{12, 13}}, want: []string{"keepalive-dead-peer error certain"}},
		{name: "one probe unanswered and RST", file: "dead-peer.pcap", edit: edit{drop: []int{11, 12, 13}}},
		{name: "the other side was not captured", file: "dead-peer.pcap", edit: edit{drop: []int{2, 5, 6, 9}}},
		{name: "probes without an end, capture runs on", file: "dead-peer.pcap", edit: edit{drop: []int{14}}, want: []string{"keepalive-dead-peer error likely"}},
		{name: "probes without an end, capture over", file: "dead-peer.pcap", edit: edit{drop: frames(14, 99)}},
		{name: "sent twice only", file: "forgotten.pcap", edit: edit{drop: []int{10, 11, 12, 13, 14}}},
		{name: "sent often in a short time", file: "forgotten.pcap", set: map[string]string{"drop-min": "7s"}},
		{name: "no idle time before", file: "forgotten.pcap", set: map[string]string{"idle-min": "5s"}},
		{name: "too few connections", file: "per-request-client.pcap", set: map[string]string{"unused-min": "7"}},
		{name: "connections minutes apart", file: "per-request-client.pcap",
			edit: edit{later: map[int]uint32{11: 60, 21: 60, 31: 60, 41: 60, 51: 60}}},
		{name: "bodies unread, twice", file: "body-unread.pcap", edit: edit{drop: frames(22, 28)}, want: []string{"keepalive-body-unread info possible"}},
		{name: "slower than the threshold only", file: "slow.pcap", set: map[string]string{"slow": "1500ms"}, want: []string{"http-slow-response warning certain"}},
		{name: "reuse after longer than seen", file: "reuse.pcap", set: map[string]string{"reuse-min": "60s"}, want: []string{"http-slow-response warning certain"}},
		{name: "reset after longer than seen", file: "idle-reset.pcap", set: map[string]string{"reset-min": "3s"}},
		{name: "reset in a response's stead", file: "idle-reset.pcap", edit: edit{drop: []int{6, 7}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := rulesOf(t, edited(t, c.file, c.edit), c.set)
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func frames(from, to int) (out []int) {
	for i := from; i <= to; i++ {
		out = append(out, i)
	}
	return out
}

// A probe that a later one's answer finds is the only one that went unanswered.
func TestUnansweredProbes(t *testing.T) {
	for _, c := range []struct {
		drop              []int
		answered, longest uint64
	}{
		{nil, 3, 0}, {[]int{12, 13, 14}, 2, 1},
	} {
		file := filepath.Join(t.TempDir(), "x.pcap")
		if err := os.WriteFile(file, edited(t, "probes-both.pcap", edit{drop: c.drop}), 0o666); err != nil {
			t.Fatal(err)
		}
		out, _ := analyze(t, file)
		for _, row := range out.Tables[tableProbes].Rows {
			if row[1] == "client" && (row[3] != c.answered || row[4] != c.longest || row[8] != "answered") {
				t.Errorf("without frames %v: %v answered, %v not in a row, %v; want %d, %d", c.drop, row[3], row[4], row[8], c.answered, c.longest)
			}
		}
	}
}
