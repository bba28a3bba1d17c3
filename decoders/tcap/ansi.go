package tcap

// ANSIKindNames are the package types of ANSI TCAP (T1.114.3), by ANSIKind.
var ANSIKindNames = [...]string{"other", "unidirectional", "query with permission", "query without permission", "response",
	"conversation with permission", "conversation without permission", "abort"}

// ANSIKind is the package type of an ANSI TCAP message, an index into
// ANSIKindNames: 0 when the first octet is none.
func ANSIKind(b []byte) int {
	switch {
	case len(b) == 0:
		return 0
	case b[0] == 0xf6:
		return 7
	case b[0] >= 0xe1 && b[0] <= 0xe6:
		return int(b[0] - 0xe0)
	}
	return 0
}
