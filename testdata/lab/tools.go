package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
)

// tools the scenarios call, and the Debian package that brings each.
var tools = []struct{ program, pkg string }{
	{"ip", "iproute2"},
	{"ethtool", "ethtool"},
	{"iptables", "iptables"},
	{"ip6tables", "iptables"},
	{"tcpdump", "tcpdump"},
	{"ssh", "openssh-client"},
	{"sshd", "openssh-server"},
	{"openssl", "openssl"},
	{"curl", "curl"},
	{"nginx", "nginx-light"},
}

func checkTools() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("needs root: it makes network namespaces and captures")
	}
	// sshd and friends live where a user's PATH may not look.
	os.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	var missing []string
	for _, t := range tools {
		if _, err := exec.LookPath(t.program); err != nil {
			missing = append(missing, fmt.Sprintf("%s (Debian package %s)", t.program, t.pkg))
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("missing: %s", strings.Join(missing, ", "))
	}
	return nil
}

// toolVersions is what every capture of the lab depends on.
func toolVersions() string {
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return fmt.Sprintf("Linux %s, tcpdump %s, iproute2 %s, %s",
		number(string(kernel)), version("tcpdump", "--version"), version("ip", "-V"), runtime.Version())
}

var versionNumber = regexp.MustCompile(`\d+(\.\d+)+(p\d+)?`)

func number(s string) string { return versionNumber.FindString(s) }

// version asks a program for its version number.
func version(program string, args ...string) string {
	out, _ := exec.Command(program, args...).CombinedOutput()
	return number(string(out))
}
