package linkscore

import (
	"fmt"
	"slices"
	"strings"

	"pcaptriage/decoders/link"
)

// Kind is what the packets say about the declared link type.
type Kind uint8

const (
	// NotScored: nobody looked. The zero value.
	NotScored Kind = iota
	// OK: the packets are what the file says, or nothing better explains them.
	OK
	// Mislabelled: the declared type explains almost nothing, and exactly one
	// other (or a class of types that mean the same here) nearly everything.
	Mislabelled
	// Ambiguous: several types that differ would explain the packets.
	Ambiguous
	// Mixed: some packets are of one type and some of another.
	Mixed
	// TooFew: fewer than minPackets packets show anything.
	TooFew
	// Unknown: the declared type cannot be checked, or no type explains the packets.
	Unknown
)

var kindNames = [...]string{"not scored", "ok", "mislabelled", "ambiguous", "mixed", "too few packets", "unknown"}

func (k Kind) String() string { return kindNames[k] }

// Verdict is the outcome for one interface.
type Verdict struct {
	Kind     Kind
	Declared uint16
	// ReadAs is the link type that the packets have: the repair when Kind is
	// Mislabelled, else Declared.
	ReadAs uint16
	// Packets were looked at; Evidence of them could have shown their type.
	Packets, Evidence int
	// Scores has the declared type first, then the others that explain
	// anything, best first.
	Scores []Score
	// Reason says in a few words why the verdict is what it is.
	Reason string
	// Frames are the first packets looked at.
	Frames []Frame
}

// Score is how many packets one link type explains.
type Score struct {
	LinkType  uint16
	Explained int // the packets make sense under it
	Certain   int // of these, lengths or a checksum behind the header agree
	// Best: a member of the class that explains the packets.
	Best bool
}

// The thresholds. A share is of the packets with evidence.
const (
	minPackets    = 4
	almostNothing = 0.05
	aThird        = 0.33
	nearlyAll     = 0.90
)

func share(of float64, n int) int { return int(of * float64(n)) }

// Verdict judges the packets added so far.
func (s *Scorer) Verdict() Verdict {
	v := Verdict{Declared: s.declared, ReadAs: s.declared, Packets: len(s.rows)}
	for i := range s.rows {
		if s.rows[i].enough {
			v.Evidence++
		}
		if i < MaxFrames {
			v.Frames = append(v.Frames, s.rows[i].frame)
		}
	}
	t := s.tally()
	v.Scores = s.scores(t)
	switch {
	case !Checkable(s.declared):
		v.Kind, v.Reason = Unknown, fmt.Sprintf("packets of link type %s cannot be checked", named(s.declared))
	case v.Evidence < minPackets:
		v.Kind = TooFew
		v.Reason = fmt.Sprintf("%s with enough captured to tell, %d are needed", packets(v.Evidence), minPackets)
	default:
		s.judge(&v, t)
	}
	if v.Kind == OK && s.own >= 0 {
		s.markClass(&v, s.own)
	}
	return v
}

// count is what one type explains.
type count struct {
	explained, certain int
	beyond             int // certain, where the declared type does not vouch for the packet
}

type tally struct {
	by       [numCandidates]count
	declared count
}

func (s *Scorer) tally() (t tally) {
	for i := range s.rows {
		r := &s.rows[i]
		t.declared.add(r.declared, true)
		for c := range t.by {
			t.by[c].add(r.by[c], s.vouches(r.declared, r.by[c]))
		}
	}
	return t
}

func (c *count) add(r reading, vouched bool) {
	if !r.explains() {
		return
	}
	c.explained++
	if r.fit == certain {
		c.certain++
		if !vouched {
			c.beyond++
		}
	}
}

// vouches reports whether a reading under the declared type stands against
// another one: a certain reading does, and a plausible one unless the other is
// certain. Without a strict reader only a certain one does: package decoders
// takes nearly any frame of a rare type for one without IP.
func (s *Scorer) vouches(declared, other reading) bool {
	return declared.fit == certain || s.own >= 0 && declared.explains() && other.fit != certain
}

