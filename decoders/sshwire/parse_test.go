package sshwire

import (
	"strings"
	"testing"

	"pcaptriage/decoders/stream"
)

type step struct {
	who  string // C, S: data; c, s: lost; ccut, scut: cut by snaplen; jump; end
	data string
	n    uint64
}

func (c *player) play(steps []step) {
	for _, s := range steps {
		switch s.who {
		case "C":
			c.data(0, s.data)
		case "S":
			c.data(1, s.data)
		case "c":
			c.gap(0, s.n, stream.CauseLost)
		case "s":
			c.gap(1, s.n, stream.CauseLost)
		case "scut":
			c.gap(1, s.n, stream.CauseSnap)
		case "jump":
			c.gap(1, 0, stream.CauseRestart)
		case "end":
			c.end(0)
			c.end(1)
		default:
			panic(s.who)
		}
	}
}

func TestConversations(t *testing.T) {
	init := packet(MsgKexInit, kexInit(false, "a", "b"))
	newkeys := packet(MsgNewKeys, "")
	for _, c := range []struct {
		name  string
		steps []step
		want  string
	}{
		{"usual", []step{
			{"C", "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10\r\n", 0}, {"S", "SSH-2.0-dropbear\r\n", 0},
			{"C", init, 0}, {"S", init, 0}, {"C", packet(30, strings.Repeat("k", 1200)), 0},
			{"S", packet(31, "reply") + newkeys + "encrypted", 0}, {"C", newkeys, 0}, {"C", "encrypted", 0},
		}, `
C version 2.0|OpenSSH_9.2p1|Debian-2+deb12u10 3 1
S version 2.0|dropbear| 3 1
C packet 20 wire 80 payload 64
S packet 20 wire 80 payload 64
C packet 30 wire 1216 payload 1201
S packet 31 wire 16 payload 6
S packet 21 wire 16 payload 1
C packet 21 wire 16 payload 1
`},
		{"lines before, LF, lower case", []step{
			{"S", "Welcome\r\n\r\n\xc3\xa4\n", 0}, {"S", "ssh-2.0-x y z\n", 0}, {"S", init, 0},
		}, `
S line Welcome
S line 
S line ä
S version 2.0|x|y z 3 2
S packet 20 wire 80 payload 64
`},
		{"padded with NUL", []step{{"S", "SSH-1.99-Cisco-1.25 \x00\x00\x00\n", 0}}, `
S version 1.99|Cisco-1.25| 2 2
`},
		{"text in place of packets", []step{
			{"S", "SSH-2.0-OpenSSH\r\n", 0}, {"S", "Protocol major versions differ.\n", 0}, {"end", "", 0},
		}, `
S version 2.0|OpenSSH| 3 1
S line Protocol major versions differ.
`},
		{"text only", []step{{"S", "Exceeded MaxStartups\r\n", 0}, {"end", "", 0}}, "\nS line Exceeded MaxStartups\n"},
		{"not SSH", []step{
			{"C", "GET / HTTP/1.0\r\n", 0}, {"S", "\x16\x03\x01\x02\x00", 0}, {"S", "more", 0}, {"end", "", 0},
		}, `
C line GET / HTTP/1.0
S fault not-ssh
`},
		{"text that breaks off", []step{{"S", "SSH-2.0-Open", 0}, {"C", "hello", 0}, {"end", "", 0}}, `
C line hello
S version 2.0|Open| 3 3
`},
		{"SSH-1", []step{
			{"S", "SSH-1.5-1.2.26\n", 0}, {"C", "SSH-1.5-1.2.26\n", 0},
			{"S", packet1(Msg1PublicKey, strings.Repeat("k", 262)), 0}, {"C", packet1(Msg1SessionKey, "key!"), 0}, {"S", "cipher", 0}, {"C", "cipher", 0},
		}, `
S version 1.5|1.2.26| 1 2
C version 1.5|1.2.26| 1 2
S packet 2 wire 276 payload 263 ssh1
C packet 3 wire 20 payload 5 ssh1
`},
		{"1.99 with a client of SSH-1", []step{
			{"S", "SSH-1.99-a\n", 0}, {"C", "SSH-1.5-b\n", 0}, {"S", packet1(Msg1PublicKey, "abcdefg"), 0},
		}, `
S version 1.99|a| 2 2
C version 1.5|b| 1 2
S packet 2 wire 20 payload 8 ssh1
`},
		{"1.99 alone, SSH-1 packets", []step{{"S", "SSH-1.99-a\n", 0}, {"S", packet1(Msg1PublicKey, strings.Repeat("k", 262)), 0}}, `
S version 1.99|a| 2 2
S packet 2 wire 276 payload 263 ssh1
`},
		{"1.99 and 2.0", []step{
			{"S", "SSH-1.99-a\r\n", 0}, {"C", "SSH-2.0-b\r\n", 0}, {"S", init, 0},
		}, `
S version 1.99|a| 2 1
C version 2.0|b| 3 1
S packet 20 wire 80 payload 64
`},
		{"snaplen", []step{
			{"S", "SSH-2.0-OpenS", 0}, {"scut", "", 20}, {"S", init[:30], 0}, {"scut", "", uint64(len(init) - 30)},
			{"S", packet(31, strings.Repeat("r", 500))[:30], 0}, {"scut", "", 520 - 30 - 8}, {"scut", "", 8 + 16}, {"S", newkeys, 0}, {"S", "cipher", 0}, {"scut", "", 50},
		}, `
S version 2.0|OpenS| 3 3
S fault lost
S packet 20 wire 80 payload 25 snaplen
S packet 31 wire 512 payload 25 snaplen
S fault lost
S packet 21 wire 16 payload 1
`},
		{"hole in a packet", []step{
			{"S", "SSH-2.0-a\r\n", 0}, {"S", init[:40], 0}, {"s", "", 10}, {"S", init[50:] + newkeys, 0},
		}, `
S version 2.0|a| 3 1
S packet 20 wire 80 payload 35 lost
S packet 21 wire 16 payload 1
`},
		{"hole that ends in what is encrypted", []step{
			{"S", "SSH-2.0-a\r\n", 0}, {"S", newkeys[:10], 0}, {"s", "", 100}, {"S", "x", 0},
		}, `
S version 2.0|a| 3 1
S packet 21 wire 16 payload 1 lost
`},
		{"hole between packets", []step{
			{"S", "SSH-2.0-a\r\n", 0}, {"s", "", 10}, {"S", "x\x00\x00", 0}, {"S", packet(31, "reply"), 0},
		}, `
S version 2.0|a| 3 1
S fault lost
S packet 31 wire 16 payload 6
`},
		{"packet that breaks off", []step{
			{"S", "SSH-2.0-a\r\n", 0}, {"S", init[:40], 0}, {"end", "", 0},
		}, `
S version 2.0|a| 3 1
S packet 20 wire 80 payload 35 unfinished
`},
		{"jump", []step{
			{"S", "SSH-2.0-a\r\n", 0}, {"S", init[:40], 0}, {"jump", "", 0}, {"S", newkeys, 0},
		}, `
S version 2.0|a| 3 1
S packet 20 wire 80 payload 35 unfinished
S fault lost
S packet 21 wire 16 payload 1
`},
		{"begins in the key exchange", []step{{"S", packet(31, "reply") + newkeys, 0}, {"C", newkeys, 0}, {"C", "cipher", 0}}, `
S packet 31 wire 16 payload 6
S packet 21 wire 16 payload 1
C packet 21 wire 16 payload 1
`},
		{"begins encrypted", []step{{"S", "\x8a\x01\x02\x03\x04\x05\x06", 0}, {"S", "\x00\x00\x01\x02\x03\x04\x05\x06", 0}}, `
S fault not-ssh
`},
		{"another protocol with a length in front", []step{{"S", "\x00\x00\x00\x54\xffSMB\x72", 0}, {"S", packet(9, "x"), 0}}, `
S fault not-ssh
`},
		{"length of garbage", []step{{"S", "SSH-2.0-a\r\n", 0}, {"S", "\x00\x00\xff\xff\x04\x14" + init, 0}, {"S", init, 0}}, `
S version 2.0|a| 3 1
S fault length
S packet 20 wire 80 payload 64
`},
		{"padding of garbage", []step{{"S", "SSH-2.0-a\r\n", 0}, {"S", "\x00\x00\x00\x0c\x0b\x14", 0}}, `
S version 2.0|a| 3 1
S fault padding
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlayer(t)
			p.play(c.steps)
			if got := "\n" + p.out.String(); got != c.want {
				t.Errorf("got:%s\nwant:%s", got, c.want)
			}
			p.end(0)
			p.end(1)
			if p.d.scratch.InUse() != 0 {
				t.Error("memory in use after the end")
			}
			for _, s := range c.steps {
				if s.who != "C" && s.who != "S" && s.who != "end" || strings.Contains(c.name, "begins encrypted") || strings.Contains(c.name, "garbage") || c.name == "not SSH" {
					return // lost parsers look at whole headers
				}
			}
			for _, size := range []int{1, 3, 5, 17} {
				slow := newPlayer(t)
				for _, s := range c.steps {
					if s.data == "" {
						slow.play([]step{s})
					}
					for i := 0; i < len(s.data); i += size {
						slow.piece(strings.Index("CS", s.who), s.data[i:min(i+size, len(s.data))], i == 0)
					}
				}
				if got := "\n" + slow.out.String(); got != c.want {
					t.Errorf("in pieces of %d:%s\nwant:%s", size, got, c.want)
				}
				if slow.enc != p.enc {
					t.Errorf("encrypted: %v, %v in pieces of %d", p.enc, slow.enc, size)
				}
			}
		})
	}
}

func TestTextLimits(t *testing.T) {
	for _, c := range []struct{ name, unit, want string }{
		{"lines", "x\r\n", "fault not-ssh"},
		{"line", strings.Repeat("x", 4096), "fault not-ssh"},
		{"text", strings.Repeat("x", 4000) + "\n", "fault not-ssh"},
	} {
		p := newPlayer(t)
		for range MaxLines + 1 {
			p.data(1, c.unit)
		}
		if !strings.Contains(p.out.String(), c.want) || p.offs[1] == 0 || p.d.scratch.InUse() != 0 {
			t.Errorf("%s: no limit, %d lines", c.name, p.dirs[1].Lines())
		}
		if p.dirs[1].Lines() > MaxLines {
			t.Errorf("%s: %d lines", c.name, p.dirs[1].Lines())
		}
	}
}

func TestVersions(t *testing.T) {
	for _, c := range []struct {
		in             string
		ok             bool
		proto          Protocol
		soft, comments string
	}{
		{"SSH-2.0-OpenSSH_for_Windows_7.7", true, SSH2, "OpenSSH_for_Windows_7.7", ""},
		{"SSH-1.99-Cisco-1.25", true, SSH199, "Cisco-1.25", ""},
		{"SSH-1.5-1.2.26", true, SSH1, "1.2.26", ""},
		{"SSH-2.0-a b c", true, SSH2, "a", "b c"},
		{"SSH-2.0", true, SSH2, "", ""},
		{"SSH-3.0-a", false, 0, "", ""},
		{"SSH-2", false, 0, "", ""},
		{"SHH-2.0-a", false, 0, "", ""},
		{"", false, 0, "", ""},
	} {
		v, ok := ParseVersion([]byte(c.in))
		if ok != c.ok || v.Protocol != c.proto || string(v.Software) != c.soft || string(v.Comments) != c.comments {
			t.Errorf("%q: %v %+v", c.in, ok, v)
		}
	}
	for _, c := range []struct{ a, b, want Protocol }{
		{SSH2, SSH2, SSH2}, {SSH199, SSH2, SSH2}, {SSH199, SSH199, SSH2}, {SSH1, SSH199, SSH1}, {SSH1, SSH1, SSH1},
		{SSH1, SSH2, NoProtocol}, {SSH2, NoProtocol, NoProtocol},
	} {
		if Agree(c.a, c.b) != c.want || Agree(c.b, c.a) != c.want {
			t.Errorf("%v and %v", c.a, c.b)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	d := NewDecoder(stream.NewScratch(1 << 20))
	in := []byte("SSH-2.0-a b\r\n" + packet(MsgKexInit, kexInit(false, "a", "b")) + packet(MsgNewKeys, "") + "cipher")
	run := func() {
		var p Parser
		for i := range 3 {
			b := in[i*30 : i*30+30]
			d.Data(&p, nil, stream.Chunk{Off: uint64(i * 30), Bytes: b}, nothing{})
		}
		d.End(&p, nothing{})
	}
	run()
	if n := testing.AllocsPerRun(100, run); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

type nothing struct{}

func (nothing) Version(*Version, Span)                      {}
func (nothing) Line([]byte, Span)                           {}
func (nothing) Packet(*Packet)                              {}
func (nothing) Encrypted([]byte, uint64, stream.Mark, bool) {}
func (nothing) Fault(Fault, stream.Mark)                    {}

// FuzzParser plays both directions with holes: calls come in order, spans fit,
// memory is given back.
func FuzzParser(f *testing.F) {
	stream1 := "SSH-2.0-a\r\n" + packet(MsgKexInit, kexInit(true, "a", "b")) + packet(MsgNewKeys, "") + "cipher"
	f.Add([]byte(stream1), []byte{0, 10, 0, 40, 8, 3, 0, 200})
	f.Add([]byte("SSH-1.5-a\n"+packet1(2, "abc")+"x"), []byte{1, 255})
	f.Add([]byte("hi\r\nSSH-1.99-a\n"+packet1(2, "abc")), []byte{1, 3, 1, 255})
	f.Fuzz(func(t *testing.T, b, plan []byte) {
		p := newPlayer(t)
		p.d = NewDecoder(stream.NewScratch(4 << 10))
		for ; len(plan) >= 2; plan = plan[2:] {
			dir, n := int(plan[0]&1), int(plan[1])
			switch plan[0] >> 1 & 7 {
			case 0, 1, 2, 3:
				n = min(n, len(b))
				p.piece(dir, string(b[:n]), plan[0]&16 != 0)
				b = b[n:]
			case 4:
				p.gap(dir, uint64(n)+1, stream.CauseLost)
			case 5:
				p.gap(dir, uint64(n)<<8+1, stream.CauseSnap)
			case 6:
				p.gap(dir, 0, stream.CauseRestart)
			case 7:
				p.dirs[dir].SetEncrypted()
			}
		}
		p.end(0)
		p.end(1)
		if p.d.scratch.InUse() != 0 {
			t.Fatal("memory in use after the end")
		}
	})
}

// FuzzWhole: without holes it does not matter how the bytes are cut into pieces.
func FuzzWhole(f *testing.F) {
	f.Add([]byte("hello\nSSH-2.0-a\r\n"+packet(MsgKexInit, kexInit(true, "a", "b"))+"text\n"+packet(MsgNewKeys, "")+"cipher"), byte(7))
	f.Add([]byte("SSH-1.99-a\n"+packet1(2, strings.Repeat("k", 262))+"x"), byte(3))
	f.Fuzz(func(t *testing.T, b []byte, size byte) {
		one, many := newPlayer(t), newPlayer(t)
		one.piece(0, string(b), false)
		for rest := string(b); len(rest) > 0; {
			n := min(int(size)+1, len(rest))
			many.piece(0, rest[:n], false)
			rest = rest[n:]
		}
		one.end(0)
		many.end(0)
		if one.out.String() != many.out.String() || one.enc != many.enc {
			t.Fatalf("in one piece:\n%sin many:\n%s", one.out.String(), many.out.String())
		}
	})
}
