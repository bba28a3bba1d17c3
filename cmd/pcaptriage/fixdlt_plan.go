package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"pcaptriage/analyzers/engine"
	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/link"
	"pcaptriage/decoders/linkscore"
	"pcaptriage/decoders/reframe"
)

// fixPlan is what is to be done with one file.
type fixPlan struct {
	name     string
	info     *capture.Info
	verdicts []linkscore.Verdict
	changes  []change
	declined []int // interfaces that packets disagree about
}

// change gives one interface another link type.
type change struct {
	iface int
	to    uint16
	asked bool // by --to
}

// lookSkip bounds the search for records behind damage while a file is only
// looked at: a hole of gigabytes must not cost time. In bytes.
const lookSkip = 4 << 20

// plan looks at a file and decides. An error is about the file.
func (run *fixing) plan(ctx context.Context, name string) (*fixPlan, error) {
	if !isPlain(name) {
		return nil, fmt.Errorf("%s: %w", name, errReadTwice)
	}
	r, err := capture.Open(name, capture.Options{MaxSkip: lookSkip})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	p := &fixPlan{name: name}
	if p.verdicts, err = linkscore.Read(r, linkscore.FileLimits); err != nil {
		return nil, err
	}
	// The type of an interface that comes late is changed only by --to, or when
	// every packet gets another header; only then has the rest to be read.
	if (len(run.to) > 0 || run.encap) && r.Info().Format == capture.FormatPcapNG {
		if err := drain(ctx, r); err != nil {
			return nil, err
		}
		p.verdicts = linkscore.FileLimits.Complete(p.verdicts, r.Info())
	}
	p.info = r.Info()
	for i := range p.info.Interfaces {
		run.decide(p, i)
	}
	for i := range run.to {
		if i >= len(p.info.Interfaces) {
			return nil, &engine.UsageError{Err: fmt.Errorf("%s: --to names interface %d, but there are %d", name, i, len(p.info.Interfaces))}
		}
	}
	return p, nil
}

// drain reads the rest of a capture, until the user interrupts.
func drain(ctx context.Context, r *capture.Reader) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		slab, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		slab.Release()
	}
}

// decide settles what becomes of interface i.
func (run *fixing) decide(p *fixPlan, i int) {
	v := &p.verdicts[i]
	t, named := run.to[i]
	if !named {
		var all bool
		t, all = run.to[allInterfaces]
		named = all && (len(p.info.Interfaces) == 1 || v.Kind != linkscore.OK)
	}
	switch {
	case named:
		if t != v.Declared {
			p.changes = append(p.changes, change{i, t, true})
		}
	case v.Kind == linkscore.Mislabelled:
		p.changes = append(p.changes, change{i, v.ReadAs, false})
	case v.Kind == linkscore.Mixed, v.Kind == linkscore.Ambiguous:
		p.declined = append(p.declined, i)
	}
}

// edits are the changes of the file's bytes, in their order.
func (p *fixPlan) edits() ([]capture.Edit, error) {
	var out []capture.Edit
	for _, c := range p.changes {
		e, err := p.info.LinkTypeEdit(c.iface, c.to)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// linkType is what interface i is after the changes.
func (p *fixPlan) linkType(i int) uint16 {
	for _, c := range p.changes {
		if c.iface == i {
			return c.to
		}
	}
	return p.info.Interfaces[i].LinkType
}

// needsEncap reports whether an interface would get another header. The error
// says which one cannot.
func (p *fixPlan) needsEncap(target uint16) (bool, error) {
	need := false
	for i := range p.info.Interfaces {
		t := p.linkType(i)
		if t != target && !reframe.Supports(t) {
			return false, fmt.Errorf("%s: packets of link type %s cannot be put behind another header", p.name, link.NameAndNumber(t))
		}
		need = need || t != target
	}
	return need, nil
}

// describe says what was found out about the file: a line an interface that
// something is wrong with, or else one line for the file.
func (p *fixPlan) describe() []string {
	switch len(p.verdicts) {
	case 0:
		return []string{p.name + ": no interface: the file is cut before one is described"}
	case 1:
		return []string{fmt.Sprintf("%s: %s", p.name, judgement(&p.verdicts[0]))}
	}
	var lines, kinds []string
	counts := map[string]int{}
	for i := range p.verdicts {
		v := &p.verdicts[i]
		kind := v.Kind.String()
		if counts[kind]++; counts[kind] == 1 {
			kinds = append(kinds, kind)
		}
		if p.concerns(i) {
			lines = append(lines, fmt.Sprintf("%s interface %d: %s", p.name, i, judgement(v)))
		}
	}
	if len(lines) > 0 {
		return lines
	}
	if len(kinds) == 1 && p.verdicts[0].Kind == linkscore.OK {
		return []string{fmt.Sprintf("%s: ok: all %d interfaces", p.name, len(p.verdicts))}
	}
	for i, k := range kinds {
		kinds[i] = fmt.Sprintf("%d %s", counts[k], k)
	}
	return []string{fmt.Sprintf("%s: %d interfaces: %s", p.name, len(p.verdicts), strings.Join(kinds, ", "))}
}

// concerns reports whether interface i is one to speak of by itself: it changes,
// or its packets disagree with what it is declared as.
func (p *fixPlan) concerns(i int) bool {
	for _, c := range p.changes {
		if c.iface == i {
			return true
		}
	}
	k := p.verdicts[i].Kind
	return k == linkscore.Mislabelled || k == linkscore.Mixed || k == linkscore.Ambiguous
}

// judgement is a verdict in words, with its evidence.
func judgement(v *linkscore.Verdict) string {
	s := v.Kind.String() + ": "
	if v.Kind == linkscore.Mislabelled {
		s += fmt.Sprintf("declared %s, the packets are %s", link.NameAndNumber(v.Declared), link.NameAndNumber(v.ReadAs))
	} else {
		s += v.Reason
	}
	if e := evidence(v); e != "" && v.Kind != linkscore.OK {
		s += " (" + e + ")"
	}
	return s
}

// evidence lists how many packets the best few types explain.
func evidence(v *linkscore.Verdict) string {
	const most = 5
	if v.Packets == 0 || len(v.Scores) == 0 {
		return ""
	}
	var parts []string
	for _, sc := range v.Scores[:min(most, len(v.Scores))] {
		parts = append(parts, fmt.Sprintf("%s %d", link.Name(sc.LinkType), sc.Explained))
	}
	return fmt.Sprintf("of %d packets: %s", v.Packets, strings.Join(parts, ", "))
}
