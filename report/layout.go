package report

import (
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// width is the number of terminal columns that s takes. It asks no locale: the
// same report has the same layout everywhere.
func width(s string) int { return displaywidth.String(s) }

// pad fills s up to w columns, at its left when right is set.
func pad(s string, w int, right bool) string {
	n := w - width(s)
	switch {
	case n <= 0:
		return s
	case right:
		return strings.Repeat(" ", n) + s
	}
	return s + strings.Repeat(" ", n)
}

// wrap breaks s into lines of at most w columns, at blanks. A word that is
// longer than a line is cut at the line's end, never left out: a wrapped
// address must still be all there. A number stays with its unit.
func wrap(s string, w int) []string {
	w = max(w, 1)
	var lines []string
	line, used := "", 0
	flush := func() {
		lines = append(lines, line)
		line, used = "", 0
	}
	words := strings.Fields(s)
	for i := 0; i < len(words); i++ {
		word := words[i]
		n := width(word)
		if i+1 < len(words) && isAmount(word, words[i+1]) && n+1+width(words[i+1]) <= w {
			i++
			word += " " + words[i]
			n = width(word)
		}
		if used > 0 && used+1+n > w {
			flush()
		}
		if used > 0 {
			line, used = line+" ", used+1
		}
		for n > w-used {
			head := breakAt(word, w-used)
			line += head
			word = word[len(head):]
			n = width(word)
			flush()
		}
		line, used = line+word, used+n
	}
	if line != "" || len(lines) == 0 {
		flush()
	}
	return lines
}

// isAmount reports whether a word that ends with a digit is followed by its unit.
func isAmount(number, unit string) bool {
	if c := number[len(number)-1]; c < '0' || c > '9' {
		return false
	}
	switch strings.TrimRight(unit, ".,:;)") {
	case "ns", "µs", "ms", "s", "min", "h", "d", "y", "%", "byte", "bytes", "kB", "MB", "GB":
		return true
	}
	return false
}

// breakable is the punctuation behind which a long word may be broken.
const breakable = ":/.,-_"

// breakAt returns the beginning of a word that is too long for w columns: up to
// the last punctuation, if that is in the second half of the line or what is behind
// it fits into the next, so that addresses and paths break between their parts and
// names do not break; else as much as fits.
func breakAt(word string, w int) string {
	head := cut(word, w)
	if i := strings.LastIndexAny(head, breakable); i >= len(head)/2 || i >= 0 && width(word[i+1:]) <= w {
		return head[:i+1]
	}
	return head
}

// cut returns the longest beginning of s that fits w columns, but at least one
// character, so that callers make progress.
func cut(s string, w int) string {
	g := displaywidth.StringGraphemes(s)
	n, used := 0, 0
	for g.Next() {
		if used += g.Width(); used > w && n > 0 {
			break
		}
		n += len(g.Value())
	}
	return s[:n]
}

// shortenPath keeps the end of a path, which tells files apart.
func shortenPath(s string, w int) string {
	if width(s) <= w {
		return s
	}
	for i := range s {
		if width(s[i:]) <= w-3 {
			return "..." + s[i:]
		}
	}
	return s
}
