package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"pcaptriage/analyzers"
)

// durations in messages; those of lists like "gaps 1.0 2.0 s" or "gap 1.0 s" have one decimal.
var (
	aDuration = regexp.MustCompile(`\b(\d+ (min \d+ s|h \d+ min)|\d+(\.\d\d|\.\d)? (ns|µs|ms|s))\b`)
	// What is in messages but no measurement.
	constants = regexp.MustCompile(`gaps? [\d. ]+ s|max\(RTO, 200 ms\)|about 200 ms|default 600 s|more than 1\.00 s`)
)

// Every duration in a finding's message is in its measure or its attributes too,
// so that nobody has to read messages.
func TestDurationsAreInAttrs(t *testing.T) {
	files, err := filepath.Glob("../../testdata/pcaps/*/*.golden.json")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d goldens (%v)", len(files), err)
	}
	looked := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var rep struct {
			Captures []struct {
				Findings []struct {
					Rule, Message  string
					Measure, Attrs any
				}
			}
		}
		if err := json.Unmarshal(data, &rep); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, c := range rep.Captures {
			for _, f := range c.Findings {
				told := map[string]bool{}
				durationsIn(told, f.Measure)
				durationsIn(told, f.Attrs)
				for _, d := range aDuration.FindAllString(constants.ReplaceAllString(f.Message, ""), -1) {
					looked++
					if !told[d] {
						t.Errorf("%s: %s: %s is in the message only: %s", filepath.Base(file), f.Rule, d, f.Message)
					}
				}
			}
		}
	}
	if looked < 100 {
		t.Errorf("only %d durations", looked)
	}
}

// durationsIn adds all numbers in v, as nanoseconds, to told.
func durationsIn(told map[string]bool, v any) {
	switch v := v.(type) {
	case float64:
		told[analyzers.Duration(int64(max(v, -v)))] = true
	case []any:
		for _, x := range v {
			durationsIn(told, x)
		}
	case map[string]any:
		for _, x := range v {
			durationsIn(told, x)
		}
	}
}
