package ssh_test

import (
	"strings"
	"testing"
	"time"

	"pcaptriage/decoders"
)

// Whether the last retransmission got through is what the other side acknowledged,
// not what was sent after it.
func TestLossGotThrough(t *testing.T) {
	for _, c := range []struct {
		name string
		play func(t *talk)
		vain bool
	}{
		{"acknowledged, and more was sent that is not", func(t *talk) {
			t.segment(1, decoders.ACK, "")
			t.s(0, sealed(52))
			t.segment(0, decoders.ACK|decoders.PSH, sealed(84))
			t.at += 5 * time.Second
			t.segment(0, decoders.RST|decoders.ACK, "")
		}, false},
		{"never acknowledged", func(t *talk) {
			t.at += 5 * time.Second
			t.segment(0, decoders.RST|decoders.ACK, "")
		}, true},
	} {
		talk := newTalk(22)
		talk.login()
		talk.segment(0, decoders.ACK|decoders.PSH, sealed(84))
		talk.at += 400 * time.Millisecond
		talk.seq[0] -= 84
		talk.segment(0, decoders.ACK|decoders.PSH, sealed(84))
		talk.at += 10 * time.Millisecond
		c.play(talk)
		found := false
		for _, f := range talk.result(t).Findings {
			if f.Rule == "ssh-loss" {
				found = true
				if vain := strings.Contains(f.Message, "never got through"); vain != c.vain {
					t.Errorf("%s: %s", c.name, f.Message)
				}
			}
		}
		if !found {
			t.Errorf("%s: no ssh-loss", c.name)
		}
	}
}
