package engine

import (
	"context"
	"errors"
	"io"
	"maps"

	"pcaptriage/decoders/capture"
)

// slabMsg is one slab on its way from the reading goroutine to the dispatcher.
type slabMsg struct {
	slab  *capture.Slab
	links []uint16      // link types by interface as of this slab; append-only, so shared safely
	info  *capture.Info // a copy, so that the dispatcher may look while reading goes on
	err   error         // io.EOF or what ended the input; slab is nil then
}

// source reads one input in a goroutine of its own: a read that blocks on a
// pipe must not keep the run from ending when the user interrupts it.
type source struct {
	reader *capture.Reader
	msgs   chan slabMsg
	last   *capture.Info
	spare  chan *capture.Info // what was last before, to be written anew; has room for all
	links  []uint16
	labels labels
	heard  func(*capture.Info) // called with each slab that arrives, nil: nobody listens
}

// openSource opens name and starts reading. Opening reads the first bytes, so
// it can block as well; the error is ctx's when that was interrupted.
func openSource(ctx context.Context, name string, opt *Options, maxSlabs int) (*source, error) {
	open := capture.Open
	if opt.Open != nil {
		open = opt.Open
	}
	type opened struct {
		r   *capture.Reader
		err error
	}
	done := make(chan opened, 1)
	go func() {
		r, err := open(name, capture.Options{SlabSize: opt.SlabSize, MaxSlabs: maxSlabs})
		done <- opened{r, err}
	}()
	select {
	case o := <-done:
		if o.err != nil {
			return nil, o.err
		}
		s := &source{reader: o.r, msgs: make(chan slabMsg, 1), last: snapshot(o.r.Info(), &capture.Info{}), spare: make(chan *capture.Info, 4)}
		s.labels = newLabels(name, open, o.r, opt)
		go s.read(ctx)
		return s, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *source) read(ctx context.Context) {
	defer close(s.msgs)
	s.labels.lookAhead(ctx)
	for {
		slab, err := s.reader.Next()
		info := s.reader.Info()
		for i := len(s.links); i < len(info.Interfaces); i++ {
			s.links = append(s.links, info.Interfaces[i].LinkType)
		}
		m := slabMsg{slab, s.links, snapshot(info, s.room()), err}
		select {
		case s.msgs <- m:
		case <-ctx.Done():
			if slab != nil {
				slab.Release()
			}
			return
		}
		if err != nil {
			return
		}
	}
}

// receive takes the next slab from the reading goroutine. ok is false when the
// run was interrupted.
func (s *source) receive(ctx context.Context) (m slabMsg, ok bool) {
	// An interrupt is looked at first, so that a fast disk cannot outrun it.
	if ctx.Err() != nil {
		return m, false
	}
	select {
	case m, ok = <-s.msgs:
		if !ok {
			return slabMsg{err: io.EOF, info: s.last}, true
		}
		s.spare <- s.last
		s.last = m.info
		if s.heard != nil && m.slab != nil {
			s.heard(m.info)
		}
		return m, true
	case <-ctx.Done():
		return m, false
	}
}

// room is memory for a snapshot. A capture needs four at most: one that is written,
// one in msgs, one just received, and the last.
func (s *source) room() *capture.Info {
	select {
	case i := <-s.spare:
		return i
	default:
		return &capture.Info{}
	}
}

// snapshot copies what is known of a capture so far to c, deep enough to be read
// while the reader goes on.
func snapshot(i, c *capture.Info) *capture.Info {
	interfaces, damages, blocks := c.Interfaces[:0], c.Damages[:0], c.Blocks
	*c = *i
	c.Interfaces = append(interfaces, i.Interfaces...)
	c.Damages = append(damages, i.Damages...)
	if c.Blocks = blocks; c.Blocks == nil {
		c.Blocks = make(map[string]uint64, len(i.Blocks))
	}
	clear(c.Blocks)
	maps.Copy(c.Blocks, i.Blocks)
	return c
}

// ioError is the error that a finished read leaves: nil at a normal end.
func ioError(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
