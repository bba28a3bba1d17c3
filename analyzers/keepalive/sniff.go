package keepalive

import "bytes"

var methods = [...]string{"GET ", "POST ", "HEAD ", "PUT ", "DELETE ", "OPTIONS ", "PATCH ", "CONNECT ", "TRACE ", "PRI * HTTP/2.0"}

// looksLikeHTTP reports whether a segment's payload can be the beginning of an
// HTTP/1.x message or of HTTP/2's preface. It only decides whether a parser is
// worth its memory; the parser has the last word.
func looksLikeHTTP(b []byte) bool {
	if len(b) == 0 || b[0] < 'A' || b[0] > 'Z' {
		return false
	}
	if samePrefix(b, "HTTP/1.") {
		return true
	}
	for _, m := range methods {
		if samePrefix(b, m) {
			return lineAllows(b)
		}
	}
	// Another method (RFC 5323, WebDAV): only with the version in sight.
	n := 0
	for n < len(b) && n < 20 && (b[n] >= 'A' && b[n] <= 'Z' || b[n] == '-') {
		n++
	}
	return n >= 2 && n < len(b) && b[n] == ' ' && hasVersion(b)
}

// samePrefix reports whether one of b and s begins with the other.
func samePrefix(b []byte, s string) bool {
	n := min(len(b), len(s))
	return string(b[:n]) == s[:n]
}

// lineAllows reports whether the first line, if it is whole, ends with a version.
func lineAllows(b []byte) bool {
	return bytes.IndexByte(b[:min(len(b), maxLine)], '\n') < 0 || hasVersion(b)
}

// maxLine bounds the search for a line's end.
const maxLine = 8 << 10

func hasVersion(b []byte) bool {
	line := b[:min(len(b), maxLine)]
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i]
	}
	return bytes.Contains(line, []byte(" HTTP/"))
}
