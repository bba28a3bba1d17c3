package main

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// keepaliveScenarios: TCP keep-alive probes, HTTP connection reuse, and how they meet.
func keepaliveScenarios() []scenario {
	return []scenario{
		{name: "keepalive/reuse", doc: "the published case: GET, a probe after 30 s, GET on the same connection after 45 s", seconds: 50, run: keepReuse},
		{name: "keepalive/probes-both", doc: "client and server probe, several gaps", seconds: 16, run: keepProbesBoth},
		{name: "keepalive/body-unread", doc: "response bodies not read: a new connection each time", seconds: 5, run: keepBodyUnread},
		{name: "keepalive/per-request", doc: "a connection for each request: asked for, HTTP/1.0, and just done", seconds: 4, run: keepPerRequest},
		{name: "keepalive/race", doc: "a request crosses the FIN of the server's idle timeout", seconds: 6, run: keepRace},
		{name: "keepalive/dead-peer", doc: "probes without answer", seconds: 14, run: keepDeadPeer},
		{name: "keepalive/v6", doc: "IPv6: reuse with probes, and a dead peer", seconds: 12, run: keepV6},
		{name: "keepalive/probe-reset", doc: "a probe answered by RST: the server forgot the connection", seconds: 6, run: keepProbeReset},
		{name: "keepalive/forgotten", doc: "a middlebox forgot the flow and drops the next request", seconds: 18, run: keepForgotten},
		{name: "keepalive/idle-reset", doc: "server resets an idle connection", seconds: 4, run: keepIdleReset},
		{name: "keepalive/pipelining", doc: "three requests at once, with loss and reordering too", seconds: 3, run: keepPipelining},
		{name: "keepalive/framing", doc: "chunked, HEAD, 204, 304, 1xx on one connection", seconds: 3, run: keepFraming},
		{name: "keepalive/upgrade", doc: "101 Switching Protocols, CONNECT", seconds: 4, run: keepUpgrade},
		{name: "keepalive/slow", doc: "slow responses, a long poll, an event stream", seconds: 8, run: keepSlow},
		{name: "keepalive/curl-nginx", doc: "curl and nginx: reuse, then nginx closes after its idle timeout", seconds: 8, run: keepCurlNginx},
		{name: "keepalive/tls", doc: "the same exchanges inside TLS, and HTTP/2 in clear", seconds: 6, run: keepTLS},
		{name: "keepalive/zero-window", doc: "zero-window probes are no keep-alive probes", seconds: 8, run: keepZeroWindow},
	}
}

// probing makes a socket send keep-alive probes.
func probing(idle, interval, count int) func(fd int) error {
	return func(fd int) error {
		for _, o := range []struct{ level, name, value int }{
			{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
			{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, idle},
			{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, interval},
			{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, count},
		} {
			if err := unix.SetsockoptInt(fd, o.level, o.name, o.value); err != nil {
				return err
			}
		}
		return nil
	}
}

// setSocket applies an option to an established connection.
func setSocket(c net.Conn, f func(fd int) error) (err error) {
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		return err
	}
	raw.Control(func(fd uintptr) { err = f(int(fd)) })
	return err
}

// isProbe matches keep-alive probes: one below the next sequence number, no
// data, after the direction has been silent for a while.
func isProbe() func(p *pkt) bool {
	type end struct {
		next uint32
		ns   int64
	}
	ends := map[string]*end{}
	return func(p *pkt) bool {
		if !p.tcp() {
			return false
		}
		key := p.src.String() + hostPort(p.dst.String(), p.sport<<16|p.dport)
		e := ends[key]
		if e == nil {
			e = &end{}
			ends[key] = e
		}
		probe := isPureACK(p) && p.seq == e.next-1 && p.ns-e.ns > int64(500*time.Millisecond)
		n := p.seq + uint32(p.length)
		if p.flags&(syn|fin) != 0 {
			n++
		}
		if !probe && int32(n-e.next) > 0 || p.flags&syn != 0 {
			e.next = n
		}
		e.ns = p.ns
		return probe
	}
}
