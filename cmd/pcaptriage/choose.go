package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pcaptriage/analyzers"
)

// chosen are the analyzers that --enable and --disable leave, with those that
// an enabled one needs.
func (a *app) chosen(enable, disable []string) ([]*analyzers.Analyzer, error) {
	known := a.analyzerNames()
	for _, l := range []struct {
		flag  string
		names []string
	}{{"--enable", enable}, {"--disable", disable}} {
		for _, n := range l.names {
			if !slices.Contains(known, n) {
				return nil, fmt.Errorf("%s %s: no such analyzer%s; known: %s", l.flag, n, didYouMean(n, known), quoteList(known))
			}
		}
	}
	want := map[string]bool{}
	for _, an := range a.analyzers {
		want[an.Name] = (len(enable) == 0 || slices.Contains(enable, an.Name)) && !slices.Contains(disable, an.Name)
	}
	// The list has what an analyzer requires before it, so going backwards
	// meets every requirement's own.
	for i := len(a.analyzers) - 1; i >= 0; i-- {
		an := a.analyzers[i]
		if !want[an.Name] {
			continue
		}
		for _, r := range an.Requires {
			if slices.Contains(disable, r) {
				return nil, fmt.Errorf("--disable %s: %s needs its results; disable that too", r, an.Name)
			}
			want[r] = true
		}
	}
	var out []*analyzers.Analyzer
	for _, an := range a.analyzers {
		if want[an.Name] {
			out = append(out, an)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("--enable and --disable leave no analyzer; known: %s", quoteList(known))
	}
	return out, nil
}

// settings reads ANALYZER.OPTION=VALUE. Each is checked, also those of
// analyzers that do not run, which are then left out.
func (a *app) settings(list []string, chosen []*analyzers.Analyzer) (map[string]string, error) {
	out := map[string]string{}
	for _, s := range list {
		key, value, ok := strings.Cut(s, "=")
		name, option, dotted := strings.Cut(key, ".")
		if !ok || !dotted || option == "" {
			return nil, fmt.Errorf("--set %s: want ANALYZER.OPTION=VALUE", s)
		}
		i := slices.IndexFunc(a.analyzers, func(an *analyzers.Analyzer) bool { return an.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("--set %s: no such analyzer%s; known: %s", s, didYouMean(name, a.analyzerNames()), quoteList(a.analyzerNames()))
		}
		if _, err := a.analyzers[i].NewConfig(map[string]string{option: value}); err != nil {
			return nil, fmt.Errorf("--set %s: %w", s, err)
		}
		if slices.Contains(chosen, a.analyzers[i]) {
			out[key] = value
		}
	}
	return out, nil
}

// parseSize reads a number of bytes: 1048576, 512M, 2GiB (powers of 1024);
// "" is 0.
func parseSize(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	digits := strings.TrimRight(strings.ToUpper(s), "KMGTIB ")
	unit := strings.TrimSpace(strings.ToUpper(s)[len(digits):])
	shift, ok := map[string]uint{"": 0, "B": 0, "K": 10, "KB": 10, "KIB": 10, "M": 20, "MB": 20, "MIB": 20,
		"G": 30, "GB": 30, "GIB": 30, "T": 40, "TB": 40, "TIB": 40}[unit]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || !ok || n <= 0 || n > 1<<62>>shift {
		return 0, fmt.Errorf("want a size such as 512M or 2G")
	}
	return n << shift, nil
}
