package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// login is one run of the OpenSSH client.
type login struct {
	name      string // in the facts, "client" when empty
	keys      []string
	known     bool     // the server's host key is known
	hostKey   []answer // at the host-key prompt
	passwords []answer
	options   []string
	command   string
	patience  time.Duration // after that the user presses ^C
}

// login runs ssh to its end and returns what it said.
func (s *sshLab) login(n *netns, ip string, in login) (*timedLog, error) {
	l := s.l
	who := in.name
	if who == "" {
		who = "client"
	}
	answers, err := os.MkdirTemp(s.dir, "answers-")
	l.must(err)
	l.must(writeAnswers(answers, hostKeyAnswers, in.hostKey))
	l.must(writeAnswers(answers, passwordAnswers, in.passwords))
	self, err := os.Executable()
	l.must(err)
	args := append([]string{"ssh"}, s.clientOptions(answers, ip, in)...)
	command := in.command
	if command == "" {
		command = "true"
	}
	args = append(args, sshUser+"@"+ip, command)
	log := newTimedLog(who)
	cmd := n.start(func(cmd *exec.Cmd) {
		cmd.Env = append(os.Environ(), "SSH_ASKPASS="+self, "SSH_ASKPASS_REQUIRE=force", askpassEnv+"="+answers)
		log.follow(l, cmd)
	}, args...)
	if in.patience > 0 {
		t := time.AfterFunc(in.patience, func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) })
		defer t.Stop()
	}
	select {
	case <-log.done:
	case <-l.ctx.Done():
		l.fail("stopped during a login")
	}
	return log, cmd.Wait()
}

func (s *sshLab) clientOptions(dir, ip string, in login) []string {
	known := "/dev/null"
	if in.known {
		known = s.knownHosts(dir, ip, "host_ed25519", "host_rsa")
	} else if len(in.hostKey) > 0 {
		known = dir + "/known_hosts"
	}
	args := []string{"-vvv", "-F", "none", "-o", "UserKnownHostsFile=" + known, "-o", "GlobalKnownHostsFile=none",
		"-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "PreferredAuthentications=publickey,password"}
	if !in.known && len(in.hostKey) == 0 {
		args = append(args, "-o", "StrictHostKeyChecking=no")
	}
	if len(in.keys) == 0 {
		args = append(args, "-o", "IdentityFile=none")
	}
	for _, k := range in.keys {
		args = append(args, "-i", s.path(k))
	}
	for _, o := range in.options {
		args = append(args, "-o", o)
	}
	return args
}

// knownHosts writes a file with the keys under the name of a host.
func (s *sshLab) knownHosts(dir, host string, keys ...string) string {
	var b strings.Builder
	for _, k := range keys {
		pub, err := os.ReadFile(s.path(k + ".pub"))
		s.l.must(err)
		fmt.Fprintf(&b, "%s %s", host, pub)
	}
	name := dir + "/known_hosts"
	s.l.must(os.WriteFile(name, []byte(b.String()), 0o600))
	return name
}
