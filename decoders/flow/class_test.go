package flow

import (
	"testing"
	"time"
)

// handshake opens a connection; the payload starts at relative number 1.
const handshake = `
	c S 0      : syn
	s S. 0 1   : synack
	c . 1 1    : hsack ack
`

func TestHandshake(t *testing.T) {
	for name, tc := range map[string]struct {
		script string
		state  State
		flags  Flags
	}{
		"complete":      {handshake, StateEstablished, SawSYN | SawSYNACK | Established},
		"ack with data": {"c S 0 : syn\ns S. 0 1 : synack\nc P. 1 1 100 : hsack new\ns . 1 101 : ack", StateEstablished, SawSYN | SawSYNACK | Established},
		"syn repeated":  {"c S 0 : syn\n+1s c S 0 : synretrans\n+2s c S 0 : synretrans\ns S. 0 1 : synack", StateSYNACK, SawSYN | SawSYNACK},
		"syn-ack repeated": {"c S 0 : syn\ns S. 0 1 : synack\n+1s s S. 0 1 : synackretrans\nc . 1 1 : hsack ack\n+1s s S. 0 1 : synackretrans",
			StateEstablished, SawSYN | SawSYNACK | Established},
		"syn after the syn-ack": {"c S 0 : syn\ns S. 0 1 : synack\n+1s c S 0 : synretrans\ns S. 0 1 : synackretrans", StateSYNACK, SawSYN | SawSYNACK},
		"syn after the end":     {handshake + "c S 0 : synretrans", StateEstablished, SawSYN | SawSYNACK | Established},
		"no syn":                {"s S. 0 1 : synack\nc . 1 1 : hsack ack", StateEstablished, SawSYNACK | Established},
		"syn recorded late":     {"s S. 0 1 : synack\n+10us c S 0 : syn\nc . 1 1 : hsack ack", StateEstablished, SawSYN | SawSYNACK | Established},
		"syn-ack unseen":        {"c S 0 : syn\nc . 1 1 : hsack ack\nc P. 1 1 10 : new", StateEstablished, SawSYN | Established},
		"server unseen then seen": {"c S 0 : syn\nc . 1 1 : hsack ack\nc P. 1 1 10 : new\ns P. 1 11 500 : new\nc . 11 501 : ack",
			StateEstablished, SawSYN | Established},
		"server's ack instead of syn-ack": {"c S 0 : syn\ns . 1 1 : ack\nc . 1 1 : hsack ack", StateEstablished, SawSYN | Established},
		"client's ack unseen":             {"c S 0 : syn\ns S. 0 1 : synack\ns P. 1 1 10 : new", StateEstablished, SawSYN | SawSYNACK | Established},
		"syn-ack of something else":       {"c S 0 : syn\ns S. 0 77 : unseen\ns S. 0 0 : -\nc S 0 : synretrans", StateSYN, SawSYN},
		"second server isn":               {"c S 0 : syn\ns S. 0 1 : synack\ns S. 700 1 : synack\nc . 1 701 : hsack ack", StateEstablished, SawSYN | SawSYNACK | Established},
		"challenge": {"c S 0 : syn\ns . 70000 9000 : challenge ack\nc R 9000 : rst\n+1s c S 0 : synretrans\ns S. 0 1 : synack\nc . 1 1 : hsack ack",
			StateEstablished, SawSYN | SawSYNACK | Established},
		"simultaneous": {"c S 0 : syn\n+1us s S 0 : syn\nc S. 0 1 : synack\ns S. 0 1 : synack\nc P. 1 1 5 : new", StateEstablished,
			SawSYN | SawSYNACK | Established | Simultaneous},
		"simultaneous, plain acks": {"c S 0 : syn\n+1us s S 0 : syn\nc . 1 1 : hsack ack\ns . 1 1 : ack", StateEstablished,
			SawSYN | Established | Simultaneous},
		"fast open":                 {"c S 0 200 : syn new\ns S. 0 201 : synack\ns P. 1 201 99 : new\nc . 201 100 : hsack ack", StateEstablished, SawSYN | SawSYNACK | Established},
		"fast open, data not taken": {"c S 0 200 : syn new\ns S. 0 1 : synack\nc P. 1 1 200 : hsack retrans\ns . 1 201 : ack", StateEstablished, SawSYN | SawSYNACK | Established},
		"refused":                   {"c S 0 : syn\ns R. 0 1 : rst", StateClosed, SawSYN | SawRST},
		"refused, tried again":      {"c S 0 : syn\ns R. 0 1 : rst\n+500ms c S 0 : synretrans\ns R. 0 1 : rst", StateClosed, SawSYN | SawRST},
		"refused, then accepted":    {"c S 0 : syn\ns R. 0 1 : rst\n+500ms c S 0 : synretrans\ns S. 0 1 : synack\nc . 1 1 : hsack ack", StateEstablished, SawSYN | SawSYNACK | SawRST | Established},
		"fast open refused":         {"c S 0 200 : syn new\ns R. 0 201 : rst", StateClosed, SawSYN | SawRST},
		"reset of something else":   {"c S 0 : syn\ns R. 0 77 : rstbad\ns R. 0 0 : rstbad\ns R 0 : rstbad", StateSYN, SawSYN},
		"client gives up":           {"c S 0 : syn\nc R 1 : rst", StateClosed, SawSYN | SawRST},
		"half-open check":           {"c S 0 : syn\ns S. 0 1 : synack\nc R 1 : rst", StateClosed, SawSYN | SawSYNACK | SawRST},
		"middle":                    {"c P. 500 500 10 : new mid\ns . 500 510 : ack", StateEstablished, MidStream},
		"middle, fin":               {"c F. 500 500 : fin new mid\ns . 500 501 : ack", StateClosing, MidStream},
		"middle, reset":             {"c R 500 : rst mid", StateClosed, MidStream | SawRST},
		"no flags at all":           {"c x 500 : mid", StateEstablished, MidStream},
	} {
		t.Run(name, func(t *testing.T) {
			playAll(t, tc.script, func(t *testing.T, w *wire, f *Flow) {
				if f.State != tc.state || f.Flags != tc.flags {
					t.Errorf("state %d flags %#x, want %d %#x", f.State, f.Flags, tc.state, tc.flags)
				}
				if a, port := f.Endpoint(f.Client); port != 40000 {
					t.Errorf("client is %s", a.HostPort(port))
				}
				if n := w.Stats().Flows; n != 1 {
					t.Errorf("%d flows", n)
				}
			})
		})
	}
}

