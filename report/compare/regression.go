package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"pcaptriage/report"
)

// Regressions lists what is worse in B, a sentence each: findings that appeared
// or became more severe, of severity warning or error, and latencies of which
// p50 or p95 grew by more than chance and by more than percent. Neither a
// finding's count nor a row that only one side has is a regression: a longer
// recording has more of both. When nothing at all could be compared, that is the
// one regression: a job must not pass because its captures have other names.
func (c *Comparison) Regressions(percent float64) (out []string) {
	if !slices.ContainsFunc(c.Pairs, func(p *Pair) bool { return !p.A.Unreadable() && !p.B.Unreadable() }) {
		return []string{"nothing was compared: no capture of A has a readable partner in B"}
	}
	for _, p := range c.Pairs {
		in := ""
		if p.Name != "" {
			in = p.Name + ": "
		}
		for _, f := range p.Appeared {
			if f.Severity != "info" {
				out = append(out, fmt.Sprintf("%snew %s %s: %s", in, f.Severity, f.Rule, f.Message))
			}
		}
		for _, ch := range p.Changed {
			if rank(ch.B.Severity) > rank(ch.A.Severity) && ch.B.Severity != "info" {
				out = append(out, fmt.Sprintf("%s%s is now of severity %s: %s", in, ch.B.Rule, ch.B.Severity, ch.B.Message))
			}
		}
		for _, r := range p.Rows {
			if parts := r.worse(percent); len(parts) > 0 {
				out = append(out, fmt.Sprintf("%s%s: %s", in, r.name(), strings.Join(parts, ", ")))
			}
		}
	}
	return out
}

// worse says which percentiles grew by more than chance and percent.
func (r *Row) worse(percent float64) (parts []string) {
	if r.Neutral {
		return nil
	}
	for _, x := range []struct {
		name string
		*Change
	}{{"p50", &r.P50}, {"p95", &r.P95}} {
		if ratio := x.Ratio(); x.Significant() && ratio > 0 && ratio*100 >= percent {
			parts = append(parts, fmt.Sprintf("%s %s -> %s (%s)", x.name, report.Value(x.A, r.Unit), report.Value(x.B, r.Unit), ratioText(ratio)))
		}
	}
	return parts
}

// name is "tcp.handshake server=10.0.0.2:443".
func (r *Row) name() string {
	return strings.TrimSpace(r.Metric + " " + r.labelText())
}

// labelText is "server=10.0.0.2:443, reused=yes".
func (r *Row) labelText() string {
	values := r.labels()
	for i := range values {
		values[i] = r.Labels[i].Name + "=" + values[i]
	}
	return strings.Join(values, ", ")
}

func rank(severity string) int {
	return map[string]int{"info": 1, "warning": 2, "error": 3}[severity]
}

// ratioText is "+12 %", "x24" from tenfold on.
func ratioText(ratio float64) string {
	switch {
	case math.IsInf(ratio, 0):
		return "from 0"
	case ratio >= 9:
		return fmt.Sprintf("x%.0f", ratio+1)
	case math.Abs(ratio) < 0.0995:
		return fmt.Sprintf("%+.1f %%", ratio*100)
	}
	return fmt.Sprintf("%+.0f %%", ratio*100)
}
