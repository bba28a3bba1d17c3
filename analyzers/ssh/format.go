package ssh

import (
	"fmt"
	"strconv"
	"strings"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/sshwire"
)

func duration(ns int64) string { return analyzers.Duration(ns) }

// quote puts text from the wire, which is printable ASCII already, into quotes.
func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `'`) + `"` }

// fewNames shortens a name-list for a message.
func fewNames(list []byte) string {
	const most = 3
	var out []string
	n := 0
	for name := range sshwire.Names(list) {
		if sshwire.IsPseudo(string(name)) {
			continue
		}
		if n++; n <= most {
			out = append(out, printable(name[:min(len(name), maxText)]))
		}
	}
	switch {
	case n == 0:
		return "nothing"
	case n > most:
		return strings.Join(out, ", ") + fmt.Sprintf(" and %d more", n-most)
	}
	return strings.Join(out, ", ")
}

// allNames is a name-list for attrs.
func allNames(list []byte) []string {
	out := []string{}
	for name := range sshwire.Names(list) {
		if len(out) == 64 {
			break
		}
		out = append(out, printable(name[:min(len(name), maxText)]))
	}
	return out
}

// both names the methods of the two directions, once if they are the same.
func both(c2s, s2c string) string {
	if c2s == s2c {
		return c2s
	}
	return c2s + " / " + s2c
}

// millis is a time in ms with two digits, "-" for none.
func millis(ns int64) string {
	switch ms := float64(ns) / 1e6; {
	case ns < 0:
		return "-"
	case ms < 0.05:
		return "0"
	case ms < 9.95:
		return strconv.FormatFloat(ms, 'f', 1, 64)
	default:
		return strconv.FormatFloat(ms, 'f', 0, 64)
	}
}

// times is what is seen only sometimes: nil for nothing.
func orNil(ns int64) any {
	if ns < 0 {
		return nil
	}
	return ns
}

func frames(refs ...decoders.FrameRef) (out []decoders.FrameRef) {
	for _, r := range refs {
		if r != 0 && (len(out) == 0 || out[len(out)-1] != r) {
			out = append(out, r)
		}
	}
	return out
}
