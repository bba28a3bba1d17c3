package golden

import (
	"fmt"
	"reflect"
	"sort"
	"strings"

	"pcaptriage/report"
	"pcaptriage/report/verdict"
)

// losses are the counts of which some, where the golden has none, says that
// less of the traffic was seen, in any recording. The others vary with the
// traffic.
var losses = map[string]bool{"undecoded": true, "unknown_linktype": true, "truncated_by_snaplen": true, "flows_evicted": true,
	"labels_folded": true, "drops": true, "bytes_skipped": true, "ended_early": true, "damage_count": true,
	"analyzers_failed": true, "internal_error_count": true, "interrupted": true}

// coverage compares the ledgers: one problem for all counts that fail and one
// for those to be known.
func (d *comparison) coverage() {
	then, now := counts(d.g.Capture.Coverage), counts(d.now.Coverage)
	var fail, note []string
	for _, name := range sortedKeys(now) {
		a, b := then[name], now[name]
		if a == b {
			continue
		}
		line := name + " " + a + " -> " + b
		switch {
		case !d.g.coverage[name]: // the golden's tool did not count it
			if d.opt.Strict {
				fail = append(fail, line)
			} else {
				note = append(note, line+" (not counted when the golden was made)")
			}
		case d.same || losses[name] && nothing(a):
			fail = append(fail, line)
		case losses[name] && nothing(b):
			note = append(note, line)
		}
	}
	d.coverageProblem(fail, true, "warning")
	d.coverageProblem(note, false, "info")
}

func (d *comparison) coverageProblem(lines []string, fails bool, severity string) {
	switch len(lines) {
	case 0:
	case 1:
		d.add(&verdict.Problem{Change: verdict.Coverage, Fails: fails, Severity: severity, Message: "coverage changed: " + lines[0]})
	default:
		d.add(&verdict.Problem{Change: verdict.Coverage, Fails: fails, Severity: severity, Details: lines,
			Message: fmt.Sprintf("coverage changed: %d counts", len(lines))})
	}
}

func nothing(s string) bool { return s == "0" || s == "no" || s == "none" || s == "not told" }

// counts are the members of a ledger as text, by their JSON names.
func counts(c *report.Coverage) map[string]string {
	out := map[string]string{}
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		out[name] = countText(v.Field(i))
	}
	return out
}

func countText(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return "yes"
		}
		return "no"
	case reflect.Uint64:
		return report.Count(v.Uint())
	case reflect.Pointer:
		if v.IsNil() {
			return "not told"
		}
		return countText(v.Elem())
	case reflect.String:
		return orNone(v.String())
	case reflect.Map, reflect.Slice:
		if v.Len() == 0 {
			return "0"
		}
		return listText(v)
	}
	return fmt.Sprint(v.Interface())
}

// listText is "2 bad ip, 1 truncated l4", or the elements of a list.
func listText(v reflect.Value) string {
	var parts []string
	if v.Kind() == reflect.Map {
		for it := v.MapRange(); it.Next(); {
			parts = append(parts, fmt.Sprintf("%s %s", report.Count(it.Value().Uint()), strings.ReplaceAll(it.Key().String(), "_", " ")))
		}
		sort.Strings(parts)
		return strings.Join(parts, ", ")
	}
	for i := range v.Len() {
		if f, ok := v.Index(i).Interface().(report.Failure); ok {
			parts = append(parts, f.Analyzer)
		} else {
			parts = append(parts, fmt.Sprint(v.Index(i).Interface()))
		}
	}
	return strings.Join(parts, "; ")
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
