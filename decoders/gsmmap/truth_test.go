package gsmmap_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pcaptriage/decoders/gsmmap"
	"pcaptriage/decoders/ss7"
	"pcaptriage/decoders/tcap"
)

// truthFile is an entry of TRUTH.json: what an independent decoder found in
// each whole DATA chunk, duplicates included.
type truthFile struct {
	Packets uint64
	Rows    []truthRow
}

type truthRow struct {
	Frame      uint64
	Transport  string `json:"tr"`
	SCCP       string
	CalledSSN  *int    `json:"cd_ssn"`
	CallingSSN *int    `json:"cg_ssn"`
	TCAP       *string `json:"tcap"`
	OTID, DTID *string
	AC         *string
	ACSource   string  `json:"ac_src"`
	Components [][]any `json:"comps"`
	PAbort     *int    `json:"pabort"`
	Err        *string
	Exc        *string
}

func readTruth(t *testing.T) map[string]truthFile {
	b, err := os.ReadFile(corpus(t, "TRUTH.json"))
	if err != nil {
		t.Fatal(err)
	}
	var truth map[string]truthFile
	if err := json.Unmarshal(b, &truth); err != nil {
		t.Fatal(err)
	}
	return truth
}

// line is one TCAP message in the form that truth and decoder are compared in.
func (r *truthRow) line() string {
	str := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	num := func(n *int) int {
		if n == nil {
			return -1
		}
		return *n
	}
	kind := str(r.TCAP)
	if strings.HasPrefix(kind, "ansi") {
		return fmt.Sprintf("%d ansi", r.Frame)
	}
	ac := ""
	if r.ACSource == "own" {
		ac = str(r.AC)
	}
	s := fmt.Sprintf("%d %s %s o=%s d=%s ac=%s pabort=%d ssn=%d/%d", r.Frame, r.SCCP, kind, str(r.OTID), str(r.DTID), ac, num(r.PAbort),
		num(r.CalledSSN), num(r.CallingSSN))
	for _, c := range r.Components {
		s += fmt.Sprintf(" %v:%v:%v:%v", c[0], value(c[1]), value(c[2]), value(c[3]))
	}
	return s
}

func value(v any) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprint(v)
}

func (m *message) line() string {
	if m.msg.Kind == tcap.ANSI {
		return fmt.Sprintf("%d ansi", m.frame)
	}
	pabort, called, calling := -1, -1, -1
	if m.msg.HasPAbort {
		pabort = int(m.msg.PAbort)
	}
	if a := &m.unit.SCCP.Called; a.HasSSN {
		called = int(a.SSN)
	}
	if a := &m.unit.SCCP.Calling; a.HasSSN {
		calling = int(a.SSN)
	}
	s := fmt.Sprintf("%d %v %s o=%v d=%v ac=%s pabort=%d ssn=%d/%d", m.frame, m.unit.SCCP.Type, strings.ToLower(m.msg.Kind.String()), m.msg.OTID, m.msg.DTID,
		oid(m.msg.Dialogue.Context), pabort, called, calling)
	for _, c := range m.components {
		id, op, code := "-", "-", "-"
		if c.HasInvokeID {
			id = fmt.Sprint(c.InvokeID)
		}
		switch {
		case c.HasCode && c.Kind == tcap.ReturnError:
			code = fmt.Sprint(c.Code)
		case c.HasCode:
			op = fmt.Sprint(c.Code)
		}
		s += fmt.Sprintf(" %v:%s:%s:%s", c.Kind, id, op, code)
	}
	return s
}

func TestTruth(t *testing.T) {
	truth := readTruth(t)
	compared := 0
	for name, file := range truth {
		t.Run(name, func(t *testing.T) {
			w := walkFile(t, corpus(t, name), true)
			rows := file.Rows
			switch name {
			case "derived__LU_linktype139_mtp2phdr.pcap", "derived__LU_linktype142_sccp.pcap":
				// That decoder does not read these link types; the messages are
				// those of the files beside them.
				rows = truth["derived__LU_linktype140_mtp2.pcap"].Rows
			}
			want := []string{}
			for i := range rows {
				if r := &rows[i]; r.TCAP != nil {
					want = append(want, r.line())
				}
			}
			if name == "P1sec+pycrate__pcapr_iphone6_volte_limited.pcap" {
				// Nor does it know ANSI labels. Checked by hand with tshark and its
				// preference mtp3.standard:ANSI.
				want = strings.Split(ansiMTP3, "\n")
			}
			got := []string{}
			for i := range w.found {
				got = append(got, w.found[i].line())
			}
			compared += len(want)
			if !slices.Equal(got, want) {
				report(t, got, want)
				t.Logf("below TCAP: %v, skipped %v", w.failed, w.skipped)
			}
		})
	}
	t.Logf("%d messages compared", compared)
}

