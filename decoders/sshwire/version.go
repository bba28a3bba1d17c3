package sshwire

import "bytes"

// Version is an identification string: SSH-protoversion-softwareversion SP
// comments (RFC 4253 4.2). Slices are borrowed.
type Version struct {
	Raw      []byte // without line ending and NUL padding
	Proto    []byte // "2.0"
	Software []byte // "OpenSSH_9.2p1"
	Comments []byte // "Debian-2+deb12u10"
	Protocol Protocol
	// Ending is how the line ended; EndCut: a hole came before its end.
	Ending Ending
}

// Protocol is the generation of SSH that a version string offers.
type Protocol uint8

const (
	NoProtocol Protocol = iota
	SSH1                // 1.x
	SSH199              // 1.99: SSH-2, and SSH-1 for those who need it (RFC 4253 5.1)
	SSH2                // 2.0
)

// Ending is how a version line ended.
type Ending uint8

const (
	EndCRLF Ending = iota + 1
	EndLF          // customary in SSH-1, tolerated in SSH-2
	EndCut
)

// judgeVersion says whether b begins an identification string: SSH-1. or
// SSH-2., in any case as some implementations accept.
func judgeVersion(b []byte) verdict {
	const prefix = "ssh-"
	for i := range prefix {
		if i == len(b) {
			return maybe
		}
		if b[i]|0x20 != prefix[i] {
			return no
		}
	}
	switch {
	case len(b) == 4:
		return maybe
	case b[4] != '1' && b[4] != '2':
		return no
	case len(b) == 5:
		return maybe
	case b[5] != '.':
		return no
	}
	return yes
}

// IsVersion reports whether b begins like an identification string; with less
// than six bytes, whether it could.
func IsVersion(b []byte) bool { return judgeVersion(b) != no }

type verdict uint8

const (
	no verdict = iota
	maybe
	yes
)

// ParseVersion reads an identification string without its line ending.
func ParseVersion(line []byte) (v Version, ok bool) {
	if judgeVersion(line) != yes {
		return v, false
	}
	line = bytes.TrimRight(line, "\x00") // padding, against RFC 4253 4.2
	v.Raw = line
	rest := line[4:]
	i := bytes.IndexByte(rest, '-')
	if i < 0 {
		v.Proto = rest
	} else {
		v.Proto, v.Software = rest[:i], rest[i+1:]
	}
	if i := bytes.IndexByte(v.Software, ' '); i >= 0 {
		v.Software, v.Comments = v.Software[:i], v.Software[i+1:]
	}
	switch {
	case v.Proto[0] == '2':
		v.Protocol = SSH2
	case string(v.Proto) == "1.99":
		v.Protocol = SSH199
	default:
		v.Protocol = SSH1
	}
	return v, true
}

// Agree returns the protocol that two version strings come to: SSH1, SSH2, or
// NoProtocol when they are incompatible or one is not known.
func Agree(a, b Protocol) Protocol {
	switch {
	case a == NoProtocol || b == NoProtocol:
		return NoProtocol
	case a != SSH1 && b != SSH1:
		return SSH2
	case a == SSH2 || b == SSH2:
		return NoProtocol
	}
	return SSH1
}
