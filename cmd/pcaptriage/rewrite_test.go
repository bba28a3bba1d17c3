package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/excerpt"
	"pcaptriage/report"
)

// A capture that has lost packets since its findings were made, as the oldest of
// a ring does, is not written as if nothing had happened.
func TestShorterInputIsTold(t *testing.T) {
	packets := uint64(19) // there are 18
	cf := &citing{name: refused(), capture: &report.Capture{Packets: &packets, Coverage: &report.Coverage{}}, frames: map[uint64]bool{19: true}}
	if _, err := excerpts([]*citing{cf}, excerpt.Options{}); !errors.Is(err, errShorter) {
		t.Errorf("extract: %v", err)
	}
	out := filepath.Join(t.TempDir(), "out.pcapng")
	a, _, _ := newApp()
	run := a.rewriting(&rewriteFlags{output: out})
	if err := run.file(t.Context(), cf, capture.Selection{}); !errors.Is(err, errShorter) {
		t.Errorf("annotate: %v", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("it was written all the same")
	}
	packets = 18
	if err := run.file(t.Context(), cf, capture.Selection{}); err != nil {
		t.Errorf("the whole capture: %v", err)
	}
}
