package gsmmap_test

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pcaptriage/decoders/gsmmap"
	"pcaptriage/decoders/tcap"
)

// hexRow is a line of TRUTH-hex.md: what one frame is, said by hand.
type hexRow struct {
	frame                                                    uint64
	tcap, opcode, ac, portion, version, direction, component string
}

// readHexTruth reads the tables, by file.
func readHexTruth(t *testing.T) (files []string, rows map[string][]hexRow) {
	f, err := os.Open(corpus(t, "TRUTH-hex.md"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows = map[string][]hexRow{}
	heading := regexp.MustCompile(`^## (\S+\.pcap)`)
	file := ""
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if m := heading.FindStringSubmatch(lines.Text()); m != nil {
			file = m[1]
			files = append(files, file)
			continue
		}
		cells := strings.Split(lines.Text(), " | ")
		n, err := strconv.ParseUint(strings.Trim(cells[0], "| "), 10, 64)
		if err != nil || len(cells) < 11 {
			continue
		}
		rows[file] = append(rows[file], hexRow{n, cells[3], cells[4], cells[5], cells[6], cells[7], cells[8], cells[9]})
	}
	return files, rows
}

// expected is how many forwardSM invokes a row stands for: fragments, segments
// that do not complete a message, repeats and returned messages are none.
func (r *hexRow) expected() int {
	switch {
	case r.opcode != "44" && r.opcode != "46", strings.Contains(r.tcap, "returned"):
		return 0
	case strings.Contains(r.component, "complete here"), strings.Contains(r.component, "remaining 0"):
		return 1
	case strings.Contains(r.component, "fragment"), strings.Contains(r.component, "retransmission"), strings.Contains(r.component, "segment "):
		return 0
	case strings.Contains(r.tcap, "x2"), strings.Contains(r.component, "two invokes"):
		return 2
	}
	return 1
}

// conflicting reports whether the row calls the message contradictory.
func (r *hexRow) conflicting() bool {
	return strings.Contains(r.direction, "mismatch") || strings.Contains(r.version, "abnormal")
}

func (r *hexRow) basis() gsmmap.Basis {
	switch {
	case strings.Contains(r.ac, "not captured"):
		return gsmmap.BasisOpcode
	case r.ac == "none":
		return gsmmap.BasisNoDialogue
	}
	return gsmmap.BasisContext
}

func TestHexTruth(t *testing.T) {
	files, rows := readHexTruth(t)
	checked := 0
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			w := walkFile(t, corpus(t, file), false)
			steps := map[uint64][]step{}
			var d dialogues
			for i := range w.found {
				m := &w.found[i]
				if m.unit.SCCP.Type.Service() || m.msg.Kind == tcap.ANSI {
					continue
				}
				steps[m.frame] = append(steps[m.frame], d.next(m))
			}
			if len(w.failed) != 0 {
				t.Errorf("below TCAP: %v", w.failed)
			}
			for i := range rows[file] {
				checkRow(t, &rows[file][i], steps[rows[file][i].frame])
				checked++
			}
		})
	}
	if checked == 0 {
		t.Error("no rows were found")
	}
}

func checkRow(t *testing.T, r *hexRow, steps []step) {
	t.Helper()
	n := 0
	for _, s := range steps {
		for _, i := range s.invoked {
			if !i.is.Forward {
				continue
			}
			n++
			checkInvoke(t, r, i)
		}
		for _, a := range s.answers {
			checkAnswer(t, r, &a)
		}
		if s.m.msg.Kind == tcap.Abort {
			checkAbort(t, r, s.m)
		}
	}
	if n != r.expected() {
		t.Errorf("frame %d: %d forwardSM, want %d", r.frame, n, r.expected())
	}
	if kind, _, _ := strings.Cut(r.tcap, " "); len(steps) > 0 {
		if got := steps[0].m.msg.Kind.String(); got != kind {
			t.Errorf("frame %d: %s, want %s", r.frame, got, kind)
		}
	}
}

