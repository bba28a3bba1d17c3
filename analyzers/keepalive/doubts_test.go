package keepalive

import (
	"strings"
	"testing"
	"time"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// probe adds a keep-alive probe.
func (k *chat) probe(at float64, from int) {
	k.ends[from]--
	k.segment(at, from, decoders.ACK, "")
	k.ends[from]++
}

// rulesIn are the rules that speak of the connections, one after the other.
func rulesIn(t *testing.T, chats ...*chat) string {
	var codes []string
	for _, f := range outcome(t, chats...).Findings {
		codes = append(codes, f.Rule)
	}
	return strings.Join(codes, " ")
}

// A request is lost in the race with an idle timeout only if there was one.
func TestRaceOrNot(t *testing.T) {
	const last = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"
	const fin, rst = decoders.FIN | decoders.ACK, decoders.RST
	for _, c := range []struct {
		name string
		play func(k *chat)
		want string
	}{
		{"acknowledged after short idleness", func(k *chat) {
			k.answers(2, okay)
			k.asks(12, getOf("/2"))
			k.segment(13, 1, decoders.ACK, "")
			k.segment(22, 1, rst|decoders.ACK, "")
		}, ""},
		{"acknowledged by the RST itself", func(k *chat) {
			k.answers(2, okay)
			k.asks(12, getOf("/2"))
			k.segment(13, 1, rst|decoders.ACK, "")
		}, ""},
		{"acknowledged after long idleness", func(k *chat) {
			k.answers(2, okay)
			k.asks(5002, getOf("/2"))
			k.segment(5003, 1, rst|decoders.ACK, "")
		}, ruleRace},
		{"not acknowledged", func(k *chat) {
			k.answers(2, okay)
			k.asks(12, getOf("/2"))
			k.ends[0] -= uint32(len(getOf("/2")))
			k.segment(13, 1, rst, "")
		}, ruleRace},
		{"acknowledged, but across a FIN", func(k *chat) {
			k.answers(2, okay)
			k.asks(502, getOf("/2"))
			k.ends[0] -= uint32(len(getOf("/2")))
			k.segment(502.1, 1, fin, "")
			k.ends[0] += uint32(len(getOf("/2")))
			k.segment(503, 1, rst|decoders.ACK, "")
		}, ruleRace},
		{"the server had said that it closes", func(k *chat) {
			k.answers(2, last)
			k.segment(2.1, 1, fin, "")
			k.asks(2.2, getOf("/2"))
			k.segment(2.5, 1, rst, "")
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newChat(40000, 0)
			k.asks(1, getOf("/"))
			c.play(k)
			if got := rulesIn(t, k); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// Clients have reasons to let an idle connection be.
func TestPassedOverOnPurpose(t *testing.T) {
	const (
		kept     = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nKeep-Alive: timeout=5\r\n\r\nabc"
		switched = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
	)
	webSocket := strings.Replace(getOf("/ws"), "Host", "Connection: Upgrade\r\nUpgrade: websocket\r\nHost", 1)
	for _, c := range []struct {
		name, first, request, response string
		at                             float64
		want                           string
	}{
		{"for another request", okay, getOf("/2"), okay, 2000, ruleUnread},
		{"for a WebSocket", okay, webSocket, switched, 2000, ""},
		{"for a WebSocket, which was refused", okay, webSocket, okay, 2000, ruleUnread},
		{"before the announced end", kept, getOf("/2"), okay, 4000, ruleUnread},
		{"after the announced end", kept, getOf("/2"), okay, 5500, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			idle := newChat(40000, 0)
			idle.asks(1, getOf("/"))
			idle.answers(2, c.first)
			k := newChat(40001, c.at)
			k.asks(c.at+1, c.request)
			k.answers(c.at+2, c.response)
			if got := rulesIn(t, idle, k, newChat(50000, 20000)); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// An RST long after a probe is no answer to it, and as the answer is missing, nothing
// is known of why it came.
func TestLateReset(t *testing.T) {
	for after, want := range map[float64]string{1: ruleProbeReset, 2000: ruleProbeReset, 30000: ""} {
		k := newChat(40000, 0)
		k.asks(1, getOf("/"))
		k.answers(2, okay)
		k.segment(2.1, 0, decoders.ACK, "")
		k.probe(10000, 0)
		k.segment(10000+after, 1, decoders.RST, "")
		if got := rulesIn(t, k); got != want {
			t.Errorf("RST %v ms after a probe: %q, want %q", after, got, want)
		}
	}
}

// What is said of the intervals between probes without an answer does not include
// those between answered ones.
func TestIntervalsOfDeadPeer(t *testing.T) {
	probed := func(gaveUp bool) *chat {
		k := newChat(40000, 0)
		k.asks(1, getOf("/"))
		k.answers(2, okay)
		k.segment(2.1, 0, decoders.ACK, "")
		for at := 2e3; at < 4e3; at += 500 {
			k.probe(at, 0)
			k.segment(at+1, 1, decoders.ACK, "")
		}
		for at := 10e3; at < 90e3; at += 20e3 {
			k.probe(at, 0)
		}
		if gaveUp {
			k.segment(90e3, 0, decoders.RST, "")
		}
		return k
	}
	var said []string
	for _, f := range outcome(t, probed(true)).Findings {
		if f.Rule == ruleDead {
			said = append(said, f.Message)
			if ns := int64(20 * time.Second); f.Attrs["interval_ns"] != ns || f.Attrs["interval_min_ns"] != ns || f.Attrs["interval_max_ns"] != ns {
				t.Errorf("%v", f.Attrs)
			}
		}
	}
	if len(said) != 1 || !strings.Contains(said[0], "4 keep-alive probes of 10.0.0.1 in a row, 20.0 s apart") {
		t.Errorf("%q", said)
	}
	// Twice the longer interval has to pass until silence is one.
	for end, want := range map[float64]bool{100e3: false, 120e3: true} {
		if got := strings.Contains(rulesIn(t, probed(false), newChat(50000, end)), ruleDead); got != want {
			t.Errorf("capture ends at %v ms: %v, want %v", end, got, want)
		}
	}
}

// What a client sends inside TLS right before it closes is no request that was lost.
func TestFarewellInTLS(t *testing.T) {
	record := func(typ byte, n int) string {
		return string([]byte{typ, 3, 3, byte(n >> 8), byte(n)}) + strings.Repeat("x", n)
	}
	for closes, want := range map[bool]string{false: ruleRace, true: ""} {
		k := newChat(40000, 0)
		k.asks(1, record(tlsHandshake, 200))
		k.answers(2, record(tlsHandshake, 900))
		k.asks(3, record(tlsApplication, 100))
		k.answers(4, record(tlsApplication, 300))
		k.asks(5000, record(tlsApplication, 60))
		if closes {
			k.segment(5000.1, 0, decoders.ACK|decoders.FIN, "")
		}
		k.segment(5001, 1, decoders.RST, "")
		if got := rulesIn(t, k); got != want {
			t.Errorf("client closes: %v: %q, want %q", closes, got, want)
		}
	}
}

// The first response of a connection of which only the server's side was captured is
// known to be the first.
func TestFirstOfOneSide(t *testing.T) {
	k := newChat(40000, 0)
	for at := 1.0; at < 4; at++ {
		k.asks(1000*at, getOf("/"))
		k.answers(1000*at+1, okay)
	}
	whole := k.Records
	k.Records = nil
	for i, r := range whole {
		if i == 1 || i > 3 && i%2 == 0 { // SYN-ACK and the responses
			k.Records = append(k.Records, r)
		}
	}
	row := outcome(t, k).Tables[tableConnections].Rows[0]
	if row[3] != uint64(3) || row[5] != 2./3 {
		t.Errorf("%v exchanges, share of reuse %v, want 3 and 2 of them", row[3], row[5])
	}
}

// A response of which the capture shows nothing leaves a mark on its connection.
func TestResponseMissing(t *testing.T) {
	for missing := range 3 {
		k := newChat(40000, 0)
		for i := range 3 {
			k.asks(float64(1000*i+1), getOf("/"))
			k.answers(float64(1000*i+2), okay)
			if i == missing {
				k.lost()
			}
		}
		row := outcome(t, k).Tables[tableConnections].Rows[0]
		if row[3] != uint64(2) || missing < 2 && row[13] != uint64(1) {
			t.Errorf("response %d is missing: %v exchanges, %v connections partial", missing, row[3], row[13])
		}
	}
}

// Whether nothing was under way when an RST ended an idle connection is certain only
// where the exchanges were read.
func TestIdleResetCertain(t *testing.T) {
	for _, c := range []struct {
		name, request, response string
		begins                  bool
		want                    analyzers.Confidence
	}{
		{"HTTP", getOf("/"), okay, true, analyzers.Certain},
		{"HTTP, begun before the capture", getOf("/"), okay, false, analyzers.Likely},
		{"another protocol", "\x00\x00\x00\x08startup?", "Nwhat\x00", true, analyzers.Likely},
	} {
		k := newChat(40000, 0)
		if !c.begins {
			k.Records = nil
		}
		k.asks(1, c.request)
		k.answers(2, c.response)
		k.segment(2.1, 0, decoders.ACK, "")
		k.segment(5000, 0, decoders.RST|decoders.ACK, "")
		fs := outcome(t, k).Findings
		if len(fs) != 1 || fs[0].Rule != ruleIdleReset || fs[0].Confidence != c.want || strings.Contains(fs[0].Message, "nothing under way") != (c.want == analyzers.Certain) {
			t.Errorf("%s: %+v", c.name, fs)
		}
	}
}