func TestHandshakeTimes(t *testing.T) {
	playAll(t, "+1ms c S 0 : syn\n+1s c S 0 : synretrans\n+30ms s S. 0 1 : synack\n+200us c . 1 1 : hsack ack", func(t *testing.T, w *wire, f *Flow) {
		at := func(d time.Duration) int64 { return epochStart + int64(d) }
		if f.SYNTime != at(time.Millisecond) || f.SYNACKTime != at(1031*time.Millisecond) || f.AckTime != at(1031200*time.Microsecond) {
			t.Error(f.SYNTime-epochStart, f.SYNACKTime-epochStart, f.AckTime-epochStart)
		}
		if f.rtt < 30200 || f.rtt > 30202 {
			t.Errorf("round trip %d us: a repeated SYN must not count", f.rtt)
		}
	})
}

func TestServerRTT(t *testing.T) {
	const no = time.Duration(-1)
	for name, c := range map[string]struct {
		script string
		want   time.Duration
	}{
		"plain":                      {"c S 0 : syn\n+1400ms s S. 0 1 : synack\n+200us c . 1 1 : hsack ack", 1400 * time.Millisecond},
		"at the server":              {"c S 0 : syn\n+5us s S. 0 1 : synack\n+1400ms c . 1 1 : hsack ack", 5 * time.Microsecond},
		"SYN lost":                   {"c S 0 : syn\n+1s c S 0 : synretrans\n+30ms s S. 0 1 : synack\nc . 1 1 : hsack ack", no},
		"SYN-ACK lost, then two":     {"c S 0 : syn\n+1s c S 0 : synretrans\n+30ms s S. 0 1 : synack\n+15ms s S. 0 1 : synackretrans\nc . 1 1 : hsack ack", no},
		"path longer than the timer": {"c S 0 : syn\n+1s c S 0 : synretrans\n+400ms s S. 0 1 : synack\nc . 1 1 : hsack ack\n+1s s S. 0 1 : synackretrans\nc . 1 1 : ack", 1400 * time.Millisecond},
		"the same, too soon to know": {"c S 0 : syn\n+1s c S 0 : synretrans\n+400ms s S. 0 1 : synack\nc . 1 1 : hsack ack", no},
		"SYN-ACK repeated":           {"c S 0 : syn\n+30ms s S. 0 1 : synack\n+1s s S. 0 1 : synackretrans\nc . 1 1 : hsack ack", 30 * time.Millisecond},
		"SYN again after it":         {"c S 0 : syn\n+30ms s S. 0 1 : synack\n+1s c S 0 : synretrans\nc . 1 1 : hsack ack", 30 * time.Millisecond},
		"refused before":             {"c S 0 : syn\ns R. 0 1 : rst\n+500ms c S 0 : synretrans\n+30ms s S. 0 1 : synack\nc . 1 1 : hsack ack", no},
		"SYN recorded late":          {"s S. 0 1 : synack\n+10us c S 0 : syn\nc . 1 1 : hsack ack", no},
		"SYN unseen":                 {"s S. 0 1 : synack\n+30ms c . 1 1 : hsack ack", no},
		"SYN-ACK unseen":             {"c S 0 : syn\n+30ms c . 1 1 : hsack ack", no},
		"simultaneous":               {"c S 0 : syn\n+1us s S 0 : syn\n+30ms c S. 0 1 : synack\ns S. 0 1 : synack", no},
		"mid-stream":                 {"c P. 500 500 10 : new mid\n+30ms s . 500 510 : ack", no},
	} {
		t.Run(name, func(t *testing.T) {
			playAll(t, c.script, func(t *testing.T, w *wire, f *Flow) {
				if got := time.Duration(f.ServerRTT()); got != c.want {
					t.Errorf("%v, want %v", got, c.want)
				}
			})
		})
	}
}