func checkInvoke(t *testing.T, r *hexRow, i *invoke) {
	t.Helper()
	if strconv.Itoa(int(i.code)) != r.opcode {
		t.Errorf("frame %d: code %d, want %s", r.frame, i.code, r.opcode)
	}
	if want := r.version[:2]; fmt.Sprintf("v%d", i.is.Version) != want {
		t.Errorf("frame %d: version %d, want %s", r.frame, i.is.Version, want)
	}
	if want := r.direction[:2]; i.is.Direction.String() != want {
		t.Errorf("frame %d: direction %v, want %s", r.frame, i.is.Direction, want)
	}
	if i.is.Basis != r.basis() {
		t.Errorf("frame %d: basis %v, want %v", r.frame, i.is.Basis, r.basis())
	}
	if (i.is.Conflicts != 0) != r.conflicting() {
		t.Errorf("frame %d: conflicts %b, want some: %v", r.frame, i.is.Conflicts, r.conflicting())
	}
}

var (
	latency   = regexp.MustCompile(`latency (\d+(?:\.\d+)?) s`)
	errorCode = regexp.MustCompile(`returnError (\d+)`)
)

func checkAnswer(t *testing.T, r *hexRow, a *answer) {
	t.Helper()
	if m := errorCode.FindStringSubmatch(r.component); m != nil {
		if a.c.Kind != tcap.ReturnError || strconv.Itoa(int(a.c.Code)) != m[1] {
			t.Errorf("frame %d: %v %d, want error %s", r.frame, a.c.Kind, a.c.Code, m[1])
		}
	}
	if strings.Contains(r.component, "returnResultLast") && a.c.Kind != tcap.ReturnResultLast {
		t.Errorf("frame %d: %v, want a result", r.frame, a.c.Kind)
	}
	if strings.HasPrefix(r.component, "Reject") && (a.c.Kind != tcap.Reject || a.c.ProblemKind != tcap.ProblemInvoke || a.c.Problem != 1) {
		t.Errorf("frame %d: %+v, want unrecognisedOperation", r.frame, a.c)
	}
	if code := strings.Trim(r.opcode, "()"); strings.HasPrefix(r.opcode, "(") && (a.to == nil || strconv.Itoa(int(a.to.code)) != code) {
		t.Errorf("frame %d: answers %+v, want an invoke of %s", r.frame, a.to, code)
	}
	if m := latency.FindStringSubmatch(r.component); m != nil && a.to != nil {
		want, _ := strconv.ParseFloat(m[1], 64)
		if got := float64(a.time-a.to.time) / 1e9; math.Abs(got-want) > 2e-6 {
			t.Errorf("frame %d: latency %v s, want %v s", r.frame, got, want)
		}
	}
}

// checkAbort: the aborts of these files refuse a context and name another.
func checkAbort(t *testing.T, r *hexRow, m *message) {
	t.Helper()
	got := gsmmap.ReadRefusal(&m.msg, true)
	want, _, _ := strings.Cut(r.ac, " ")
	if c := got.Alternative; got.Kind != gsmmap.ContextRefused || !got.HasAlternative || fmt.Sprintf("%d.%d", c.Family, c.Version) != want {
		t.Errorf("frame %d: %+v, want %s as the alternative", r.frame, got, want)
	}
}

// What single files are about and no row of the tables says.
func TestSCTPTricks(t *testing.T) {
	w := walkFile(t, corpus(t, "map_sctp_tricks.pcap"), false)
	invokes, answers := 0, 0
	for _, m := range w.found {
		for _, c := range m.components {
			if c.Kind == tcap.Invoke {
				invokes++
			} else {
				answers++
			}
		}
	}
	if invokes != 5 || answers != 5 {
		t.Errorf("%d invokes and %d answers, want 5 of each", invokes, answers)
	}
	for _, a := range w.assocs {
		if s := a.Stats; s.Retransmissions != 2 || s.Copies != 1 {
			t.Errorf("%+v, want 2 retransmissions and 1 copy", s)
		}
		if a.MissingNow() != 0 {
			t.Errorf("%d TSNs missing", a.MissingNow())
		}
	}
}

func TestReturnedMessage(t *testing.T) {
	w := walkFile(t, corpus(t, "map_sccp_variants.pcap"), false)
	last := w.found[len(w.found)-1]
	if s := &last.unit.SCCP; !s.Type.Service() || s.Cause != 1 || last.msg.Kind != tcap.Begin || last.msg.OTID.Len == 0 {
		t.Errorf("%+v", last)
	}
	if n := len(w.found); n != 4 {
		t.Errorf("%d messages, want 4: three segments are one", n)
	}
}
