package all_test

import (
	"path/filepath"
	"slices"
	"testing"

	"pcaptriage/analyzers/all"
	"pcaptriage/analyzers/analyzertest"
	"pcaptriage/analyzers/engine"
)

// nearMisses names for each rule of each analyzer a capture whose situation
// looks much like the rule's, and in which it must not speak.
var nearMisses = map[string]map[string]struct{ capture, why string }{
	"connect": {
		"connect-dropped":              {"connect/one-sided-syn-lost.pcap", "SYNs repeated, no answer captured, yet the client goes on: it was answered"},
		"connect-dropped-selectively":  {"connect/dropped-doubling.pcap", "several attempts dropped, all of them; others to another server are answered"},
		"connect-unanswered":           {"connect/scan.pcap", "ten single SYNs without an answer, of a scan"},
		"connect-refused":              {"connect/rst-wrong-ack.pcap", "RSTs answer the SYNs, none acknowledges one"},
		"connect-rejected":             {"fragneeded/stall-eth.pcap", "ICMP unreachable, code 4, for an established connection"},
		"connect-slow-syn-lost":        {"connect/rst-ignored.pcap", "SYNs repeated after 10 ms because of a forged RST"},
		"connect-handshake-incomplete": {"connect/one-sided-server.pcap", "SYN-ACKs without a final ACK: only the server's side was captured"},
		"connect-synack-ignored":       {"connect/synack-repeated.pcap", "the SYN-ACK comes twice, then the client takes it"},
		"connect-stale-peer":           {"connect/port-reuse.pcap", "the same port again soon, and the server has forgotten the old connection"},
		"connect-accept-queue":         {"connect/quiet-defer-accept.pcap", "the SYN-ACK comes again after the final ACK, until data come: TCP_DEFER_ACCEPT"},
		"connect-reset-early":          {"connect/rst-ignored.pcap", "RSTs after the request, which are not the server's"},
		"connect-no-response":          {"keepalive/slow.pcap", "responses after 1.7 s, long polls"},
		"connect-health-check":         {"keepalive/per-request-close.pcap", "short connections at regular times, with data"},
		"connect-scan":                 {"connect/many-clients.pcap", "twenty refused attempts in a second, of twenty clients to one port"},
	},
	"fragneeded": {
		"pmtu-recovered":           {"fragneeded/udp.pcap", "frag-needed for UDP, which nothing recovers"},
		"pmtu-stall":               {"fragneeded/tail-v6-any.pcap", "the kernel's own ICMP, and recovery without a wait"},
		"pmtu-blackhole":           {"fragneeded/burst.pcap", "ten ICMP errors, for ten segments of one burst"},
		"pmtu-blackhole-silent":    {"connect/quiet-loss-client.pcap", "large segments lost and sent again: plain loss"},
		"pmtu-stall-suspected":     {"fragneeded/stall-any.pcap", "the same stall, with its ICMP: no suspicion, a fact"},
		"pmtu-repeat":              {"fragneeded/burst.pcap", "the same MTU told ten times, in one round trip"},
		"pmtu-mss-mismatch":        {"fragneeded/clamped.pcap", "the same path, and an MSS that fits"},
		"icmp-frag-needed-invalid": {"fragneeded/balancer-eth.pcap", "the error has the destination's own address: a balancer's"},
		"frag-needed-to-probe":     {"fragneeded/stall-eth.pcap", "the same error about a packet with an ordinary TTL"},
		"proxy-hop-delay":          {"fragneeded/vxlan-router.pcap", "each packet twice, plain and in a tunnel: no proxy"},
	},
	"gsmmap": {
		"map-version-conflict": {"gsmmap/versions.pcap", "every version in both directions, under contexts that fit"},
		"map-setup-slow":       {"gsmmap/versions.pcap", "the first Continue after 2 s, with the answer of a mobile in it"},
		"map-latency-mo":       {"gsmmap/versions.pcap", "an answer after 4 s, to a mobile"},
		"map-latency-mt":       {"gsmmap/v3_errors.pcap", "answers after up to 1.6 s, all of them errors"},
		"map-no-answer":        {"gsmmap/v3_errors.pcap", "two operations without an answer when the capture ends"},
		"map-sccp-return":      {"gsmmap/v3_errors.pcap", "not delivered, and MAP says so itself"},
		"map-abort":            {"gsmmap/fallback.pcap", "aborts that refuse a version, as the protocol has it"},
		"map-fallback":         {"gsmmap/aborts.pcap", "aborts for other reasons than the version"},
		"map-mt-no-handshake":  {"gsmmap/versions.pcap", "messages to mobiles in the Begin, within one country"},
		"map-dup-invoke":       {"gsmmap/relay.pcap", "each invoke on both sides of an STP"},
		"map-orphan-answer":    {"gsmmap/mid_dialogue.pcap", "an answer without its invoke: the capture begins in the middle"},
		"map-reject":           {"gsmmap/v3_errors.pcap", "refused by MAP, not by TCAP"},
		"map-err-network":      {"gsmmap/sccp_variants.pcap", "the network failed below MAP: UDTS"},
		"map-err-interworking": {"gsmmap/sccp_variants.pcap", "the network failed below MAP: UDTS"},
		"map-err-undefined":    {"gsmmap/sctp_tricks.pcap", "results only"},
		"map-mms-mismatch":     {"gsmmap/versions.pcap", "more messages to send, and they come"},
		"map-concat-gap":       {"gsmmap/sccp_variants.pcap", "a message in segments, of SCCP"},
		"map-sc-mismatch":      {"gsmmap/v3_errors.pcap", "service centre and calling address are one"},
		"sctp-retx":            {"gsmmap/multihomed.pcap", "chunks in turn over two paths"},
		"sctp-gap":             {"gsmmap/multihomed.pcap", "each path lacks every second chunk, the other one has it"},
		"sctp-abort":           {"gsmmap/v3_errors.pcap", "operations left open, by the end of the capture"},
	},
	"keepalive": {
		"keepalive-dead-peer":         {"keepalive/probe-reset.pcap", "one probe, answered by RST"},
		"keepalive-answered-by-reset": {"keepalive/idle-reset.pcap", "RST in an idle time without a probe"},
		"keepalive-flood":             {"keepalive/zero-window.pcap", "many zero-window probes, which look alike"},
		"keepalive-reuse":             {"keepalive/pipelining.pcap", "six requests on one connection without an idle time"},
		"keepalive-race":              {"keepalive/curl-nginx.pcap", "the server's idle timeout closes the connection, and no request meets it"},
		"keepalive-idle-drop":         {"keepalive/dead-peer.pcap", "nothing comes back after an idle time, but no request was sent"},
		"keepalive-unused":            {"keepalive/concurrent.pcap", "four connections of one client: four requests at the same time"},
		"keepalive-body-unread":       {"keepalive/concurrent.pcap", "new connections while others exist: all are busy"},
		"http-slow-response":          {"keepalive/forgotten.pcap", "no response for 9 s: the request never arrived"},
		"tcp-idle-reset":              {"keepalive/probe-reset.pcap", "RST in an idle time, which a probe asked for"},
	},
	"ssh": {
		"ssh-closed-before-banner":  {"ssh/no-common-kex.pcap", "both close at once, after their KEXINITs"},
		"ssh-version-mismatch":      {"ssh/tarpit.pcap", "lines that are no version, and none that is"},
		"ssh-no-common-kex":         {"ssh/no-common-cipher.pcap", "no common cipher"},
		"ssh-no-common-hostkey":     {"ssh/no-common-kex.pcap", "no common key exchange method"},
		"ssh-no-common-cipher":      {"ssh/no-common-mac.pcap", "no common MAC"},
		"ssh-no-common-mac":         {"ssh/no-common-cipher.pcap", "no common cipher"},
		"ssh-no-common-compression": {"ssh/no-common-mac.pcap", "no common MAC"},
		"ssh-stall-newkeys":         {"ssh/hostkey-prompt.pcap", "3 s of silence after the server's NEWKEYS: the user's"},
		"ssh-mtu-blackhole":         {"ssh/pmtud.pcap", "the same path, with its ICMP errors"},
		"ssh-slow-server-banner":    {"ssh/slow-auth.pcap", "the same dead resolver, asked later"},
		"ssh-slow-auth-first":       {"ssh/slow-banner.pcap", "the same dead resolver, asked earlier"},
		"ssh-grace":                 {"ssh/password-refused.pcap", "the client ends it after three wrong passwords"},
		"ssh-auth-too-many":         {"ssh/password-refused.pcap", "three refusals, and the client gives up by itself"},
		"ssh-brute":                 {"ssh/password.pcap", "two wrong passwords of a person, typed in seconds"},
		"ssh-hostkey-refused":       {"ssh/hostkey-prompt.pcap", "the client thinks at the host key, and accepts it"},
		"ssh-hostkey-changed":       {"ssh/jump-host.pcap", "two servers within one capture, at two addresses"},
		"ssh-loss":                  {"ssh/span-duplicates.pcap", "every packet twice: copies"},
		"ssh-slow-kex-client":       {"ssh/hostkey-prompt.pcap", "the client is slow because its user thinks"},
		"ssh-slow-kex-server":       {"ssh/loss.pcap", "a KEXINIT comes late because it was lost"},
		"ssh-slow-auth-fail":        {"ssh/pubkey.pcap", "a refused key, at once"},
		"ssh-prebanner-text":        {"ssh/maxstartups.pcap", "a line in place of the banner, then the end"},
		"ssh-slow-client-banner":    {"ssh/slow-banner.pcap", "it is the server's that comes late"},
		"ssh-client-silent":         {"ssh/server-only.pcap", "nothing of the client, since only the server's side was captured"},
		"ssh-not-ssh":               {"ssh/tarpit.pcap", "the server does not speak SSH, the client does"},
		"ssh-user-hostkey":          {"ssh/password.pcap", "the user takes seconds, over the password"},
		"ssh-scan":                  {"ssh/bruteforce.pcap", "twelve connections without a login, all to one server"},
		"ssh-no-pq":                 {"ssh/kex-sntrup761x25519-sha512-openssh.com.pcap", "a hybrid method"},
		"ssh-weak-alg":              {"ssh/kex-curve25519-sha256.pcap", "sound algorithms, of the older kind"},
		"ssh-terrapin":              {"ssh/cipher-chacha20-poly1305-openssh.com.pcap", "the cipher in question, and both sides strict"},
	},
	"linktype": {
		"linktype-mislabelled": {"linktype/raw-12.pcap", "link type 12 as everybody but OpenBSD means it"},
	},
}

