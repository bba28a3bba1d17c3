package gsmmap

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/gsmmap"
)

// operation is an operation between two nodes, with its version, the grounds for
// that, and the direction: a label set. It is comparable. A and B are the invoking
// and the answering node as they may be printed; X is code, version, basis,
// direction. Rows and findings are kept by key, which leaves the basis out.
type operation analyzers.LabelKey

func makeOperation(code int32, v gsmmap.Verdict, a, b node) operation {
	return operation{A: decoders.Addr(a), B: decoders.Addr(b), X: [4]uint8{uint8(code), v.Version, uint8(v.Basis), uint8(v.Direction)}}
}

func (o operation) label() analyzers.LabelKey   { return analyzers.LabelKey(o) }
func (o operation) basis() gsmmap.Basis         { return gsmmap.Basis(o.X[2]) }
func (o operation) direction() gsmmap.Direction { return gsmmap.Direction(o.X[3]) }
func (o operation) versionText() string {
	if o.X[1] == 0 {
		return "unknown"
	}
	return strconv.Itoa(int(o.X[1]))
}

// key is the operation whatever its version rests on: a row of table
// map_operations.
func (o operation) key() operation {
	o.X[2] = 0
	return o
}

// name is the operation in tables and labels. Messages to groups (VGCS) are none
// of those that the report is about: they are one kind, "other".
func (o operation) name() string {
	if o.X[0] == gsmmap.OpMTForwardSMVGCS {
		return "other"
	}
	return gsmmap.OperationName(int32(o.X[0]), o.X[1])
}

// title is the operation as sentences name it: mt-forwardSM v3, forwardSM v2 MT.
func (o operation) title() string { return o.titled(1 << o.basis()) }

// titled is title with a set of bases, those of a row.
func (o operation) titled(b bases) string {
	s := gsmmap.OperationName(int32(o.X[0]), o.X[1])
	if o.X[1] != 0 {
		s += " v" + o.versionText()
	}
	switch syntax := bases(1 << gsmmap.BasisSyntax); {
	case b == syntax:
		s += " (assumed)"
	case b&syntax != 0:
		s += " (partly assumed)"
	}
	if o.direction() != gsmmap.UnknownDirection && !(o.X[0] == gsmmap.OpMTForwardSM && o.direction() == gsmmap.MT) {
		s += " " + o.direction().String()
	}
	return s
}

// bases is a set of gsmmap.Basis.
type bases uint8

// String lists them, best first: "context, opcode".
func (b bases) String() string {
	var names []string
	for n, name := range gsmmap.BasisNames {
		if b&(1<<n) != 0 && gsmmap.Basis(n) != gsmmap.BasisUnknown {
			names = append(names, name)
		}
	}
	if names == nil {
		return gsmmap.BasisUnknown.String()
	}
	return strings.Join(names, ", ")
}

// cell is what a table says of a set that may be empty.
func (b bases) cell() string {
	if b == 0 {
		return ""
	}
	return b.String()
}

// row counts the operations of one kind.
type row struct {
	bases                                                          bases // of its operations' versions
	invokes, results, errors, rejected, returned, aborted, refused uint64
	unanswered, open, other, answersOnly                           uint64
	repeated                                                       uint64 // of refused: sent again in another version, the same message
	codes                                                          map[errorKey]uint64
	classes                                                        [gsmmap.NumClasses]uint64     // of errors
	times                                                          [len(timeBuckets) + 1]uint64  // answers by latency
	types                                                          [len(gsmmap.TPDUNames)]uint64 // short messages in invokes
	states                                                         [len(gsmmap.DeliveryStateNames)]uint64
	slowest                                                        int64
	slowFrom, slowTo                                               moment
}

// errorKey is an error with what its parameter adds: value and fcs are -1 when
// not told.
type errorKey struct {
	code       int32
	value, fcs int16
}

func errorOf(k *component) errorKey { return errorKey{k.code, k.value, k.fcs} }

func (r *row) fail(k errorKey) {
	r.errors++
	r.codes = countError(r.codes, k)
	r.classes[gsmmap.ErrorClass(k.code, int(k.value))]++
}

