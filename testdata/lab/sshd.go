package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// sshLab holds what logins of one scenario share. Keys and passwords are made
// for the run and go with it.
type sshLab struct {
	l        *lab
	dir      string
	password string
	etc      map[string]string // files that the server sees instead of the machine's own
}

const (
	sshUser = "lab"
	sshPort = 22
)

func (l *lab) ssh() *sshLab {
	s := &sshLab{l: l, dir: filepath.Join(l.tmp, "ssh"), etc: map[string]string{}}
	l.must(os.Mkdir(s.dir, 0o755))
	l.must(os.Chmod(l.tmp, 0o755)) // the server reads authorized keys as the user
	random := make([]byte, 12)
	rand.Read(random)
	s.password = hex.EncodeToString(random)
	for _, key := range []string{"host_ed25519", "host_rsa", "user", "other"} {
		args := []string{"-q", "-N", "", "-C", key, "-t", "ed25519", "-f", s.path(key)}
		if strings.HasSuffix(key, "rsa") {
			args = []string{"-q", "-N", "", "-C", key, "-t", "rsa", "-b", "2048", "-f", s.path(key)}
		}
		l.command("ssh-keygen", args...)
	}
	pub, err := os.ReadFile(s.path("user.pub"))
	l.must(err)
	s.write("authorized_keys", string(pub), 0o644)
	hash := exec.Command("openssl", "passwd", "-6", "-stdin")
	hash.Stdin = strings.NewReader(s.password + "\n")
	out, err := hash.Output()
	l.must(err)
	s.etc["passwd"] = "root:x:0:0:root:/:/bin/sh\nsshd:x:103:65534::/run/sshd:/usr/sbin/nologin\nnobody:x:65534:65534::/:/usr/sbin/nologin\n" +
		sshUser + ":x:12345:65534::/:/bin/sh\n"
	s.etc["shadow"] = "root:*:19000:0:99999:7:::\n" + sshUser + ":" + strings.TrimSpace(string(out)) + ":19000:0:99999:7:::\n"
	s.etc["motd"] = ""
	return s
}

func (s *sshLab) path(name string) string { return filepath.Join(s.dir, name) }

func (s *sshLab) write(name, text string, mode os.FileMode) string {
	s.l.must(os.WriteFile(s.path(name), []byte(text), mode))
	return s.path(name)
}

// server runs sshd. It gets accounts of its own: `ip netns exec` gives a
// program a private view of the mounts, so files of /etc can be covered for it
// alone.
func (s *sshLab) server(n *netns, ip string, settings ...string) *timedLog {
	id := strings.ReplaceAll(ip, ":", "_")
	conf := strings.Join(append(settings,
		"ListenAddress "+hostPort(ip, sshPort),
		"HostKey "+s.path("host_ed25519"),
		"HostKey "+s.path("host_rsa"),
		"AuthorizedKeysFile "+s.path("authorized_keys"),
		"StrictModes no", "UsePAM no", "PidFile none", "LogLevel DEBUG1", "UseDNS no",
		"PasswordAuthentication yes", "KbdInteractiveAuthentication no", "PrintMotd no", "PrintLastLog no",
	), "\n") + "\n"
	script := "set -e; mount -t tmpfs tmpfs /run; mkdir -m 755 /run/sshd; "
	for name, text := range s.etc {
		mode := os.FileMode(0o644)
		if name == "shadow" {
			mode = 0o600
		}
		if _, err := os.Stat("/etc/" + name); err != nil {
			s.l.fail("/etc/%s is needed as a place to put the lab's own", name)
		}
		file := s.write("etc-"+strings.ReplaceAll(name, "/", "-")+"-"+id, text, mode)
		script += fmt.Sprintf("mount --bind %s /etc/%s; ", file, name)
	}
	sshd, err := exec.LookPath("sshd")
	s.l.must(err)
	script += fmt.Sprintf("exec %s -D -e -f %s", sshd, s.write("sshd_config-"+id, conf, 0o644))
	log := newTimedLog("server")
	n.start(func(cmd *exec.Cmd) { log.follow(s.l, cmd) }, "sh", "-c", script)
	log.wait(s.l, "Server listening on")
	return log
}
