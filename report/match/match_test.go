package match

import (
	"fmt"
	"testing"

	"pcaptriage/report"
)

func ptr[T any](v T) *T { return &v }

func finding(id, rule, src string, sport uint16, dst string) *report.Finding {
	return &report.Finding{ID: id, Rule: rule, Flow: &report.Flow{Proto: "tcp", Src: ptr(src), SPort: ptr(sport), Dst: ptr(dst), DPort: ptr(uint16(443))}}
}

func names(pairs [][2]*report.Finding, a, b []*report.Finding) string {
	s := ""
	for _, p := range pairs {
		s += p[0].ID + "=" + p[1].ID + " "
	}
	for _, f := range a {
		s += "-" + f.ID + " "
	}
	for _, f := range b {
		s += "+" + f.ID + " "
	}
	return s
}

func TestFindings(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b []*report.Finding
		want string
	}{
		{"id", []*report.Finding{finding("1", "r", "A", 1, "B"), finding("2", "r", "A", 2, "B")},
			[]*report.Finding{finding("2", "r", "A", 9, "B"), finding("1", "r", "A", 8, "B")}, "1=1 2=2 "},
		{"flow without ports, in order", []*report.Finding{finding("1", "r", "A", 1, "B"), finding("2", "r", "A", 2, "B")},
			[]*report.Finding{finding("3", "r", "A", 9, "B"), finding("4", "r", "A", 8, "B"), finding("5", "r", "A", 7, "B")}, "1=3 2=4 +5 "},
		{"the id goes first", []*report.Finding{finding("1", "r", "A", 1, "B"), finding("2", "r", "A", 2, "B")},
			[]*report.Finding{finding("3", "r", "A", 9, "B"), finding("1", "r", "A", 8, "B")}, "1=1 2=3 "},
		{"other rule, other host", []*report.Finding{finding("1", "r", "A", 1, "B"), finding("2", "r", "A", 1, "B")},
			[]*report.Finding{finding("3", "s", "A", 1, "B"), finding("4", "r", "A", 1, "C")}, "-1 -2 +3 +4 "},
		{"without flow", []*report.Finding{{ID: "1", Rule: "r"}, {ID: "2", Rule: "r", Flow: &report.Flow{Proto: "tcp"}}},
			[]*report.Finding{{ID: "3", Rule: "r"}}, "1=3 -2 "},
		{"none", nil, nil, ""},
	} {
		if got := names(Findings(c.a, c.b)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestRows(t *testing.T) {
	row := func(metric, server string) *report.LatencyRow {
		return &report.LatencyRow{Metric: metric, Labels: report.Labels{{Name: "server", Value: server}}}
	}
	a := []*report.LatencyRow{row("m", "10.0.0.1:40001"), row("m", "10.0.0.1:443"), row("m", "[::1]:99"), row("n", "10.0.0.1:443"), row("m", "(other)")}
	b := []*report.LatencyRow{row("m", "10.0.0.1:443"), row("m", "10.0.0.1:50009"), row("m", "[::1]:98"), row("m", "10.0.0.2:443"), row("m", "(other)")}
	pairs, onlyA, onlyB := Rows(a, b)
	got := ""
	for _, p := range pairs {
		got += p[0].Labels[0].Value + "=" + p[1].Labels[0].Value + " "
	}
	got += fmt.Sprint(len(onlyA), len(onlyB), onlyA[0].Metric, onlyB[0].Labels[0].Value)
	if want := "10.0.0.1:40001=10.0.0.1:50009 10.0.0.1:443=10.0.0.1:443 [::1]:99=[::1]:98 (other)=(other) 1 1n10.0.0.2:443"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
