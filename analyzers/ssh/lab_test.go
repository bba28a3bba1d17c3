package ssh_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pcaptriage/analyzers"
)

// logged is a line of ssh -vvv or sshd -ddd beside a capture.
type logged struct {
	at        float64 // seconds after frame 1
	who, text string
}

type facts struct {
	outcome string
	lines   []logged
}

var factLine = regexp.MustCompile(`^ *(-?[0-9.]+) (\w+) +(.*)$`)

func readFacts(t *testing.T, name string) (f facts) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sc := bufio.NewScanner(file)
	for sc.Scan() {
		if text, ok := strings.CutPrefix(sc.Text(), "outcome: "); ok {
			f.outcome = text
		} else if m := factLine.FindStringSubmatch(sc.Text()); m != nil {
			at, err := strconv.ParseFloat(m[1], 64)
			if err != nil {
				t.Fatal(err)
			}
			f.lines = append(f.lines, logged{at, m[2], m[3]})
		}
	}
	return f
}

// milestones are what the client logs when a phase ends.
var milestones = []struct{ line, phase string }{
	{"Remote protocol version", "banner-server"},
	{"SSH2_MSG_KEXINIT sent", "kexinit-client"},
	{"SSH2_MSG_KEXINIT received", "kexinit-server"},
	{"SSH2_MSG_KEX_ECDH_REPLY received", "kex-server"},
	{"SSH2_MSG_KEXDH_REPLY received", "kex-server"},
	{"SSH2_MSG_KEX_DH_GEX_REPLY received", "kex-server"},
	{"SSH2_MSG_NEWKEYS sent", "hostkey-gate"},
	{"SSH2_MSG_SERVICE_ACCEPT received", "service"},
}

// A line and the packet that it is about may be this far apart.
const apart = 5 * time.Millisecond

// elsewhere are captures whose lines and packets are further apart, with how far
// and why.
var elsewhere = map[string]struct {
	far time.Duration
	why string
}{
	"jump-client":     {time.Second, "the log is that of both logins, of which one is inside the other"},
	"slow-auth":       {apart + 15*time.Millisecond, "captured at the server, 10 ms from the client that logs"},
	"slow-banner":     {apart + 15*time.Millisecond, "captured at the server, 10 ms from the client that logs"},
	"slow-kex-client": {2 * time.Second, "the client stood still when the server's KEXINIT came, and logged it late"},
	"loss":            {300 * time.Millisecond, "the end of the KEXINIT waited for a lost segment when the client had written it"},
}

// The log passes through a pipe on a busy machine: of three hundred lines some are
// late, none is early.
const (
	lateLines = 15
	latest    = 40 * time.Millisecond
)

// TestLabFacts holds the phases against what client and server logged: when they
// ended, and so their order and duration, the number of refusals, the outcome.
func TestLabFacts(t *testing.T) {
	files, err := filepath.Glob(lab + "/*.facts.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no facts (%v)", err)
	}
	var compared, late int
	for _, name := range files {
		base := strings.TrimSuffix(name, ".facts.txt")
		t.Run(filepath.Base(base), func(t *testing.T) {
			f := readFacts(t, name)
			res := run(t, base+".pcap")
			o := outcome(t, res)
			if len(o.Tables[1].Rows) > 0 {
				n, l := f.phases(t, filepath.Base(base), o, res.Files[0].FirstTime)
				compared, late = compared+n, late+l
			}
			f.results(t, o)
		})
	}
	t.Logf("%d phases compared, %d lines late", compared, late)
	if compared < 250 || late > lateLines {
		t.Errorf("%d phases compared, %d lines late", compared, late)
	}
}

