package main_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// maxGolden is the size of a golden capture in bytes: tests read, cut and vary
// each thousands of times.
const maxGolden = 128 << 10

// Golden captures are evidence: results are only comparable while the bytes
// stay, and only distributable while origin and licence are known.
func TestManifest(t *testing.T) {
	const root = "../../testdata/pcaps"
	f, err := os.Open(filepath.Join(root, "MANIFEST"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	columns := []string{"file", "origin", "how made", "tool versions", "licence", "sha256"}
	sums := map[string]string{}
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for line := 1; sc.Scan(); line++ {
		cols := strings.Split(sc.Text(), "\t")
		if len(cols) != len(columns) {
			t.Errorf("MANIFEST:%d: %d columns, want %d", line, len(cols), len(columns))
			continue
		}
		if line == 1 {
			if !slices.Equal(cols, columns) {
				t.Errorf("MANIFEST:1: columns %q, want %q", cols, columns)
			}
			continue
		}
		for i, c := range cols {
			if strings.TrimSpace(c) == "" {
				t.Errorf("MANIFEST:%d: column %q is empty", line, columns[i])
			}
		}
		if _, twice := sums[cols[0]]; twice {
			t.Errorf("MANIFEST:%d: %s is listed twice", line, cols[0])
		}
		sums[cols[0]] = cols[5]
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}

	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		// What is expected of a capture stands beside it and changes with the
		// analyzers (see analyzertest and TestGoldens): no evidence.
		if ext := filepath.Ext(name); name == "MANIFEST" || ext == ".want" || ext == ".golden" ||
			strings.HasSuffix(name, ".golden.txt") || strings.HasSuffix(name, ".golden.json") {
			return nil
		}
		want, listed := sums[name]
		if !listed {
			t.Errorf("%s is not in MANIFEST: say where it comes from", name)
			return nil
		}
		delete(sums, name)
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if len(content) > maxGolden {
			t.Errorf("%s has %d bytes, more than %d: cut it, or make the scenario shorter", name, len(content), maxGolden)
		}
		sum := sha256.Sum256(content)
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%s has changed: sha256 %s, MANIFEST has %s", name, got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range sums {
		t.Errorf("%s is in MANIFEST and missing", name)
	}
}
