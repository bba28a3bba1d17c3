package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sort"
	"strings"
)

// manifestHeader names the columns of testdata/pcaps/MANIFEST, a tab separated
// file with one row for every other file below that directory.
const manifestHeader = "file\torigin\thow made\ttool versions\tlicence\tsha256"

type manifestRow struct{ name, line string }

func newManifestRow(name, origin, how, versions string, content []byte) manifestRow {
	sum := sha256.Sum256(content)
	clean := strings.NewReplacer("\t", " ", "\n", " ")
	cols := []string{name, origin, how, versions, "project (made by it)", hex.EncodeToString(sum[:])}
	for i := range cols {
		cols[i] = clean.Replace(cols[i])
	}
	return manifestRow{name, strings.Join(cols, "\t")}
}

// updateManifest replaces the rows of files made just now and keeps all others.
func updateManifest(name string, rows []manifestRow) error {
	if len(rows) == 0 {
		return nil
	}
	lines := map[string]string{}
	old, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for i, line := range strings.Split(strings.TrimRight(string(old), "\n"), "\n") {
		if i == 0 && len(old) > 0 && line != manifestHeader {
			return fmt.Errorf("%s: unexpected header %q", name, line)
		}
		if i > 0 {
			file, _, _ := strings.Cut(line, "\t")
			lines[file] = line
		}
	}
	for _, r := range rows {
		lines[r.name] = r.line
	}
	files := make([]string, 0, len(lines))
	for f := range lines {
		files = append(files, f)
	}
	sort.Strings(files)
	var b strings.Builder
	b.WriteString(manifestHeader + "\n")
	for _, f := range files {
		b.WriteString(lines[f] + "\n")
	}
	tmp := name + ".new"
	if err := os.WriteFile(tmp, []byte(b.String()), 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, name)
}
