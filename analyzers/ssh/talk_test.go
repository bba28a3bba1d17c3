package ssh_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/analyzertest"
	"pcaptriage/analyzers/engine"
	"pcaptriage/analyzers/fragneeded"
	"pcaptriage/analyzers/ssh"
	"pcaptriage/decoders"
)

// talk writes one TCP connection onto a tape, as captured at the client: what the
// server reacts to comes back after a round trip of 10 ms.
type talk struct {
	*analyzertest.Tape
	client, server string
	seq            [2]uint32 // of client, of server
	at             time.Duration
}

const rtt = 10 * time.Millisecond

func newTalk(port int) *talk {
	t := &talk{Tape: analyzertest.NewTape(), client: "10.0.0.1:40000", server: fmt.Sprintf("10.0.0.2:%d", port)}
	t.open()
	return t
}

// open shakes hands.
func (t *talk) open() {
	t.seq = [2]uint32{1000, 5000}
	t.segment(0, decoders.SYN, "")
	t.at += rtt
	t.segment(1, decoders.SYN|decoders.ACK, "")
	t.segment(0, decoders.ACK, "")
}

// segment sends one from side 0, the TCP client, or 1.
func (t *talk) segment(side int, flags uint8, data string) {
	s := analyzertest.Segment{Src: t.client, Dst: t.server, Flags: flags, Seq: t.seq[side], Data: data, Handshake: flags&decoders.SYN != 0}
	if side == 1 {
		s.Src, s.Dst = t.server, t.client
	}
	if flags&decoders.ACK != 0 {
		s.Ack = t.seq[1-side]
	}
	t.Add(t.at, s)
	t.seq[side] += uint32(len(data))
	if flags&(decoders.SYN|decoders.FIN) != 0 {
		t.seq[side]++
	}
	t.at += 100 * time.Microsecond
}

// c and s are data of the TCP client and server, wait after what came before.
func (t *talk) c(wait time.Duration, data ...string) { t.say(0, wait, data) }
func (t *talk) s(wait time.Duration, data ...string) { t.say(1, wait+rtt, data) }

func (t *talk) say(side int, wait time.Duration, data []string) {
	t.at += wait
	for _, d := range data {
		t.segment(side, decoders.ACK|decoders.PSH, d)
	}
	t.segment(1-side, decoders.ACK, "")
}

func (t *talk) fin(side int, wait time.Duration) {
	t.at += wait
	t.segment(side, decoders.FIN|decoders.ACK, "")
	t.segment(1-side, decoders.FIN|decoders.ACK, "")
	t.segment(side, decoders.ACK, "")
}

// result analyzes the tape.
func (t *talk) result(tb testing.TB) *analyzers.Outcome {
	tb.Helper()
	res := analyzertest.Analyze(tb, "tape", t.Bytes(), engine.Options{Analyzers: []*analyzers.Analyzer{fragneeded.Analyzer, ssh.Analyzer}, Workers: 1})
	return outcome(tb, res)
}

// summary is outcome, refusals and rules, one word each.
func summary(o *analyzers.Outcome) string {
	var out []string
	for _, r := range rows(o) {
		out = append(out, fmt.Sprintf("%s %d+%d", r["outcome"], r["refused_keys"], r["refused_others"]))
	}
	for _, f := range o.Findings {
		out = append(out, f.Rule+" "+f.Severity.String()+" "+f.Confidence.String())
	}
	return strings.Join(out, "; ")
}

// packet makes a binary packet in clear (RFC 4253 6).
func packet(payload string) string {
	pad := 8 - (5+len(payload))%8
	if pad < 4 {
		pad += 8
	}
	b := binary.BigEndian.AppendUint32(nil, uint32(1+len(payload)+pad))
	return string(b) + string(rune(pad)) + payload + strings.Repeat("\x00", pad)
}

// lists are what a side proposes.
type lists struct{ kex, cipher, mac, comp string }

