package gsmmap

import (
	"cmp"
	"slices"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/gsmmap"
)

// incidentKey is what makes incidents one finding: the rule, the two nodes, and
// what the rule distinguishes further.
type incidentKey struct {
	rule string
	a, b node
	op   operation
	code int32
	ctx  gsmmap.Context
	text string
}

// incident gathers equal incidents. Fields that only some rules use are named
// with them.
type incident struct {
	key         incidentKey
	count       uint64
	first, last int64
	analyzers.Citations
	src, dst     decoders.Addr
	sport, dport uint16
	proto        uint8
	tunnel       uint32
	text         string
	texts        []string
	value        int64
	extra        uint64              // returns: operations ended; ABORT: dialogues open
	errors       map[errorKey]uint64 // errors by class
	retried      uint64              // fallback: attempts that were repeated
	empty        uint64              // fallback: attempts in which nothing was invoked yet
	byNodes      uint64              // of these, those without a short message: told by nodes and version only
	delay        int64               // fallback: from attempts to repetitions, ns
	oneWay       uint64              // no answer: nothing of the other way was captured
	parts        uint64              // concatenated messages: of those incomplete, missing ones in extra
	disordered   uint64              // concatenated messages whose parts came out of order
	stray        uint64              // returns: of unknown dialogues
}

// maxIncidents are kept apart.
const maxIncidents = 4096

type incidents struct {
	by      map[incidentKey]*incident
	dropped uint64
	spare   incident // takes what is beyond the cap
}

func (t *incidents) init() { t.by = map[incidentKey]*incident{} }

// note counts an incident and cites a frame.
func (t *incidents) note(k incidentKey, at moment, role string, e *analyzers.Event) *incident {
	k.op = k.op.key()
	i := t.by[k]
	if i == nil {
		if len(t.by) >= maxIncidents {
			t.dropped++
			t.spare = incident{}
			return &t.spare
		}
		i = &incident{key: k, first: at.time, src: e.Src, dst: e.Dst, sport: e.SPort, dport: e.DPort, proto: e.Proto, tunnel: e.TunnelID}
		t.by[k] = i
	}
	i.count++
	i.addEvidence(at, role)
	return i
}

func (i *incident) addEvidence(at moment, role string) {
	i.first, i.last = min(i.first, at.time), max(i.last, at.time)
	if !i.Cites(at.frame) {
		i.Cite(at.frame, role, at.time)
	}
}

func (i *incident) error(k errorKey) { i.errors = countError(i.errors, k) }

func (i *incident) addText(s string) { i.texts = appendFew(i.texts, s) }

// of lists the incidents of a rule, most frequent first.
func (t *incidents) of(rule string) []*incident {
	var out []*incident
	for k, i := range t.by {
		if k.rule == rule && i.EvidenceTotal > 0 {
			out = append(out, i)
		}
	}
	slices.SortFunc(out, func(x, y *incident) int {
		return cmp.Or(cmp.Compare(x.first, y.first), cmp.Compare(x.Evidence[0].Frame, y.Evidence[0].Frame),
			compareNodes(x.key.a, y.key.a), compareNodes(x.key.b, y.key.b), cmp.Compare(x.key.code, y.key.code),
			compareOperations(x.key.op, y.key.op), cmp.Compare(x.key.text, y.key.text),
			cmp.Compare(x.key.ctx.Family, y.key.ctx.Family), cmp.Compare(x.key.ctx.Version, y.key.ctx.Version))
	})
	return out
}
