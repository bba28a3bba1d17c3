package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The prefixes mark our namespaces and directories; the process behind them
// (see self) tells a later run which ones belong to a lab that is no longer alive.
const (
	nsPrefix  = "pcaptlab-"
	tmpPrefix = "pcaptriage-lab-"
)

// netns is a network namespace, in effect a host.
type netns struct {
	l    *lab
	name string
	fd   int
}

func (l *lab) host(role string) *netns {
	n := &netns{l: l, name: l.id + "-" + role}
	l.command("ip", "netns", "add", n.name)
	l.onEnd(func() { removeNamespace(n.name) })
	fd, err := unix.Open("/run/netns/"+n.name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	l.must(err)
	n.fd = fd
	l.onEnd(func() { unix.Close(fd) })
	// No router solicitations and duplicate address detection in the captures.
	n.sysctl("net/ipv6/conf/all/accept_ra", "0")
	n.sysctl("net/ipv6/conf/default/accept_ra", "0")
	n.sysctl("net/ipv6/conf/default/accept_dad", "0")
	n.ip("link", "set", "lo", "up")
	return n
}

// removeNamespace ends whatever still runs inside, such as children of sshd
// that left its process group, and deletes the namespace.
func removeNamespace(name string) {
	out, _ := exec.Command("ip", "netns", "pids", name).Output()
	for _, field := range strings.Fields(string(out)) {
		if pid, err := strconv.Atoi(field); err == nil && pid != os.Getpid() {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	exec.Command("ip", "netns", "del", name).Run()
}

// removeLeftovers cleans up after labs that were killed.
func removeLeftovers() {
	entries, _ := filepath.Glob("/run/netns/" + nsPrefix + "*")
	for _, e := range entries {
		if name := filepath.Base(e); !labAlive(strings.TrimPrefix(name, nsPrefix)) {
			removeNamespace(name)
		}
	}
	entries, _ = filepath.Glob(filepath.Join(os.TempDir(), tmpPrefix+"*"))
	for _, dir := range entries {
		if !labAlive(strings.TrimPrefix(filepath.Base(dir), tmpPrefix)) {
			os.RemoveAll(dir)
		}
	}
}

// self names this process for as long as the machine runs: its number, which
// may be given again, and when it began.
func self() string { return fmt.Sprintf("%d-%s", os.Getpid(), began(strconv.Itoa(os.Getpid()))) }

// began is the start time of a process in clock ticks since boot (proc(5), stat
// field 22), "" when there is no such process.
func began(pid string) string {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return ""
	}
	// The second field is the program's name in parentheses, and may hold anything.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const startTime = 22 - 3
	if len(fields) <= startTime {
		return ""
	}
	return fields[startTime]
}

// labAlive tells whether the process that a name begins with is at work.
func labAlive(name string) bool {
	parts := strings.SplitN(name, "-", 3)
	return len(parts) == 3 && parts[1] != "" && began(parts[0]) == parts[1]
}

// command runs a tool to its end and aborts the scenario when it fails.
func (l *lab) command(name string, args ...string) string {
	l.logf("%s %s", name, strings.Join(args, " "))
	out, err := exec.CommandContext(l.ctx, name, args...).CombinedOutput()
	if err != nil {
		l.fail("%s %s: %v: %s", name, strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return string(out)
}

func (n *netns) ip(args ...string) { n.l.command("ip", append([]string{"-n", n.name}, args...)...) }

// exec runs a tool inside the namespace to its end.
func (n *netns) exec(args ...string) string {
	return n.l.command("ip", append([]string{"netns", "exec", n.name}, args...)...)
}

// do runs f on a thread inside the namespace. The thread is never unlocked, so
// the runtime throws it away rather than letting other goroutines inherit it.
// Sockets made in f stay in the namespace wherever they are used later.
func (n *netns) do(f func()) {
	done := make(chan any)
	go func() {
		runtime.LockOSThread()
		defer func() { done <- recover() }()
		if err := unix.Setns(n.fd, unix.CLONE_NEWNET); err != nil {
			n.l.fail("setns %s: %v", n.name, err)
		}
		f()
	}()
	if e := <-done; e != nil {
		panic(e)
	}
}

func (n *netns) sysctl(key, value string) {
	n.do(func() { n.l.must(os.WriteFile("/proc/sys/"+key, []byte(value), 0)) })
}

// link joins two namespaces with a veth pair. Offloads are off on both ends:
// captures then hold the segments and checksums that a wire would carry.
func (l *lab) link(a *netns, aDev string, b *netns, bDev string) {
	l.command("ip", "link", "add", aDev, "netns", a.name, "type", "veth", "peer", "name", bDev, "netns", b.name)
	for _, end := range []struct {
		n   *netns
		dev string
	}{{a, aDev}, {b, bDev}} {
		end.n.exec("ethtool", "-K", end.dev, "rx", "off", "tx", "off", "sg", "off", "tso", "off", "gso", "off", "gro", "off")
		end.n.ip("link", "set", end.dev, "up")
	}
}

// addr gives a device addresses of either family.
func (n *netns) addr(dev string, prefixes ...string) {
	for _, p := range prefixes {
		if strings.Contains(p, ":") {
			n.ip("addr", "add", p, "dev", dev, "nodad")
		} else {
			n.ip("addr", "add", p, "dev", dev)
		}
	}
}

// gateway adds default routes.
func (n *netns) gateway(addrs ...string) {
	for _, a := range addrs {
		n.ip("route", "add", "default", "via", a)
	}
}

// dialOptions are the knobs that a client of the lab turns.
type dialOptions struct {
	from    string // local address
	port    int    // local port, reusable at once
	timeout time.Duration
	control func(fd int) error
}

func (n *netns) dial(addr string, o dialOptions) (net.Conn, error) {
	if o.timeout == 0 {
		o.timeout = 30 * time.Second
	}
	d := net.Dialer{
		Timeout:   o.timeout,
		KeepAlive: -1, // probes only where a scenario asks for them
		Control: func(_, _ string, c syscall.RawConn) (err error) {
			c.Control(func(fd uintptr) {
				if o.port != 0 {
					err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
				}
				if err == nil && o.control != nil {
					err = o.control(int(fd))
				}
			})
			return err
		},
	}
	if o.port != 0 || o.from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(o.from), Port: o.port}
	}
	var c net.Conn
	var err error
	n.do(func() { c, err = d.DialContext(n.l.ctx, "tcp", addr) })
	if err == nil {
		// Whoever waits for this connection must not wait longer than the lab.
		context.AfterFunc(n.l.ctx, func() { c.Close() })
	}
	return c, err
}

// mustDial is dial for connections that have to come about.
func (n *netns) mustDial(addr string) net.Conn {
	c, err := n.dial(addr, dialOptions{})
	n.l.must(err)
	n.l.onEnd(func() { c.Close() })
	return c
}

// listen opens a listener that goes with the scenario. Options are set before
// it listens, so that connections inherit them.
func (n *netns) listen(addr string, options ...func(fd int) error) net.Listener {
	lc := net.ListenConfig{KeepAlive: -1, Control: func(_, _ string, c syscall.RawConn) (err error) {
		for _, o := range options {
			if cerr := c.Control(func(fd uintptr) { err = o(int(fd)) }); cerr != nil || err != nil {
				return errors.Join(cerr, err)
			}
		}
		return nil
	}}
	var ln net.Listener
	var err error
	n.do(func() { ln, err = lc.Listen(context.Background(), "tcp", addr) })
	n.l.must(err)
	n.l.onEnd(func() { ln.Close() })
	return ln
}

// serve accepts until the scenario ends and hands each connection to f.
func (n *netns) serve(addr string, f func(net.Conn), options ...func(fd int) error) {
	ln := n.listen(addr, options...)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				f(c)
			}()
		}
	}()
}

