package analyzertest

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"pcaptriage/analyzers"
)

// want is one hand-written line of a .want file: a finding that must be there.
//
//	connect-dropped 3 error certain /after 4 retransmissions/ measure=6s..8s count=1
//
// Rule and frame come first (the frame of the first evidence, or * for any).
// The rest is optional, in any order: a severity, a confidence, a regular
// expression on the message between slashes, measure=LOW..HIGH (durations, or
// plain numbers for counts), count=N. Lines that begin with # are comments; a
// file with the one line "none" wants no finding at all.
type want struct {
	line       int
	rule       string
	frame      uint64 // 0: any
	severity   string
	confidence string
	message    *regexp.Regexp
	low, high  int64 // measure, valid if hasMeasure
	hasMeasure bool
	count      uint64 // 0: any
}

func readWants(name string) ([]want, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []want
	none := false
	sc := bufio.NewScanner(f)
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		case line == "none":
			none = true
			continue
		}
		w, err := parseWant(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		w.line = n
		out = append(out, w)
	}
	if err := sc.Err(); err != nil {
		return nil, err
	}
	if none == (len(out) > 0) {
		return nil, fmt.Errorf("%s: want lines, or the one line \"none\"", name)
	}
	return out, nil
}

func parseWant(line string) (w want, err error) {
	if i := strings.Index(line, " /"); i >= 0 {
		j := strings.LastIndex(line, "/")
		if j <= i+1 {
			return w, fmt.Errorf("the regular expression has no end")
		}
		if w.message, err = regexp.Compile(line[i+2 : j]); err != nil {
			return w, err
		}
		line = line[:i] + line[j+1:]
	}
	words := strings.Fields(line)
	if len(words) < 2 {
		return w, fmt.Errorf("a rule and a frame (or *), please")
	}
	w.rule = words[0]
	if words[1] != "*" {
		if w.frame, err = strconv.ParseUint(words[1], 10, 64); err != nil || w.frame == 0 {
			return w, fmt.Errorf("frame %q: want a number from 1, or *", words[1])
		}
	}
	for _, word := range words[2:] {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "info", "warning", "error":
			w.severity = key
		case "certain", "likely", "possible":
			w.confidence = key
		case "count":
			if w.count, err = strconv.ParseUint(value, 10, 64); err != nil {
				return w, err
			}
		case "measure":
			lo, hi, ok := strings.Cut(value, "..")
			if !ok {
				return w, fmt.Errorf("measure=LOW..HIGH, please")
			}
			w.hasMeasure = true
			if w.low, err = parseMeasure(lo); err == nil {
				w.high, err = parseMeasure(hi)
			}
			if err != nil {
				return w, err
			}
		default:
			return w, fmt.Errorf("unknown word %q", word)
		}
	}
	return w, nil
}

func parseMeasure(s string) (int64, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, nil
	}
	d, err := time.ParseDuration(s)
	return int64(d), err
}

// mismatch says why f is not what w wants, "" if it is.
func (w *want) mismatch(f *analyzers.Finding) string {
	switch {
	case f.Rule != w.rule:
		return "rule " + f.Rule
	case w.frame != 0 && f.Evidence[0].Frame.Frame() != w.frame:
		return fmt.Sprintf("frame %d", f.Evidence[0].Frame.Frame())
	case w.severity != "" && f.Severity.String() != w.severity:
		return "severity " + f.Severity.String()
	case w.confidence != "" && f.Confidence.String() != w.confidence:
		return "confidence " + f.Confidence.String()
	case w.count != 0 && f.Count != w.count:
		return fmt.Sprintf("count %d", f.Count)
	case w.message != nil && !w.message.MatchString(f.Message):
		return fmt.Sprintf("message %q", f.Message)
	case w.hasMeasure && (f.Measure == nil || f.Measure.Value < w.low || f.Measure.Value > w.high):
		return fmt.Sprintf("measure %+v", f.Measure)
	}
	return ""
}

// match pairs wants and findings one to one and returns what is left over, as
// lines for the test's log.
func match(wants []want, findings []*analyzers.Finding) (problems []string) {
	used := make([]bool, len(findings))
	for i := range wants {
		w := &wants[i]
		found := false
		var near []string
		for j, f := range findings {
			if used[j] {
				continue
			}
			why := w.mismatch(f)
			if why == "" {
				used[j], found = true, true
				break
			}
			if f.Rule == w.rule {
				near = append(near, why)
			}
		}
		if !found {
			p := fmt.Sprintf("line %d: %s at frame %d: missing", w.line, w.rule, w.frame)
			if len(near) > 0 {
				p += " (there is one with " + strings.Join(near, "; ") + ")"
			}
			problems = append(problems, p)
		}
	}
	for j, f := range findings {
		if !used[j] {
			problems = append(problems, fmt.Sprintf("unexpected: %s %d %s %s %q", f.Rule, f.Evidence[0].Frame.Frame(), f.Severity, f.Confidence, f.Message))
		}
	}
	return problems
}

// Wanted returns the rules that each capture of dir with a .want file is to
// show, by the capture's file name; none for a quiet one.
func Wanted(dir string) (map[string][]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.want"))
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for _, file := range files {
		wants, err := readWants(file)
		if err != nil {
			return nil, err
		}
		var rules []string
		for i := range wants {
			rules = append(rules, wants[i].rule)
		}
		out[strings.TrimSuffix(filepath.Base(file), ".want")] = unique(rules)
	}
	return out, nil
}