func TestClasses(t *testing.T) {
	for name, script := range map[string]string{
		"data": `c P. 1 1 100 : new
			s . 1 101 : ack
			s P. 1 101 1000 : new
			s P. 1001 101 64000 : new
			c . 101 65001 : ack`,
		"retransmission": `c P. 1 1 100 : new
			+300ms c P. 1 1 100 : retrans`,
		"spurious retransmission": `c P. 1 1 100 : new
			s . 1 101 : ack
			+300ms c P. 1 1 100 : retrans spurious`,
		"retransmission with more": `c P. 1 1 100 : new
			+300ms c P. 1 1 300 : new retrans`,
		"fast retransmission": `c . 1 1 100 : new
			c . 101 1 100 : new
			c . 201 1 100 : new
			c . 301 1 100 : new
			s . 1 1 : dup ack
			s . 1 1 : dup ack
			s . 1 1 : dup ack
			+1ms c . 1 1 100 : retrans fast`,
		"fast retransmission after three": `c . 1 1 100 : new
			s . 1 101 : ack
			c . 101 1 100 : new
			c . 201 1 100 : new
			c . 301 1 100 : new
			c . 401 1 100 : new
			s . 1 101 : dup ack
			s . 1 101 : dup ack
			s . 1 101 : dup ack
			+1ms c . 101 1 100 : retrans fast`,
		"loss recovery by sack": `c . 1 1 100 : new
			s . 1 101 : ack
			c . 101 1 100 : new
			c . 201 1 100 : new
			s . 1 101 sack=201-301 : dup ack
			+1ms c . 101 1 100 : retrans fast`,
		"timeout though sacked": `c . 1 1 100 : new
			s . 1 101 : ack
			c . 101 1 100 : new
			c . 201 1 100 : new
			s . 1 101 sack=201-301 : dup ack
			+300ms c . 101 1 100 : retrans`,
		"timeout": `c . 1 1 100 : new
			c . 101 1 100 : new
			s . 1 101 : ack
			+300ms c . 101 1 100 : retrans
			+600ms c . 101 1 100 : retrans`,
		"lost before the capture point": `c . 1 1 100 : new
			c . 201 1 100 : new gap
			+300ms c . 101 1 100 : retrans
			+1ms c . 101 1 100 : retrans`,
		"reordered": `c . 1 1 100 : new
			c . 201 1 100 : new gap
			+1ms c . 101 1 100 : ooo
			c . 301 1 100 : new`,
		"two holes, filled backwards": `c . 101 1 100 : new gap
			+100us c . 301 1 100 : new gap
			+100us c . 201 1 100 : ooo
			+100us c . 1 1 100 : ooo
			+100us c . 1 1 100 : retrans`,
		"half a hole": `c . 201 1 100 : new gap
			+100us c . 101 1 100 : ooo
			+500ms c . 1 1 100 : retrans
			+500ms c . 1 1 100 : retrans`,
		"acknowledged but not captured": `s . 1 101 : unseen ack
			c . 101 1 100 : new`,
		"recorded after its acknowledgement": `s . 1 101 : unseen ack
			+50us c . 1 1 100 : ooo
			c . 101 1 100 : new`,
		"gap before an ack": `c . 101 1 : gap ack`,
		"acknowledgement beyond every window": `s . 1 0x50000000 : unseen ack
			c . 1 1 100 : new`,
		"duplicate acks": `c . 1 1 100 : new
			c . 101 1 100 : new
			s . 1 1 : dup ack
			s . 1 1 : dup ack
			s . 1 101 : ack
			s . 1 101 : dup ack
			s . 1 201 : ack
			s . 1 201 : ack`,
		"an ack with nothing outstanding is no duplicate": `c . 1 1 : ack
			c . 1 1 : ack`,
		"an ack with data is no duplicate": `c . 1 1 100 : new
			s . 1 1 50 : new
			s . 51 1 50 : new`,
		"window update": `c . 1 1 100 : new
			s . 1 101 win=1000 : ack
			s . 1 101 win=9000 : update ack`,
		"sack with another window is a duplicate": `c . 1 1 100 : new
			s . 1 101 : ack
			c . 201 1 100 : new gap
			s . 1 101 win=60000 sack=201-301 : dup ack
			s . 1 101 win=59000 sack=201-301 : update ack`,
		"dsack": `c . 1 1 100 : new
			s . 1 101 : ack
			c . 1 1 100 : retrans spurious
			s . 1 101 sack=1-101 : ack`,
		"zero window, byte probe": `c . 1 1 100 : new
			s . 1 101 win=0 : zero ack
			+300ms c . 101 1 1 : zwp
			s . 1 101 win=0 : zero zwpack ack
			+600ms c . 101 1 1 : zwp
			s . 1 101 win=500 : zwpack update ack
			c . 101 1 100 : new`,
		"zero window, the byte is taken": `c . 1 1 100 : new
			s . 1 101 win=0 : zero ack
			+300ms c . 101 1 1 : zwp
			s . 1 102 win=500 : ack
			c . 102 1 100 : new`,
		"zero window, linux probe": `c . 1 1 100 : new
			s . 1 101 win=0 : zero ack
			+3.4s c . 100 1 : zwp ack
			s . 1 101 win=0 : zero zwpack ack
			+6.8s c . 100 1 : zwp ack
			s . 1 101 win=0 : zero zwpack ack
			+13.5s c . 100 1 : zwp ack`,
		"zero window, data outstanding": `c . 1 1 100 : new
			c . 101 1 100 : new
			s . 1 101 win=0 : zero ack
			+3s c . 100 1 : zwp ack`,
		"keep-alive without payload": `c . 1 1 100 : new
			s . 1 101 : ack
			+15s c . 100 1 : keepalive ack
			s . 1 101 : keepaliveack ack
			+15s c . 100 1 : keepalive ack
			s . 1 101 : keepaliveack ack
			c . 101 1 10 : new`,
		"keep-alive with a byte": `c . 1 1 100 : new
			s . 1 101 : ack
			+30s c . 100 1 1 : keepalive
			s . 1 101 sack=100-101 : keepaliveack ack
			+30s c . 100 1 1 : keepalive`,
		"keep-alive right after the handshake": `+45s c . 0 1 : keepalive ack
			s . 1 1 : keepaliveack ack`,
		"keep-alive unanswered": `+60s c . 0 1 : keepalive ack
			+5s c . 0 1 : keepalive ack
			+200ms c . 0 1 : keepalive ack
			+5s c R. 1 1 : rst`,
		"keep-alive of both sides": `c . 1 1 100 : new
			s . 1 101 : ack
			+10s c . 100 1 : keepalive ack
			s . 1 101 : keepaliveack ack
			+7ms s . 0 101 : keepalive ack
			c . 101 1 : keepaliveack ack`,
		"the last byte, not acknowledged": `c . 1 1 1 : new
			+2s c . 1 1 1 : retrans
			+4s c . 1 1 1 : retrans`,
		"the last byte, acknowledged at once": `c . 1 1 1 : new
			s . 1 2 : ack
			+300ms c . 1 1 1 : retrans spurious`,
		"an overtaken ack is no probe": `c . 1 1 : ack
			c . 1 1 1 : new
			s . 1 2 : ack
			+1ms c . 1 1 : ack`,
		"an overtaken ack after a fin is no probe": `c F. 1 1 : fin new
			s . 1 2 : ack
			+5s c . 1 1 : ack`,
		"close": `c F. 1 1 : fin new
			s . 1 2 : ack
			s F. 1 2 : fin new
			c . 2 2 : ack`,
		"fin with data, repeated": `c F. 1 1 10 : fin new
			+300ms c F. 1 1 10 : fin finretrans retrans
			s . 1 12 : ack
			+300ms c F. 11 1 : fin finretrans retrans spurious`,
		"reset": `c . 1 1 100 : new
			s R. 1 101 : rst
			s R. 1 101 : rst`,
		"reset without ack": `c . 1 1 100 : new
			s R 1 : rst`,
		"reset in the window":      `c R. 60000 1 : rst`,
		"reset out of the window":  `c R. 900000 1 : rstbad`,
		"reset with an old number": `c R. 0 1 : rstbad`,
		"reset of many segments": `c . 1 1 1000 : new
			c . 1001 1 1000 : new
			s R 1 : rst
			s R 1 : rst`,
	} {
		t.Run(name, func(t *testing.T) { playAll(t, handshake+script, nil) })
	}
}