// listenRaw is a listener with a backlog and options of the scenario's choice
// that nobody accepts from.
func (n *netns) listenRaw(port, backlog int, option func(fd int) error) {
	n.do(func() {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		n.l.must(err)
		n.l.onEnd(func() { unix.Close(fd) })
		if option != nil {
			n.l.must(option(fd))
		}
		n.l.must(unix.Bind(fd, &unix.SockaddrInet4{Port: port}))
		n.l.must(unix.Listen(fd, backlog))
	})
}

// listenRaw6 is listenRaw for IPv6.
func (n *netns) listenRaw6(port, backlog int) {
	n.do(func() {
		fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		n.l.must(err)
		n.l.onEnd(func() { unix.Close(fd) })
		n.l.must(unix.Bind(fd, &unix.SockaddrInet6{Port: port}))
		n.l.must(unix.Listen(fd, backlog))
	})
}

// start runs a program inside the namespace until the scenario ends.
func (n *netns) start(configure func(*exec.Cmd), args ...string) *exec.Cmd {
	n.l.logf("start in %s: %s", n.name, strings.Join(args, " "))
	cmd := exec.Command("ip", append([]string{"netns", "exec", n.name}, args...)...)
	// A group of its own, so that what it starts dies with it, and out of the
	// terminal's group, so that ^C reaches only the driver.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if configure != nil {
		configure(cmd)
	}
	n.l.must(spawn(cmd))
	n.l.onEnd(func() {
		if cmd.ProcessState == nil {
			syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			cmd.Wait()
		}
	})
	return cmd
}

// spawn starts programs from one thread that lives as long as the driver: the
// kernel ties Pdeathsig to the starting thread, and threads that entered a
// namespace end early.
var spawn = func() func(*exec.Cmd) error {
	type job struct {
		cmd *exec.Cmd
		err chan error
	}
	jobs := make(chan job)
	go func() {
		runtime.LockOSThread()
		for j := range jobs {
			j.err <- j.cmd.Start()
		}
	}()
	return func(cmd *exec.Cmd) error {
		j := job{cmd, make(chan error)}
		jobs <- j
		return <-j.err
	}
}()

// settle waits for addresses and neighbours to become usable.
func (l *lab) settle() { l.sleep(50 * time.Millisecond) }

func hostPort(host string, port int) string { return net.JoinHostPort(host, fmt.Sprint(port)) }
