package sshwire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"pcaptriage/decoders"
	"pcaptriage/decoders/stream"
)

// player feeds both directions by hand and writes down what comes, a line a call.
type player struct {
	t     testing.TB
	d     *Decoder
	dirs  [2]Parser
	offs  [2]uint64
	frame decoders.FrameRef
	dir   int
	out   strings.Builder
	enc   [2]uint64 // encrypted bytes, not written down
	seen  [2]uint64 // behind what was last reported
}

func newPlayer(t testing.TB) *player {
	return &player{t: t, d: NewDecoder(stream.NewScratch(1 << 20))}
}

func (c *player) data(dir int, s string) { c.piece(dir, s, true) }

func (c *player) piece(dir int, s string, boundary bool) {
	if s == "" {
		return
	}
	c.frame++
	c.dir = dir
	b := []byte(s)
	c.d.Data(&c.dirs[dir], &c.dirs[1-dir], stream.Chunk{Off: c.offs[dir], Bytes: b, Time: int64(c.frame), Frame: c.frame, Boundary: boundary}, c)
	for i := range b {
		b[i] = 0xee // it was only borrowed
	}
	c.offs[dir] += uint64(len(s))
}

func (c *player) gap(dir int, n uint64, cause stream.Cause) {
	c.dir = dir
	g := stream.Gap{Off: c.offs[dir], Len: n, Cause: cause, Time: int64(c.frame), Frame: c.frame}
	c.d.Gap(&c.dirs[dir], g, c)
	c.offs[dir] += n
}

func (c *player) end(dir int) {
	c.dir = dir
	c.d.End(&c.dirs[dir], c)
}

func (c *player) print(format string, args ...any) {
	fmt.Fprintf(&c.out, "%c ", "CS"[c.dir])
	fmt.Fprintf(&c.out, format+"\n", args...)
}

// check tests what holds of every span: in order, inside the stream.
func (c *player) check(at Span) {
	if at.Begin.Off < c.seen[c.dir] || at.Last.Off < at.Begin.Off || at.Last.Frame < at.Begin.Frame || at.Begin.Frame == 0 {
		c.t.Fatalf("span %+v behind %d", at, c.seen[c.dir])
	}
	c.seen[c.dir] = at.Last.Off
}

func (c *player) Version(v *Version, at Span) {
	c.check(at)
	c.print("version %s|%s|%s %d %d", v.Proto, v.Software, v.Comments, v.Protocol, v.Ending)
}

func (c *player) Line(text []byte, at Span) {
	c.check(at)
	c.print("line %s", text)
}

func (c *player) Packet(p *Packet) {
	c.check(p.Span)
	if p.Cut == 0 && !p.Unfinished && p.Last.Off-p.Begin.Off != uint64(p.WireLen()) {
		c.t.Fatalf("a packet of %d bytes spans %d", p.WireLen(), p.Last.Off-p.Begin.Off)
	}
	more := ""
	if p.SSH1 {
		more += " ssh1"
	}
	if p.Cut != 0 {
		more += " " + p.Cut.String()
	}
	if p.Unfinished {
		more += " unfinished"
	}
	switch whole := len(p.Payload) == p.PayloadLen(); {
	case len(p.Payload) > p.PayloadLen():
		c.t.Fatal("payload longer than the packet says")
	case !whole && more == "":
		c.t.Fatal("a whole packet without its payload")
	case len(p.Payload) > 0 && p.Payload[0] != p.Type:
		c.t.Fatal("the payload does not begin with the type")
	}
	c.print("packet %d wire %d payload %d%s", p.Type, p.WireLen(), len(p.Payload), more)
}

func (c *player) Encrypted(b []byte, n uint64, at stream.Mark, boundary bool) {
	if uint64(len(b)) > n || n == 0 {
		c.t.Fatalf("%d bytes of %d", len(b), n)
	}
	if at.Off < c.seen[c.dir] {
		c.t.Fatal("out of order")
	}
	c.seen[c.dir] = at.Off + n
	c.enc[c.dir] += n
}

func (c *player) Fault(f Fault, at stream.Mark) { c.print("fault %s", f) }

// packet makes an SSH-2 packet as senders do, padded to 8 bytes.
func packet(typ byte, payload string) string {
	n := 1 + len(payload)
	pad := 8 - (5+n)%8
	if pad < MinPad {
		pad += 8
	}
	b := binary.BigEndian.AppendUint32(nil, uint32(1+n+pad))
	b = append(b, byte(pad), typ)
	return string(b) + payload + strings.Repeat("\xaa", pad)
}

// packet1 makes an SSH-1 packet.
func packet1(typ byte, data string) string {
	n := 1 + len(data) + ssh1CRC
	b := binary.BigEndian.AppendUint32(nil, uint32(n))
	return string(b) + strings.Repeat("\xbb", 8-n%8) + string(typ) + data + "\x01\x02\x03\x04"
}

// kexInit makes a KEXINIT payload, type left out.
func kexInit(follows bool, lists ...string) string {
	b := bytes.Repeat([]byte{7}, 16)
	for i := range int(NumSlots) {
		l := ""
		if i < len(lists) {
			l = lists[i]
		}
		b = binary.BigEndian.AppendUint32(b, uint32(len(l)))
		b = append(b, l...)
	}
	f := byte(0)
	if follows {
		f = 1
	}
	return string(append(b, f, 0, 0, 0, 0))
}
