package gsmmap_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/engine"
	"pcaptriage/analyzers/gsmmap"
	"pcaptriage/decoders"
)

// Captures of other origin, with tables of what is true of them (TRUTH-hex.md,
// TRUTH.md). They are not part of the project.
const corpus = "../../../shared/pcaps/gsmmap"

// truth is what those tables say, as this analyzer would say it: a line a
// dialogue ("frame: operation and outcome; ..."), and the rules that speak.
var truth = []struct {
	file      string
	dialogues string
	rules     string
}{
	{"map_v1_mt_forwardsm.pcap", "1: forwardSM v1 MT: answered after 1.23 s", "map-sc-mismatch"},
	{"map_v1_mo_sua.pcap", "1: forwardSM v1 MO: open at the end of the capture", ""},
	{"map_v2_mo_m3ua.pcap", "1: forwardSM v2 MO: answered after 420 ms", ""},
	{"map_v2_mt_empty_begin.pcap", "1: forwardSM v2 MT: answered after 3.10 s; forwardSM v2 MT: answered after 2.20 s", ""},
	{"map_v3_mt_long_concat.pcap", "1: mt-forwardSM v3: answered after 4.00 s; mt-forwardSM v3: answered after 3.00 s", "map-sc-mismatch"},
	{"map_v3_mt_middialogue.pcap", "1: mt-forwardSM v3: answered after 4.00 s; mt-forwardSM v3: answered after 3.00 s", "map-sc-mismatch"},
	{"map_v3_mo_m3ua.pcap", "1: mo-forwardSM v3 MO: answered after 900 ms\n" +
		"3: mo-forwardSM v3 MO: sm-DeliveryFailure (32, invalidSME-Address), invoke before the capture", ""},
	{"map_mt_fallback_v3_v2.pcap", "1: mt-forwardSM v3: refused, shortMsgMT-Relay-v2 offered\n" +
		"3: forwardSM v2 MT: answered after 2.00 s\n" +
		"5: sendRoutingInfoForSM v3: refused, shortMsgGateway-v2 offered", "map-fallback map-fallback"},
	{"map_mismatch.pcap", "1: mo-forwardSM v3 MT: rejected (unrecognisedOperation) after 300 ms\n" +
		"3: mt-forwardSM v2: facilityNotSupported (21) after 300 ms\n" +
		"5: mo-forwardSM v3 MT: open at the end of the capture\n" +
		"6: forwardSM v1 MO: open at the end of the capture\n" +
		"7: mo-forwardSM v3 MT: open at the end of the capture\n" +
		"8: mt-forwardSM v3: open at the end of the capture; mt-forwardSM v3: open at the end of the capture",
		"map-dup-invoke map-err-interworking map-reject map-version-conflict map-version-conflict map-version-conflict map-version-conflict map-version-conflict"},
	{"map_v3_errors.pcap", "1: mt-forwardSM v3: unidentifiedSubscriber (5) after 500 ms\n" +
		"3: mt-forwardSM v3: absentSubscriberSM (6, GPRS detached) after 600 ms\n" +
		"5: mt-forwardSM v3: illegalSubscriber (9) after 700 ms\n" +
		"7: mt-forwardSM v3: illegalEquipment (12) after 800 ms\n" +
		"9: mt-forwardSM v3: callBarred (13) after 900 ms\n" +
		"11: mt-forwardSM v3: facilityNotSupported (21) after 1.00 s\n" +
		"13: mt-forwardSM v3: subscriberBusyForMT-SMS (31) after 1.10 s\n" +
		"15: mt-forwardSM v3: sm-DeliveryFailure (32, memoryCapacityExceeded, TP-FCS 0xd3 memory capacity exceeded) after 1.20 s\n" +
		"17: mt-forwardSM v3: systemFailure (34, pvlr) after 1.30 s\n" +
		"19: mt-forwardSM v3: dataMissing (35) after 1.40 s\n" +
		"21: mt-forwardSM v3: unexpectedDataValue (36) after 1.50 s\n" +
		"23: mt-forwardSM v3: absentSubscriber (27) after 1.60 s\n" +
		"25: mt-forwardSM v3: open at the end of the capture\n" +
		"26: mt-forwardSM v3: open at the end of the capture",
		"map-err-interworking map-err-network map-err-undefined map-err-undefined"},
	// The retransmission of frame 1 and that of one of the two in frame 6 are no
	// invokes, and the copy of frame 12 is no answer.
	{"map_sctp_tricks.pcap", "3: mt-forwardSM v3: answered after 500 ms\n" +
		"6: mt-forwardSM v3: answered after 1.50 s\n" +
		"6: mt-forwardSM v3: answered after 1.50 s\n" +
		"9: mt-forwardSM v3: answered after 500 ms\n" +
		"11: mt-forwardSM v3: answered after 300 ms", "sctp-retx"},
	{"map_sccp_variants.pcap", "3: forwardSM v2 MT: answered after 2.00 s\n" +
		"5: mt-forwardSM v3: returned by SCCP (cause 1, no translation for this specific address) after 100 ms", "map-mms-mismatch map-sccp-return"},
	{"map_m2pa_itu.pcap", "1: mt-forwardSM v3: open at the end of the capture", ""},
	{"map_m2pa_ansi.pcap", "1: mt-forwardSM v3: open at the end of the capture", ""},
	{"map_m2ua.pcap", "1: mt-forwardSM v3: open at the end of the capture", ""},
	{"map_dlt139_mtp2_phdr.pcap", "1: mt-forwardSM v3: open at the end of the capture", ""},
	{"map_dlt141_mtp3.pcap", "1: mt-forwardSM v3: open at the end of the capture", ""},
	{"map_dlt142_sccp.pcap", "1: mt-forwardSM v3: open at the end of the capture", ""},
	// The same octets at three layers, 1 s apart each: one message on three hops.
	{"map_dlt252_exported_pdu.pcap", "1: mt-forwardSM v3: open at the end of the capture", ""},
	{"ansi_tcap_skip.pcap", "", ""},
	{"linkbit_map_sms.pcap", "", ""},
	{"linkbit_cap_m2pa.pcap", "", ""},
	{"P1sec+pycrate__pcapr_LU.pcap", "", ""},
	{"P1sec+pycrate__pcapr_gprs_ms_log.pcap", "", ""},
	{"EvelymCastellon+VelyFirewall__SS7_camel2.pcap", "", ""},
	{"EvelymCastellon+VelyFirewall__SS7_gsm_map_with_ussd_string.pcap", "", ""},
	{"EvelymCastellon+VelyFirewall__Diameter_2001_SCAPv2_1.pcap", "", ""},
	{"arkime+arkime__m3ua_synthetic.pcap", "", ""},
	{"derived__LU_linktype139_mtp2phdr.pcap", "", ""},
	{"derived__LU_linktype140_mtp2.pcap", "", ""},
	{"derived__LU_linktype141_mtp3.pcap", "", ""},
	{"derived__LU_linktype142_sccp.pcap", "", ""},
	{"wrapped__linkbit_cap_over_m2pa.pcap", "", ""},
	{"P1sec+pycrate__pcapr_sri_sm.pcap", "1: sendRoutingInfoForSM v2: open at the end of the capture", ""},
	{"wrapped__corsac_pcapmaker_m3ua.pcap", "2: mt-forwardSM v3: absentSubscriberSM (6, IMSI detached), invoke before the capture\n" +
		"3: mo-forwardSM v3 MO: open at the end of the capture\n" +
		"4: mo-forwardSM v3 MO: sm-DeliveryFailure (32, invalidSME-Address), invoke before the capture", ""},
}

