package gsmmap

// Direction of a short message, seen from the mobile.
type Direction uint8

// The directions.
const (
	UnknownDirection Direction = iota
	MO                         // mobile originated: to the service centre
	MT                         // mobile terminated: from the service centre
)

// DirectionNames by value, as in the label direction.
var DirectionNames = [...]string{"unknown", "MO", "MT"}

func (d Direction) String() string { return DirectionNames[d] }

// Versions is a set of MAP versions.
type Versions uint8

// The versions.
const (
	V1 Versions = 1 << iota
	V2
	V3
	AllVersions = V1 | V2 | V3
)

// Only is the version of a set of one, else 0.
func (v Versions) Only() uint8 {
	switch v {
	case V1:
		return 1
	case V2:
		return 2
	case V3:
		return 3
	}
	return 0
}

// Basis is where a claim of version comes from.
type Basis uint8

// The bases, best first.
const (
	BasisUnknown    Basis = iota
	BasisContext          // the dialogue's application context says it
	BasisNoDialogue       // the Begin has no dialogue portion: version 1 (TS 29.002 15.2.2)
	BasisOpcode           // the operation code exists in that version only
	BasisSyntax           // only that version's argument looks so; an assumption
)

// BasisNames by value, as in the label basis.
var BasisNames = [...]string{"unknown", "context", "no-dialogue", "opcode", "syntax"}

func (b Basis) String() string { return BasisNames[b] }

// Conflict is a set of contradictions between what a dialogue says of itself.
type Conflict uint16

const (
	// ConflictOpcode44: mt-forwardSM under a version that does not have it.
	ConflictOpcode44 Conflict = 1 << iota
	// ConflictOpcode46: forwardSM under shortMsgMT-Relay-v3, which has mt-forwardSM.
	ConflictOpcode46
	// ConflictMTUnderMO: an argument to a mobile under shortMsgMO-Relay.
	ConflictMTUnderMO
	// ConflictMOUnderMT: an argument to a service centre under shortMsgMT-Relay.
	ConflictMOUnderMT
	// ConflictExplicitV1: a version 1 context in so many words, which is never
	// sent (TS 29.002 15.2.2).
	ConflictExplicitV1
	// ConflictFamily: the context is one of MAP that does not have the operation.
	ConflictFamily
	// ConflictTPDU: the short message's type and the addresses disagree.
	ConflictTPDU
	// ConflictOpcodeDirection: the operation code and the addresses disagree.
	ConflictOpcodeDirection
	numConflicts = iota
)

// ConflictNames by bit.
var ConflictNames = [numConflicts]string{
	"mt-forwardSM (44) under a context before version 3",
	"forwardSM (46) under shortMsgMT-Relay-v3",
	"message to a mobile under shortMsgMO-Relay",
	"message to a service centre under shortMsgMT-Relay",
	"version 1 application context named explicitly",
	"operation under an application context that does not have it",
	"type of the short message contradicts the addresses",
	"operation code contradicts the addresses",
}

// Dialogue is what the caller knows of the dialogue in which an operation was
// invoked.
type Dialogue struct {
	// Context is the application context, valid if HasContext: named in the
	// Begin, or in an earlier message.
	Context    Context
	HasContext bool
	// Foreign: an application context is known, and it is none of MAP.
	Foreign bool
	// BeginSeen: the dialogue's Begin is in the capture; NoPortion: it had no
	// dialogue portion.
	BeginSeen, NoPortion bool
}

// Verdict is what an invoke is.
type Verdict struct {
	// Forward: it is a forwardSM (from DecideCompanion: the operation asked for).
	// If not, nothing else is valid: codes 44 and 46 mean other things in INAP,
	// CAP and private protocols.
	Forward bool
	// Version is 1, 2, 3, or 0 for unknown; Basis says where from. Candidates
	// are the versions that nothing speaks against.
	Version    uint8
	Basis      Basis
	Candidates Versions
	// Direction is what really happens, by addresses and short message, where
	// they tell it.
	Direction Direction
	Conflicts Conflict
}