// phases compares the ends of the phases with the client's log.
func (f *facts) phases(t *testing.T, name string, o *analyzers.Outcome, start int64) (n, late int) {
	ends := map[string]float64{}
	for _, row := range o.Tables[1].Rows {
		ends[row[0].(string)] = float64(row[6].(int64)-start) / 1e9
	}
	far := apart
	if e, ok := elsewhere[name]; ok {
		far = e.far
	}
	answers := 0
	seen := map[string]bool{}
	for _, l := range f.lines {
		if l.who != "client" {
			continue
		}
		phase := ""
		for _, m := range milestones {
			if strings.HasPrefix(l.text, m.line) {
				phase = m.phase
			}
		}
		if strings.HasPrefix(l.text, "Authentications that can continue") || strings.HasPrefix(l.text, "Server accepts key") || strings.HasPrefix(l.text, "Authenticated to") {
			answers++
			phase = fmt.Sprintf("auth-server %d", answers)
		}
		if phase == "" || seen[phase] {
			continue // later ones are those of rekeying, in the dark
		}
		seen[phase] = true
		end, ok := ends[phase]
		if !ok {
			t.Errorf("%s is logged, and there is no phase %s", l.text, phase)
			continue
		}
		n++
		switch d := time.Duration((l.at - end) * 1e9); {
		case d.Abs() <= far:
		case d > 0 && d <= latest:
			late++
		default:
			t.Errorf("%s: %q is logged at %.4f, the phase ends at %.4f", phase, l.text, l.at, end)
		}
	}
	return n, late
}

// results are what the facts say of the sessions' outcomes.
var results = []struct {
	says string
	want []string
}{
	{"success, then refused: another host key", []string{"success", "hostkey-refused"}},
	{"success", []string{"success"}},
	{"failure", []string{"gave-up"}},
	{"twelve failures", slices.Repeat([]string{"gave-up"}, 12)},
	{"no login: black hole", []string{"mtu-blackhole"}},
	{"no common algorithm", []string{"no-common-algorithm"}},
	{"the user refused the host key", []string{"hostkey-refused"}},
	{"two connections dropped by MaxStartups", []string{"cut", "cut", "cut", "closed-before-banner", "closed-before-banner"}},
	{"two connections ended by LoginGraceTime", []string{"client-silent", "grace"}},
	{"the server stood still", []string{"success"}},
	{"ended by the server", []string{"server-ended"}},
	{"looked at", slices.Repeat([]string{"kex-only"}, 6)},
}

// results compares outcomes and numbers of refusals.
func (f *facts) results(t *testing.T, o *analyzers.Outcome) {
	var got []string
	refused := uint64(0)
	for _, r := range rows(o) {
		got = append(got, r["outcome"].(string))
		refused += r["refused_keys"].(uint64) + r["refused_others"].(uint64)
	}
	known := false
	for _, r := range results {
		if strings.HasPrefix(f.outcome, r.says) {
			known = true
			if !slices.Equal(got, r.want) {
				t.Errorf("outcomes %v, the logs say %q", got, f.outcome)
			}
			break
		}
	}
	if !known {
		t.Errorf("the test does not know what %q means", f.outcome)
	}
	// The server says which requests it refused; the client is told of the first
	// question as well.
	failed, told := uint64(0), uint64(0)
	for _, l := range f.lines {
		if l.who != "client" && strings.HasPrefix(l.text, "Failed ") {
			failed++
		}
		if l.who == "client" && strings.HasPrefix(l.text, "Authentications that can continue") {
			told++
		}
	}
	if strings.Contains(f.outcome, "twelve") {
		told = 0 // the facts have the server's log only
	}
	switch {
	case failed > 0 && refused != failed:
		t.Errorf("%d refusals, the server logged %d", refused, failed)
	case told > 0 && !strings.HasPrefix(f.outcome, "two") && len(got) == 1 && got[0] != "server-ended" && refused != told-1:
		t.Errorf("%d refusals, the client was told %d times", refused, told)
	}
}