func (l lists) kexInit() string {
	b := append([]byte{20}, make([]byte, 16)...)
	for _, x := range []string{l.kex, "ssh-ed25519", l.cipher, l.cipher, l.mac, l.mac, l.comp, l.comp, "", ""} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(x)))
		b = append(b, x...)
	}
	return packet(string(append(b, 0, 0, 0, 0, 0)))
}

func str(s string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(s)))) + s
}

var (
	clientHello = "SSH-2.0-OpenSSH_9.2p1\r\n"
	serverHello = "SSH-2.0-OpenSSH_9.2p1\r\n"
	clientLists = lists{"sntrup761x25519-sha512@openssh.com,kex-strict-c-v00@openssh.com", "chacha20-poly1305@openssh.com", "hmac-sha2-256", "none"}
	serverLists = lists{"sntrup761x25519-sha512@openssh.com,kex-strict-s-v00@openssh.com", "chacha20-poly1305@openssh.com", "hmac-sha2-256", "none"}
	kexFirst    = packet("\x1e" + str(strings.Repeat("k", 64)))
	hostKey     = str("ssh-ed25519") + str(strings.Repeat("h", 32))
	kexReply    = packet("\x1f" + str(hostKey) + str(strings.Repeat("k", 64)) + str(strings.Repeat("s", 83)))
	newKeys     = packet("\x15")
)

// sealed is n bytes of an encrypted packet.
func sealed(n int) string { return strings.Repeat("\xe7", n) }

// clearLength is a packet of n bytes with its length in clear and a tag of 16.
func clearLength(n int) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(n-4-16))) + sealed(n-4)
}

// login plays a session up to SERVICE_ACCEPT and the first refusal.
func (t *talk) login() {
	t.exchange(clientLists, serverLists)
	t.c(0, sealed(44))
	t.s(0, sealed(44))
	t.c(0, sealed(68)) // none
	t.s(0, sealed(52)) // FAILURE
}

// exchange plays a session up to the client's NEWKEYS.
func (t *talk) exchange(c, s lists) {
	t.c(0, clientHello)
	t.s(0, serverHello)
	t.c(0, c.kexInit())
	t.s(0, s.kexInit())
	t.c(0, kexFirst)
	t.s(0, kexReply+newKeys)
	t.c(0, newKeys)
}

