package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"pcaptriage/analyzers/engine"
	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/link"
	"pcaptriage/decoders/linkscore"
	"pcaptriage/decoders/reframe"
)

// file deals with one file: it looks, says what it found, and repairs.
func (run *fixing) file(ctx context.Context, name string) {
	p, err := run.plan(ctx, name)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		code := exitUnreadable
		var usage *engine.UsageError
		if errors.As(err, &usage) {
			code = exitUsage
		}
		run.happened.note(code)
		run.complain(err)
		run.counts["failed"]++
		return
	}
	run.noteDamage(p.lookedAt())
	outcome, done, err := run.treat(ctx, p)
	lines := p.describe()
	if done != "" {
		lines[len(lines)-1] += "; " + done
	}
	for _, l := range lines {
		run.tell("%s", l)
	}
	run.counts[outcome]++
	if err != nil && ctx.Err() == nil {
		run.fail(err)
	}
	if len(p.declined) > 0 || outcome == "to repair" {
		run.happened.note(exitFindings)
	}
}

// treat does what is to be done with a file. outcome is one of outcomes, done
// says it for the file's line.
func (run *fixing) treat(ctx context.Context, p *fixPlan) (outcome, done string, err error) {
	encap := false
	if run.encap && len(p.declined) == 0 {
		if encap, err = p.needsEncap(run.target); err != nil {
			return "failed", "", &outputError{err}
		}
	}
	change := len(p.changes) > 0 || encap
	switch {
	case len(p.declined) > 0 && len(p.changes) == 0:
		return "declined", "left alone; --to decides", nil
	case !change && run.writes() && run.fl.output != "":
		return run.write(ctx, p, encap) // a copy
	case !change:
		return p.untouched(), "", nil
	case !run.writes():
		if why := run.wouldNot(p, encap); why != nil {
			return "declined", why.Error(), nil
		}
		return "to repair", run.would(p, encap), nil
	}
	return run.write(ctx, p, encap)
}

// untouched is the outcome for a file that needs no change.
func (p *fixPlan) untouched() string {
	for i := range p.verdicts {
		if p.verdicts[i].Kind != linkscore.OK {
			return "not judged"
		}
	}
	if len(p.verdicts) == 0 {
		return "not judged"
	}
	return "right"
}

// wouldNot is why the repair that --to asks for would be declined. Of compressed
// files only doing it tells.
func (run *fixing) wouldNot(p *fixPlan, encap bool) error {
	edits, err := p.edits()
	if err != nil || encap || p.info.Compression != "none" {
		return nil
	}
	if err := run.checkPatched(p, edits); errors.Is(err, errNotExplained) {
		run.happened.note(exitFindings)
		return err
	}
	return nil
}

// would says what a repair would do.
func (run *fixing) would(p *fixPlan, encap bool) string {
	if _, err := p.edits(); err != nil {
		return "cannot be changed: " + err.Error()
	}
	s := "would change " + p.changeList()
	if encap {
		s = strings.TrimSuffix(s, "nothing") + "would give each packet a header of type " + link.NameAndNumber(run.target)
		s = strings.TrimPrefix(s, "would change ")
	}
	return s
}