func TestTruth(t *testing.T) {
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("no corpus")
	}
	for _, c := range truth {
		t.Run(c.file, func(t *testing.T) {
			o := run(t, filepath.Join(corpus, c.file), nil)
			if d := cmp.Diff(c.dialogues, dialogues(o)); d != "" {
				t.Errorf("dialogues: %s", d)
			}
			if d := cmp.Diff(c.rules, rules(o)); d != "" {
				t.Errorf("rules: %s", d)
			}
		})
	}
}

// otherTruth are the files of TRUTH.md outside truth that have something about
// short messages: dialogues and rules as there. All others have neither a dialogue
// of short messages nor a finding.
var otherTruth = map[string][2]string{
	// S1AP and, over M2PA with a 24-bit label, MAP: one message. It was filtered
	// when it was saved: the TSNs of M2PA jump by 14.
	"P1sec+pycrate__pcapr_iphone6_volte_limited.pcap": {"126: mo-forwardSM v3 MO: answered after 75.0 ms (SMS-SUBMIT-REPORT)", "sctp-gap"},
}

func TestOtherFiles(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus, "*.*cap"))
	if err != nil || len(files) == 0 {
		t.Skip("no corpus")
	}
	known := map[string]bool{}
	for _, c := range truth {
		known[c.file] = true
	}
	n := 0
	for _, file := range files {
		name := filepath.Base(file)
		if known[name] || strings.HasPrefix(name, "wrapped__gomaja") || strings.HasSuffix(name, "SS7_output.pcap") || strings.HasSuffix(name, "SS7_client1.pcap") {
			continue // TestTruth, TestWrapped, TestVolume
		}
		n++
		t.Run(name, func(t *testing.T) {
			o := run(t, file, nil)
			if d := cmp.Diff(otherTruth[name][0], dialogues(o)); d != "" {
				t.Errorf("dialogues: %s", d)
			}
			if d := cmp.Diff(otherTruth[name][1], rules(o)); d != "" {
				t.Errorf("rules: %s", d)
			}
		})
	}
	if n < 25 {
		t.Errorf("only %d files", n)
	}
}