func TestTalks(t *testing.T) {
	with := func(l lists, change func(*lists)) lists { change(&l); return l }
	zlib := func(l *lists) { l.comp = "zlib" }
	gcm := func(l *lists) { l.cipher = "aes256-gcm@openssh.com" }
	for _, c := range []struct {
		name string
		port int
		play func(t *talk)
		want string
	}{
		{"success", 22, func(t *talk) {
			t.login()
			t.c(0, sealed(84))
			t.s(0, sealed(28))
			t.c(0, sealed(112))
		}, "success 0+0"},
		{"success that nothing follows", 2222, func(t *talk) {
			t.login()
			t.c(0, sealed(84))
			t.s(0, sealed(28))
		}, "success 0+0"},
		{"success and a message in one segment are no success", 22, func(t *talk) {
			t.login()
			t.c(0, sealed(84))
			t.s(0, sealed(28+100))
		}, "cut 0+0"},
		{"keys and passwords refused", 22, func(t *talk) {
			t.login()
			t.c(0, sealed(140))
			t.s(0, sealed(52))
			t.c(time.Second, sealed(84))
			t.s(0, sealed(52))
			t.fin(0, time.Second)
		}, "gave-up 1+1"},
		{"a key is right, and a password is asked for besides", 22, func(t *talk) {
			t.login()
			t.c(0, sealed(140))
			t.s(0, sealed(100)) // PK_OK
			t.c(0, sealed(308))
			t.s(0, sealed(44)) // FAILURE with partial success and another list
			t.c(time.Second, sealed(84))
			t.s(0, sealed(44))
			t.c(time.Second, sealed(84))
			t.s(0, sealed(28))
			t.c(0, sealed(112))
		}, "success 0+1"},
		{"the same, where the lists are equally long", 22, func(t *talk) {
			t.login()
			t.c(0, sealed(140))
			t.s(0, sealed(100)) // PK_OK
			t.c(0, sealed(308))
			t.s(0, sealed(52))
			t.c(time.Second, sealed(84))
			t.s(0, sealed(28))
			t.c(0, sealed(112))
		}, "success 0+0"},
		{"a key is right, and the server disconnects", 22, func(t *talk) {
			t.login()
			t.c(0, sealed(140))
			t.s(0, sealed(100)) // PK_OK
			t.c(0, sealed(308))
			t.s(0, sealed(76))
			t.fin(1, 0)
		}, "server-ended 1+0; ssh-auth-too-many warning likely"},
		{"a key that could not be used to sign, and another that is refused", 22, func(t *talk) {
			t.login()
			t.c(0, sealed(140))
			t.s(0, sealed(100)) // PK_OK
			t.c(0, sealed(140))
			t.s(0, sealed(52))
			t.fin(0, time.Second)
		}, "gave-up 1+0"},
		{"keys and passwords refused, with blocks of 16 bytes", 22, func(t *talk) {
			t.exchange(with(clientLists, gcm), with(serverLists, gcm))
			t.c(0, clearLength(52))
			t.s(0, clearLength(52))
			t.c(0, clearLength(68)) // none
			t.s(0, clearLength(68))
			for range 2 {
				t.c(0, clearLength(148)) // an Ed25519 key
				t.s(0, clearLength(68))
			}
			t.c(time.Second, clearLength(148)) // a password
			t.s(0, clearLength(68))
			t.c(0, clearLength(84)) // another, typed in no time
			t.s(0, clearLength(68))
			t.fin(0, time.Second)
		}, "gave-up 2+2"},
		{"SERVICE_ACCEPT and success of none in one segment", 22, func(t *talk) {
			t.exchange(clientLists, serverLists)
			t.c(0, sealed(44), sealed(68))
			t.s(0, sealed(44+28))
			t.c(0, sealed(112))
		}, "success 0+0"},
		{"SERVICE_ACCEPT and refusal of none in one segment", 22, func(t *talk) {
			t.exchange(clientLists, serverLists)
			t.c(0, sealed(44), sealed(68))
			t.s(0, sealed(44+52))
			t.c(time.Second, sealed(84))
			t.s(0, sealed(52))
			t.fin(0, time.Second)
		}, "gave-up 0+1"},
		{"a banner before the first refusal", 22, func(t *talk) {
			t.exchange(clientLists, serverLists)
			t.c(0, sealed(44))
			t.s(0, sealed(44))
			t.c(0, sealed(68))
			t.s(0, sealed(796+52))
			t.c(time.Second, sealed(84))
			t.s(0, sealed(52))
			t.c(time.Second, sealed(84))
			t.s(0, sealed(52))
			t.fin(0, time.Second)
		}, "gave-up 0+2"},
		{"the server disconnects in place of a refusal", 22, func(t *talk) {
			t.login()
			t.c(time.Second, sealed(84))
			t.s(0, sealed(52))
			t.c(time.Second, sealed(84))
			t.s(0, sealed(76))
			t.fin(1, 0)
		}, "server-ended 0+2; ssh-auth-too-many warning likely"},
		{"LoginGraceTime ends while the server checks a password", 22, func(t *talk) {
			t.login()
			t.c(0, sealed(76))
			t.s(0, sealed(60)) // INFO_REQUEST
			t.c(time.Second, sealed(84))
			t.fin(1, 1500*time.Millisecond)
		}, "server-ended 0+0"},
		{"the same with a second factor that nobody confirms", 22, func(t *talk) {
			t.login()
			t.c(time.Second, sealed(84))
			t.s(0, sealed(52))
			t.c(time.Second, sealed(84))
			t.fin(1, 115*time.Second)
		}, "stalled 0+1"},
		{"the server disconnects without a word", 22, func(t *talk) {
			t.login()
			t.c(time.Second, sealed(84))
			t.s(0, sealed(52))
			t.c(time.Second, sealed(84))
			t.fin(1, time.Second)
		}, "server-ended 0+1; ssh-auth-too-many warning possible"},
		{"keyboard-interactive, the second answer right", 22, func(t *talk) {
			t.login()
			t.c(0, sealed(76))
			t.s(0, sealed(60)) // INFO_REQUEST
			t.c(time.Second, sealed(84))
			t.s(0, sealed(52))
			t.c(0, sealed(76))
			t.s(0, sealed(60))
			t.c(time.Second, sealed(84))
			t.s(0, sealed(44)) // an empty INFO_REQUEST
			t.c(0, sealed(84))
			t.s(0, sealed(28))
			t.c(0, sealed(112))
		}, "success 0+1"},
		{"a client that offers its key at once", 22, func(t *talk) {
			t.exchange(clientLists, serverLists)
			t.c(0, sealed(44))
			t.s(0, sealed(44))
			t.c(0, sealed(140))
			t.s(0, sealed(100)) // PK_OK
			t.c(0, sealed(308))
			t.s(0, sealed(28))
			t.c(0, sealed(112))
		}, "success 0+0"},
		{"the same, refused", 22, func(t *talk) {
			t.exchange(clientLists, serverLists)
			t.c(0, sealed(44))
			t.s(0, sealed(44))
			t.c(0, sealed(140))
			t.s(0, sealed(52))
			t.fin(0, time.Second)
		}, "gave-up 1+0"},
		{"a notice before the identification", 22, func(t *talk) {
			t.s(0, "Authorised use only.\r\n"+serverHello)
			t.c(0, clientHello)
		}, "cut 0+0; ssh-prebanner-text info certain"},
		{"the same on another port", 2222, func(t *talk) {
			t.s(0, "Authorised use only.\r\n"+serverHello)
			t.c(0, clientHello)
		}, "cut 0+0; ssh-prebanner-text info certain"},
		{"compressed from the start", 22, func(t *talk) {
			t.exchange(with(clientLists, zlib), with(serverLists, zlib))
			t.c(0, sealed(44))
			t.s(0, sealed(28))
			t.c(0, sealed(28))
		}, "unknown 0+0"},
		{"the side that was called is the client", 22, func(t *talk) {
			t.s(0, clientHello)
			t.c(0, serverHello)
			t.s(0, clientLists.kexInit())
			t.c(0, serverLists.kexInit())
			t.s(0, kexFirst)
			t.c(0, kexReply+newKeys)
			t.s(0, newKeys)
			t.s(0, sealed(44))
			t.c(0, sealed(44))
			t.s(0, sealed(68))
			t.c(0, sealed(52))
			t.s(time.Second, sealed(84))
			t.c(0, sealed(28))
			t.s(0, sealed(112))
		}, "success 0+0"},
		{"closed without a word", 22, func(t *talk) {
			t.c(0, clientHello)
			t.fin(1, rtt)
		}, "closed-before-banner 0+0; ssh-closed-before-banner error likely"},
		{"closed by the client before the identification", 22, func(t *talk) {
			t.c(0, clientHello)
			t.fin(0, rtt)
		}, "no-banner 0+0"},
		{"a port check", 22, func(t *talk) { t.fin(0, rtt) }, ""},
		{"closed by the server, which nobody has spoken to", 22, func(t *talk) { t.fin(1, time.Second) },
			"closed-before-banner 0+0; ssh-closed-before-banner error likely"},
		{"the same on another port", 2222, func(t *talk) { t.fin(1, time.Second) }, ""},
		{"closed, and what was said is not in the capture", 22, func(t *talk) {
			t.c(0, clientHello)
			t.seq[1] += 40
			t.c(time.Second, "x")
			t.fin(1, time.Second)
		}, "unknown 0+0"},
		{"the server never identifies itself", 22, func(t *talk) {
			t.c(0, clientHello)
			t.fin(0, 7*time.Second)
		}, "no-banner 0+0; ssh-slow-server-banner error likely"},
		{"the same, cut by the capture", 22, func(t *talk) {
			t.c(0, clientHello)
			t.at += 4 * time.Second
			t.segment(0, decoders.ACK, "")
		}, "cut 0+0"},
		{"HTTP on the SSH port, on both sides", 22, func(t *talk) {
			t.c(0, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			t.s(0, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			t.fin(0, 0)
		}, ""},
		{"something binary on the SSH port", 22, func(t *talk) {
			t.c(0, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
			t.s(0, "\x15\x03\x01\x00\x02\x02\x46")
			t.fin(1, 0)
		}, ""},
		{"a slow answer that is not even acknowledged", 22, func(t *talk) {
			t.c(0, clientHello)
			t.s(0, serverHello)
			t.c(0, clientLists.kexInit())
			t.s(0, serverLists.kexInit())
			t.segment(0, decoders.ACK|decoders.PSH, kexFirst)
			t.s(2*time.Second, kexReply+newKeys)
			t.c(0, newKeys)
		}, "cut 0+0; ssh-slow-kex-server warning possible"},
		{"the first request is never answered", 22, func(t *talk) {
			t.exchange(clientLists, serverLists)
			t.c(0, sealed(44))
			t.fin(0, 5*time.Second)
		}, "stalled 0+0; ssh-stall-newkeys error likely"},
		{"the first request is not answered as far as the capture goes", 22, func(t *talk) {
			t.exchange(clientLists, serverLists)
			t.c(0, sealed(44))
			t.at += 3 * time.Second
			t.segment(0, decoders.ACK, "")
		}, "cut 0+0"},
		{"the user leaves at the password prompt", 22, func(t *talk) {
			t.login()
			t.fin(0, 20*time.Second)
		}, "gave-up 0+0"},
		{"LoginGraceTime", 22, func(t *talk) {
			t.login()
			t.fin(1, 119900*time.Millisecond)
		}, "grace 0+0; ssh-grace warning likely"},
		{"closed by the server at an odd age", 22, func(t *talk) {
			t.login()
			t.fin(1, 31500*time.Millisecond)
		}, "grace 0+0"},
		{"Dropbear's SUCCESS is longer", 22, func(t *talk) {
			old := serverHello
			serverHello = "SSH-2.0-dropbear_2022.83\r\n"
			t.login()
			serverHello = old
			t.c(time.Second, sealed(84))
			t.s(0, sealed(36))
			t.c(0, sealed(52))
		}, "success 0+0"},
		{"OpenSSH's is not", 22, func(t *talk) {
			t.login()
			t.c(time.Second, sealed(84))
			t.s(0, sealed(36))
			t.c(time.Second, sealed(52))
		}, "cut 0+0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newTalk(c.port)
			c.play(x)
			if got := summary(x.result(t)); got != c.want {
				t.Errorf("%s; want %s", got, c.want)
			}
		})
	}
}

// Ten sessions in which somebody types are no guessing, although the first request
// of keyboard-interactive is sent at once, and answered with the size of a refusal.
func TestGuessesAreNotTyped(t *testing.T) {
	for _, c := range []struct {
		name  string
		typed time.Duration
		want  bool
	}{{"typed", time.Second, false}, {"sent at once", 0, true}} {
		x := newTalk(22)
		for i := range 10 {
			if i > 0 {
				x.client = fmt.Sprintf("10.0.0.1:%d", 40000+i)
				x.at += time.Second
				x.open()
			}
			x.login()
			x.c(0, sealed(84))
			x.s(0, sealed(52))
			x.c(c.typed, sealed(84))
			x.s(0, sealed(52))
			x.fin(0, 100*time.Millisecond)
		}
		if got := summary(x.result(t)); strings.Contains(got, "ssh-brute") != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

// DISCONNECT in clear is told with its reason.
func TestDisconnect(t *testing.T) {
	x := newTalk(22)
	x.c(0, clientHello)
	x.s(0, serverHello)
	x.c(0, clientLists.kexInit())
	x.s(0, serverLists.kexInit())
	x.s(0, packet("\x01\x00\x00\x00\x03"+str("bad group")+str("")))
	x.fin(1, 0)
	r := rows(x.result(t))
	if len(r) != 1 || r[0]["disconnect"] != `server: key exchange failed: "bad group"` || r[0]["outcome"] != "server-ended" {
		t.Errorf("%v", r)
	}
}