func (p *fixPlan) changeList() string {
	if len(p.changes) == 0 {
		return "nothing"
	}
	var parts []string
	for _, c := range p.changes {
		s := fmt.Sprintf("%d to %d", p.info.Interfaces[c.iface].LinkType, c.to)
		if len(p.info.Interfaces) > 1 {
			s = fmt.Sprintf("interface %d from %s", c.iface, s)
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, ", ")
}

// write makes the repaired file.
func (run *fixing) write(ctx context.Context, p *fixPlan, encap bool) (outcome, done string, err error) {
	if _, err := p.edits(); err != nil {
		return "declined", "", &outputError{err}
	}
	outcome = "repaired"
	if len(p.changes) == 0 && !encap {
		outcome = p.untouched()
	}
	var target string
	switch {
	case run.fl.inPlace:
		target, err = p.name, run.inPlace(ctx, p, encap)
		done = "changed " + p.changeList()
		if encap {
			done = "re-encapsulated"
		}
	case run.fl.output == stdinName:
		if err := run.spareStdout(run.inputs); err != nil {
			return "failed", "nothing written", err
		}
		target, err = "standard output", run.produce(ctx, p, encap, "none", run.stdout)
		done = "written to standard output"
	default:
		target = run.fl.output
		if target == "" {
			target, err = run.inOutputDir(p)
		}
		if err == nil {
			err = run.newFile(ctx, p, encap, target)
		}
		done = "written to " + target
	}
	if err != nil {
		if errors.Is(err, errNotExplained) {
			run.happened.note(exitFindings)
			return "declined", err.Error(), nil
		}
		if errors.Is(err, capture.ErrExists) && !run.fl.inPlace {
			err = fmt.Errorf("%w; --force overwrites it", capture.ErrExists)
		}
		return "failed", "nothing written", outputFailure(target, err)
	}
	return outcome, done, nil
}

// inPlace repairs the file where it is.
func (run *fixing) inPlace(ctx context.Context, p *fixPlan, encap bool) error {
	edits, err := p.edits()
	if err != nil {
		return err
	}
	backup := ""
	if run.fl.backup != "" {
		backup = p.name + run.fl.backup
	}
	plain := p.info.Compression == "none"
	if plain && p.info.Format != capture.FormatPcapNG && !encap {
		if err := run.checkPatched(p, edits); err != nil {
			return err
		}
		return capture.Patch(p.name, edits[0], capture.PatchOptions{Backup: backup})
	}
	opt := capture.ReplaceOptions{Overwrite: true, Like: p.name, Backup: backup}
	return capture.Replace(p.name, opt, func(w io.Writer) error {
		return run.produce(ctx, p, encap, p.info.Compression, w)
	}, func(temp string) error { return run.checkFile(ctx, p, encap, temp) })
}

// newFile writes the repaired capture to a file of its own.
func (run *fixing) newFile(ctx context.Context, p *fixPlan, encap bool, target string) error {
	if err := run.spare(target, p.name, run.inputs, "; --in-place changes a file where it is"); err != nil {
		return err
	}
	compression := p.info.Compression
	if run.fl.output != "" {
		compression = compressionOf(target)
	} else if compression == "bzip2" {
		compression = "none"
	}
	return capture.Replace(target, capture.ReplaceOptions{Overwrite: run.fl.force}, func(w io.Writer) error {
		return run.produce(ctx, p, encap, compression, w)
	}, func(temp string) error { return run.checkFile(ctx, p, encap, temp) })
}

// inOutputDir is where the repaired file goes, under its own name; the directory
// is made when there is something to put into it. Two inputs of one name would
// overwrite each other.
func (run *fixing) inOutputDir(p *fixPlan) (string, error) {
	base := filepath.Base(p.name)
	if p.info.Compression == "bzip2" {
		base = strings.TrimSuffix(base, ".bz2")
	}
	target := filepath.Join(run.fl.outputDir, base)
	if other, taken := run.written[base]; taken {
		return target, fmt.Errorf("%s has gone there already", other)
	}
	run.written[base] = p.name
	return target, os.MkdirAll(run.fl.outputDir, 0o777)
}

// compressionOf goes by a file's name.
func compressionOf(name string) string {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".gz":
		return "gzip"
	case ".zst", ".zstd":
		return "zstd"
	case ".lz4":
		return "lz4"
	case ".xz":
		return "xz"
	case ".bz2":
		return "bzip2"
	}
	return "none"
}

// produce writes the repaired bytes to w.
func (run *fixing) produce(ctx context.Context, p *fixPlan, encap bool, compression string, w io.Writer) error {
	z, err := capture.NewCompressor(w, compression)
	if err != nil {
		return err
	}
	if err := run.content(p, encap, cancelled{ctx, z}); err != nil {
		return err
	}
	return z.Close()
}

