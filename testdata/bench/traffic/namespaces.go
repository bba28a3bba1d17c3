package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// possible tells why this machine cannot make real traffic.
func possible() error {
	if os.Geteuid() != 0 {
		return errors.New("network namespaces need root")
	}
	for _, tool := range []string{"ip", "ethtool", "tcpdump"} {
		if _, err := exec.LookPath(tool); err != nil {
			return err
		}
	}
	return nil
}

// namespaces is a client's and a server's network namespace with one cable between them. Nothing in them reaches
// the machine's own network.
type namespaces struct{ client, server string }

func newNamespaces() (*namespaces, error) {
	n := &namespaces{client: fmt.Sprintf("bench-client-%d", os.Getpid()), server: fmt.Sprintf("bench-server-%d", os.Getpid())}
	commands := []string{
		"ip netns add " + n.client,
		"ip netns add " + n.server,
		"ip -n " + n.client + " link add eth0 type veth peer name eth0 netns " + n.server,
		"ip -n " + n.server + " addr add " + serverAddr + "/16 dev eth0",
	}
	for i := range clients {
		commands = append(commands, "ip -n "+n.client+" addr add "+clientPrefix+strconv.Itoa(i+1)+"/16 dev eth0")
	}
	for _, ns := range []string{n.client, n.server} {
		commands = append(commands,
			"ip -n "+ns+" link set lo up",
			// Offloads would put segments of 64 KiB and empty checksums into the capture.
			"ip netns exec "+ns+" ethtool -K eth0 tso off gso off gro off tx off rx off",
			"ip -n "+ns+" link set eth0 txqueuelen 10000 up")
	}
	for _, c := range commands {
		f := strings.Fields(c)
		if out, err := exec.Command(f[0], f[1:]...).CombinedOutput(); err != nil {
			n.remove()
			return nil, fmt.Errorf("%s: %w: %s", c, err, strings.TrimSpace(string(out)))
		}
	}
	return n, nil
}

// remove deletes both namespaces; the cable goes with them.
func (n *namespaces) remove() {
	for _, ns := range []string{n.client, n.server} {
		exec.Command("ip", "netns", "del", ns).Run()
	}
}

// command is a process inside a namespace, which ends on stop when ctx does.
func command(ctx context.Context, ns string, stop os.Signal, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", ns}, args...)...)
	c.SysProcAttr = ownGroup
	c.Cancel = func() error { return c.Process.Signal(stop) }
	c.WaitDelay = 10 * time.Second
	return c
}