// vouched is how many packets the declared type vouches for against candidate c.
func (s *Scorer) vouched(c int) (n int) {
	for i := range s.rows {
		if s.vouches(s.rows[i].declared, s.rows[i].by[c]) {
			n++
		}
	}
	return n
}

// scores lists the declared type and whatever else explains anything.
func (s *Scorer) scores(t tally) []Score {
	out := []Score{{LinkType: s.declared, Explained: t.declared.explained, Certain: t.declared.certain}}
	for i, c := range t.by {
		if i != s.own && c.explained > 0 {
			out = append(out, Score{LinkType: candidates[i].linkType, Explained: c.explained, Certain: c.certain})
		}
	}
	slices.SortStableFunc(out[1:], func(a, b Score) int {
		if a.Explained != b.Explained {
			return b.Explained - a.Explained
		}
		return b.Certain - a.Certain
	})
	return out
}

// judge decides between the kinds that need enough evidence.
func (s *Scorer) judge(v *Verdict, t tally) {
	few, most := share(almostNothing, v.Evidence), share(nearlyAll, v.Evidence)
	best := s.furthest(t)
	if best < 0 || t.by[best].beyond <= few {
		if t.declared.explained == 0 {
			v.Kind, v.Reason = Unknown, fmt.Sprintf("neither %s nor any other type explains the packets", named(s.declared))
			return
		}
		v.Kind = OK
		v.Reason = fmt.Sprintf("%s explains %d of %d packets", named(s.declared), t.declared.explained, v.Evidence)
		return
	}
	if s.vouched(best) > few || s.own >= 0 && t.declared.explained > share(aThird, v.Evidence) {
		s.partly(v, t, best, most)
		return
	}
	classes := s.classes(t, most)
	if s.declared == openBSDEnc {
		classes = slices.DeleteFunc(classes, func(c int) bool { return candidates[c].linkType != link.Enc })
	}
	switch len(classes) {
	case 0:
		s.none(v, t, best)
	case 1:
		s.mislabelled(v, t, classes[0])
	default:
		v.Kind = Ambiguous
		var names []string
		for _, c := range classes {
			names = append(names, named(candidates[c].linkType))
		}
		v.Reason = fmt.Sprintf("%s would each explain nearly every packet, and differ", strings.Join(names, " and "))
	}
}

// furthest is the candidate that is certain of most packets which the declared
// type does not explain, -1 when there is none.
func (s *Scorer) furthest(t tally) int {
	best := -1
	for i, c := range t.by {
		if c.beyond > 0 && (best < 0 || c.beyond > t.by[best].beyond || c.beyond == t.by[best].beyond && c.explained > t.by[best].explained) {
			best = i
		}
	}
	return best
}

// partly is the case in which the declared type explains some packets and
// another type some that it does not.
func (s *Scorer) partly(v *Verdict, t tally, best, most int) {
	b := t.by[best]
	if b.explained >= most {
		v.Kind = Ambiguous
		v.Reason = fmt.Sprintf("%s explains %d of %d packets, %s %d", named(s.declared), t.declared.explained, v.Evidence,
			named(candidates[best].linkType), b.explained)
		s.markClass(v, best)
		return
	}
	v.Kind, v.Reason = Mixed, mixture(v.Evidence, named(s.declared), s.vouched(best), named(candidates[best].linkType), b.beyond)
}

func mixture(of int, a string, n int, b string, m int) string {
	return fmt.Sprintf("of %d packets %d are %s and %d are %s", of, n, a, m, b)
}