// The volume test: results of which no invoke was captured, many with the same
// octets. Each has its own TSN, and counts.
func TestVolume(t *testing.T) {
	for _, name := range []string{"EvelymCastellon+VelyFirewall__SS7_output.pcap", "EvelymCastellon+VelyFirewall__SS7_client1.pcap"} {
		file := filepath.Join(corpus, name)
		if _, err := os.Stat(file); err != nil {
			t.Skip("no corpus")
		}
		t.Run(name, func(t *testing.T) { volume(t, run(t, file, nil)) })
	}
}

func volume(t *testing.T, o *analyzers.Outcome) {
	var n uint64
	for _, row := range table(o, "map_operations").Rows {
		if row[0] != "sendRoutingInfoForSM" || row[1] != "3" {
			t.Errorf("operation %v version %v", row[0], row[1])
		}
		n += cell(o, "map_operations", row, "answers_only").(uint64)
	}
	if n != 10_000 {
		t.Errorf("%d results, want 10,000", n)
	}
}

// What the tables of real messages say (wrapped__gomaja): four mt-forwardSM of
// version 3, and one forwardSM whose Begin has no dialogue portion.
func TestWrapped(t *testing.T) {
	for _, name := range []string{"wrapped__gomaja_go-tcap_real_tcap_over_m3ua.pcap", "wrapped__gomaja_go-tcap_bundled4_over_m3ua.pcap"} {
		file := filepath.Join(corpus, name)
		if _, err := os.Stat(file); err != nil {
			t.Skip("no corpus")
		}
		got := map[string]uint64{}
		for _, row := range table(run(t, file, nil), "map_operations").Rows {
			if n := row[6].(uint64); n > 0 && strings.Contains(row[0].(string), "orwardSM") {
				got[fmt.Sprint(row[0], " ", row[1], " ", row[3])] += n
			}
		}
		if d := cmp.Diff(map[string]uint64{"mt-forwardSM 3 MT": 4, "forwardSM 1 MT": 1}, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func run(t *testing.T, file string, set map[string]string) *analyzers.Outcome {
	t.Helper()
	return runWith(t, file, engine.Options{Set: set})
}

func runWith(t *testing.T, file string, opt engine.Options) *analyzers.Outcome {
	t.Helper()
	opt.Analyzers = []*analyzers.Analyzer{gsmmap.Analyzer}
	res, err := engine.Run(context.Background(), []string{file}, opt)
	if err != nil {
		t.Fatal(err)
	}
	if r := res.Results[0]; r.Failed || len(res.Internal) > 0 {
		t.Fatalf("%s %v", r.Failure, res.Internal)
	}
	return &res.Results[0].Outcome
}

func table(o *analyzers.Outcome, name string) *analyzers.Table {
	for _, t := range o.Tables {
		if t.Spec.Name == name {
			return t
		}
	}
	return nil
}

// cell is the value of a named column in a row of a table.
func cell(o *analyzers.Outcome, name string, row []any, column string) any {
	for i, c := range table(o, name).Spec.Columns {
		if c.Name == column {
			return row[i]
		}
	}
	return nil
}

func dialogues(o *analyzers.Outcome) string {
	var lines []string
	for _, row := range table(o, "map_dialogues").Rows {
		lines = append(lines, fmt.Sprintf("%d: %s", row[0].(decoders.FrameRef).Frame(), strings.Join(row[6].([]string), "; ")))
	}
	return strings.Join(lines, "\n")
}

func rules(o *analyzers.Outcome) string {
	var codes []string
	for _, f := range o.Findings {
		codes = append(codes, f.Rule)
	}
	slices.Sort(codes)
	return strings.Join(codes, " ")
}
