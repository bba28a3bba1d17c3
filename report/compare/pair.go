package compare

import (
	"path"
	"path/filepath"
	"strings"

	"pcaptriage/report"
)

// pair finds each capture of a its partner in b: one on each side belong
// together whatever they are called; of several those of one relative path, then
// of one path below the directory that a side's captures share (a saved report
// has paths as they were given), then of one base name that is unique on both
// sides. A suffix of compression does not count.
func pair(a, b []Named) (pairs []*Pair, onlyA, onlyB []Named) {
	if len(a) == 1 && len(b) == 1 {
		return []*Pair{{A: a[0].Capture, B: b[0].Capture}}, nil, nil
	}
	partner := make([]int, len(a)) // index in b, -1: none
	taken := make([]bool, len(b))
	for i := range partner {
		partner[i] = -1
	}
	for _, by := range []func(list []Named) []string{relative, belowCommon, base} {
		inB := unique(by(b), taken)
		for i, name := range by(a) {
			j, ok := inB[name]
			if partner[i] < 0 && ok && !taken[j] && isUnique(by(a), partner, i) {
				partner[i], taken[j] = j, true
			}
		}
	}
	names := belowCommon(a)
	for i, n := range a {
		if j := partner[i]; j >= 0 {
			pairs = append(pairs, &Pair{Name: names[i], A: n.Capture, B: b[j].Capture})
		} else {
			onlyA = append(onlyA, n)
		}
	}
	for j, n := range b {
		if !taken[j] {
			onlyB = append(onlyB, n)
		}
	}
	return pairs, onlyA, onlyB
}

// unique maps the names that occur once among those not taken to their index.
func unique(names []string, taken []bool) map[string]int {
	out, seen := map[string]int{}, map[string]int{}
	for i, n := range names {
		if !taken[i] {
			seen[n]++
			out[n] = i
		}
	}
	for n, times := range seen {
		if times > 1 {
			delete(out, n)
		}
	}
	return out
}

// isUnique says whether name i occurs once among those without a partner.
func isUnique(names []string, partner []int, i int) bool {
	for k, n := range names {
		if k != i && partner[k] < 0 && n == names[i] {
			return false
		}
	}
	return true
}

func relative(list []Named) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = plainName(list[i].Name)
	}
	return out
}

// plainName is a path with slashes and without a suffix of compression.
func plainName(name string) string {
	name = path.Clean(filepath.ToSlash(name))
	for _, suffix := range []string{".gz", ".zst", ".lz4", ".xz", ".bz2"} {
		if s, ok := strings.CutSuffix(name, suffix); ok && path.Base(s) != "." {
			return s
		}
	}
	return name
}

// belowCommon leaves out the directories that all share.
func belowCommon(list []Named) []string {
	out := relative(list)
	if len(out) == 0 {
		return out
	}
	common := path.Dir(out[0])
	for _, n := range out[1:] {
		for common != "." && common != "/" && !strings.HasPrefix(n, common+"/") {
			common = path.Dir(common)
		}
	}
	if common == "." { // an absolute path among them, or nothing in common
		return out
	}
	for i := range out {
		out[i] = strings.TrimPrefix(strings.TrimPrefix(out[i], common), "/")
	}
	return out
}

func base(list []Named) []string {
	out := relative(list)
	for i := range out {
		out[i] = path.Base(out[i])
	}
	return out
}

// Names gives captures of a saved report the names by which they are paired.
func Names(captures []*report.Capture) []Named {
	out := make([]Named, len(captures))
	for i, c := range captures {
		out[i] = Named{c.Path, c}
	}
	return out
}