// none is the case in which the declared type explains almost nothing and no
// other nearly everything: two of them may, between them.
func (s *Scorer) none(v *Verdict, t tally, best int) {
	few, most := share(almostNothing, v.Evidence), share(nearlyAll, v.Evidence)
	b := t.by[best]
	v.Kind = Unknown
	v.Reason = fmt.Sprintf("%s explains %d of %d packets, and no other type nearly all (%s: %d)", named(s.declared),
		t.declared.explained, v.Evidence, named(candidates[best].linkType), b.explained)
	for i := range candidates {
		if n := s.besides(i, best); n > few && n+b.explained >= most {
			v.Kind = Mixed
			v.Reason = mixture(v.Evidence, named(candidates[best].linkType), b.explained, named(candidates[i].linkType), n)
			return
		}
	}
}

// besides is how many packets candidate c is certain of and other does not explain.
func (s *Scorer) besides(c, other int) (n int) {
	for i := range s.rows {
		if s.rows[i].by[c].fit == certain && !s.rows[i].by[other].explains() {
			n++
		}
	}
	return n
}

// classes are the candidates that explain nearly everything, one of each class
// of those that read the packets identically. A type that only explains a part
// of what another one explains in the same way (IPv4 of raw IP) is left out.
func (s *Scorer) classes(t tally, most int) (out []int) {
	for i, c := range t.by {
		if c.explained < max(most, minPackets) || c.certain < minPackets || 2*c.certain < c.explained {
			continue
		}
		if !slices.ContainsFunc(out, func(o int) bool { return s.agree(o, i) }) {
			out = append(out, i)
			continue
		}
		for k, o := range out {
			if s.agree(o, i) && c.explained > t.by[o].explained {
				out[k] = i
			}
		}
	}
	return out
}

// agree reports whether two candidates mean the same wherever both explain a packet.
func (s *Scorer) agree(a, b int) bool {
	for i := range s.rows {
		ra, rb := s.rows[i].by[a], s.rows[i].by[b]
		if ra.explains() && rb.explains() && !ra.same(rb) {
			return false
		}
	}
	return true
}

// identical reports whether two candidates give equal readings throughout.
func (s *Scorer) identical(a, b int) bool {
	for i := range s.rows {
		ra, rb := s.rows[i].by[a], s.rows[i].by[b]
		if ra.explains() != rb.explains() || ra.explains() && !ra.same(rb) {
			return false
		}
	}
	return true
}

// mislabelled settles the class of candidate c and its member.
func (s *Scorer) mislabelled(v *Verdict, t tally, c int) {
	member := s.member(c)
	v.Kind, v.ReadAs = Mislabelled, candidates[member].linkType
	v.Reason = fmt.Sprintf("%s explains %d of %d packets, %s %d", named(s.declared), t.declared.explained,
		v.Evidence, named(v.ReadAs), t.by[member].explained)
	s.markClass(v, c)
}

// member chooses the type that a file of class c is to be labelled with: the
// first candidate of the class, except that a loopback header is OpenBSD's only
// if every family is one of OpenBSD's.
func (s *Scorer) member(c int) int {
	for i := range candidates {
		if !s.identical(i, c) {
			continue
		}
		if candidates[i].linkType == link.Loop && !s.openBSD(i) {
			continue
		}
		return i
	}
	return c
}

// openBSD reports whether the loopback headers all have the families of OpenBSD.
func (s *Scorer) openBSD(loop int) bool {
	for i := range s.rows {
		if r := &s.rows[i]; r.by[loop].explains() && !r.openBSD {
			return false
		}
	}
	return true
}

// markClass marks the scores of the types that read the packets as c does.
func (s *Scorer) markClass(v *Verdict, c int) {
	for i := range v.Scores {
		if k := candidateOf(v.Scores[i].LinkType); k >= 0 && s.identical(k, c) {
			v.Scores[i].Best = true
		}
	}
}

// named is a link type's name and number: "LOOP (108)".
func named(t uint16) string {
	n := link.Name(t)
	if _, known := link.Lookup(t); !known {
		return "link type " + n
	}
	return fmt.Sprintf("%s (%d)", n, t)
}

func packets(n int) string {
	if n == 1 {
		return "1 packet"
	}
	return fmt.Sprintf("%d packets", n)
}