// labOutcomes are the sessions of the captures beside ../shared/pcaps/ssh-lab's
// table, with the refusals that the logs count.
var labOutcomes = map[string]struct {
	outcomes string
	refused  uint64
	rules    string // of severity warning and error, and where the table names one
}{
	"lab_01_first_connect_prompt.pcap":                      {"success", 0, "ssh-user-hostkey"},
	"lab_02_known_pubkey_ok.pcap":                           {"success", 0, ""},
	"lab_03_pw_fail2_then_ok.pcap":                          {"success", 2, ""},
	"lab_04_pw_fail3_disconnect.pcap":                       {"server-ended", 3, "ssh-auth-too-many"},
	"lab_07a_kex_diffie-hellman-group-exchange-sha256.pcap": {"success", 0, ""},
	"lab_07b_kex_diffie-hellman-group14-sha256.pcap":        {"success", 0, ""},
	"lab_07c_kex_diffie-hellman-group18-sha512.pcap":        {"success", 0, ""},
	"lab_07d_kex_ecdh-sha2-nistp256.pcap":                   {"success", 0, ""},
	"lab_07e_kex_curve25519-sha256.pcap":                    {"success", 0, ""},
	"lab_07f_kex_sntrup761x25519-sha512.pcap":               {"success", 0, ""},
	"lab_08a_no_common_kex.pcap":                            {"no-common-algorithm", 0, "ssh-no-common-kex"},
	"lab_08b_no_common_cipher.pcap":                         {"no-common-algorithm", 0, "ssh-no-common-cipher"},
	"lab_08c_no_common_hostkey.pcap":                        {"no-common-algorithm", 0, "ssh-no-common-hostkey"},
	"lab_08d_no_common_mac.pcap":                            {"no-common-algorithm", 0, "ssh-no-common-mac"},
	"lab_09a_cipher_aes256-gcm.pcap":                        {"success", 1, ""},
	"lab_09b_cipher_aes128-ctr_hmac-sha2-256-etm.pcap":      {"success", 1, ""},
	"lab_09d_cipher_aes256-ctr_umac-64.pcap":                {"success", 1, ""},
	"lab_09e_cipher_chacha20-poly1305.pcap":                 {"success", 1, ""},
	"lab_09f_compression.pcap":                              {"success", 1, ""},
	"lab_10_auth_none.pcap":                                 {"success", 0, ""},
	"lab_11b_authbanner_big.pcap":                           {"success", 0, ""},
	"lab_12_maxstartups.pcap":                               {"gave-up gave-up closed-before-banner closed-before-banner", 0, "ssh-closed-before-banner"},
	"lab_13a_http_to_ssh.pcap":                              {"not-ssh", 0, "ssh-not-ssh"},
	"lab_13b_client_silent_grace.pcap":                      {"client-silent", 0, "ssh-client-silent"},
	"lab_13c_client_pw_wait_grace.pcap":                     {"grace", 0, "ssh-grace"},
	"lab_13d_banner_grab_scan.pcap":                         {"banner-only banner-only", 0, ""}, // two connections are no scan
	"lab_13e_ssh1_client.pcap":                              {"version-mismatch", 0, "ssh-version-mismatch"},
	"lab_15a_slow_banner_tcpwrappers_deaddns.pcap":          {"success", 0, "ssh-slow-server-banner"},
	"lab_15b_usedns_deaddns.pcap":                           {"success", 0, "ssh-slow-auth-first"},
	"lab_16a_mtu_blackhole_c2s.pcap":                        {"mtu-blackhole", 0, "ssh-mtu-blackhole"},
	"lab_16a_mtu_blackhole_c2s.server.pcap":                 {"mtu-blackhole", 0, "ssh-mtu-blackhole"},
	"lab_16b_mtu_blackhole_s2c_gex.pcap":                    {"mtu-blackhole", 0, "ssh-mtu-blackhole"},
	"lab_16b_mtu_blackhole_s2c_gex.server.pcap":             {"mtu-blackhole", 0, "ssh-mtu-blackhole"},
	"lab_16d_pmtud_ok.pcap":                                 {"success", 0, ""},
	"lab_16d_pmtud_ok.server.pcap":                          {"success", 0, ""},
	"lab_16e_mss_small_ok.pcap":                             {"success", 0, ""},
	"lab_17_loss_reorder.pcap":                              {"success", 0, ""}, // what was lost never came by here
	"lab_17_loss_reorder.server.pcap":                       {"success", 0, "ssh-loss"},
	"lab_18_rekey.pcap":                                     {"success", 0, ""},
	"lab_19_bruteforce_25.pcap":                             {strings.TrimSpace(strings.Repeat("gave-up ", 25)), 25, "ssh-brute"},
	"lab_22_nonstandard_port_443.pcap":                      {"success", 0, ""},
	"lab_23_dropbear_client.pcap":                           {"success", 0, ""},
	"lab_24_dropbear_server.pcap":                           {"success", 1, ""},
	"lab_26_host_key_changed_abort.pcap":                    {"hostkey-refused", 0, "ssh-hostkey-refused"},
	"lab_28_scp_success_long.pcap":                          {"success", 0, ""},
	"lab_31_snaplen96.pcap":                                 {"success", 0, ""},
	"lab_32_refused_port.pcap":                              {"", 0, ""},
	"lab_34_server_stall_kex.pcap":                          {"success", 0, "ssh-slow-kex-server"},
	"lab_34_server_stall_kex.server.pcap":                   {"success", 0, "ssh-slow-kex-server"},
	"lab_37_both_sides_normal.pcap":                         {"success", 1, ""},
	"lab_37_both_sides_normal.server.pcap":                  {"success", 1, ""},
	"lab_39_midstream_encrypted.pcap":                       {"", 0, ""},
	"lab_40_server_to_client_only.pcap":                     {"unknown", 0, ""},
	"lab_41_span_duplicates.pcap":                           {"success", 0, ""},
}

