package keepalive

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/analyzertest"
	"pcaptriage/analyzers/engine"
	"pcaptriage/decoders"
)

// chat is an HTTP connection between 10.0.0.1 and 10.0.0.2:80, written segment by
// segment. Times are milliseconds since the capture's start.
type chat struct {
	*analyzertest.Tape
	client, server string
	ends           [2]uint32 // next sequence numbers of client and server
}

// midStream returns a connection whose handshake the capture lacks.
func midStream(port int) *chat {
	return &chat{Tape: analyzertest.NewTape(), client: fmt.Sprintf("10.0.0.1:%d", port), server: "10.0.0.2:80", ends: [2]uint32{1001, 5001}}
}

// newChat returns a connection with its handshake at that time.
func newChat(port int, at float64) *chat {
	k := midStream(port)
	k.syn(at)
	k.synack(at + .1)
	k.acks(at+.2, 0)
	return k
}

// syn and synack are each the first or one more, whether or not the other is captured.
func (k *chat) syn(at float64) {
	k.ends = [2]uint32{1000, 5001}
	k.segment(at, 0, decoders.SYN, "")
}

func (k *chat) synack(at float64) {
	k.ends = [2]uint32{1001, 5000}
	k.segment(at, 1, decoders.SYN|decoders.ACK, "")
}

// segment adds one from the client (0) or the server (1).
func (k *chat) segment(at float64, from int, flags uint8, data string) {
	s := analyzertest.Segment{Src: k.client, Dst: k.server, Flags: flags, Seq: k.ends[from], Ack: k.ends[1-from], Data: data, Handshake: flags&decoders.SYN != 0}
	if from == 1 {
		s.Src, s.Dst = s.Dst, s.Src
	}
	k.Add(time.Duration(at*1e6), s)
	k.ends[from] += uint32(len(data))
	if flags&(decoders.SYN|decoders.FIN) != 0 {
		k.ends[from]++
	}
}

func (k *chat) asks(at float64, data string)    { k.segment(at, 0, decoders.ACK|decoders.PSH, data) }
func (k *chat) answers(at float64, data string) { k.segment(at, 1, decoders.ACK|decoders.PSH, data) }

// acks is a bare ACK of the client (0) or the server (1).
func (k *chat) acks(at float64, from int) { k.segment(at, from, decoders.ACK, "") }

// closes ends the connection, the client first.
func (k *chat) closes(at float64) {
	k.segment(at, 0, decoders.ACK|decoders.FIN, "")
	k.segment(at+.1, 1, decoders.ACK|decoders.FIN, "")
	k.acks(at+.2, 0)
}

// lost takes the last segment out of the capture.
func (k *chat) lost() { k.Records = k.Records[:len(k.Records)-1] }

// outcome is what the analyzer makes of the connections, one after the other.
func outcome(t *testing.T, chats ...*chat) *analyzers.Outcome {
	t.Helper()
	all := analyzertest.NewTape()
	for _, k := range chats {
		all.Records = append(all.Records, k.Records...)
	}
	res := analyzertest.Analyze(t, "chat", all.Bytes(), engine.Options{Analyzers: []*analyzers.Analyzer{Analyzer}, Workers: 1})
	return &res.Results[0].Outcome
}

func getOf(target string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: a\r\nUser-Agent: u\r\n\r\n"
}

const (
	okay    = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
	timeout = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)

