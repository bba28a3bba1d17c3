package ssh

import (
	"fmt"
	"strings"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/sshwire"
)

// ticker plays events to a correlator.
type ticker struct {
	*correlator
	frame decoders.FrameRef
}

func newTicker() *ticker {
	return &ticker{correlator: newCorrelator(&analyzers.Env{Config: defaultConfig(), Shards: 1})}
}

func (c *ticker) tick(kind uint8, at int64, client, server uint64, flags uint16) {
	c.frame++
	e := analyzers.Event{Kind: kind, Time: at, Frame: c.frame, Flags: flags, Src: decoders.Addr{Lo: client}, Dst: decoders.Addr{Lo: server}, DPort: 22}
	e.V[0] = at
	c.Event(&e)
}

// found is what the correlator has at its end: "guessers lookers changed".
func (c *ticker) found() string {
	c.End(0)
	n := 0
	for i := range c.guessers {
		if c.guessers[i].byFast || c.guessers[i].byMany {
			n++
		}
	}
	return fmt.Sprint(n, len(c.lookers), len(c.changed))
}

const sec = int64(1e9)

func TestGuessing(t *testing.T) {
	guess := flagFailed | flagGuessed
	for _, c := range []struct {
		name  string
		n     int64
		gap   int64
		flags uint16
		want  string
	}{
		{"ten guesses in a minute", 10, 6 * sec, guess, "1 0 0"},
		{"nine", 9, 6 * sec, guess, "0 0 0"},
		{"ten in five minutes and more", 10, 34 * sec, guess, "0 0 0"},
		{"ten refused people", 10, 6 * sec, flagFailed, "0 0 0"},
		{"thirty of them in half an hour", 30, 60 * sec, flagFailed, "1 0 0"},
		{"thirty in an hour and more", 30, 125 * sec, flagFailed, "0 0 0"},
		{"successes", 40, sec, flagSuccess, "0 0 0"},
	} {
		x := newTicker()
		for i := range c.n {
			x.tick(evSession, i*c.gap, 1, 2, c.flags)
		}
		if got := x.found(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	x := newTicker()
	for i := range int64(40) {
		x.tick(evSession, i*sec, uint64(i), 2, guess) // one try each
	}
	if got := x.found(); got != "0 0 0" {
		t.Errorf("forty clients: %s", got)
	}
}

func TestLooking(t *testing.T) {
	for _, c := range []struct {
		servers, each int
		want          string
	}{{5, 1, "0 1 0"}, {4, 1, "0 0 0"}, {4, 20, "0 0 0"}, {maxLooked + 50, 1, "0 1 0"}} {
		x := newTicker()
		for i := range c.servers * c.each {
			x.tick(evSession, int64(i)*sec, 1, uint64(100+i%c.servers), flagLooked)
		}
		if got := x.found(); got != c.want {
			t.Errorf("%d servers, %d times: %s, want %s", c.servers, c.each, got, c.want)
		}
		if len(x.lookers) > 0 && x.lookers[0].more != (c.servers > maxLooked) {
			t.Errorf("%d servers: more %v", c.servers, x.lookers[0].more)
		}
	}
}

// A table's limit makes room for new entries; what was found stays.
func TestTablesKeepWhatWasFound(t *testing.T) {
	x := newTicker()
	for i := range int64(10) {
		x.tick(evSession, i*sec, 1, 2, flagFailed|flagGuessed)
	}
	for i := range uint64(maxPairs + 10) {
		x.tick(evSession, 100*sec, 1000+i, 2, flagFailed)
	}
	if x.pairs.Len() != maxPairs || x.pairs.Find(pairKey{decoders.Addr{Lo: 1}, decoders.Addr{Lo: 2}, 22}) != nil {
		t.Errorf("%d pairs", x.pairs.Len())
	}
	if got := x.found(); got != "1 0 0" {
		t.Error(got)
	}
}

func TestHostKeysChange(t *testing.T) {
	show := func(x *ticker, typ uint32, key int64) {
		x.frame++
		x.Event(&analyzers.Event{Kind: evHostKey, Frame: x.frame, Dst: decoders.Addr{Lo: 2}, DPort: 22, N: typ, V: [4]int64{key}})
	}
	x := newTicker()
	show(x, 1, 7)
	show(x, 1, 7)
	show(x, 2, 8) // another type
	if got := x.found(); got != "0 0 0" {
		t.Error(got)
	}
	x = newTicker()
	for i := range int64(maxKeys + 3) {
		show(x, 1, i)
	}
	if got := x.found(); got != "0 0 1" || x.changed[0].n != maxKeys || !x.changed[0].more {
		t.Error(got)
	}
}

func TestLoad(t *testing.T) {
	x := newTicker()
	for i := range uint64(4) {
		x.tick(evEnter, 0, i, 2, 0)
	}
	x.tick(evEnter, 0, 9, 3, 0) // another server
	x.tick(evLeave, 0, 0, 2, 0)
	x.tick(evLoad, 0, 1, 2, 0)
	if n := x.loads[x.frame]; n != 2 {
		t.Errorf("%d others wait, want 2", n)
	}
	for range 5 {
		x.tick(evLeave, 0, 0, 2, 0) // more than entered
	}
	if n := *x.waiting.Find(endpoint{decoders.Addr{Lo: 2}, 22}); n != 0 {
		t.Error(n)
	}
}

func TestGraceConfidence(t *testing.T) {
	w := &writer{cfg: defaultConfig()}
	for _, c := range []struct {
		age    float64
		silent bool
		others []float64
		want   analyzers.Confidence
	}{
		{120.05, false, nil, analyzers.Likely},
		{119.95, true, nil, analyzers.Likely},
		{30.4, false, []float64{30.5}, analyzers.Likely},
		{30.4, false, []float64{45}, 0},
		{6.03, false, nil, analyzers.Possible},
		{6.03, true, nil, 0}, // scanners have timers too
		{6.3, false, nil, 0},
		{1.01, false, nil, 0},
	} {
		g := &grace{age: int64(c.age * 1e9), silent: c.silent}
		all := []*grace{g}
		for _, x := range c.others {
			all = append(all, &grace{age: int64(x * 1e9)})
		}
		if got := w.graceConfidence(g, all); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestNames(t *testing.T) {
	n := newNames()
	a := n.of([]byte("OpenSSH_9.2p1"))
	if n.of([]byte("OpenSSH_9.2p1")) != a || n.text(a) != "OpenSSH_9.2p1" || n.text(0) != "" {
		t.Error("not kept once")
	}
	if got := n.text(n.of([]byte("a\x1b[31m\xffb"))); got != "a?[31m?b" {
		t.Errorf("%q", got)
	}
	if got := n.text(n.of([]byte(strings.Repeat("x", 300)))); len(got) != maxText {
		t.Errorf("%d columns", len(got))
	}
	for i := range maxNames + 10 {
		n.of([]byte(fmt.Sprint("name", i)))
	}
	if got := n.text(n.of([]byte("one more"))); got != otherName || len(n.texts) > maxNames+1 {
		t.Errorf("%q, %d names", got, len(n.texts))
	}
	buf := []byte("OpenSSH_9.2p1")
	if allocs := testing.AllocsPerRun(100, func() { n.of(buf) }); allocs != 0 {
		t.Errorf("%v allocations for a known name", allocs)
	}
}

// Sessions beyond the limit push out the one that was silent for longest.
func TestArena(t *testing.T) {
	var a arena
	a.init(3)
	h := [3]uint32{a.take(), a.take(), a.take()}
	if !a.full() || a.byUse.Oldest() != h[0] {
		t.Fatal("order")
	}
	a.byUse.Touch(h[0])
	gen := a.at(h[1]).gen
	if a.byUse.Oldest() != h[1] {
		t.Fatal("touch")
	}
	a.drop(h[1])
	if a.full() || a.byUse.Oldest() != h[2] || a.at(h[1]).gen == gen {
		t.Error("drop")
	}
	if again := a.take(); again != h[1] || a.at(again).gen == gen || a.byUse.Newest() != again {
		t.Error("take")
	}
	for range 100 {
		a.drop(a.take2())
	}
	if a.live != 2 {
		t.Error(a.live)
	}
}

// take2 makes room first.
func (a *arena) take2() uint32 {
	if a.full() {
		a.drop(a.byUse.Oldest())
	}
	return a.take()
}

// A KEXINIT is kept once, whatever its cookie, and a cut one not at all.
func TestOffers(t *testing.T) {
	n := newNames()
	payload := func(cookie byte, kex string) []byte {
		b := append([]byte{sshwire.MsgKexInit}, make([]byte, 16)...)
		b[1] = cookie
		for i := range int(sshwire.NumSlots) {
			l := "x"
			if i == 0 {
				l = kex
			}
			b = append(b, 0, 0, 0, byte(len(l)))
			b = append(b, l...)
		}
		return append(b, 0, 0, 0, 0, 0)
	}
	a, cut := n.offerOf(payload(1, "a,b"))
	if b, _ := n.offerOf(payload(2, "a,b")); a == 0 || cut || a != b {
		t.Error("not kept once")
	}
	if id, cut := n.offerOf(payload(1, "a,b")[:40]); id != 0 || !cut {
		t.Error("cut")
	}
	c, _ := n.offerOf(payload(1, "b"))
	if id := n.agree(a, c); n.agree(a, c) != id || n.agreement(id).Kex != "b" || n.agree(0, c) != 0 {
		t.Error("agreement")
	}
	for i := range maxOffers + 10 {
		n.offerOf(payload(1, fmt.Sprint("kex", i)))
	}
	if id, cut := n.offerOf(payload(1, "one more")); id != 0 || cut || len(n.kept) > maxOffers {
		t.Errorf("%d offers", len(n.kept))
	}
}

func TestBar(t *testing.T) {
	for _, c := range []struct {
		begin, end, took int64
		want             string
	}{
		{0, 340, 340, strings.Repeat("█", 34)},
		{0, 340, 170, strings.Repeat("░", 17) + strings.Repeat("█", 17)},
		{170, 171, 0, strings.Repeat(" ", 17) + "█"},
		{340, 340, 0, strings.Repeat(" ", 33) + "█"},
		{0, 340, 0, strings.Repeat("░", 33) + "█"},
	} {
		p := line{stretch: stretch{begin: mark{time: c.begin}, end: mark{time: c.end}, took: c.took}}
		if got := p.bar(0, 340); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
