package gsmmap_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// noPeer are golden captures in which tshark 4.0 reads less than there is: it
// does not put fragments and segments together that come out of order, and shows
// no TCAP in service messages. In udp, it is this test's walker that reads no UDP.
var noPeer = []string{"sccp_variants.pcap", "sctp_tricks.pcap", "udp.pcap"}

// TestPeersTCAP compares transaction ids, operation and error codes of the golden
// captures with tshark's dissection, frame by frame.
func TestPeersTCAP(t *testing.T) {
	if os.Getenv("PCAPTRIAGE_PEERS") == "" {
		t.Skip("PCAPTRIAGE_PEERS is not set")
	}
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("no tshark")
	}
	files, err := filepath.Glob("../../testdata/pcaps/gsmmap/*.pcap")
	if err != nil || len(files) == 0 {
		t.Fatal(err, len(files))
	}
	messages := 0
	for _, file := range files {
		name := filepath.Base(file)
		if slices.Contains(noPeer, name) {
			continue
		}
		var got []string
		w := walkFile(t, file, false)
		for i := range w.found {
			m := &w.found[i]
			var codes []string
			for _, c := range m.components {
				if c.HasCode {
					codes = append(codes, fmt.Sprint(c.Code))
				}
			}
			got = append(got, fmt.Sprintf("%d|%s|%s|%s", m.frame, m.msg.OTID, m.msg.DTID, strings.Join(codes, ",")))
		}
		messages += len(got)
		if d := cmp.Diff(tsharkTCAP(t, file), got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	if messages < 200 {
		t.Errorf("only %d messages compared", messages)
	}
}

// tsharkTCAP lists tshark's facts: frame, transaction ids, codes.
func tsharkTCAP(t *testing.T, file string) []string {
	t.Helper()
	label := "ITU"
	if strings.Contains(file, "ansi") {
		label = "ANSI"
	}
	out, err := exec.Command("tshark", "-r", file, "-o", "mtp3.standard:"+label, "-Y", "tcap", "-T", "fields", "-E", "separator=|", "-E", "occurrence=a",
		"-e", "frame.number", "-e", "tcap.otid", "-e", "tcap.dtid", "-e", "gsm_old.localValue").Output()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}
