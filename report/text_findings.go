package report

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// findings prints the anomaly table. A finding is a line of facts in columns and
// its message below, in full width: the message is what people paste.
func (r *textRenderer) findings(c *Capture) {
	if len(c.Findings) == 0 {
		return
	}
	list := worstFirst(c.Findings)
	rules := map[string]string{} // id to rule
	for _, f := range list {
		rules[f.ID] = f.Rule
	}
	n := r.shown(len(list))
	var ruleWidth, atWidth int
	start, _ := c.FirstTime.Nanos()
	offsets := make([]string, n)
	for i, f := range list[:n] {
		offsets[i] = offset(f.Time, start)
		ruleWidth = max(ruleWidth, width(f.Rule))
		atWidth = max(atWidth, width(offsets[i]))
	}
	r.heading("Findings", "times are seconds since the "+zeroTime(c)+" packet; frame numbers are Wireshark's")
	for i, f := range list[:n] {
		r.finding(f, rules, pad(f.Rule, ruleWidth, false), pad(offsets[i], atWidth, true))
	}
	r.more(len(list)-n, 2)
}

// zeroTime says which packet times count from. Where time runs backwards, the
// earliest need not be frame 1, from which Wireshark counts.
func zeroTime(c *Capture) string {
	if c.Coverage.OutOfOrder > 0 {
		return "earliest"
	}
	return "first"
}

// worstFirst orders findings: what limits the others first, then worst first,
// then by time.
func worstFirst(findings []*Finding) []*Finding {
	list := append([]*Finding(nil), findings...)
	sort.SliceStable(list, func(i, j int) bool {
		if list[i].lead != list[j].lead {
			return list[i].lead
		}
		if list[i].severity != list[j].severity {
			return list[i].severity > list[j].severity
		}
		return earlier(list[i].Time, list[j].Time)
	})
	return list
}

// findingIndent is where messages begin: behind the widest severity.
const findingIndent = 2 + len("warning") + 2

func (r *textRenderer) finding(f *Finding, rules map[string]string, rule, at string) {
	p := &r.p
	p.text("  ")
	p.styled(severityStyle(f.Severity), pad(f.Severity, findingIndent-4, false))
	p.text("  ")
	p.styled(bold, rule)
	p.text("  " + at)
	used := findingIndent + width(rule) + 2 + width(at)
	facts := flowText(f.Flow)
	if facts != "" {
		if used+2+width(facts) <= r.opt.Width {
			p.text("  " + facts + "\n")
		} else {
			p.text("\n")
			p.paragraph(facts, findingIndent, r.opt.Width, plain)
		}
	} else {
		p.text("\n")
	}
	p.paragraph(qualified(f), findingIndent, r.opt.Width, plain)
	if f.Flow != nil && len(f.Flow.Tunnel) > 0 {
		p.paragraph("in tunnel "+strings.Join(f.Flow.Tunnel, ", "), findingIndent, r.opt.Width, plain)
	}
	if f.CausedBy != nil && rules[*f.CausedBy] != "" {
		p.paragraph("because of "+rules[*f.CausedBy]+" in this list", findingIndent, r.opt.Width, plain)
	}
	if s := frameList(f); s != "" {
		p.paragraph(s, findingIndent, r.opt.Width, dim)
	}
}

// frameList is FrameList of a finding's evidence.
func frameList(f *Finding) string { return FrameList(f.Evidence, f.EvidenceTotal) }

// FrameList is "frames 31, 33, 40 and 12 more", by file in a series; total is
// the true number of frames, "" when none is cited.
func FrameList(evidence []Evidence, total uint64) string {
	if len(evidence) == 0 {
		return ""
	}
	word := "frames "
	if total <= 1 && len(evidence) == 1 {
		word = "frame "
	}
	var b strings.Builder
	b.WriteString(word)
	file := evidence[0].File
	for i := range evidence {
		e := &evidence[i]
		if i > 0 {
			if e.File != file {
				fmt.Fprintf(&b, " of %s", file)
			}
			b.WriteString(", ")
		}
		file = e.File
		b.WriteString(strconv.FormatUint(e.Frame, 10))
	}
	if file != "" {
		fmt.Fprintf(&b, " of %s", file)
	}
	if n := uint64(len(evidence)); total > n {
		fmt.Fprintf(&b, " and %s more", Count(total-n))
	}
	return b.String()
}

// FlowText is "tcp 10.0.0.1:54321 -> [2001:db8::2]:443", "*" standing for
// several; "" for nil.
func FlowText(f *Flow) string { return flowText(f) }

// flowText is "tcp 10.0.0.1:54321 -> [2001:db8::2]:443"; "*" stands for several.
func flowText(f *Flow) string {
	if f == nil {
		return ""
	}
	return strings.TrimSpace(f.Proto + " " + endpointText(f.Src, f.SPort) + " -> " + endpointText(f.Dst, f.DPort))
}

func endpointText(addr *string, port *uint16) string {
	s := "*"
	if addr != nil {
		s = *addr
	}
	if port == nil {
		return s
	}
	if strings.Contains(s, ":") {
		s = "[" + s + "]"
	}
	return s + ":" + strconv.Itoa(int(*port))
}

// earlier orders times; unknown ones come last.
func earlier(a, b Time) bool {
	if a.known != b.known {
		return a.known
	}
	return a.ns < b.ns
}

// offset is the time since the earliest packet, in seconds to the microsecond: as
// Wireshark's time column has it, unless frame 1 is a later one.
func offset(t Time, start int64) string {
	ns, ok := t.Nanos()
	if !ok {
		return "-"
	}
	d := ns - start
	if d < 0 {
		return "-"
	}
	return fmt.Sprintf("%d.%06d s", d/1e9, d%1e9/1e3)
}
