package report

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// findings fills in the findings of all analyzers: by first frame, rule, id.
func (b *builder) findings() {
	type placed struct {
		*Finding
		first decoders.FrameRef
	}
	var all []placed
	for _, r := range b.res.Results {
		for _, f := range r.Outcome.Findings {
			b.ids[f] = f.ID
		}
		for _, f := range r.Outcome.Findings {
			all = append(all, placed{b.finding(r.Analyzer, f), firstFrame(f)})
		}
	}
	sort.SliceStable(all, func(i, j int) bool {
		x, y := &all[i], &all[j]
		switch {
		case x.first != y.first:
			return x.first < y.first
		case x.Rule != y.Rule:
			return x.Rule < y.Rule
		}
		return x.ID < y.ID
	})
	for _, p := range all {
		b.out.Findings = append(b.out.Findings, p.Finding)
	}
}

// firstFrame is the lowest frame that f cites; a finding without any comes last.
func firstFrame(f *analyzers.Finding) decoders.FrameRef {
	first := decoders.FrameRef(math.MaxUint64)
	for i := range f.Evidence {
		first = min(first, f.Evidence[i].Frame)
	}
	return first
}

func (b *builder) finding(a *analyzers.Analyzer, f *analyzers.Finding) *Finding {
	out := &Finding{
		ID: f.ID, Rule: f.Rule, Analyzer: a.Name, Message: Escape(f.Message),
		Count: max(f.Count, 1), EvidenceTotal: max(f.EvidenceTotal, uint64(len(f.Evidence))),
		Evidence: []Evidence{}, Attrs: map[string]any{}, Flow: flowOf(f.Flow),
	}
	// Zero severity means the rule's; a zero confidence is the engine's to
	// refuse, and the weakest claim is the safe one to print.
	out.severity = f.Severity
	if rule := a.Rule(f.Rule); out.severity == analyzers.SeverityDefault && rule != nil {
		out.severity = rule.Severity
	}
	out.severity = max(out.severity, analyzers.Info)
	out.lead = a.Rule(f.Rule) != nil && a.Rule(f.Rule).Lead
	out.Severity = out.severity.String()
	out.Confidence = max(f.Confidence, analyzers.Possible).String()
	if f.HasTime {
		out.Time, out.FirstTime, out.LastTime = At(f.FirstTime), At(f.FirstTime), At(f.LastTime)
	}
	if f.Measure != nil {
		out.Measure = Measure{Escape(f.Measure.Name), f.Measure.Value, Escape(f.Measure.Unit)}
	}
	for k, v := range f.Attrs {
		out.Attrs[Escape(k)] = cleanAttr(v)
	}
	for i := range f.Evidence {
		e := &f.Evidence[i]
		ev := Evidence{Frame: e.Frame.Frame(), File: b.paths.of(e.Frame), Role: Escape(e.Role)}
		if e.HasTime {
			ev.Time = At(e.Time)
		}
		out.Evidence = append(out.Evidence, ev)
	}
	b.filters(out, f)
	if f.CausedBy != nil {
		if id := b.ids[f.CausedBy]; id != "" {
			out.CausedBy = &id
		} else if f.CausedBy.ID != "" { // another analyzer's, not yet seen here
			id := f.CausedBy.ID
			out.CausedBy = &id
		}
	}
	return out
}

// filters sets the Wireshark display filters for f's evidence.
func (b *builder) filters(out *Finding, f *analyzers.Finding) {
	frames := make([]decoders.FrameRef, 0, len(f.Evidence))
	for i := range f.Evidence {
		frames = append(frames, f.Evidence[i].Frame)
	}
	slices.Sort(frames)
	frames = slices.Compact(frames)
	for len(frames) > 0 {
		n := 1
		for n < len(frames) && frames[n].File() == frames[0].File() {
			n++
		}
		filter := frameFilter(frames[:n])
		if out.WiresharkFilter == nil {
			out.WiresharkFilter = &filter
			out.File = b.paths.of(frames[0])
		}
		if b.in.Series {
			out.WiresharkFilters = append(out.WiresharkFilters, FileFilter{b.paths.of(frames[0]), filter})
		}
		frames = frames[n:]
	}
}

// frameFilter is a display filter that shows the frames, which are in one file.
func frameFilter(frames []decoders.FrameRef) string {
	s := make([]string, len(frames))
	for i, f := range frames {
		s[i] = strconv.FormatUint(f.Frame(), 10)
	}
	return "frame.number in {" + strings.Join(s, ",") + "}"
}

// flowOf converts a flow reference; nil stays nil.
func flowOf(f *analyzers.FlowRef) *Flow {
	if f == nil {
		return nil
	}
	out := &flow{ports: [2]uint16{f.SPort, f.DPort}}
	out.Proto, out.Tunnel = Escape(f.Proto), escapeAll(f.Tunnel)
	if !f.Src.IsZero() {
		src := f.Src.String()
		out.Src = &src
	}
	if !f.Dst.IsZero() {
		dst := f.Dst.String()
		out.Dst = &dst
	}
	if f.SPort != 0 {
		out.SPort = &out.ports[0]
	}
	if f.DPort != 0 {
		out.DPort = &out.ports[1]
	}
	return &out.Flow
}

// flow is a Flow with what it points to.
type flow struct {
	Flow
	ports [2]uint16
}

// cleanAttr escapes the strings in an attribute and replaces what JSON cannot
// hold.
func cleanAttr(v any) any {
	switch v := v.(type) {
	case string:
		return Escape(v)
	case []string:
		return escapeAll(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = cleanAttr(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[Escape(k)] = cleanAttr(v[k])
		}
		return out
	case map[string]string:
		out := make(map[string]string, len(v))
		for k := range v {
			out[Escape(k)] = Escape(v[k])
		}
		return out
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return v
	case decoders.Addr:
		return v.String()
	case decoders.FrameRef:
		return v.Frame()
	case fmt.Stringer:
		return Escape(v.String())
	}
	return v
}
