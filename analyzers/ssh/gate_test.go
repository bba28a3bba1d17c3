package ssh

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// mayOpen never says no where opens says yes.
func TestMayOpen(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	starts := []string{"SSH-2.0-x\r\n", "ssh-", "SSH-1.99-y\r\n", "hello\r\nSSH-2.0-z\r\n", "\x00\x00\x00\x1c\x06\x14abcdefgh", "s", "", "GET / HTTP/1.1\r\n"}
	yes := 0
	for range 200_000 {
		p := &decoders.Packet{Has: decoders.HasTCP | decoders.HasPayload}
		p.Payload = []byte(starts[rnd.IntN(len(starts))])
		n := uint32(len(p.Payload) + rnd.IntN(2)*rnd.IntN(1400))
		if rnd.IntN(4) == 0 {
			p.Payload, n, p.Has = nil, 0, decoders.HasTCP
		}
		p.Seg.Payload, p.Seg.Dir = n, uint8(rnd.IntN(2))
		p.TCP.Flags = uint8(rnd.Uint32()) & (decoders.FIN | decoders.RST | decoders.ACK)
		p.TCP.Seq = 1
		f := &flow.Flow{Client: uint8(rnd.IntN(2)), Flags: flow.SawSYN | flow.Established}
		f.Key.PortA, f.Key.PortB = 22, 22
		f.Dir[0].Has, f.Dir[1].Has = flow.HasISN*flow.HalfFields(rnd.IntN(2)), flow.HasISN*flow.HalfFields(rnd.IntN(2))
		if rnd.IntN(2) == 0 {
			p.Seg.Ahead = uint64(rnd.IntN(2 * bannerWithin))
		}
		f.Dir[p.Seg.Dir].Payload = p.Seg.Ahead + uint64(n) // counted before analyzers are called
		open, _ := opens(p, f)
		if open {
			yes++
		}
		if open && !mayOpen(p) {
			t.Fatalf("%q of %d bytes, flags %x, behind %d bytes", p.Payload, n, p.TCP.Flags, p.Seg.Ahead)
		}
	}
	if yes < 10_000 {
		t.Errorf("only %d yes", yes)
	}
}

// behindText finds what bytes.Contains finds.
func TestBehindText(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	found := 0
	for range 300_000 {
		b := make([]byte, rnd.IntN(24))
		for i := range b {
			b[i] = "\nSH-x"[rnd.IntN(5)]
		}
		if rnd.IntN(2) == 0 {
			b = append(b, "\nSSH-"[:rnd.IntN(6)]...)
		}
		want := bytes.Contains(b, []byte("\nSSH-"))
		if want {
			found++
		}
		if behindText(b) != want {
			t.Fatalf("%q", b)
		}
	}
	if found < 1000 {
		t.Errorf("found %d", found)
	}
}
