package main

import (
	"bufio"
	"fmt"
	"os/exec"
	"regexp"
	"sort"
	"strings"
	"sync"
	"time"
)

// timedLog is what a program wrote, each line with the time at which it did:
// neither ssh nor sshd puts a time into its debug output.
type timedLog struct {
	who string

	mu    sync.Mutex
	lines []timedLine
	done  chan struct{}
}

type timedLine struct {
	at        time.Time
	who, text string
}

func newTimedLog(who string) *timedLog { return &timedLog{who: who, done: make(chan struct{})} }

func (t *timedLog) follow(l *lab, cmd *exec.Cmd) {
	pipe, err := cmd.StderrPipe()
	l.must(err)
	go func() {
		defer close(t.done)
		sc := bufio.NewScanner(pipe)
		sc.Buffer(nil, 1<<20)
		for sc.Scan() {
			l.logf("%s: %s", t.who, sc.Text())
			t.add(strings.TrimRight(sc.Text(), "\r"))
		}
	}()
}

func (t *timedLog) add(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, timedLine{time.Now(), t.who, text})
}

func (t *timedLog) has(text string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, line := range t.lines {
		if strings.Contains(line.text, text) {
			return true
		}
	}
	return false
}

func (t *timedLog) wait(l *lab, text string) {
	for range 100 {
		if t.has(text) {
			return
		}
		l.sleep(50 * time.Millisecond)
	}
	l.fail("%s never said %q: %v", t.who, text, t.lines)
}

// What of the debug output tells how far a login got.
var telling = regexp.MustCompile(`^(?:debug\d: )?(` + strings.Join([]string{
	`Connecting to .*`, `Connection established\.`, `Local version string .*`, `Remote protocol version .*`,
	`SSH2_MSG_KEXINIT (?:sent|received)`, `kex: .*`, `expecting SSH2_MSG_KEX.*`, `SSH2_MSG_KEX.* received`, `SSH2_MSG_KEX.* sent`,
	`Server host key: .*`, `SSH2_MSG_NEWKEYS .*`, `SSH2_MSG_SERVICE_ACCEPT received`, `SSH2_MSG_EXT_INFO received`,
	`Authentications that can continue: .*`, `Next authentication method: .*`, `Offering public key`, `Server accepts key`,
	`Authenticated to .*`, `Permission denied.*`, `Unable to negotiate .*`, `kex_exchange_identification: .*`,
	`Host key verification failed\.`, `.*REMOTE HOST IDENTIFICATION HAS CHANGED.*`, `Connection (?:closed|reset|timed out).*`, `Exit status .*`, `need rekeying`,
	`rekeying .*`, `Received disconnect .*`, `Exceeded MaxStartups`, `Not allowed at this time`, `Too many authentication failures.*`,
	`Connection from .*`, `Accepted .*`, `Failed .*`, `.*MaxStartups.*`, `drop connection .*`, `Timeout before authentication.*`, `.*Bad protocol version identification.*`,
	`.*no matching .*`, `userauth-request for user .*`, `.*Protocol major versions differ.*`,
}, "|") + `)`)

// sshFacts writes the phases of the logins, relative to the first frame of the
// capture, as the programs themselves told them.
func (l *lab) sshFacts(c *capture, f *file, outcome string, logs ...*timedLog) {
	var all []timedLine
	for _, t := range logs {
		t.mu.Lock()
		all = append(all, t.lines...)
		t.mu.Unlock()
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].at.Before(all[j].at) })
	var b strings.Builder
	fmt.Fprintf(&b, "outcome: %s\n", outcome)
	b.WriteString("What ssh -vvv and sshd logged, in seconds after frame 1:\n")
	start := f.records[0].ns
	for _, line := range all {
		m := telling.FindStringSubmatch(line.text)
		if m == nil || strings.Contains(m[1], l.tmp) {
			continue
		}
		fmt.Fprintf(&b, "%10.6f %-8s %s\n", time.Duration(line.at.UnixNano()-start).Seconds(), line.who, m[1])
	}
	name := strings.TrimSuffix(c.file, ".pcap") + ".facts.txt"
	l.store(name, []byte(b.String()), l.versions, "lab", "Derived from the logs of client and server while "+c.file+" was captured.")
}

// tail is the end of a log, for error messages.
func (t *timedLog) tail() (last []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, line := range t.lines[max(0, len(t.lines)-8):] {
		last = append(last, line.text)
	}
	return last
}
