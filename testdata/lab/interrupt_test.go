package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A lab that is interrupted takes its namespaces, processes and directories with
// it; what one leaves that was killed, the next one takes away. Needs what the
// lab needs, and skips without.
func TestInterrupt(t *testing.T) {
	if err := checkTools(); err != nil {
		t.Skip(err)
	}
	bin := filepath.Join(t.TempDir(), "lab")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// Kernel routing, the forwarder, a daemon that forks, and a client program.
	scenarios := []string{"connect/dropped", "connect/syn-lost", "ssh/blackhole-reply", "keepalive/curl-nginx"}
	start := func(out string) *exec.Cmd {
		cmd := exec.Command(bin, append([]string{"-out", out}, scenarios...)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for range 100 { // until all are at work
			time.Sleep(50 * time.Millisecond)
			if len(processes(cmd.Process.Pid)) >= 8 {
				return cmd
			}
		}
		t.Fatalf("the lab does not get going: %q", traces(cmd.Process.Pid))
		return nil
	}

	another := func() {
		if out, err := exec.Command(bin+"-of-another-name", "-out", t.TempDir(), "connect/refused").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	if err := os.Link(bin, bin+"-of-another-name"); err != nil {
		t.Fatal(err)
	}

	cmd := start(t.TempDir())
	before := len(traces(cmd.Process.Pid))
	another()
	if left := traces(cmd.Process.Pid); len(left) < before/2 {
		t.Errorf("another lab at the same time took away what is in use: %d traces before, now %q", before, left)
	}
	cmd.Process.Signal(syscall.SIGINT)
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if cmd.ProcessState.ExitCode() != 1 {
			t.Errorf("interrupted, the lab ends with %v, not exit code 1", err)
		}
	case <-time.After(20 * time.Second):
		cmd.Process.Kill()
		t.Fatal("interrupted, the lab goes on")
	}
	if left := traces(cmd.Process.Pid); len(left) > 0 {
		t.Errorf("left behind by an interrupted lab: %q", left)
	}

	cmd = start(t.TempDir())
	cmd.Process.Kill()
	cmd.Wait()
	if len(traces(cmd.Process.Pid)) == 0 {
		t.Error("a killed lab left nothing behind, so this test shows nothing")
	}
	another()
	if left := traces(cmd.Process.Pid); len(left) > 0 {
		t.Errorf("left behind by a killed lab after the next one: %q", left)
	}
}

// traces are the namespaces, directories and processes of a lab.
func traces(pid int) (left []string) {
	for _, pattern := range []string{
		fmt.Sprintf("/run/netns/%s%d-*", nsPrefix, pid),
		filepath.Join(os.TempDir(), fmt.Sprintf("%s%d-*", tmpPrefix, pid)),
	} {
		found, _ := filepath.Glob(pattern)
		left = append(left, found...)
	}
	return append(left, processes(pid)...)
}

// processes are those that have a name of that lab's in their arguments.
func processes(pid int) (found []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range files {
		args, _ := os.ReadFile(f)
		line := strings.ReplaceAll(string(args), "\x00", " ")
		if strings.Contains(line, fmt.Sprintf("%s%d-", nsPrefix, pid)) || strings.Contains(line, fmt.Sprintf("%s%d-", tmpPrefix, pid)) {
			found = append(found, line)
		}
	}
	return found
}
