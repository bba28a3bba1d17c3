package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"pcaptriage/analyzers/all"
	"pcaptriage/report"
)

// TestForeignCaptures runs over a directory of captures of other origin beside
// the project, where there is one: whatever is in them, the report fits its
// width, holds no control character and matches its schema, and the ledger
// adds up.
func TestForeignCaptures(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "pcaps")
	if _, err := os.Stat(dir); err != nil || testing.Short() {
		t.Skip("no captures of other origin here, or -short")
	}
	file := filepath.Join(t.TempDir(), "report.json")
	a, stdout, stderr := newApp(all.Analyzers()...)
	switch code := a.run([]string{"analyze", "--output", "json=" + file, dir}); code {
	case exitOK, exitDamaged:
	default:
		t.Fatalf("exit code %d:\n%s", code, stderr)
	}
	for _, line := range strings.Split(stdout.String(), "\n") {
		if utf8.RuneCountInString(line) > widest || strings.HasSuffix(line, " ") {
			t.Errorf("too wide, or blanks at the end: %q", line)
		}
		if strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0 {
			t.Errorf("control characters in %q", line)
		}
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	validateReport(t, raw)
	checkLedgers(t, raw)
}

func validateReport(t *testing.T, raw []byte) {
	t.Helper()
	text, err := report.Schemas.ReadFile("schema/report-v1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("mem:///report", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("mem:///report")
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Error(err)
	}
}

// checkLedgers: every record is accounted for, and no analyzer failed.
func checkLedgers(t *testing.T, raw []byte) {
	t.Helper()
	var rep struct {
		Captures []struct {
			Path     string
			Packets  *uint64
			Coverage report.Coverage
		}
	}
	if err := json.Unmarshal(raw, &rep); err != nil {
		t.Fatal(err)
	}
	for _, c := range rep.Captures {
		sum := c.Coverage.Decoded + c.Coverage.UnknownLinkType
		for _, n := range c.Coverage.Undecoded {
			sum += n
		}
		if c.Packets == nil || sum != c.Coverage.Records || *c.Packets != c.Coverage.Records {
			t.Errorf("%s: %d records, %d accounted for", c.Path, c.Coverage.Records, sum)
		}
		if len(c.Coverage.AnalyzersFailed) > 0 || c.Coverage.InternalErrorCount > 0 {
			t.Errorf("%s: %v %v", c.Path, c.Coverage.AnalyzersFailed, c.Coverage.InternalErrors)
		}
	}
}
