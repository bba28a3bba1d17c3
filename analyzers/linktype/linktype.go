// Package linktype reports capture interfaces whose link-type header lies. The
// verdicts are the engine's, which reads such an interface as what its packets
// are (see decoders/linkscore); this package puts them into words.
package linktype

import (
	"fmt"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/link"
	"pcaptriage/decoders/linkscore"
)

// Analyzer is the linktype analyzer.
var Analyzer = &analyzers.Analyzer{
	Name: "linktype",
	Doc: "Whether the link type in the file header is the one that the packets have. " +
		"A file whose header lies is read as what it is; pcaptriage fix-dlt repairs it.",
	Rules:    rules,
	Tables:   tables,
	Conclude: conclude,
}

var tables = []analyzers.TableSpec{{
	Name: "link_types",
	Doc:  "Each capture interface, the link type that its file declares, and what its first packets say about that.",
	Columns: []analyzers.Column{
		{Name: "file", Type: analyzers.ColCount, Doc: "Index of the file in a series, from 0."},
		{Name: "interface", Type: analyzers.ColCount, Doc: "Index of the interface in the file, from 0."},
		{Name: "declared", Type: analyzers.ColString, Doc: "The link type in the file."},
		{Name: "verdict", Type: analyzers.ColString, Doc: "ok, mislabelled, ambiguous, mixed, too few packets, unknown, or not scored."},
		{Name: "read_as", Type: analyzers.ColString, Doc: "The link type that its packets were read as."},
		{Name: "looked_at", Type: analyzers.ColCount, Doc: "Packets that were looked at."},
		{Name: "explained", Type: analyzers.ColStrings, Doc: "How many of them make sense under the declared type, then under others, best first."},
		{Name: "reason", Type: analyzers.ColString, Doc: "Why the verdict is what it is."},
	},
}}

func conclude(c *analyzers.Conclusion) {
	t := &analyzers.Table{Spec: &tables[0]}
	for i := range c.Facts.Links {
		v := &c.Facts.Links[i]
		t.Rows = append(t.Rows, row(v))
		if v.Kind == linkscore.Mislabelled {
			c.Report(finding(v))
		}
	}
	if len(t.Rows) > 0 {
		c.Out.Tables = append(c.Out.Tables, t)
	}
}

func row(v *analyzers.LinkVerdict) []any {
	return []any{uint64(v.File), uint64(v.Interface), link.NameAndNumber(v.Declared), v.Kind.String(), link.NameAndNumber(v.ReadAs),
		uint64(v.Packets), explained(&v.Verdict), v.Reason}
}

// explained lists how many packets each type explains, the best few.
func explained(v *linkscore.Verdict) []string {
	const most = 6
	out := []string{}
	for _, s := range v.Scores[:min(len(v.Scores), most)] {
		out = append(out, fmt.Sprintf("%s: %d", link.NameAndNumber(s.LinkType), s.Explained))
	}
	return out
}

func finding(v *analyzers.LinkVerdict) analyzers.Finding {
	var right int
	for _, s := range v.Scores {
		if s.LinkType == v.ReadAs {
			right = s.Explained
		}
	}
	f := analyzers.Finding{
		Rule: ruleMislabelled, Confidence: analyzers.Certain, Count: 1,
		Message: fmt.Sprintf("Interface %d is declared as %s, which explains %d of its first %d packets, but as %s %d of them make sense; it was read as that.",
			v.Interface, link.NameAndNumber(v.Declared), v.Scores[0].Explained, v.Packets, link.NameAndNumber(v.ReadAs), right),
		Measure: &analyzers.Measure{Name: "packets_explained", Value: int64(right), Unit: "count"},
		Attrs: map[string]any{
			"interface": uint64(v.Interface), "declared": uint64(v.Declared), "declared_name": link.Name(v.Declared),
			"read_as": uint64(v.ReadAs), "read_as_name": link.Name(v.ReadAs),
			"looked_at": uint64(v.Packets), "explained_as_declared": uint64(v.Scores[0].Explained),
		},
	}
	for i, fr := range v.Frames {
		ref := decoders.FrameRef(uint64(v.File)<<48 | fr.Number)
		f.Evidence = append(f.Evidence, analyzers.Evidence{Frame: ref, Role: "looked at", Time: fr.Time, HasTime: fr.HasTime})
		if fr.HasTime && (i == 0 || !f.HasTime) {
			f.FirstTime, f.LastTime, f.HasTime = fr.Time, fr.Time, true
		}
		if fr.HasTime {
			f.FirstTime, f.LastTime = min(f.FirstTime, fr.Time), max(f.LastTime, fr.Time)
		}
	}
	f.EvidenceTotal = uint64(v.Packets)
	return f
}
