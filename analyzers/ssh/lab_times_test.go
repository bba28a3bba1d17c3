package ssh_test

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	truthSection = regexp.MustCompile(`^## (lab_\S+\.pcap)`)
	truthMessage = regexp.MustCompile(`^([0-9.]+) ([CS]) (BANNER|KEXINIT|KEX3\d|NEWKEYS|ENC)\b`)
)

// readTruthTimes reads when each phase of the captures with one connection ended,
// in seconds after its SYN: TRUTH-lab.md lists the messages in their order.
func readTruthTimes(t *testing.T, name string) map[string]map[string]float64 {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Skip("no corpus")
	}
	defer file.Close()
	out := map[string]map[string]float64{}
	section := ""
	sc := bufio.NewScanner(file)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		if m := truthSection.FindStringSubmatch(sc.Text()); m != nil {
			section = m[1]
		}
		if messages, ok := strings.CutPrefix(sc.Text(), "conn 0: "); ok {
			out[section] = truthEnds(t, messages)
		}
	}
	return out
}

func truthEnds(t *testing.T, messages string) map[string]float64 {
	t.Helper()
	ends := map[string]float64{}
	side := map[string]string{"C": "client", "S": "server"}
	asked := false
	for _, part := range strings.Split(messages, "; ") {
		m := truthMessage.FindStringSubmatch(part)
		if m == nil {
			continue
		}
		at, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		_, ready := ends["hostkey-gate"]
		switch who := side[m[2]]; {
		case m[3] == "BANNER":
			ends["banner-"+who] = at
		case m[3] == "KEXINIT":
			ends["kexinit-"+who] = at
		case m[3] == "NEWKEYS" && who == "server":
			ends["newkeys"] = at
		case m[3] == "NEWKEYS":
			ends["hostkey-gate"] = at
		case m[3] != "ENC":
			ends["kex-"+who] = at
		case who == "client":
			asked = asked || ready
		case asked && ends["service"] == 0:
			ends["service"] = at
		}
	}
	return ends
}

// TestLabTimes: phases end within 5 ms of what TRUTH-lab.md says, and so begin and
// last as long.
func TestLabTimes(t *testing.T) {
	dir := filepath.Join(corpus, "ssh-lab")
	compared, captures := 0, 0
	for name, ends := range readTruthTimes(t, filepath.Join(dir, "TRUTH-lab.md")) {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			continue // the table has more than the corpus
		}
		res := run(t, filepath.Join(dir, name))
		o := outcome(t, res)
		if len(o.Tables[1].Rows) == 0 {
			continue
		}
		captures++
		syn := rows(o)[0]["time"].(int64)
		seen := map[string]bool{}
		for _, row := range o.Tables[1].Rows {
			phase := row[0].(string)
			want, ok := ends[phase]
			if !ok {
				continue
			}
			seen[phase] = true
			compared++
			if got := float64(row[6].(int64)-syn) / 1e9; got < want-0.005 || got > want+0.005 {
				t.Errorf("%s: %s ends at %.4f, the table says %.3f", name, phase, got, want)
			}
		}
		for phase := range ends {
			if !seen[phase] {
				t.Errorf("%s: no phase %s", name, phase)
			}
		}
	}
	t.Logf("%d captures, %d phases", captures, compared)
	if captures < 30 || compared < 240 {
		t.Error("too few to mean anything")
	}
}
