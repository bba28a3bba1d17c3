package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// fragneededScenarios: a router whose far link carries 1480 bytes only.
func fragneededScenarios() []scenario {
	return []scenario{
		{name: "fragneeded/stall", doc: "request A recovers at once, request B waits 200 ms for its own kernel's ICMP", seconds: 3, run: fragStall},
		{name: "fragneeded/stall-v6", doc: "the same with IPv6", seconds: 3, run: fragStallV6},
		{name: "fragneeded/tail-v6", doc: "IPv6 with a short tail behind the large segment: B recovers too", seconds: 3, run: fragTailV6},
		{name: "fragneeded/balancer", doc: "a balancer answers as the virtual address", seconds: 3, run: fragBalancer},
		{name: "fragneeded/vxlan", doc: "a VXLAN tunnel behind the router, seen before and on the router", seconds: 3, run: fragVXLAN},
		{name: "fragneeded/burst", doc: "a burst of full segments: an ICMP for each", seconds: 3, run: fragBurst},
		{name: "fragneeded/burst-tso", doc: "the same captured above segmentation offload", seconds: 3, run: fragBurstTSO},
		{name: "fragneeded/icmp-ignored", doc: "ICMP arrives, the host's firewall drops it", seconds: 12, run: fragIgnored},
		{name: "fragneeded/silent", doc: "router sends no ICMP: black hole, seen from both ends", seconds: 16, run: fragSilent},
		{name: "fragneeded/silent-v6", doc: "the same with IPv6: packet too big filtered", seconds: 16, run: fragSilentV6},
		{name: "fragneeded/silent-probing", doc: "router sends no ICMP, the sender shrinks its segments", seconds: 16, run: fragSilentProbing},
		{name: "fragneeded/proxy", doc: "a TCP proxy on loopback in front: the sidecar hop", seconds: 3, run: fragProxy},
		{name: "fragneeded/periodic", doc: "the route's MTU expires every 5 s", seconds: 25, run: fragPeriodic},
		{name: "fragneeded/clamped", doc: "router clamps the MSS: nothing happens", seconds: 3, run: fragClamped},
		{name: "fragneeded/udp", doc: "the ICMP quotes UDP", seconds: 2, run: fragUDP},
	}
}

const narrowMTU = 1480

// narrow is routed with a far link of 1480 bytes. Only the router's end knows:
// the server offers the MSS of an ordinary Ethernet.
func (l *lab) narrow() *routed {
	r := l.routed()
	r.router.ip("link", "set", "r1", "mtu", fmt.Sprint(narrowMTU))
	for _, ip := range []string{serverIP, server6} {
		r.server.http(hostPort(ip, httpPort), http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			io.Copy(io.Discard, q.Body)
			fmt.Fprintln(w, "ok")
		}))
	}
	return r
}

// session is an HTTP connection that a scenario writes to byte by byte, so that
// a request is one write, as the published case has it.
type session struct {
	l    *lab
	conn net.Conn
	in   *bufio.Reader
}

func (l *lab) session(n *netns, addr string) *session {
	c := n.mustDial(addr)
	return &session{l, c, bufio.NewReader(c)}
}

// post sends a request of exactly size bytes and returns how long the answer took.
func (s *session) post(size int) time.Duration {
	head := func(body int) string {
		return fmt.Sprintf("POST / HTTP/1.1\r\nHost: lab.example\r\nContent-Length: %d\r\n\r\n", body)
	}
	body := max(size-len(head(size)), 0)
	for len(head(body))+body < size {
		body++
	}
	start := time.Now()
	_, err := io.WriteString(s.conn, head(body)+strings.Repeat("x", body))
	s.l.must(err)
	s.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	r, err := http.ReadResponse(s.in, nil)
	s.l.must(err)
	io.Copy(io.Discard, r.Body)
	return time.Since(start)
}

// fragNeeded matches ICMP frag-needed and ICMPv6 packet too big.
func fragNeeded(p *pkt) bool {
	return icmp(protoICMP, 3, 4)(p) || icmp(protoICMP6, 2, 0)(p)
}

// ownICMP is one that a kernel sent to itself.
func ownICMP(p *pkt) bool { return fragNeeded(p) && p.src == p.dst }

func routerICMP(p *pkt) bool { return fragNeeded(p) && p.src != p.dst }

// fullSize matches IP packets that do not fit the far link.
func fullSize(p *pkt) bool { return p.data() && p.ipLen > narrowMTU }