const ansiMTP3 = `31 UDT begin o=00000002 d= ac=0.4.0.0.1.0.14.3 pabort=-1 ssn=6/7 invoke:1:56:-
33 XUDT end o= d=00000002 ac=0.4.0.0.1.0.14.3 pabort=-1 ssn=7/6 returnResultLast:1:56:-
53 UDT begin o=00000003 d= ac=0.4.0.0.1.0.1.3 pabort=-1 ssn=6/7 invoke:1:2:-
55 XUDT continue o=00000117 d=00000003 ac=0.4.0.0.1.0.1.3 pabort=-1 ssn=7/6 invoke:1:7:-
56 UDT continue o=00000003 d=00000117 ac= pabort=-1 ssn=6/7 returnResultLast:1:7:-
57 UDT end o= d=00000003 ac= pabort=-1 ssn=7/6 returnResultLast:1:2:-
126 UDT begin o=00000000 d= ac=0.4.0.0.1.0.21.3 pabort=-1 ssn=8/8 invoke:1:46:-
127 UDT end o= d=00000000 ac=0.4.0.0.1.0.21.3 pabort=-1 ssn=8/8 returnResultLast:1:46:-`

// report shows the first lines that only one side has.
func report(t *testing.T, got, want []string) {
	t.Helper()
	n := 0
	for _, s := range got {
		if !slices.Contains(want, s) && n < 12 {
			t.Errorf("only decoded: %s", s)
			n++
		}
	}
	for _, s := range want {
		if !slices.Contains(got, s) && n < 24 {
			t.Errorf("only in truth: %s", s)
			n++
		}
	}
	if n == 0 {
		t.Errorf("%d messages decoded, %d in truth, or in another order", len(got), len(want))
	}
}

// forwardVerdicts are the files with forwardSM invokes (TRUTH.md, its column of
// that name; the third one from TRUTH-hex.md), as operation and version. Every
// other file has none, whatever codes INAP and CAP use.
var forwardVerdicts = map[string]map[string]int{
	"wrapped__corsac_pcapmaker_m3ua.pcap":              {"mo-forwardSM 3 MO": 1},
	"wrapped__gomaja_go-tcap_real_tcap_over_m3ua.pcap": {"mt-forwardSM 3 MT": 4, "forwardSM 1 MT": 1},
	"P1sec+pycrate__pcapr_iphone6_volte_limited.pcap":  {"mo-forwardSM 3 MO": 1},
	// The copies of one dialogue's ids in one packet do not matter here.
	"wrapped__gomaja_go-tcap_bundled4_over_m3ua.pcap": {"mt-forwardSM 3 MT": 4, "forwardSM 1 MT": 1},
}

func TestForwardVerdicts(t *testing.T) {
	for name := range readTruth(t) {
		w := walkFile(t, corpus(t, name), false)
		got := map[string]int{}
		var d dialogues
		for i := range w.found {
			if m := &w.found[i]; m.msg.Kind != tcap.ANSI && !m.unit.SCCP.Type.Service() {
				for _, i := range d.next(m).invoked {
					if i.is.Forward {
						got[fmt.Sprintf("%s %d %v", gsmmap.OperationName(i.code, i.is.Version), i.is.Version, i.is.Direction)]++
					}
				}
			}
		}
		if want := forwardVerdicts[name]; !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// Every record of the hand-made captures, cut after every octet: nothing may
// panic, and what is found in a cut record is found in the whole one too.
func TestEveryCut(t *testing.T) {
	files, _ := readHexTruth(t)
	for _, file := range files {
		eachRecord(t, corpus(t, file), func(link uint16, frame uint64, at int64, b []byte, wire uint32) {
			whole := newWalker()
			whole.record(link, frame, at, b, wire)
			for n := range b {
				w := newWalker()
				w.record(link, frame, at, b[:n], wire)
				for i := range w.found {
					m := &w.found[i]
					if i >= len(whole.found) {
						t.Fatalf("%s frame %d: a cut to %d octets has more messages than the whole", file, frame, n)
					}
					o := &whole.found[i]
					if m.msg.OTID.Len > 0 && m.msg.OTID != o.msg.OTID || m.msg.DTID.Len > 0 && m.msg.DTID != o.msg.DTID || len(m.components) > len(o.components) {
						t.Fatalf("%s frame %d cut to %d octets: %s, whole: %s", file, frame, n, m.line(), o.line())
					}
				}
			}
		})
	}
}

// FuzzPath leads octets from every layer to the facts of MAP.
func FuzzPath(f *testing.F) {
	for _, name := range []string{"map_v1_mo_sua.pcap", "map_m2ua.pcap", "map_m2pa_ansi.pcap", "map_v3_mo_m3ua.pcap", "map_dlt252_exported_pdu.pcap",
		"map_dlt139_mtp2_phdr.pcap", "map_dlt141_mtp3.pcap", "map_dlt142_sccp.pcap", "map_sccp_variants.pcap"} {
		if _, err := os.Stat(filepath.Join(corpusDir, name)); err != nil {
			continue
		}
		eachRecord(f, filepath.Join(corpusDir, name), func(link uint16, _ uint64, _ int64, b []byte, _ uint32) {
			f.Add(link, append([]byte(nil), b...))
		})
	}
	f.Add(uint16(ss7.LinkTypeSCCP), []byte("\x09\x00\x03\x05\x07\x02\x42\x08\x02\x42\x06\x02\x62\x00"))
	f.Fuzz(func(t *testing.T, link uint16, b []byte) {
		w := newWalker()
		var d dialogues
		for frame := range uint64(2) {
			w.record(link, frame, int64(frame)*1e9, b, uint32(len(b)))
		}
		for i := range w.found {
			d.next(&w.found[i])
			_ = w.found[i].line()
		}
	})
}
