package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// What the captures keep: TCP, the UDP port of one scenario, ICMP, and ICMPv6 errors. ARP and neighbour
// discovery come at times that differ from run to run and would only move the
// frame numbers.
const wanted = "tcp or udp port 5000 or icmp or (icmp6 and ip6[40] < 128)"

// capture is one tcpdump at work.
type capture struct {
	l    *lab
	file string // below the output directory
	tmp  string
	cmd  *exec.Cmd
	done chan struct{}
	log  strings.Builder
}

// capture starts tcpdump on a device and returns once it listens.
// Extra arguments go to tcpdump; a filter replaces the usual one.
func (n *netns) capture(dev, file string, extra ...string) *capture {
	return n.captureFilter(dev, file, wanted, extra...)
}

func (n *netns) captureFilter(dev, file, filter string, extra ...string) *capture {
	c := &capture{l: n.l, file: file, tmp: filepath.Join(n.l.tmp, strings.ReplaceAll(file, "/", "_")), done: make(chan struct{})}
	// Immediate mode: without it, what is in the kernel's last block when tcpdump
	// is told to stop is lost.
	args := []string{"tcpdump", "-i", dev, "-n", "-U", "-Z", "root", "--immediate-mode", "-w", c.tmp}
	if dev == "any" || dev == "lo" || strings.HasPrefix(dev, "tun") {
		// Where the MTU does not bound a packet, libpcap reserves room for the
		// whole snapshot length for each, and its usual buffer holds only a few.
		args = append(args, "-B", "65536")
	}
	args = append(args, extra...)
	if filter != "" {
		args = append(args, filter)
	}
	ready := make(chan bool, 1)
	c.cmd = n.start(func(cmd *exec.Cmd) {
		pipe, err := cmd.StderrPipe()
		n.l.must(err)
		go func() {
			sc := bufio.NewScanner(pipe)
			for sc.Scan() {
				fmt.Fprintln(&c.log, sc.Text())
				if strings.Contains(sc.Text(), "listening on") {
					ready <- true
				}
			}
			close(c.done)
		}()
	}, args...)
	select {
	case <-ready:
	case <-c.done:
		n.l.fail("tcpdump on %s: %s", dev, c.log.String())
	case <-n.l.ctx.Done():
		n.l.fail("stopped while tcpdump started")
	}
	return c
}

// stop ends the capture once what is under way has reached it.
func (c *capture) stop() {
	c.l.sleep(150 * time.Millisecond)
	c.cmd.Process.Signal(syscall.SIGINT)
	<-c.done
	if err := c.cmd.Wait(); err != nil {
		c.l.fail("tcpdump: %v: %s", err, c.log.String())
	}
	if !strings.Contains(c.log.String(), "0 packets dropped by kernel") {
		c.l.fail("tcpdump lost packets: %s", c.log.String())
	}
}

// says checks facts against the finished capture, and puts it in its place with
// a MANIFEST row that names the frames.
func (c *capture) says(text string, facts ...fact) *file {
	f, err := readPcap(c.tmp)
	c.l.must(err)
	c.l.keep(c.file, f, c.l.versions, "lab", text, facts)
	return f
}

// keep writes a capture that shows what it should.
func (l *lab) keep(name string, f *file, versions, origin, text string, facts []fact) {
	frames, err := checkFacts(f, facts)
	if err != nil {
		// Kept aside for whoever has to find out why.
		if dir := os.Getenv("LAB_KEEP"); dir != "" {
			os.WriteFile(filepath.Join(dir, strings.ReplaceAll(name, "/", "_")), f.raw, 0o644)
		}
		l.fail("%s does not show what it should: %v", name, err)
	}
	if frames != "" {
		text += " Frames: " + frames + "."
	}
	l.store(name, f.raw, versions, origin, text)
}

// store keeps a file of the corpus, and its row, until the scenario has ended
// well: one that fails changes nothing.
func (l *lab) store(name string, b []byte, versions, origin, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.made = append(l.made, madeFile{name, b})
	l.rows = append(l.rows, newManifestRow(name, origin, text, versions, b))
}

type madeFile struct {
	name  string // below the output directory
	bytes []byte
}

func (l *lab) write() error {
	for _, f := range l.made {
		full := filepath.Join(l.out, f.name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(full, f.bytes, 0o644); err != nil {
			return err
		}
	}
	return nil
}