// always are rules about what is simply true of a connection.
var always = []string{"ssh-no-pq", "ssh-weak-alg", "ssh-terrapin"}

// TestLabTruth: outcomes and rules of captures that were made with known causes.
func TestLabTruth(t *testing.T) {
	dir := filepath.Join(corpus, "ssh-lab")
	files, _ := filepath.Glob(dir + "/*.pcap")
	if len(files) == 0 {
		t.Skip("no corpus")
	}
	for _, file := range files {
		name := filepath.Base(file)
		want, ok := labOutcomes[name]
		if !ok {
			t.Errorf("%s is not in the table", name)
			continue
		}
		o := outcome(t, run(t, file))
		var outcomes, rules []string
		refused := uint64(0)
		for _, r := range rows(o) {
			outcomes = append(outcomes, r["outcome"].(string))
			refused += r["refused_keys"].(uint64) + r["refused_others"].(uint64)
		}
		for _, f := range o.Findings {
			if !slices.Contains(always, f.Rule) {
				rules = append(rules, f.Rule)
			}
		}
		if got := strings.Join(outcomes, " "); got != want.outcomes || refused != want.refused {
			t.Errorf("%s: %s, %d refused; want %s, %d", name, got, refused, want.outcomes, want.refused)
		}
		if got := strings.Join(rules, " "); got != want.rules {
			t.Errorf("%s: rules %q, want %q", name, got, want.rules)
		}
	}
}

// TestLabViewpoint: a session captured at both ends, and one captured twice over,
// show the same times.
func TestLabViewpoint(t *testing.T) {
	dir := filepath.Join(corpus, "ssh-lab")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no corpus")
	}
	for _, pair := range [][2]string{
		{"lab_37_both_sides_normal.pcap", "lab_37_both_sides_normal.server.pcap"},
		{"lab_02_known_pubkey_ok.pcap", "lab_41_span_duplicates.pcap"},
	} {
		a, b := rows(outcome(t, run(t, filepath.Join(dir, pair[0]))))[0], rows(outcome(t, run(t, filepath.Join(dir, pair[1]))))[0]
		for _, phase := range []string{"banner_server", "kex_server", "kex_client", "hostkey_gate", "auth_server", "auth_client"} {
			x, y := a[phase].(int64), b[phase].(int64)
			if d := time.Duration(x - y).Abs(); d > 5*time.Millisecond {
				t.Errorf("%s: %s is %v in one and %v in the other", pair[0], phase, time.Duration(x), time.Duration(y))
			}
		}
	}
}
