package ssh_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pcaptriage/decoders"
)

// What the session waited for when it ended is told with its side, and the longest
// phase is that one if it is.
func TestUnfinished(t *testing.T) {
	for _, c := range []struct {
		name  string
		play  func(t *talk)
		phase string // "" for none
		owner string
		took  time.Duration
	}{
		{"a login that works", func(t *talk) {
			t.login()
			t.c(0, sealed(84))
			t.s(0, sealed(28))
			t.c(0, sealed(112))
		}, "", "", 0},
		{"given up at the prompt", func(t *talk) {
			t.login()
			t.fin(0, 3*time.Second)
		}, "auth-client", "user", 3 * time.Second},
		{"given up too soon for anybody to be blamed", func(t *talk) {
			t.login()
			t.fin(0, 150*time.Millisecond)
		}, "", "", 0},
		{"given up while the server is at it", func(t *talk) {
			t.login()
			t.c(0, sealed(84))
			t.fin(0, 5*time.Second)
		}, "auth-server", "server", 5 * time.Second},
		{"the same, but the request was not acknowledged", func(t *talk) {
			t.login()
			t.segment(0, decoders.ACK|decoders.PSH, sealed(84))
			t.at += 5 * time.Second
			t.segment(0, decoders.FIN|decoders.ACK, "")
			t.at += 5 * time.Second
			t.segment(0, decoders.RST|decoders.ACK, "")
		}, "auth-server", "network", 5 * time.Second},
		{"no answer to SERVICE_REQUEST", func(t *talk) {
			t.exchange(clientLists, serverLists)
			t.c(0, sealed(44))
			t.fin(0, 4*time.Second)
		}, "service", "server", 4 * time.Second},
		{"no reply", func(t *talk) {
			t.c(0, clientHello)
			t.s(0, serverHello)
			t.c(0, clientLists.kexInit())
			t.s(0, serverLists.kexInit())
			t.c(0, kexFirst)
			t.fin(0, 4*time.Second)
		}, "kex-server", "server", 4 * time.Second},
		{"no KEXINIT of the server", func(t *talk) {
			t.c(0, clientHello)
			t.s(0, serverHello)
			t.c(0, clientLists.kexInit())
			t.fin(0, 4*time.Second)
		}, "kexinit-server", "server", 4 * time.Second},
		{"no identification", func(t *talk) {
			t.c(0, clientHello)
			t.fin(0, 7*time.Second)
		}, "banner-server", "server", 7 * time.Second},
		{"a silent client", func(t *talk) {
			t.s(0, serverHello)
			t.fin(1, 6*time.Second)
		}, "banner-client", "client", 6 * time.Second},
		{"the user says no", func(t *talk) {
			t.c(0, clientHello)
			t.s(0, serverHello)
			t.c(0, clientLists.kexInit())
			t.s(0, serverLists.kexInit())
			t.c(0, kexFirst)
			t.s(0, kexReply+newKeys)
			t.fin(0, 2*time.Second)
		}, "hostkey-gate", "user", 2 * time.Second},
		{"cut by the capture", func(t *talk) {
			t.login()
			t.c(0, sealed(84))
			t.at += 500 * time.Millisecond
			t.segment(0, decoders.ACK, "")
		}, "", "", 0},
	} {
		talk := newTalk(22)
		c.play(talk)
		r := rows(talk.result(t))[0]
		if r["unfinished_phase"] != c.phase {
			t.Errorf("%s: ended in %q after %v, want %q", c.name, r["unfinished_phase"], r["unfinished"], c.phase)
			continue
		}
		if c.phase == "" {
			if r["unfinished"] != nil {
				t.Errorf("%s: %v", c.name, r["unfinished"])
			}
			continue
		}
		if d := (time.Duration(r["unfinished"].(int64)) - c.took).Abs(); d > 2*time.Millisecond {
			t.Errorf("%s: %v, want %v", c.name, time.Duration(r["unfinished"].(int64)), c.took)
		}
		if r["longest_phase"] != c.phase || r["longest_owner"] != c.owner {
			t.Errorf("%s: longest %v, %v; want %s, %s", c.name, r["longest_phase"], r["longest_owner"], c.phase, c.owner)
		}
	}
}

// Behind success the first data of both sides count, the server's own time
// among them: it opens the user's session then.
func TestFirstData(t *testing.T) {
	talk := newTalk(22)
	talk.login()
	talk.c(0, sealed(84))
	talk.s(0, sealed(28))
	talk.c(20*time.Millisecond, sealed(112))
	talk.s(3*time.Second-rtt, sealed(44)) // OPEN_CONFIRMATION; the tape acknowledges at once
	talk.c(0, sealed(52))
	talk.fin(0, time.Second)
	o := talk.result(t)
	if got := summary(o); got != "success 0+0" {
		t.Fatal(got)
	}
	r := rows(o)[0]
	for _, c := range []struct {
		name string
		want time.Duration
	}{{"first_data_client", 20 * time.Millisecond}, {"first_data_server", 3 * time.Second}} {
		got, ok := r[c.name].(int64)
		if d := (time.Duration(got) - c.want).Abs(); !ok || d > 2*time.Millisecond {
			t.Errorf("%s %v, want %v", c.name, r[c.name], c.want)
		}
	}

	// The connection ends, or is left, before there are any.
	for _, play := range []func(){
		func() {},
		func() { talk.fin(0, time.Second) },
		func() { talk.c(2*time.Minute, sealed(36)); talk.s(0, sealed(36)) },
	} {
		talk = newTalk(22)
		talk.login()
		talk.c(0, sealed(84))
		talk.s(0, sealed(28))
		talk.c(0, sealed(112))
		play()
		o := talk.result(t)
		if r := rows(o)[0]; summary(o) != "success 0+0" || r["first_data_client"] == nil || r["first_data_server"] != nil {
			t.Errorf("%s: %v, %v", summary(o), r["first_data_client"], r["first_data_server"])
		}
	}
}

// TestLabLongest: who was waited for, in captures that were made with known causes.
func TestLabLongest(t *testing.T) {
	dir := filepath.Join(corpus, "ssh-lab")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no corpus")
	}
	for name, want := range map[string]string{
		"lab_01_first_connect_prompt":             "hostkey-gate user",
		"lab_03_pw_fail2_then_ok":                 "auth-client user",
		"lab_12_maxstartups":                      "auth-client user",
		"lab_13b_client_silent_grace":             "banner-client client",
		"lab_13c_client_pw_wait_grace":            "auth-client user",
		"lab_15a_slow_banner_tcpwrappers_deaddns": "banner-server server",
		"lab_15b_usedns_deaddns":                  "auth-server server",
		"lab_16a_mtu_blackhole_c2s":               "kex-client network",
		"lab_16a_mtu_blackhole_c2s.server":        "kexinit-client network",
		"lab_16b_mtu_blackhole_s2c_gex":           "kex-server network",
		"lab_16b_mtu_blackhole_s2c_gex.server":    "kex-server network",
		"lab_17_loss_reorder":                     "connect network",
		"lab_26_host_key_changed_abort":           "hostkey-gate user",
		"lab_34_server_stall_kex":                 "kex-server server",
		"lab_34_server_stall_kex.server":          "kex-server server",
	} {
		r := rows(outcome(t, run(t, filepath.Join(dir, name+".pcap"))))[0]
		if got := strings.Join([]string{r["longest_phase"].(string), r["longest_owner"].(string)}, " "); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
