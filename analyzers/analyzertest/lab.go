package analyzertest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/engine"
)

// Lab is the environment variable that names a directory with freshly made
// captures (make lab-check); without it Fresh skips.
const Lab = "PCAPTRIAGE_LAB"

// Fresh runs list's last analyzer on the captures in $PCAPTRIAGE_LAB/AREA that
// have a .want file in dir, and checks that the wanted rules speak, and no
// other. Frame numbers, times and counts may differ: these packets are not the
// golden ones.
func Fresh(t *testing.T, dir string, list ...*analyzers.Analyzer) {
	t.Helper()
	lab := os.Getenv(Lab)
	if lab == "" {
		t.Skip("for captures made afresh; see make lab-check")
	}
	wantFiles, err := filepath.Glob(filepath.Join(dir, "*.want"))
	if err != nil || len(wantFiles) == 0 {
		t.Fatalf("no .want files in %s (%v)", dir, err)
	}
	checked := 0
	for _, w := range wantFiles {
		name := strings.TrimSuffix(filepath.Base(w), ".want")
		file := filepath.Join(lab, filepath.Base(dir), name)
		data, err := os.ReadFile(file)
		if err != nil {
			continue // not among the scenarios that were made
		}
		checked++
		t.Run(name, func(t *testing.T) {
			wants, err := readWants(w)
			if err != nil {
				t.Fatal(err)
			}
			var want, got []string
			for i := range wants {
				want = append(want, wants[i].rule)
			}
			res := run(t, file, data, engine.Options{Analyzers: list})
			for _, f := range res.Results[len(res.Results)-1].Outcome.Findings {
				got = append(got, f.Rule)
			}
			if w, g := unique(want), unique(got); !slices.Equal(w, g) {
				t.Errorf("these rules speak: %v; in the golden capture: %v", g, w)
			}
		})
	}
	if checked == 0 {
		t.Skipf("no capture of this area in %s", lab)
	}
}

func unique(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}
