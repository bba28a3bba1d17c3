package gsmmap_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What the golden captures hold of subscribers: IMSIs beyond MCC and MNC, MSISDNs,
// addresses in the short messages, and texts.
var personal = regexp.MustCompile(`00101000|4477009005\d\d|447700900777|xxxx|\bpart \d\b|\bagain\b`)

// Nothing of a subscriber is in a report that nobody asked for it, and all of it
// is there when somebody did.
func TestNothingPersonal(t *testing.T) {
	files, err := filepath.Glob(captures + "/*.pcap")
	if err != nil || len(files) == 0 {
		t.Fatal(err, len(files))
	}
	var shown strings.Builder
	for _, file := range files {
		o := run(t, file, nil)
		report := outline(t, o)
		for _, r := range o.Latency {
			report += strings.Join(r.Values, " ")
		}
		if found := personal.FindString(report); found != "" {
			t.Errorf("%s: %q", filepath.Base(file), found)
		}
		if n := len(table(o, "map_texts").Rows); n != 0 {
			t.Errorf("%s: %d texts", filepath.Base(file), n)
		}
		shown.WriteString(outline(t, run(t, file, map[string]string{"gsmmap.show-subscribers": "true", "gsmmap.show-content": "true"})))
	}
	for _, s := range []string{"IMSI 001010000000001", "MSISDN 447700900501", "part 3", "again"} {
		if !strings.Contains(shown.String(), s) {
			t.Errorf("%q is not there when it was asked for", s)
		}
	}
}

// One flag does not lift the other's mask.
func TestOneDisclosureOnly(t *testing.T) {
	file := filepath.Join(captures, "empty_begin.pcap")
	texts := outline(t, run(t, file, map[string]string{"gsmmap.show-content": "true"}))
	if !strings.Contains(texts, "part 3") || strings.Contains(texts, "00101000") {
		t.Error("show-content shows subscribers, or no content")
	}
	numbers := outline(t, run(t, file, map[string]string{"gsmmap.show-subscribers": "true"}))
	if strings.Contains(numbers, "part 3") || !strings.Contains(numbers, "00101000") {
		t.Error("show-subscribers shows content, or no subscribers")
	}
}
