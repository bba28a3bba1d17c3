package ssh

import (
	"encoding/binary"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/analyzertest"
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// play runs frames, each with its length and a time step in front, through one
// flow part, the correlator and Conclude.
func play(t testing.TB, link uint16, b []byte) *analyzers.Conclusion {
	env := &analyzers.Env{Shards: 1 << 10, Config: defaultConfig(), Metrics: metrics}
	fp, cor := newFlowPart(env), newCorrelator(env)
	var out analyzers.Out
	drain := func() {
		for i := range out.Events {
			cor.Event(&out.Events[i].Event)
		}
		out.Events = out.Events[:0]
	}
	table := flow.New(flow.DefaultConfig(1<<10), func(f *flow.Flow, reason flow.EndReason, at int64) { fp.FlowEnd(f, reason, at, &out) })
	p := decoders.Packet{Has: decoders.HasTime, Time: 1e18, Clock: 1e18}
	const head = 4
	for len(b) >= head {
		n := min(int(binary.BigEndian.Uint16(b)), len(b)-head)
		p.Has = decoders.HasTime
		p.Frame++
		p.Time += int64(binary.BigEndian.Uint16(b[2:])) * 1e6
		p.Clock = p.Time
		p.Decode(link, b[head:head+n], uint32(n))
		b = b[head+n:]
		f := table.Packet(&p)
		if p.Has&(decoders.HasTCP|decoders.HasUDP) != 0 {
			fp.Packet(&p, f, &out)
		}
		drain()
	}
	table.Finish(p.Clock)
	drain()
	if fp.sessions.live != 0 || fp.pool.Stats().HeldBytes != 0 {
		t.Fatalf("%d sessions, %d bytes held after the end", fp.sessions.live, fp.pool.Stats().HeldBytes)
	}
	c := &analyzers.Conclusion{Config: env.Config, Flow: fp.End(p.Clock, &out), Correlator: cor.End(p.Clock),
		Required: map[string]*analyzers.Outcome{"fragneeded": {}}, TunnelPath: func(uint32) []string { return nil }}
	conclude(c)
	return c
}

// frames is a capture as play takes it.
func framesOf(t testing.TB, name string) (link uint16, b []byte) {
	f, ok := analyzertest.ReadFile(t, name)
	if !ok {
		t.Fatal("several interfaces")
	}
	last := f.Records[0].Time
	for _, r := range f.Records {
		b = binary.BigEndian.AppendUint16(b, uint16(len(r.Data)))
		b = binary.BigEndian.AppendUint16(b, uint16(min((r.Time-last)/1e6, 1<<16-1)))
		b = append(b, r.Data...)
		last = r.Time
	}
	return f.Link, b
}

// FuzzFrames: whatever packets say, no part fails, everything is given back, and
// what is reported was declared and cites frames.
func FuzzFrames(f *testing.F) {
	var link uint16
	for _, name := range []string{"password", "cipher-aes256-gcm-openssh.com", "kex-diffie-hellman-group-exchange-sha256", "maxstartups", "odd-clients", "slow-auth", "tarpit", "hostkey-refused", "loss"} {
		l, b := framesOf(f, "../../testdata/pcaps/ssh/"+name+".pcap")
		link = l
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c := play(t, link, b)
		for _, x := range c.Out.Findings {
			if Analyzer.Rule(x.Rule) == nil || len(x.Evidence) == 0 || len(x.Evidence) > analyzers.MaxEvidence || x.Message == "" || x.Confidence == 0 || x.Severity > Analyzer.Rule(x.Rule).Severity {
				t.Fatalf("%+v", x)
			}
			for _, e := range x.Evidence {
				if e.Frame == 0 {
					t.Fatalf("%s cites frame 0", x.Rule)
				}
			}
		}
		for _, table := range c.Out.Tables {
			for _, row := range table.Rows {
				if len(row) != len(table.Spec.Columns) {
					t.Fatalf("%s: %d cells", table.Spec.Name, len(row))
				}
			}
		}
	})
}

// A login costs no allocation but for what is kept of it: a session's record, now
// and then, as the list of them grows.
func BenchmarkLogin(b *testing.B) {
	link, frames := framesOf(b, "../../testdata/pcaps/ssh/pubkey.pcap")
	b.ReportAllocs()
	for b.Loop() {
		play(b, link, frames)
	}
}