// Decide says what an invoke with operation code 44 or 46 is. f is its argument,
// or nil when the capture does not have it or it has another syntax.
//
// The version comes from the first that is known of: the application context,
// the missing dialogue portion of the Begin, the operation code, the argument's
// syntax. The direction comes from the addresses and the short message; what
// context and code say of it counts only without them.
func Decide(code int32, d Dialogue, f *Forward) Verdict {
	if d.Foreign || code != OpForwardSM && code != OpMTForwardSM {
		return Verdict{}
	}
	named := d.HasContext && operationFamily(code, d.Context.Family)
	if f == nil && !named {
		// The code alone proves nothing.
		return Verdict{}
	}
	v := Verdict{Forward: true, Candidates: AllVersions}
	v.version(code, d, f)
	v.direction(code, d, f)
	v.conflicts(code, d, f)
	return v
}

// version applies the rules in their order.
func (v *Verdict) version(code int32, d Dialogue, f *Forward) {
	switch {
	case d.HasContext:
		v.Basis, v.Candidates = BasisContext, versionSet(d.Context.Version)
	case d.BeginSeen && d.NoPortion:
		v.Basis, v.Candidates = BasisNoDialogue, V1
	case code == OpMTForwardSM:
		v.Basis, v.Candidates = BasisOpcode, V3
	default:
		v.Candidates = f.versions()
		if v.Candidates.Only() != 0 {
			v.Basis = BasisSyntax
		}
	}
	v.Version = v.Candidates.Only()
	if v.Version == 0 && v.Basis != BasisSyntax {
		v.Basis = BasisUnknown
	}
}

// versionSet is the set of one version, or of none that is known.
func versionSet(n uint8) Versions {
	if n >= 1 && n <= 3 {
		return 1 << (n - 1)
	}
	return 0
}

// versions are those whose forwardSM with code 46 can have this argument: in
// version 3 it only ever goes to the service centre, and only there can more
// than moreMessagesToSend follow.
func (f *Forward) versions() Versions {
	set := AllVersions
	if f.direction() == MT {
		set &= V1 | V2
		if f.DA == PartyRoamingNumber {
			set = V1
		}
	}
	if f.DA == PartyNone || f.OA == PartyNone {
		set &= V2 | V3
	}
	if f.More() {
		set &= V2
	}
	if f.imsiTail() || f.Tail&(TailExtension|TailTagged) != 0 {
		set &= V3
	}
	return set
}

// direction gathers what the sources claim. Addresses and short message decide.
func (v *Verdict) direction(code int32, d Dialogue, f *Forward) {
	if f != nil {
		if v.Direction = f.direction(); v.Direction != UnknownDirection {
			return
		}
		if v.Direction = f.tpduDirection(); v.Direction != UnknownDirection {
			return
		}
	}
	switch {
	case code == OpMTForwardSM, d.HasContext && d.Context.Family == ShortMsgMTRelay:
		v.Direction = MT
	case v.Version == 3, d.HasContext && d.Context.Family == ShortMsgMORelay && d.Context.Version >= 2:
		v.Direction = MO
	}
}

// tpduDirection is what the type of short message says in an invoke: 0 is
// DELIVER, 1 is SUBMIT; 2 goes either way and 3 is reserved (TS 23.040 9.2.3.1).
func (f *Forward) tpduDirection() Direction {
	if len(f.UI) == 0 {
		return UnknownDirection
	}
	switch f.UI[0] & 3 {
	case 0:
		return MT
	case 1:
		return MO
	}
	return UnknownDirection
}

func (v *Verdict) conflicts(code int32, d Dialogue, f *Forward) {
	set := func(c Conflict, is bool) {
		if is {
			v.Conflicts |= c
		}
	}
	var addressed, carried Direction
	if f != nil {
		addressed, carried = f.direction(), f.tpduDirection()
	}
	if d.HasContext {
		c := d.Context
		relay := c.Family == ShortMsgMORelay || c.Family == ShortMsgMTRelay
		set(ConflictFamily, !relay)
		set(ConflictExplicitV1, c.Version == 1)
		set(ConflictOpcode46, code == OpForwardSM && c == Context{ShortMsgMTRelay, 3})
		set(ConflictMTUnderMO, addressed == MT && c.Family == ShortMsgMORelay && c.Version >= 2)
		set(ConflictMOUnderMT, addressed == MO && c.Family == ShortMsgMTRelay)
	}
	set(ConflictOpcode44, code == OpMTForwardSM && v.Version != 0 && v.Version < 3)
	set(ConflictTPDU, addressed != UnknownDirection && carried != UnknownDirection && addressed != carried)
	set(ConflictOpcodeDirection, code == OpMTForwardSM && addressed == MO)
}