// carried counts the short message of an invoke by its type.
func (r *row) carried(i *invoke) {
	if !i.hasTPDU {
		return
	}
	r.types[i.tpdu]++
	if i.tpdu == gsmmap.StatusReport && i.status >= 0 {
		r.states[gsmmap.StateOf(uint8(i.status))]++
	}
}

// typeList is "SMS-DELIVER x12, SMS-STATUS-REPORT x2 (delivered x2)".
func (r *row) typeList() []string {
	out := []string{}
	for t, n := range r.types {
		if n == 0 {
			continue
		}
		s := fmt.Sprintf("%s x%d", gsmmap.TPDUType(t), n)
		if gsmmap.TPDUType(t) == gsmmap.StatusReport {
			var states []string
			for i, n := range r.states {
				if n > 0 {
					states = append(states, fmt.Sprintf("%s x%d", gsmmap.DeliveryState(i), n))
				}
			}
			s += " (" + strings.Join(states, ", ") + ")"
		}
		out = append(out, s)
	}
	return out
}

// maxCodes is how many different errors one row or incident keeps apart.
const maxCodes = 64

func countError(m map[errorKey]uint64, k errorKey) map[errorKey]uint64 {
	if m == nil {
		m = map[errorKey]uint64{}
	}
	if _, ok := m[k]; !ok && len(m) >= maxCodes {
		k = errorKey{code: -1, value: -1, fcs: -1}
	}
	m[k]++
	return m
}

// errorKeys lists errors, most frequent first.
func errorKeys(m map[errorKey]uint64) []errorKey {
	keys := make([]errorKey, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b errorKey) int {
		return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a.code, b.code), cmp.Compare(a.value, b.value), cmp.Compare(a.fcs, b.fcs))
	})
	return keys
}

// errorList is "absentSubscriberSM (6, IMSI detached) x12" for each error, in the
// order of errorKeys.
func errorList(m map[errorKey]uint64) []string {
	out := []string{}
	for _, k := range errorKeys(m) {
		s := errorText(k)
		if k.code < 0 {
			s = "others"
		}
		if m[k] > 1 {
			s += " x" + strconv.FormatUint(m[k], 10)
		}
		out = append(out, s)
	}
	return out
}

// maxRows of table map_operations are kept apart.
const maxRows = 4096

// operations holds the rows by operation.key; beyond the cap all go into one.
type operations struct {
	rows  map[operation]*row
	other *row
}

// of is the row of an operation that has been entered.
func (t *operations) of(o operation) *row {
	if r := t.rows[o.key()]; r != nil || t.other == nil {
		return r
	}
	return t.other
}

func (t *operations) init() { *t = operations{rows: map[operation]*row{}} }

// row is the row that counts an operation.
func (t *operations) row(o operation) *row {
	k := o.key()
	r := t.rows[k]
	if r != nil {
		r.bases |= 1 << o.basis()
		return r
	}
	if len(t.rows) >= maxRows {
		if t.other == nil {
			t.other = &row{}
		}
		return t.other
	}
	r = &row{bases: 1 << o.basis()}
	t.rows[k] = r
	return r
}

// sorted lists the rows: most invokes first.
func (t *operations) sorted() []operation {
	out := make([]operation, 0, len(t.rows))
	for o := range t.rows {
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b operation) int {
		return cmp.Or(cmp.Compare(t.rows[b].invokes, t.rows[a].invokes), compareOperations(a, b))
	})
	return out
}

func compareOperations(a, b operation) int {
	return cmp.Or(cmp.Compare(a.name(), b.name()), slices.Compare(a.X[:], b.X[:]), compareNodes(node(a.A), node(b.A)), compareNodes(node(a.B), node(b.B)))
}

func compareNodes(a, b node) int { return decoders.Addr(a).Compare(decoders.Addr(b)) }

// between counts the invokes of all rows between two nodes, either way.
func (t *operations) between(a, b node) (n uint64) {
	for o, r := range t.rows {
		if node(o.A) == a && node(o.B) == b || node(o.A) == b && node(o.B) == a {
			n += r.invokes
		}
	}
	return n
}
