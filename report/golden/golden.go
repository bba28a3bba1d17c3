// Package golden holds a capture's report against the one that a team has
// accepted and keeps beside the capture: its golden.
//
// A golden is a saved JSON report of one capture (report.Read reads it, diff
// takes it), normalised: no version of the tool, no directory of the capture,
// no tables. It names the rules and metrics that its tool knew, so that what
// a newer tool finds is not taken for a change of the capture.
//
// How goldens are compared depends on the capture. When it is the very one that
// the golden was made from, any difference is a change. When it was recorded
// again, times, ports, frames and numbers differ by nature: then findings are
// matched (package match), their severity counts, and latencies have to differ
// by more than chance and by more than a tolerance.
package golden

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"pcaptriage/analyzers"
	"pcaptriage/report"
)

// Golden is a golden that was read.
type Golden struct {
	File    string // as the user knows it
	Header  report.GoldenHeader
	Capture *report.Capture

	// coverage has the names of the counts that its tool knew.
	coverage map[string]bool
	lines    map[string]int // of findings, by id
}

// Header describes a run: the analyzers that look at the captures, and the
// options that change results.
func Header(running []*analyzers.Analyzer, options map[string]string) report.GoldenHeader {
	h := report.GoldenHeader{Version: report.GoldenVersion, Rules: []string{}, Metrics: []string{}, Options: map[string]string{}}
	for _, a := range running {
		for i := range a.Rules {
			h.Rules = append(h.Rules, a.Rules[i].Code)
		}
		for i := range a.Metrics {
			h.Metrics = append(h.Metrics, a.Metrics[i].Name)
		}
	}
	sort.Strings(h.Rules)
	sort.Strings(h.Metrics)
	for k, v := range options {
		h.Options[k] = report.Escape(v)
	}
	return h
}

// Encode makes the golden of a capture that could be read.
func Encode(h report.GoldenHeader, c *report.Capture) ([]byte, error) {
	var b bytes.Buffer
	err := report.WriteGolden(&b, report.Tool{Name: "pcaptriage"}, h, Normalise(c))
	return b.Bytes(), err
}

// Decode reads a golden. The error is one line and does not name the file.
func Decode(file string, raw []byte) (*Golden, error) {
	rep, err := report.Read(bytes.NewReader(raw))
	switch {
	case err != nil:
		return nil, err
	case rep.Golden == nil:
		return nil, errors.New("a report, but no golden: what made it is missing")
	case rep.Golden.Version != report.GoldenVersion:
		return nil, fmt.Errorf("golden of version %d; this version of pcaptriage reads %d", rep.Golden.Version, report.GoldenVersion)
	case len(rep.Captures) != 1:
		return nil, fmt.Errorf("a golden of %d captures; want 1", len(rep.Captures))
	case rep.Captures[0].Unreadable():
		return nil, errors.New("a golden of a capture that could not be read")
	}
	g := &Golden{File: file, Header: *rep.Golden, Capture: rep.Captures[0], lines: findingLines(raw)}
	g.coverage, err = coverageNames(raw)
	return g, err
}

// Normalise returns a copy of a capture as a golden holds it. What it does not
// change it shares with the original.
func Normalise(c *report.Capture) *report.Capture {
	out := *c
	names := shortNames(c)
	out.Path = base(c.Path)
	out.Files = nil
	for _, f := range c.Files {
		file := *f
		file.Path = base(f.Path)
		out.Files = append(out.Files, &file)
	}
	out.LinkTypes = append([]report.LinkType{}, c.LinkTypes...)
	for i := range out.LinkTypes {
		out.LinkTypes[i].File = base(out.LinkTypes[i].File)
	}
	out.Tables = report.Tables{}
	coverage := *c.Coverage
	coverage.Error = names.Replace(coverage.Error)
	coverage.Damages = make([]string, len(c.Coverage.Damages))
	for i, s := range c.Coverage.Damages {
		coverage.Damages[i] = names.Replace(s)
	}
	coverage.TableRowsCut = map[string]uint64{} // of tables that are not there
	out.Coverage = &coverage
	out.Findings = make([]*report.Finding, len(c.Findings))
	for i, f := range c.Findings {
		out.Findings[i] = normaliseFinding(f, names)
	}
	return &out
}

func normaliseFinding(f *report.Finding, names *strings.Replacer) *report.Finding {
	out := *f
	out.File = base(f.File)
	out.Message = names.Replace(f.Message)
	out.Evidence = append([]report.Evidence{}, f.Evidence...)
	for i := range out.Evidence {
		out.Evidence[i].File = base(out.Evidence[i].File)
	}
	out.WiresharkFilters = nil
	for _, w := range f.WiresharkFilters {
		out.WiresharkFilters = append(out.WiresharkFilters, report.FileFilter{File: base(w.File), Filter: w.Filter})
	}
	return &out
}

// base is a path's last element; "" stays "".
func base(p string) string {
	if p == "" {
		return ""
	}
	return path.Base(filepath.ToSlash(p))
}

// shortNames takes the directories off the capture's file names in sentences.
func shortNames(c *report.Capture) *strings.Replacer {
	names := []string{c.Path, base(c.Path)}
	for _, f := range c.Files {
		names = append(names, f.Path, base(f.Path))
	}
	return strings.NewReplacer(names...)
}

// SameCapture says whether the golden was made from the very capture c:
// packets, bytes and times are the same.
func (g *Golden) SameCapture(c *report.Capture) bool {
	o := g.Capture
	return *o.Packets == *c.Packets && o.Bytes != nil && c.Bytes != nil && *o.Bytes == *c.Bytes &&
		o.FirstTime == c.FirstTime && o.LastTime == c.LastTime
}
