package keepalive

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/analyzertest"
	"pcaptriage/analyzers/engine"
)

// opens is a handshake that takes rtt.
func (k *chat) opens(rtt float64) {
	k.syn(0)
	k.synack(rtt)
	k.acks(rtt, 0)
}

// exchange is a request at 5 s and its response so many ms later.
func (k *chat) exchange(after float64) {
	k.asks(5000, get)
	k.answers(5000+after, okay)
	k.acks(5000+after, 0)
}

var get = getOf("/")

// What the path takes is not the server's, as far as the capture shows it.
func TestSlowOnLongPath(t *testing.T) {
	const unknown = "; the capture does not show how much of that is the round trip to the server."
	for _, c := range []struct {
		name string
		play func(k *chat)
		want string // confidence, server_side_max in ms, and the message behind the time
	}{
		{"long path", func(k *chat) { k.opens(1430); k.exchange(1440) }, ""},
		{"long path, acknowledged first", func(k *chat) { k.opens(1430); k.asks(5000, get); k.acks(6440, 1); k.answers(6500, okay) }, ""},
		{"the path's time varies", func(k *chat) { k.opens(1000); k.exchange(1310) }, ""},
		{"path and server together", func(k *chat) { k.opens(600); k.exchange(1400) }, ""},
		{"slow server on a long path", func(k *chat) { k.opens(1430); k.exchange(3430) },
			"certain 2000; up to 1.43 s of that is the round trip to the server."},
		{"slow server on a long path, acknowledged", func(k *chat) { k.opens(600); k.asks(5000, get); k.acks(5640, 1); k.answers(7000, okay) },
			"certain 1400; up to 600 ms of that is the round trip to the server."},
		{"slow server nearby", func(k *chat) { k.opens(1); k.exchange(1500) }, "certain 1499."},
		{"at the limit", func(k *chat) { k.opens(400); k.exchange(1400) }, "certain 1000; up to 400 ms of that is the round trip to the server."},
		{"below the limit", func(k *chat) { k.opens(401); k.exchange(1400) }, ""},

		// The handshake was slow, and not because of the path.
		{"slow to accept", func(k *chat) { k.opens(1300); k.asks(5000, get); k.acks(5040, 1); k.answers(6500, okay) }, "certain 1460."},
		{"slow to accept, first line in two", func(k *chat) {
			k.opens(1300)
			k.asks(5000, get[:9])
			k.acks(5030, 1)
			k.asks(5040, get[9:])
			k.acks(5090, 1)
			k.answers(7000, okay)
		}, "certain 1910."},
		{"acknowledged in part", func(k *chat) {
			k.opens(1300)
			k.asks(5000, get[:9])
			k.acks(5030, 1)
			k.asks(5030, get[9:])
			k.answers(6400, okay)
		}, ""},
		{"SYN lost", func(k *chat) { k.syn(0); k.syn(1000); k.synack(1010); k.acks(1010, 0); k.exchange(1500) }, "likely 1500" + unknown},
		{"SYN lost, acknowledged", func(k *chat) {
			k.syn(0)
			k.syn(1000)
			k.synack(1010)
			k.acks(1010, 0)
			k.asks(5000, get)
			k.acks(5010, 1)
			k.answers(6500, okay)
		}, "certain 1490."},
		// Each SYN has its answer, since the path takes longer than the client waits.
		{"SYN repeated on a long path", func(k *chat) {
			k.syn(0)
			k.syn(1000)
			k.synack(1430)
			k.acks(1430, 0)
			k.synack(2430)
			k.exchange(1440)
		}, ""},

		// Nothing is known of the path.
		{"mid-stream", func(k *chat) { k.exchange(1310) }, "likely 1310" + unknown},
		{"mid-stream, acknowledged soon", func(k *chat) { k.asks(5000, get); k.acks(5020, 1); k.answers(6310, okay) }, "certain 1290."},
		{"mid-stream, acknowledged late", func(k *chat) { k.asks(5000, get); k.acks(6290, 1); k.answers(6310, okay) }, "likely 1310" + unknown},
		{"SYN not captured", func(k *chat) { k.synack(1430); k.acks(1430, 0); k.exchange(1440) }, "likely 1440" + unknown},
		{"SYN-ACK not captured", func(k *chat) { k.syn(0); k.acks(1430, 0); k.exchange(1440) }, "likely 1440" + unknown},

		// The request had to be repeated: the time runs from then.
		{"request repeated on a long path", func(k *chat) {
			k.opens(1430)
			k.asks(5000, get)
			k.ends[0] -= uint32(len(get))
			k.asks(8000, get)
			k.answers(9500, okay)
		}, ""},
		{"request repeated, then slow", func(k *chat) {
			k.opens(100)
			k.asks(5000, get)
			k.ends[0] -= uint32(len(get))
			k.asks(8000, get)
			k.answers(9500, okay)
		}, "certain 1400."},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := midStream(40000)
			c.play(k)
			var got string
			for _, f := range slowIn(outcome(t, k)) {
				_, tail, _ := strings.Cut(f.Message, "after the request")
				got += fmt.Sprint(f.Confidence, " ", f.Attrs["server_side_max_ns"].(int64)/1e6, tail)
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func slowIn(o *analyzers.Outcome) (out []*analyzers.Finding) {
	for _, f := range o.Findings {
		if f.Rule == ruleSlow {
			out = append(out, f)
		}
	}
	return out
}

// Several connections make one finding, whose numbers are those of all.
func TestSlowOfSeveral(t *testing.T) {
	k := midStream(40000)
	k.asks(100, get) // mid-stream
	k.answers(1700, okay)
	k.asks(1700, get)
	k.acks(2000, 1)
	k.answers(4000, okay)
	fs := slowIn(outcome(t, k))
	if len(fs) != 1 {
		t.Fatalf("%d findings", len(fs))
	}
	const want = "2 responses of 10.0.0.2:80 to 10.0.0.1 came 1.60 s to 2.30 s after the request; up to 300 ms of that is the round trip to the server (of 1 the capture does not show it)."
	f := fs[0]
	if f.Message != want {
		t.Errorf("%s\nwant %s", f.Message, want)
	}
	for name, v := range map[string]any{"round_trip_max_ns": int64(300e6), "round_trip_unknown": uint64(1), "server_side_min_ns": int64(1600e6),
		"server_side_max_ns": int64(2e9), "response_min_ns": int64(1600e6), "response_max_ns": int64(2300e6)} {
		if f.Attrs[name] != v {
			t.Errorf("%s is %v, want %v", name, f.Attrs[name], v)
		}
	}
}

// In this capture of 2000 a response takes 1.31 s where SYN to SYN-ACK took 1.00.
func TestSlowDialUp(t *testing.T) {
	const name = "../../../shared/pcaps/dlt/blitz+tcptrace__single_byte_rexmit.dmp.gz"
	if _, err := os.Stat(name); err != nil {
		t.Skip(err)
	}
	res := analyzertest.AnalyzeFile(t, name, engine.Options{Analyzers: []*analyzers.Analyzer{Analyzer}, Workers: 1})
	for _, f := range slowIn(&res.Results[0].Outcome) {
		t.Error(f.Message)
	}
}