func TestClosing(t *testing.T) {
	playAll(t, handshake+`
		c F. 1 1 : fin new
		s F. 1 2 : fin new
		c . 2 2 : ack`, func(t *testing.T, w *wire, f *Flow) {
		if f.State != StateClosed {
			t.Errorf("state %d", f.State)
		}
		w.Expire(epochStart + int64(w.clock+DefaultConfig(1).Linger) - 1)
		if len(w.ends) != 0 {
			t.Fatal("ended before its linger time")
		}
		w.Expire(epochStart + int64(w.clock+DefaultConfig(1).Linger))
		if len(w.ends) != 1 || w.ends[0].reason != EndClosed || w.ends[0].at != int64(w.clock+DefaultConfig(1).Linger) {
			t.Errorf("ends: %+v", w.ends)
		}
	})
}

func TestWindowScaling(t *testing.T) {
	for name, tc := range map[string]struct {
		script string
		want   uint32
	}{
		"both":         {"c S 0 ws=7 : syn\ns S. 0 1 ws=8 win=1000 : synack\nc . 1 1 win=100 : hsack ack", 100 << 7},
		"client only":  {"c S 0 ws=7 : syn\ns S. 0 1 : synack\nc . 1 1 win=100 : hsack ack", 100},
		"server only":  {"c S 0 : syn\ns S. 0 1 ws=7 : synack\nc . 1 1 win=100 : hsack ack", 100},
		"syn unscaled": {"c S 0 ws=7 win=100 : syn", 100},
	} {
		t.Run(name, func(t *testing.T) {
			playAll(t, tc.script, func(t *testing.T, w *wire, f *Flow) {
				if got := f.Dir[f.Client].Window; got != tc.want {
					t.Errorf("window %d, want %d", got, tc.want)
				}
			})
		})
	}
	playAll(t, "s S. 0 1 ws=8 : synack\ns . 1 1 100 win=100 : new", func(t *testing.T, w *wire, f *Flow) {
		if got := f.Dir[f.Server()].Window; got != 100<<8 {
			t.Errorf("server's window without the SYN: %d", got)
		}
	})
}

