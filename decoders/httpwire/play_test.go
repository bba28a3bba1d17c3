package httpwire

import (
	"fmt"
	"strings"
	"testing"

	"pcaptriage/decoders"
	"pcaptriage/decoders/stream"
)

// player feeds both directions of a connection by hand and writes down what
// comes, a line a call.
type player struct {
	d     *Decoder
	dirs  [2]Parser // 0: client, 1: server
	offs  [2]uint64
	q     Queue
	frame decoders.FrameRef
	out   strings.Builder
	msgs  []Message // as in Done
	t     testing.TB
	open  [3]int
}

// newDecoder is a decoder that shares heads with no other.
func newDecoder(s *stream.Scratch) *Decoder { return NewDecoder(s, &Forms{}) }

func newPlayer(t testing.TB) *player {
	return &player{t: t, d: newDecoder(stream.NewScratch(1 << 20))}
}

// data feeds a segment to direction dir.
func (c *player) data(dir int, s string) {
	c.piece(dir, s, true)
}

func (c *player) piece(dir int, s string, boundary bool) {
	if s == "" {
		return
	}
	c.frame++
	b := []byte(s)
	k := Sink{Decoder: c.d, Parser: &c.dirs[dir], Queue: &c.q, Handler: c}
	k.Data(stream.Chunk{Off: c.offs[dir], Bytes: b, Time: int64(c.frame) * 1000, Frame: c.frame, Boundary: boundary})
	for i := range b {
		b[i] = 0xee // it was only borrowed
	}
	c.offs[dir] += uint64(len(s))
}

func (c *player) gap(dir int, n uint64, cause stream.Cause) {
	k := Sink{Decoder: c.d, Parser: &c.dirs[dir], Queue: &c.q, Handler: c}
	k.Gap(stream.Gap{Off: c.offs[dir], Len: n, Cause: cause})
	c.offs[dir] += n
}

func (c *player) end(dir int, how stream.Ending) {
	k := Sink{Decoder: c.d, Parser: &c.dirs[dir], Queue: &c.q, Handler: c}
	k.End(how)
}

func (c *player) Head(m *Message, h *Head, r *Pending) {
	c.check(m, r)
	if c.open[m.Kind]++; c.open[m.Kind] != 1 {
		c.t.Fatal("head within a message")
	}
	if m.Kind == Request {
		fmt.Fprintf(&c.out, "> %s %s", h.Method, h.Target)
	} else {
		fmt.Fprintf(&c.out, "< %d", m.Status)
	}
	fmt.Fprintf(&c.out, " %s", m.Framing)
	if len(h.Host) > 0 {
		fmt.Fprintf(&c.out, " host=%s", h.Host)
	}
	if len(h.UserAgent) > 0 {
		fmt.Fprintf(&c.out, " agent=%s", h.UserAgent)
	}
	c.out.WriteByte('\n')
}

func (c *player) Done(m *Message, r *Pending) {
	c.check(m, r)
	if c.open[m.Kind]--; c.open[m.Kind] != 0 {
		c.t.Fatal("end without a head")
	}
	kind := '>'
	if m.Kind == Response {
		kind = '<'
	}
	fmt.Fprintf(&c.out, "%c. body=%d", kind, m.Body)
	if m.Missing > 0 {
		fmt.Fprintf(&c.out, " missing=%d", m.Missing)
	}
	if r != nil {
		fmt.Fprintf(&c.out, " answers=%d", r.Serial)
	}
	for _, f := range flagNames {
		if m.Flags&f.flag != 0 {
			c.out.WriteString(" " + f.name)
		}
	}
	c.out.WriteByte('\n')
	c.msgs = append(c.msgs, *m)
}

// check tests what holds of every message.
func (c *player) check(m *Message, r *Pending) {
	c.t.Helper()
	if m.Last.Off < m.Begin.Off || m.Last.Frame < m.Begin.Frame || m.Begin.Frame == 0 || m.Kind == 0 {
		c.t.Fatalf("marks %+v", m)
	}
	if m.Kind == Request && r != nil || m.Flags&Unpaired != 0 && r != nil {
		c.t.Fatal("paired wrongly")
	}
}

var flagNames = []struct {
	flag Flags
	name string
}{
	{Partial, "partial"}, {HeadCut, "head-cut"}, {Truncated, "truncated"}, {Malformed, "malformed"},
	{Conflict, "conflict"}, {CloseAsked, "close"}, {KeepAliveAsked, "keep-alive"}, {Closes, "closes"},
	{UpgradeAsked, "upgrade"}, {ExpectContinue, "expect"}, {EventStream, "events"}, {Informational, "1xx"},
	{Trailers, "trailers"}, {LeadingCRLF, "crlf"}, {Unpaired, "unpaired"},
}
