package budget

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// The expression language has no durations: a number must not be followed by a
// letter. So 50ms, 1.5s, 2m30s are replaced by names before it is parsed.

// duration is one literal of an expression.
type duration struct {
	name string // what stands for it
	text string // as written
	ns   float64
}

// prefix of the names; nothing that a user may write begins with it.
const durationPrefix = "_duration"

// rewritten is an expression whose durations are names.
type rewritten struct {
	text      string
	durations []duration
	// origin has for each character of text the index (from 0, in characters)
	// that it had in the source, and one more for the end.
	origin []int
}

// rewriteDurations replaces the durations of an expression, outside strings.
func rewriteDurations(source string) *rewritten {
	src := []rune(source)
	out := &rewritten{}
	var b strings.Builder
	keep := func(from, to int) {
		for i := from; i < to; i++ {
			b.WriteRune(src[i])
			out.origin = append(out.origin, i)
		}
	}
	for i := 0; i < len(src); {
		switch r := src[i]; {
		case r == '"' || r == '\'' || r == '`':
			end := stringEnd(src, i)
			keep(i, end)
			i = end
		case r == '/':
			end := commentEnd(src, i)
			keep(i, end)
			i = end
		case isDigit(r) || isWord(r):
			end := i + 1
			for end < len(src) && (isWord(src[end]) || isDigit(r) && src[end] == '.' && end+1 < len(src) && isDigit(src[end+1])) {
				end++
			}
			word := string(src[i:end])
			d, err := time.ParseDuration(word)
			if !isDigit(r) || err != nil || !hasUnit(word) {
				keep(i, end)
				i = end
				continue
			}
			lit := duration{fmt.Sprintf("%s%d", durationPrefix, len(out.durations)), word, float64(d)}
			out.durations = append(out.durations, lit)
			b.WriteString(lit.name)
			for range lit.name {
				out.origin = append(out.origin, i)
			}
			i = end
		default:
			keep(i, i+1)
			i++
		}
	}
	out.origin = append(out.origin, len(src))
	out.text = b.String()
	return out
}

// restore puts the literals back into text made from the rewritten expression.
func (w *rewritten) restore(s string) string {
	for i := len(w.durations) - 1; i >= 0; i-- { // _duration10 before _duration1
		s = strings.ReplaceAll(s, w.durations[i].name, w.durations[i].text)
	}
	return s
}

// at is the position in the source, from 1, of a character of the rewritten text.
func (w *rewritten) at(i int) int { return w.origin[min(max(i, 0), len(w.origin)-1)] + 1 }

// hasUnit: "0" is a duration for the library, and a number for us.
func hasUnit(word string) bool {
	return strings.IndexFunc(word, unicode.IsLetter) >= 0
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// stringEnd is the index behind the string literal that begins at i.
func stringEnd(src []rune, i int) int {
	quote := src[i]
	for i++; i < len(src); i++ {
		switch {
		case src[i] == '\\' && quote != '`':
			i++
		case src[i] == quote:
			return i + 1
		}
	}
	return len(src)
}

// commentEnd is the index behind the comment that begins at i, or behind the
// slash that begins none.
func commentEnd(src []rune, i int) int {
	rest := string(src[i:])
	closing := ""
	switch {
	case strings.HasPrefix(rest, "//"):
		closing = "\n"
	case strings.HasPrefix(rest, "/*"):
		closing = "*/"
	default:
		return i + 1
	}
	if at := strings.Index(rest[2:], closing); at >= 0 {
		return i + len([]rune(rest[:2+at+len(closing)]))
	}
	return len(src)
}