// content writes the decompressed bytes.
func (run *fixing) content(p *fixPlan, encap bool, w io.Writer) error {
	if encap {
		c := reframe.New(run.target, func(i int, _ *capture.Interface) uint16 { return p.linkType(i) })
		stats, err := capture.Reencapsulate(w, p.name, c)
		if stats.LeftOut > 0 {
			run.say("%s: %d of %d packets have no form under %s and are left out", p.name,
				stats.LeftOut, stats.LeftOut+stats.Packets, link.NameAndNumber(run.target))
		}
		return err
	}
	edits, err := p.edits()
	if err != nil {
		return err
	}
	s, err := capture.OpenStream(p.name)
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = capture.CopyEdited(w, s, edits)
	if errors.Is(err, capture.ErrBrokenStream) && !run.fl.inPlace {
		// What could be decompressed is written; the file's damage is told.
		run.happened.note(exitDamaged)
		run.say("%s", err.Error())
		return nil
	}
	return err
}

// cancelled makes writing stop when the user interrupts.
type cancelled struct {
	ctx context.Context
	w   io.Writer
}

func (c cancelled) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(p)
}

var errNotExplained = errors.New("not changed: the new link type does not explain the packets")

// checkPatched reads the file as it would be after edits.
func (run *fixing) checkPatched(p *fixPlan, edits []capture.Edit) error {
	f, err := os.Open(p.name)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := capture.NewReader(capture.Edited(f, edits), p.name, capture.Options{MaxSkip: lookSkip})
	if err != nil {
		return err
	}
	defer r.Close()
	return run.explained(p, r, false)
}

// checkFile reads a written file back to its end.
func (run *fixing) checkFile(ctx context.Context, p *fixPlan, encap bool, name string) error {
	r, err := capture.Open(name, capture.Options{})
	if err != nil {
		return err
	}
	defer r.Close()
	if err := run.explained(p, r, encap); err != nil {
		return err
	}
	if err := drain(ctx, r); err != nil {
		return err
	}
	info := *r.Info()
	info.Damages = append([]capture.Damage(nil), info.Damages...)
	for i := range info.Damages {
		info.Damages[i].Name = p.name
	}
	info.Name = p.name
	if p.lookedAt().DamageCount == 0 { // else it has been told
		run.noteDamage(&info)
	}
	return nil
}

// explained scores what r reads: the interfaces that were changed have to be
// right now. With --force what --to says is taken, and where the packets cannot
// be checked at all.
func (run *fixing) explained(p *fixPlan, r *capture.Reader, encap bool) error {
	verdicts, err := linkscore.Read(r, linkscore.FileLimits)
	if err != nil {
		return err
	}
	check := p.changes
	if encap {
		check = nil
		for i := range verdicts {
			check = append(check, change{iface: i, asked: true})
		}
	}
	for _, c := range check {
		if c.iface >= len(verdicts) {
			continue // beyond what is looked at
		}
		v := &verdicts[c.iface]
		fine := v.Kind == linkscore.OK
		if c.asked {
			fine = fine || run.fl.force || v.Kind == linkscore.TooFew || v.Kind == linkscore.NotScored ||
				v.Kind == linkscore.Unknown && !linkscore.Checkable(v.Declared)
		}
		if !fine {
			hint := ""
			if c.asked {
				hint = "; --force takes it all the same"
			}
			return fmt.Errorf("%w: %s%s", errNotExplained, v.Reason, hint)
		}
	}
	return nil
}

// lookedAt is the file's description without damage that lies behind the packets
// that were scored: the reader takes in more than that.
func (p *fixPlan) lookedAt() *capture.Info {
	info := *p.info
	if len(p.verdicts) != 1 || p.verdicts[0].Packets < linkscore.MaxPackets || info.DamageCount == 0 {
		return &info
	}
	info.DamageCount, info.Damages, info.EndedEarly = 0, nil, false
	for _, d := range p.info.Damages {
		if d.Frame < linkscore.MaxPackets {
			info.Damages = append(info.Damages, d)
			info.DamageCount++
		}
	}
	return &info
}

// noteDamage tells what is wrong with an input, as far as it was read.
func (run *fixing) noteDamage(info *capture.Info) {
	if info.DamageCount == 0 && !info.EndedEarly {
		return
	}
	run.happened.note(exitDamaged)
	for i := range info.Damages {
		if i == 3 {
			break
		}
		run.say("%s", info.Damages[i].String())
	}
}
