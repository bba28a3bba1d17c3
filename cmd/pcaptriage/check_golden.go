package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"pcaptriage/decoders/capture"
	"pcaptriage/report"
	"pcaptriage/report/golden"
	"pcaptriage/report/verdict"
)

// goldenSuffix follows the name of a capture in that of its golden.
const goldenSuffix = ".golden.json"

// maxGoldenFile is the largest golden that is read.
const maxGoldenFile = 256 << 20

// goldenFiles says where the goldens are.
type goldenFiles struct {
	dir    string // "": beside the captures
	suffix string
	roots  []string          // directories among the arguments
	of     map[string]string // golden to its capture
}

// goldenSuffixOf is what --golden makes goldens end in. What exists is no suffix.
func goldenSuffixOf(where string) string {
	if strings.HasPrefix(where, ".") && !strings.ContainsAny(where, `/\`) && where != "." && where != ".." {
		if _, err := os.Stat(where); err != nil {
			return where
		}
	}
	return goldenSuffix
}

// newGoldenFiles takes --golden, the arguments and the jobs they stand for. An
// error is about the command line.
func newGoldenFiles(where string, args []string, jobs []job) (*goldenFiles, error) {
	g := &goldenFiles{suffix: goldenSuffixOf(where), of: map[string]string{}}
	switch st, err := os.Stat(where); {
	case err == nil && !st.IsDir():
		return nil, fmt.Errorf("--golden %s: want a directory, or a suffix that begins with a dot; it is a file", where)
	case err == nil || g.suffix != where:
		g.dir = where // "": beside the captures
	}
	for _, arg := range args {
		if st, err := os.Stat(arg); err == nil && st.IsDir() {
			g.roots = append(g.roots, filepath.Clean(arg))
		}
	}
	for _, j := range jobs {
		name := j.names[0]
		if name == stdinName {
			return nil, errors.New("standard input (-) has no golden; --budget can check it")
		}
		file := g.file(name)
		if other, taken := g.of[file]; taken && other != name {
			return nil, fmt.Errorf("%s and %s would share the golden %s: name the directory above both instead", other, name, file)
		}
		g.of[file] = name
	}
	return g, nil
}

// file is the golden of a capture.
func (g *goldenFiles) file(capture string) string {
	if g.dir == "" {
		return capture + g.suffix
	}
	return filepath.Join(g.dir, g.relative(capture)+g.suffix)
}

// relative is a capture's path below the argument in which it was found, its
// base name when it was named itself.
func (g *goldenFiles) relative(capture string) string {
	for _, root := range g.roots {
		if rel, err := filepath.Rel(root, capture); err == nil && filepath.IsLocal(rel) && rel != "." {
			return rel
		}
	}
	return filepath.Base(capture)
}

// orphans are cases of goldens without a capture, in the directories named: a
// test that no longer records anything would otherwise pass for ever.
func (g *goldenFiles) orphans(fails func(severity string) bool) (out []*verdict.Case) {
	roots := g.roots
	if g.dir != "" && len(roots) > 0 {
		roots = []string{g.dir}
	}
	var found []string
	for _, root := range roots {
		// Errors are those of directories that were looked through before.
		_ = walk(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || !strings.HasSuffix(path, g.suffix) || g.of[path] != "" {
				return nil
			}
			if _, err := readGolden(path); err == nil { // others have files of such names, too
				found = append(found, path)
			}
			return nil
		})
	}
	sort.Strings(found)
	for _, file := range found {
		file = report.Escape(file)
		message := "the capture of this golden is not there"
		c := &verdict.Case{Capture: strings.TrimSuffix(file, g.suffix), Name: golden.CaseName, Kind: verdict.Golden, Severity: "error",
			Status: verdict.Pass, Message: message, Location: verdict.Location{File: file}}
		p := &verdict.Problem{Change: verdict.Orphaned, Fails: fails("error"), Severity: "error", Message: message,
			Details: []string{"remove " + file + " if that is meant"}}
		if p.Fails {
			c.Status = verdict.Fail
		}
		c.Problems = []*verdict.Problem{p}
		out = append(out, c)
	}
	return out
}

// underCI says whether the environment is that of a CI job.
func underCI() bool { return os.Getenv("CI") != "" }

// golden holds a capture against its golden, or writes that.
func (run *checking) golden(j *job, c *report.Capture) {
	file := run.goldens.file(j.names[0])
	if run.fl.update {
		run.add(run.updateGolden(file, c))
		return
	}
	run.add(run.compareGolden(file, c))
}

func (run *checking) compareGolden(file string, c *report.Capture) *verdict.Case {
	g, err := readGolden(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return golden.Missing(c, file, run.fails)
	case err != nil:
		return golden.Unusable(c, file, err)
	}
	return golden.Compare(g, c, &run.opt)
}

// readGolden reads a golden; the error does not name it.
func readGolden(file string) (*golden.Golden, error) {
	st, err := os.Stat(file)
	if err == nil && st.Size() > maxGoldenFile {
		return nil, fmt.Errorf("larger than %s", report.Bytes(maxGoldenFile))
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, reason(err)
	}
	return golden.Decode(file, raw)
}

// updateGolden writes a golden unless it is the same already, and says what is
// different in it.
func (run *checking) updateGolden(file string, c *report.Capture) *verdict.Case {
	out := &verdict.Case{Capture: c.Path, Name: golden.CaseName, Kind: verdict.Golden, Severity: "error", Status: verdict.Pass,
		Location: verdict.Location{File: report.Escape(file)}}
	if len(c.Coverage.AnalyzersFailed) > 0 {
		out.Status, out.Message = verdict.Error, "not written: "+c.Coverage.AnalyzersFailed[0].Error
		return out
	}
	raw, err := golden.Encode(run.opt.Now, c)
	if err != nil {
		out.Status, out.Message = verdict.Error, "not written: "+report.Escape(err.Error())
		return out
	}
	old, err := os.ReadFile(file)
	switch {
	case err == nil && string(old) == string(raw):
		out.Message = "as it was"
		return out
	case errors.Is(err, fs.ErrNotExist):
		out.Message = "written"
	default:
		out.Message = "rewritten"
		if before, err := golden.Decode(file, old); err == nil {
			opt := run.opt
			opt.Strict, opt.Fails = true, nil
			if was := golden.Compare(before, c, &opt); was.Status == verdict.Fail {
				out.Message += ": " + was.Message
			}
		}
	}
	if err := run.writeGolden(file, raw); err != nil {
		run.fail(err)
		out.Status, out.Message = verdict.Error, report.Escape(err.Error())
	}
	return out
}

// writeGolden makes the golden's directory where --golden names one.
func (run *checking) writeGolden(file string, raw []byte) error {
	if run.goldens.dir != "" {
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			return outputFailure(file, err)
		}
	}
	// What a wrong --golden leads to is no golden to be rewritten.
	if is, err := capture.IsCapture(file); err == nil && is {
		return outputFailure(file, errors.New("it is a capture"))
	}
	o, err := createOutput(file, true)
	if err != nil {
		return err
	}
	if _, err := o.Write(raw); err != nil {
		o.discard()
		return outputFailure(file, err)
	}
	return o.commit()
}