// Every rule of every analyzer speaks in a capture that was made for it, is
// silent in another of its analyzer's captures, and in one where it might be
// tempted to speak.
func TestEveryRule(t *testing.T) {
	for _, a := range all.Analyzers() {
		wanted, err := analyzertest.Wanted(filepath.Join(pcaps, a.Name))
		if err != nil {
			t.Fatal(err)
		}
		for i := range a.Rules {
			code := a.Rules[i].Code
			t.Run(code, func(t *testing.T) {
				speaks, silent := 0, 0
				for _, rules := range wanted {
					if slices.Contains(rules, code) {
						speaks++
					} else {
						silent++
					}
				}
				if speaks == 0 || silent == 0 {
					t.Errorf("wanted in %d captures of %s, not wanted in %d: there has to be one of each", speaks, a.Name, silent)
				}
				near, ok := nearMisses[a.Name][code]
				if !ok {
					t.Fatal("no near miss is named for it")
				}
				f, ok := analyzertest.ReadFile(t, filepath.Join(pcaps, near.capture))
				if !ok {
					t.Fatalf("%s has several interfaces", near.capture)
				}
				res := analyzertest.Analyze(t, near.capture, f.Bytes(), engine.Options{Analyzers: all.Analyzers(), Workers: 1})
				for _, r := range res.Results {
					for _, found := range r.Outcome.Findings {
						if found.Rule == code {
							t.Errorf("speaks about %s (%s): %s", near.capture, near.why, found.Message)
						}
					}
				}
			})
		}
		for code := range nearMisses[a.Name] {
			if a.Rule(code) == nil {
				t.Errorf("%s has no rule %s", a.Name, code)
			}
		}
	}
}

// What is expected of a capture stands beside it, for the analyzer whose area it is in.
func TestEveryCaptureHasWants(t *testing.T) {
	for _, a := range all.Analyzers() {
		wanted, err := analyzertest.Wanted(filepath.Join(pcaps, a.Name))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range captures(t, a.Name) {
			if _, ok := wanted[filepath.Base(file)]; !ok {
				t.Errorf("%s has no .want file", file)
			}
		}
	}
}
