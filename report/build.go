package report

import (
	"strings"

	"pcaptriage/analyzers"
	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/link"
)

// Input is what came of one input: a capture, or the files of a series.
type Input struct {
	// Names are the files as the user named them: one, or those of a series in
	// the order read.
	Names  []string
	Series bool
	// Capture is the engine's result, nil when nothing could be read; then Err
	// says why.
	Capture *analyzers.Capture
	Err     error
	// Files describes what was read, one an input file in the order read.
	Files []*capture.Info
	// ReadErr is the I/O error that ended the reading, nil at a normal end.
	ReadErr error
	// Shows is Capture.Shows.
	Shows []string
}

// NewTotals makes empty totals, in which every severity is present with 0.
func NewTotals() *Totals {
	t := &Totals{FindingsByRule: map[string]uint64{}, FindingsBySeverity: map[string]uint64{}}
	for _, s := range severities {
		t.FindingsBySeverity[s.String()] = 0
	}
	return t
}

// severities, worst first.
var severities = [...]analyzers.Severity{analyzers.Error, analyzers.Warning, analyzers.Info}

// Add counts a capture in.
func (t *Totals) Add(c *Capture) {
	t.Captures++
	if c.Unreadable() {
		t.Unreadable++
		return
	}
	t.Packets += *c.Packets
	t.Interrupted = t.Interrupted || c.Coverage.Interrupted
	for _, f := range c.Findings {
		t.FindingsByRule[f.Rule]++
		t.FindingsBySeverity[f.Severity]++
	}
}

// builder holds what the parts of one capture's report are made with.
type builder struct {
	in  *Input
	res *analyzers.Capture
	out *Capture
	ids map[*analyzers.Finding]string
	paths
}

// BuildCapture makes the report of one input.
func BuildCapture(in *Input) *Capture {
	c := &Capture{Shows: in.Shows, LinkTypes: []LinkType{}, Coverage: newCoverage(), Findings: []*Finding{}, Latency: []*LatencyRow{}, Tables: Tables{}}
	if len(in.Names) > 0 {
		c.Path = Escape(in.Names[0])
	}
	if in.Capture == nil {
		c.Error = unreadable(in)
		c.Coverage.Error = c.Error
		return c
	}
	for _, r := range in.Capture.Results {
		c.Analyzers = append(c.Analyzers, r.Analyzer.Name)
	}
	b := &builder{in: in, res: in.Capture, out: c, ids: map[*analyzers.Finding]string{}}
	b.files()
	b.coverage()
	b.findings()
	b.latency()
	b.tables()
	return c
}

// unreadable is the error of an input of which nothing could be read, without
// the file name that the error repeats in front.
func unreadable(in *Input) string {
	if in.Err == nil {
		return "nothing was read"
	}
	s := in.Err.Error()
	if len(in.Names) > 0 {
		s = strings.TrimPrefix(s, in.Names[0]+": ")
	}
	return Escape(s)
}

// files fills in what describes the capture file or files.
func (b *builder) files() {
	c := b.out
	var packets, bytes uint64
	var first, last Time
	formats, compressions := "", ""
	for i, info := range b.in.Files {
		f := fileOf(info)
		b.readAs(i, f)
		if b.in.Series {
			for j := range f.LinkTypes {
				f.LinkTypes[j].File = f.Path
			}
			c.Files = append(c.Files, f)
			b.paths = append(b.paths, f.Path)
		}
		c.LinkTypes = append(c.LinkTypes, f.LinkTypes...)
		packets += f.Packets
		bytes += f.Bytes
		if f.FirstTime.known && (!first.known || f.FirstTime.ns < first.ns) {
			first = f.FirstTime
		}
		if f.LastTime.known && (!last.known || f.LastTime.ns > last.ns) {
			last = f.LastTime
		}
		formats = common(formats, f.Format, i)
		compressions = common(compressions, f.Compression, i)
	}
	c.Packets, c.Bytes, c.FirstTime, c.LastTime = &packets, &bytes, first, last
	c.Format, c.Compression = &formats, &compressions
}

// common is have unless the i-th value differs from those before.
func common(have, value string, i int) string {
	if i == 0 || have == value {
		return value
	}
	return "mixed"
}

func fileOf(info *capture.Info) *File {
	f := &File{Path: Escape(info.Name), Format: string(info.Format), Compression: info.Compression,
		LinkTypes: []LinkType{}, Packets: info.Packets, Bytes: info.Bytes}
	if info.HasTime {
		f.FirstTime, f.LastTime = At(info.FirstTime), At(info.LastTime)
	}
	for i := range info.Interfaces {
		ifc := &info.Interfaces[i]
		f.LinkTypes = append(f.LinkTypes, LinkType{Interface: i, LinkType: ifc.LinkType, ReadAs: ifc.LinkType,
			Name: link.Name(ifc.LinkType), Packets: ifc.Packets})
	}
	return f
}

// readAs notes as what the interfaces of the i-th file were read, where that is
// not what the file declares.
func (b *builder) readAs(i int, f *File) {
	for _, v := range b.res.Facts.Links {
		if v.File == i && v.Interface < len(f.LinkTypes) {
			f.LinkTypes[v.Interface].ReadAs = v.ReadAs
		}
	}
}
