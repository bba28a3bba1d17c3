package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pcaptriage/report"
)

// tshark reads golden captures, annotated: the same packets at the same times,
// and comments on the frames that findings cite, no others. Starting tshark takes
// long, so every fifth will do.
func TestPeersAnnotated(t *testing.T) {
	if os.Getenv("PCAPTRIAGE_PEERS") == "" {
		t.Skip("make test-peers")
	}
	files, err := filepath.Glob("../../testdata/pcaps/*/*.pcap*")
	if err != nil {
		t.Fatal(err)
	}
	found, checked := 0, 0
	for _, file := range files {
		if ext := filepath.Ext(file); ext != ".pcap" && ext != ".pcapng" {
			continue
		}
		cited := citedFrames(t, file)
		if found++; len(cited) == 0 || found%5 != 0 {
			continue
		}
		checked++
		out := filepath.Join(t.TempDir(), "out.pcapng")
		if code := run([]string{"annotate", "-q", "-o", out, file}, nil, io.Discard, io.Discard); code != exitOK && code != exitDamaged {
			t.Errorf("%s: exit code %d", file, code)
			continue
		}
		before, after := tsharkLines(t, file), tsharkLines(t, out)
		var commented []string
		for i, line := range after {
			packet, comment, _ := strings.Cut(line, "|")
			if strings.Contains(comment, "pcaptriage: ") {
				number, _, _ := strings.Cut(packet, "\t")
				commented = append(commented, number)
			}
			if old, _, _ := strings.Cut(before[min(i, len(before)-1)], "|"); packet != old {
				t.Errorf("%s: %q, want %q", file, packet, old)
			}
		}
		if len(after) != len(before) || !slices.Equal(commented, cited) {
			t.Errorf("%s: %d packets of %d, comments on frames %v, findings cite %v", file, len(after), len(before), commented, cited)
		}
	}
	if checked < 10 {
		t.Errorf("only %d captures with findings were looked at", checked)
	}
}

// citedFrames are the frames that findings cite, in their order, as text.
func citedFrames(t *testing.T, file string) (out []string) {
	t.Helper()
	saved := filepath.Join(t.TempDir(), "report.json")
	run([]string{"analyze", "-q", "--output", "json=" + saved, file}, nil, io.Discard, io.Discard)
	f, err := os.Open(saved)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rep, err := report.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	var numbers []uint64
	for _, f := range rep.Captures[0].Findings {
		for _, e := range f.Evidence {
			numbers = append(numbers, e.Frame)
		}
	}
	slices.Sort(numbers)
	for _, n := range slices.Compact(numbers) {
		out = append(out, fmt.Sprint(n))
	}
	return out
}

// tsharkLines are number, time and lengths of a file's packets, and behind a bar
// their comments.
func tsharkLines(t *testing.T, file string) []string {
	t.Helper()
	out, err := exec.Command("tshark", "-r", file, "-T", "fields", "-e", "frame.number", "-e", "frame.time_epoch", "-e", "frame.len",
		"-e", "frame.cap_len", "-e", "frame.comment").Output()
	if err != nil {
		t.Fatalf("tshark %s: %v", file, err)
	}
	lines := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
	for i, l := range lines {
		parts := strings.SplitN(l, "\t", 5)
		lines[i] = strings.Join(parts[:len(parts)-1], "\t") + "|" + parts[len(parts)-1]
	}
	return lines
}