func TestHalfFacts(t *testing.T) {
	playAll(t, `c S 0 mss=1460 : syn
		s S. 0 1 mss=1400 : synack
		c . 1 1 : hsack ack
		c . 1 1 1460 : new
		+1s c . 1461 1 5000 : new
		+1s s . 1 1461 : ack
		+1s c . 1461 1 5000 : retrans
		s . 1 6461 : ack`, func(t *testing.T, w *wire, f *Flow) {
		c := &f.Dir[f.Client]
		if c.MSS != 1460 || f.Dir[f.Server()].MSS != 1400 || c.MaxSeg != 5000 || c.Retrans != 1 || c.Unacked != 0 || c.Packets != 5 || c.Payload != 11460 {
			t.Errorf("%+v", *c)
		}
		if c.Bytes < 11460+5*40 {
			t.Error(c.Bytes)
		}
	})
	playAll(t, handshake+"+1s c . 1 1 100 : new\n+1s c . 101 1 100 : new\n+1s s . 1 101 : ack", func(t *testing.T, w *wire, f *Flow) {
		if got := f.Dir[f.Client].Unacked; got != epochStart+int64(w.clock) {
			t.Error("a partial acknowledgement restarts the wait", got)
		}
	})
	playAll(t, handshake+"+1s c . 1 1 100 : new\n+1s c . 101 1 100 : new\n+1s c . 1 1 100 : retrans", func(t *testing.T, w *wire, f *Flow) {
		if got := f.Dir[f.Client].Unacked; got != epochStart+int64(w.clock-2*time.Second) {
			t.Error("waits since the first sending", got)
		}
	})
}
