package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ownGroup keeps a terminal's interrupt from the children: they are ended in order, the capture last.
var ownGroup = &syscall.SysProcAttr{Setpgid: true}

const (
	attempts = 3
	// A capture that lost one packet in ten thousand would show as many false gaps; the last attempt may keep it.
	tolerableLoss = 1e-4
	captureBuffer = "262144" // KiB
)

// record captures real traffic, and tries again with fewer clients when the kernel dropped packets.
func record(ctx context.Context, path string, o options) error {
	for try := 1; ; try++ {
		// tcpdump confined by AppArmor writes nothing but *.pcap.
		tmp := strings.TrimSuffix(path, ".pcap") + ".tmp.pcap"
		captured, dropped, err := attempt(ctx, tmp, o)
		if err != nil {
			os.Remove(tmp)
			return err
		}
		say("attempt %d: tcpdump captured %d packets, the kernel dropped %d", try, captured, dropped)
		switch {
		case dropped == 0, try == attempts && float64(dropped) <= tolerableLoss*float64(captured):
			return os.Rename(tmp, path)
		case try == attempts:
			os.Remove(tmp)
			return fmt.Errorf("the kernel dropped %d packets", dropped)
		}
		o.workers = max(1, o.workers/2)
	}
}

func attempt(ctx context.Context, path string, o options) (captured, dropped int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, o.limit)
	defer cancel()
	n, err := newNamespaces()
	if err != nil {
		return 0, 0, err
	}
	defer n.remove()
	self, err := os.Executable()
	if err != nil {
		return 0, 0, err
	}

	server := command(ctx, n.server, os.Interrupt, self, "--role", "server")
	server.Stderr = os.Stderr
	// Both children end when this pipe does, even if this process is killed outright.
	alive, err := server.StdinPipe()
	if err != nil {
		return 0, 0, err
	}
	listening, err := server.StdoutPipe()
	if err != nil {
		return 0, 0, err
	}
	if err := server.Start(); err != nil {
		return 0, 0, err
	}
	defer server.Wait()
	defer alive.Close()
	if _, err := bufio.NewReader(listening).ReadString('\n'); err != nil {
		return 0, 0, fmt.Errorf("server: %w", err)
	}

	// tcpdump outlives ctx, so that it can be told to finish the file; -c bounds it whatever happens.
	dump := command(context.WithoutCancel(ctx), n.client, os.Interrupt, "tcpdump", "-i", "eth0", "-n", "-Z", "root",
		"-B", captureBuffer, "-c", strconv.FormatInt(2*o.packets+1e6, 10), "-w", path)
	said, err := dump.StderrPipe()
	if err != nil {
		return 0, 0, err
	}
	if err := dump.Start(); err != nil {
		return 0, 0, err
	}
	stderr := bufio.NewReader(said)
	head, err := readUntil(stderr, "listening on")
	if err != nil {
		dump.Wait()
		return 0, 0, fmt.Errorf("tcpdump: %w: %s", err, head)
	}

	client := command(ctx, n.client, os.Interrupt, self, "--role", "client", "--workers", strconv.Itoa(o.workers),
		"--packets", strconv.FormatInt(o.packets, 10), "--bytes", strconv.FormatInt(o.bytes, 10))
	client.Stderr = os.Stderr
	clientAlive, err := client.StdinPipe()
	if err == nil {
		err = client.Run()
		clientAlive.Close()
	}
	if err == nil {
		time.Sleep(2 * time.Second) // the last FINs, and tcpdump's last block
	}
	dump.Process.Signal(os.Interrupt)
	tail, readErr := io.ReadAll(stderr)
	err = errors.Join(err, readErr, dump.Wait(), ctx.Err())
	if err != nil {
		return 0, 0, err
	}
	captured, dropped, err = counts(string(tail))
	return captured, dropped, err
}

func readUntil(r *bufio.Reader, want string) (string, error) {
	var all strings.Builder
	for {
		line, err := r.ReadString('\n')
		all.WriteString(line)
		if err != nil || strings.Contains(line, want) {
			return all.String(), err
		}
	}
}

var countLine = regexp.MustCompile(`(?m)^(\d+) packets? (captured|dropped by kernel)`)

// counts reads tcpdump's last words. Their absence is an error: then nobody knows what is missing.
func counts(said string) (captured, dropped int64, err error) {
	found := countLine.FindAllStringSubmatch(said, -1)
	if len(found) != 2 {
		return 0, 0, fmt.Errorf("tcpdump told no counts: %s", said)
	}
	captured, _ = strconv.ParseInt(found[0][1], 10, 64)
	dropped, _ = strconv.ParseInt(found[1][1], 10, 64)
	return captured, dropped, nil
}
