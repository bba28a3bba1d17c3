package httpwire

import "bytes"

// verdict is what the first bytes of a would-be message say.
type verdict uint8

const (
	no    verdict = iota
	maybe         // could become a start line
	yes           // is one
)

// maxMethod is the longest method name that is taken for one.
const maxMethod = 32

// judge says whether b begins with a start line of the kind k (0: of either).
// It reads only as far as it must, so that other protocols cost a few bytes.
func judge(k Kind, b []byte) verdict {
	v := no
	if k != Response {
		v = judgeRequest(b)
	}
	if k != Request && v == no {
		v = judgeStatus(b)
	}
	return v
}

// judgeStatus: status-line = HTTP-version SP status-code SP [ reason ].
func judgeStatus(b []byte) verdict {
	const version = "HTTP/1."
	for i := range version {
		if i == len(b) {
			return maybe
		}
		if b[i] != version[i] {
			return no
		}
	}
	if len(b) > MaxString+16 {
		b = b[:MaxString+16]
	}
	line, whole := firstLine(b)
	if _, ok := parseStatusLine(line); ok {
		if whole || len(b) == MaxString+16 {
			return yes
		}
		return maybe
	}
	if whole || len(line) > len("HTTP/1.1  200") {
		return no
	}
	return maybe
}

// judgeRequest: request-line = method SP request-target SP HTTP-version.
func judgeRequest(b []byte) verdict {
	i := 0
	for ; i < len(b) && isToken(b[i]); i++ {
		if i == maxMethod {
			return no
		}
	}
	if i == len(b) {
		return maybe
	}
	if i == 0 || b[i] != ' ' {
		return no
	}
	line, whole := firstLine(b)
	if whole {
		if r, ok := parseRequestLine(line); ok && (r.major == 1 || r.isPreface()) {
			return yes
		}
		return no
	}
	// The target must be printable, and what follows it a version, unless the
	// method vouches for the line.
	target := chomp(line[i+1:])
	if sp := bytes.IndexByte(target, ' '); sp >= 0 && methodOf(line[:i]) == Other {
		if v := target[sp+1:]; len(v) > len("HTTP/1.1") || !samePrefix(v, "HTTP/") {
			return no
		}
	}
	for _, c := range target {
		if isControl(c) || c == '\t' {
			return no
		}
	}
	return maybe
}

// samePrefix reports whether b and s agree as far as both go.
func samePrefix(b []byte, s string) bool {
	n := min(len(b), len(s))
	return string(b[:n]) == s[:n]
}

// firstLine returns b up to its first line feed, without CR LF, and whether
// there was one.
func firstLine(b []byte) (line []byte, whole bool) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return b, false
	}
	return chomp(b[:i]), true
}

// chomp takes one carriage return off the end.
func chomp(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}

type requestLine struct {
	method, target []byte
	major, minor   uint8
	blanks         bool // the target holds blanks, which no target may
}

// isPreface: the request line of the HTTP/2 connection preface (RFC 9113 3.4).
func (r *requestLine) isPreface() bool {
	return r.major == 2 && string(r.method) == "PRI" && string(r.target) == "*"
}

func parseRequestLine(line []byte) (r requestLine, ok bool) {
	i := bytes.IndexByte(line, ' ')
	if i <= 0 || i > maxMethod {
		return r, false
	}
	r.method = line[:i]
	for _, c := range r.method {
		if !isToken(c) {
			return r, false
		}
	}
	rest := line[i+1:]
	i = bytes.IndexByte(rest, ' ')
	if last := bytes.LastIndexByte(rest, ' '); last > i && methodOf(r.method) != Other {
		// Scanners send such targets, and servers answer (RFC 9112 3.2: 400).
		i, r.blanks = last, true
	}
	if i <= 0 {
		return r, false
	}
	r.target = rest[:i]
	for _, c := range r.target {
		if isControl(c) || c == '\t' {
			return r, false
		}
	}
	r.major, r.minor, ok = parseVersion(rest[i+1:])
	return r, ok
}

// cutRequestLine reads a request line that breaks off: the method and the
// beginning of the target. Only the well-known methods are trusted that far.
func cutRequestLine(line []byte) (r requestLine, ok bool) {
	i := bytes.IndexByte(line, ' ')
	if i <= 0 || i+1 == len(line) {
		return r, false
	}
	r.method, r.target = line[:i], line[i+1:]
	if j := bytes.IndexByte(r.target, ' '); j >= 0 {
		r.target = r.target[:j]
	}
	return r, len(r.target) > 0 && methodOf(r.method) != Other
}

type statusLine struct {
	status       uint16
	reason       []byte
	major, minor uint8
}

func parseStatusLine(line []byte) (s statusLine, ok bool) {
	i := bytes.IndexByte(line, ' ')
	if i < 0 {
		return s, false
	}
	if s.major, s.minor, ok = parseVersion(line[:i]); !ok || s.major != 1 {
		return s, false
	}
	rest := line[i+1:]
	for len(rest) > 0 && rest[0] == ' ' {
		rest = rest[1:]
	}
	if len(rest) < 3 || len(rest) > 3 && rest[3] != ' ' {
		return s, false
	}
	for _, c := range rest[:3] {
		if !isDigit(c) {
			return s, false
		}
		s.status = s.status*10 + uint16(c-'0')
	}
	if len(rest) > 4 {
		s.reason = rest[4:]
	}
	return s, true
}

// parseVersion reads "HTTP/1.1".
func parseVersion(b []byte) (major, minor uint8, ok bool) {
	if len(b) != len("HTTP/x.y") || string(b[:5]) != "HTTP/" || !isDigit(b[5]) || b[6] != '.' || !isDigit(b[7]) {
		return 0, 0, false
	}
	return b[5] - '0', b[7] - '0', true
}
