package main

import (
	"errors"
	"os/exec"
	"regexp"
	"strings"
)

// input is a capture and how many packets are in it.
type input struct {
	path    string
	packets int64
}

// contender is a program and how it reads a capture.
type contender struct {
	name    string // as the table has it
	version string
	args    []string
	in      input
	partial bool
	missing error // why it cannot run
	// findings: exit code 1 is a verdict on the traffic and no failure.
	findings bool
	runs     []sample
}

// Our own two: what finds connection attempts, as a filter for SYNs does, and all of it.
const (
	connectAlone = "pcaptriage, connect alone"
	everything   = "pcaptriage, all analyzers"
)

// contenders lists them all, missing ones too.
func contenders(b *builder, subject program, whole, part input) []*contender {
	scratch := b.dir
	ours := func(name string, options ...string) *contender {
		args := append([]string{subject.path, "analyze", "--format", "json"}, options...)
		return &contender{name: name, version: subject.version, in: whole, missing: subject.err, findings: true, args: append(args, whole.path)}
	}
	google := b.loop("./testdata/bench/gopacketloop/google", "github.com/google/gopacket")
	community := b.loop("./testdata/bench/gopacketloop/community", "github.com/gopacket/gopacket")
	return []*contender{
		ours(connectAlone, "--enable", "connect"),
		ours(everything),
		installed("cat > /dev/null", "--version", whole, "cat", whole.path),
		installed("tcpdump -nr, one filter", "--version", whole, "tcpdump", "-nr", whole.path, "tcp[tcpflags] == tcp-syn"),
		installed("nfpcapd", "-V", whole, "nfpcapd", "-r", whole.path, "-w", scratch),
		installed("ndpiReader -q", "--help", whole, "ndpiReader", "-q", "-i", whole.path),
		{name: "google/gopacket PacketSource", version: google.version, in: whole, missing: google.err, args: []string{google.path, whole.path}},
		{name: "gopacket/gopacket PacketSource", version: community.version, in: whole, missing: community.err, args: []string{community.path, whole.path}},
		installed("tcptrace -n", "-h", whole, "tcptrace", "-n", whole.path),
		installed("tcptrace -n -l -r", "-h", whole, "tcptrace", "-n", "-l", "-r", whole.path),
		onPart(installed("tcptrace -n, part", "-h", part, "tcptrace", "-n", part.path)),
		onPart(installed("tshark -z conv,tcp, part", "--version", part, "tshark", "-r", part.path, "-q", "-z", "conv,tcp")),
	}
}

func onPart(c *contender) *contender {
	c.partial = true
	return c
}

var errMissing = errors.New("not installed")

func installed(name, versionFlag string, in input, args ...string) *contender {
	c := &contender{name: name, in: in, args: args}
	path, err := exec.LookPath(args[0])
	if err != nil {
		c.missing = errMissing
		return c
	}
	c.args[0] = path
	c.version = version(path, versionFlag)
	return c
}

var versionNumber = regexp.MustCompile(`\d+(\.\d+)+`)

// version finds the first version number in what a program says of itself. Some say it with a failing exit code.
func version(path, flag string) string {
	out, _ := exec.Command(path, flag).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if v := versionNumber.FindString(line); v != "" {
			return v
		}
	}
	return "?"
}
