package engine

import (
	"context"

	"pcaptriage/analyzers"
	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/linkscore"
)

// labels finds out as what the interfaces of one input are to be read. A file is
// looked at before it is read, through a second reader; of a stream the first
// records are held back. Which records count depends on neither slabs nor time,
// so what comes of it does not either.
type labels struct {
	mode   labelMode
	limits linkscore.Limits
	again  func() (*capture.Reader, error) // opens the file a second time

	verdicts []linkscore.Verdict // once settled
	readAs   []uint16            // by interface; append-only, so shared safely

	// Of a stream: the survey until it is done, and copies of the slabs that
	// were held back, with the message that ended it.
	survey *linkscore.Survey
	held   []slabMsg
}

type labelMode uint8

const (
	labelsTrusted labelMode = iota // the file's word is taken
	labelsAhead                    // a file: settled by the reading goroutine before the first slab
	labelsHeld                     // a stream: settled by next
)

// lookSkip bounds the search for records behind damage in that first look, in
// bytes; the pass itself searches further.
const lookSkip = 4 << 20

// lookSlab is how much of a file is read at a time for that first look, of which
// the first time is the last as a rule.
const lookSlab = 128 << 10

// newLabels decides how the input behind r is looked at.
func newLabels(name string, open func(string, capture.Options) (*capture.Reader, error), r *capture.Reader, opt *Options) labels {
	switch {
	case opt.TrustLinkType:
		return labels{}
	case name == "-" || r.Live():
		return labels{mode: labelsHeld, limits: linkscore.StreamLimits, survey: linkscore.NewSurvey(linkscore.StreamLimits)}
	}
	size := lookSlab
	if opt.SlabSize > 0 {
		size = min(size, opt.SlabSize)
	}
	return labels{mode: labelsAhead, limits: linkscore.FileLimits, again: func() (*capture.Reader, error) {
		return open(name, capture.Options{SlabSize: size, MaxSlabs: 2, MaxSkip: lookSkip})
	}}
}

// lookAhead scores the beginning of a file. Whatever goes wrong here goes wrong
// again when the file is read, and is reported then.
func (l *labels) lookAhead(ctx context.Context) {
	if l.mode != labelsAhead {
		return
	}
	r, err := l.again()
	if err != nil {
		return
	}
	defer r.Close()
	s := linkscore.NewSurvey(l.limits)
	for done := false; !done && ctx.Err() == nil; {
		slab, err := r.Next()
		if err != nil {
			break
		}
		done = s.Add(slab, r.Info())
		slab.Release()
	}
	l.verdicts = s.Verdicts(r.Info())
}

// next returns the next slab with the link types that its interfaces are to be
// read as. ok is false when the run was interrupted; what was held back comes
// first all the same.
func (s *source) next(ctx context.Context) (m slabMsg, ok bool) {
	l := &s.labels
	if l.mode == labelsHeld && l.survey != nil {
		l.hold(ctx, s)
	}
	if len(l.held) > 0 {
		m, l.held = l.held[0], l.held[1:]
	} else if m, ok = s.receive(ctx); !ok {
		return m, false
	}
	m.links = l.apply(m.links)
	return m, true
}

// hold takes slabs until enough records were seen, or the stream ends, or the
// run is interrupted. It keeps copies: the reader's slabs are few, and each of a
// slow pipe holds little.
func (l *labels) hold(ctx context.Context, s *source) {
	info := s.last
	for {
		m, ok := s.receive(ctx)
		if !ok {
			break
		}
		info = m.info
		if m.slab == nil {
			l.held = append(l.held, m)
			break
		}
		done := l.survey.Add(m.slab, m.info)
		if done {
			l.held = append(l.held, m)
			break
		}
		clone := m.slab.Clone()
		m.slab.Release()
		m.slab = clone
		l.held = append(l.held, m)
	}
	l.verdicts = l.survey.Verdicts(info)
	l.survey = nil
}

// apply replaces the declared link types of mislabelled interfaces.
func (l *labels) apply(declared []uint16) []uint16 {
	if l.mode == labelsTrusted {
		return declared
	}
	for i := len(l.readAs); i < len(declared); i++ {
		t := declared[i]
		if i < len(l.verdicts) && l.verdicts[i].Packets > 0 {
			t = l.verdicts[i].ReadAs
		}
		l.readAs = append(l.readAs, t)
	}
	return l.readAs
}

// linkVerdicts is what is known of the input's interfaces once it was read.
func (s *source) linkVerdicts(file int) (out []analyzers.LinkVerdict) {
	if s.labels.mode == labelsTrusted {
		return nil
	}
	for i, v := range s.labels.limits.Complete(s.labels.verdicts, s.last) {
		out = append(out, analyzers.LinkVerdict{File: file, Interface: i, Verdict: v})
	}
	return out
}