// A response that the server sends of its own accord, as many do before they close
// an idle connection, is no exchange. One whose request the capture lacks is.
func TestUnasked(t *testing.T) {
	for _, c := range []struct {
		name string
		play func(k *chat)
		want uint64
	}{
		{"408 on an idle connection", func(k *chat) { k.asks(1, getOf("/")); k.answers(2, okay); k.answers(9000, timeout) }, 1},
		{"408 on one that was never used", func(k *chat) { k.answers(9000, timeout) }, 0},
		{"408 to half a head", func(k *chat) { k.asks(1, getOf("/")[:20]); k.answers(9000, timeout) }, 1},
		{"413 to half a body", func(k *chat) {
			k.asks(1, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nabc")
			k.answers(2, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
		}, 1},
		{"the capture lacks a request", func(k *chat) {
			k.asks(1, getOf("/"))
			k.answers(2, okay)
			k.asks(1000, getOf("/"))
			k.lost()
			k.answers(1001, okay)
		}, 2},
		{"the capture lacks all requests", func(k *chat) {
			for i := range 3 {
				k.asks(float64(1000*i), getOf("/"))
				k.lost()
				k.answers(float64(1000*i+1), okay)
			}
		}, 3},
		{"the capture has the request too late", func(k *chat) {
			k.asks(1, getOf("/"))
			k.answers(2, okay)
			k.asks(1001, getOf("/"))
			request := k.Records[len(k.Records)-1]
			k.lost()
			k.answers(1001, okay)
			k.Records = append(k.Records, request)
		}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newChat(40000, 0)
			c.play(k)
			k.closes(10000)
			row := outcome(t, k).Tables[tableConnections].Rows[0]
			if row[2] != uint64(1) || row[3] != c.want {
				t.Errorf("%v connections, %v exchanges, want %d", row[2], row[3], c.want)
			}
		})
	}
}

// Beyond what is remembered of pipelined requests, none takes another's place.
func TestManyPipelined(t *testing.T) {
	k := newChat(40000, 0)
	k.asks(1, strings.Repeat(getOf("/a"), 8)+getOf("/b")+getOf("/c"))
	for i := range 10 {
		k.answers(float64(2000+100*i), okay)
	}
	out := outcome(t, k)
	if len(out.Findings) != 1 || out.Findings[0].Attrs["resources"] != uint64(1) || out.Findings[0].Count != 8 {
		t.Errorf("%+v", out.Findings)
	}
	if f := out.Findings[0]; f.EvidenceTotal != 9 { // one segment with all requests, eight with a response
		t.Errorf("%d frames cited, %d in all", len(f.Evidence), f.EvidenceTotal)
	}
}

// A connection that is closed within a response was not idle.
func TestClosedWithinResponse(t *testing.T) {
	const half = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nabc"
	for want, end := range map[string]func(k *chat){
		"server, RST within a response": func(k *chat) { k.segment(5000, 1, decoders.RST, "") },
		"server, FIN within a response": func(k *chat) { k.segment(5000, 1, decoders.ACK|decoders.FIN, ""); k.closes(5001) },
		"client, FIN within a response": func(k *chat) { k.closes(5001) },
		"server, FIN after 5.00 s idle": func(k *chat) {
			k.answers(3, strings.Repeat("x", 497))
			k.segment(5003, 1, decoders.ACK|decoders.FIN, "")
			k.closes(5004)
		},
		"server, FIN with the response's end": func(k *chat) {
			k.segment(3, 1, decoders.ACK|decoders.PSH|decoders.FIN, strings.Repeat("x", 497))
			k.closes(4)
		},
		// The client says that it sends nothing more, and gets its response.
		"client, FIN": func(k *chat) {
			k.segment(3, 0, decoders.ACK|decoders.FIN, "")
			k.answers(3.1, strings.Repeat("x", 497))
		},
	} {
		t.Run(want, func(t *testing.T) {
			k := newChat(40000, 0)
			k.asks(1, getOf("/"))
			k.answers(2, half)
			end(k)
			out := outcome(t, k)
			row := out.Tables[tablePerConnection].Rows[0]
			if got := fmt.Sprintf("%v, %v", row[5], row[6]); got != want {
				t.Error(got)
			}
			if idle, within := out.Tables[tableConnections].Rows[0][12], strings.Contains(want, "within"); within && idle != nil {
				t.Errorf("an idle timeout of %v", idle)
			}
		})
	}
}

// The frame that shows a connection idle is cited once, however often it was
// passed over, and counted once.
func TestCitedOnce(t *testing.T) {
	idle := newChat(40000, 0)
	idle.asks(1, getOf("/"))
	idle.answers(2, okay)
	chats := []*chat{idle}
	for i := range 6 {
		at := float64(1000 * (i + 1))
		k := newChat(40001+i, at)
		k.asks(at+1, strings.Replace(getOf("/"), "Host", "Connection: close\r\nHost", 1))
		k.answers(at+2, okay)
		k.closes(at + 3)
		chats = append(chats, k)
	}
	chats = append(chats, newChat(50000, 20000)) // the capture runs on
	for _, f := range outcome(t, chats...).Findings {
		if f.Rule == ruleUnread && f.Count == 6 && len(f.Evidence) == 7 && f.EvidenceTotal == 7 {
			return
		}
		t.Logf("%+v", *f)
	}
	t.Errorf("no finding about 6 connections in 7 frames")
}

// A request that crosses the end of a connection which the server announced with a
// 408 was lost after the time that the connection was idle, not after the 408.
func TestRaceAfterTimeout(t *testing.T) {
	k := newChat(40000, 0)
	k.asks(1, getOf("/"))
	k.answers(2, okay)
	k.answers(10002, timeout)
	k.segment(10002.1, 1, decoders.ACK|decoders.FIN, "")
	k.asks(10002.2, getOf("/"))
	k.segment(10002.4, 1, decoders.RST, "")
	out := outcome(t, k)
	if len(out.Findings) != 1 || out.Findings[0].Rule != ruleRace || out.Findings[0].Measure.Value != int64(10000100*time.Microsecond) {
		t.Errorf("%+v", out.Findings)
	}
}
