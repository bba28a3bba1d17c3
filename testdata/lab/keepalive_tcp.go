package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"golang.org/x/sys/unix"
)

// slowPage answers after a while.
func slowPage(d time.Duration, size int) http.Handler {
	p := page(size)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(d):
		case <-r.Context().Done():
		}
		p.ServeHTTP(w, r)
	})
}

// withProbes makes a transport's connections probe like a Go client's do.
func (n *netns) withProbes(idle, interval, count int) func(*http.Transport) {
	return func(t *http.Transport) {
		t.DialContext = func(_ context.Context, _, addr string) (net.Conn, error) {
			return n.dial(addr, dialOptions{control: probing(idle, interval, count)})
		}
	}
}

// withProbes notes the settings, and what became of the connections.
func (h *httpLog) withProbes(n *netns, idle, interval, count int) func(*http.Transport) {
	h.settings(idle, interval, count)
	return func(t *http.Transport) {
		t.DialContext = func(_ context.Context, _, addr string) (net.Conn, error) {
			c, err := n.dial(addr, dialOptions{control: probing(idle, interval, count)})
			if err != nil {
				return nil, err
			}
			return notedConn{c, h}, nil
		}
	}
}

func keepReuse(l *lab) {
	w := l.wired()
	h := &httpLog{}
	w.server.http(hostPort(nearIP, 80), slowPage(2*time.Second, 400), h.watch)
	c := w.client.capture("c0", "keepalive/reuse.pcap")
	client := w.client.httpClient(h.withProbes(w.client, 30, 30, 9))
	start := time.Now()
	h.fetch(l, client, "http://"+nearIP+"/first")
	l.sleep(time.Until(start.Add(45 * time.Second)))
	h.fetch(l, client, "http://"+nearIP+"/second")
	client.CloseIdleConnections()
	c.stop()
	h.note("client", "-", "kernel sent %d probes", w.client.probesSent())
	f := c.says("The published case: GET (answered after 2 s), a keep-alive probe 30 s after the response, the next GET 45 s after the first on the same connection. Settings of Go's http.DefaultTransport (30 s). Expect keepalive-reuse, and http-slow-response for the two answers of 2 s.",
		exactly(1, "SYN", isSYN), exactly(1, "probe", isProbe()), exactly(2, "requests", all(isData, from(clientIP))))
	h.store(l, c, f, "client")
}

func keepProbesBoth(l *lab) {
	w := l.wired()
	w.server.http(hostPort(nearIP, 80), page(400), func(s *http.Server) {
		s.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
			setSocket(c, probing(3, 3, 9))
			return ctx
		}
	})
	c := w.client.capture("c0", "keepalive/probes-both.pcap")
	client := w.client.httpClient(w.client.withProbes(2, 1, 9))
	for _, gap := range []float64{1.2, 5, 2.6, 0} {
		l.fetch(client, "http://"+nearIP+"/")
		l.sleep(time.Duration(gap * float64(time.Second)))
	}
	client.CloseIdleConnections()
	c.stop()
	c.says("Four exchanges on one connection with gaps of 1.2, 5 and 2.6 s; the client probes after 2 s, then every second, the server after 3 s. Expect keepalive-reuse with the probes of each gap.",
		exactly(1, "SYN", isSYN), atLeast(4, "probes", isProbe()), exactly(4, "requests", all(isData, from(clientIP))))
}

func keepV6(l *lab) {
	w := l.wired()
	w.server.http(hostPort(near6, 80), page(400))
	w.server.http(hostPort(near6, 81), page(400))
	c := w.client.capture("c0", "keepalive/v6.pcap")
	url := "http://" + hostPort(near6, 80) + "/"
	l.parallel(
		func() {
			client := w.client.httpClient(w.client.withProbes(2, 1, 9))
			l.fetch(client, url)
			l.sleep(4500 * time.Millisecond)
			l.fetch(client, url)
			client.CloseIdleConnections()
		},
		func() {
			client := w.client.httpClient(w.client.withProbes(1, 1, 3))
			l.fetch(client, "http://"+hostPort(near6, 81)+"/")
			w.fwd.set(func(p *pkt) verdict {
				if p.port(81) {
					return drop
				}
				return pass
			})
		},
	)
	l.sleep(4 * time.Second)
	l.tick(w.client, nearTick)
	c.stop()
	c.says("IPv6: a connection used again after 4.5 s with probes after 2 s and every second (port 80), and one whose peer is gone: three probes without answer, then RST (81). Expect keepalive-reuse and keepalive-dead-peer.",
		exactly(2, "SYNs", all(isSYN, func(p *pkt) bool { return !p.port(tickPort) })), atLeast(2, "probes to port 80", all(isProbe(), onPort(80))),
		exactly(3, "probes to port 81", all(isProbe(), onPort(81), from(client6))), exactly(1, "RST of the prober", all(isRST, from(client6), onPort(81))))
}

func keepDeadPeer(l *lab) {
	w := l.wired()
	h := &httpLog{}
	w.server.http(hostPort(nearIP, 80), page(400), h.watch)
	c := w.client.capture("c0", "keepalive/dead-peer.pcap")
	client := w.client.httpClient(h.withProbes(w.client, 2, 1, 4))
	h.fetch(l, client, "http://"+nearIP+"/")
	l.sleep(3500 * time.Millisecond) // one probe is answered
	w.fwd.set(func(p *pkt) verdict {
		if p.port(80) {
			return drop
		}
		return pass
	})
	l.sleep(9 * time.Second)
	l.tick(w.client, nearTick)
	c.stop()
	h.note("client", "-", "kernel sent %d probes", w.client.probesSent())
	f := c.says("After an exchange, probes after 2 s, every 1 s, at most 4; the first is answered, then the peer is gone: four without answer, the kernel gives up with RST. Expect keepalive-dead-peer.",
		exactly(1, "SYN to port 80", all(isSYN, onPort(80))), atLeast(5, "probes", all(isProbe(), onPort(80))), exactly(1, "RST of the prober", all(isRST, from(clientIP), onPort(80))))
	h.store(l, c, f, "client")
}

// forget ends the server's side of a connection without a word, as a crash does.
func (w *wired) forget(conn net.Conn) {
	w.server.exec("iptables", "-A", "OUTPUT", "-p", "tcp", "--sport", "80", "--tcp-flags", "RST", "RST", "-j", "DROP")
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
	w.server.exec("iptables", "-F", "OUTPUT")
}

func keepProbeReset(l *lab) {
	w := l.wired()
	conns := make(chan net.Conn, 1)
	w.server.http(hostPort(nearIP, 80), page(400), func(s *http.Server) {
		s.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
			conns <- c
			return ctx
		}
	})
	c := w.client.capture("c0", "keepalive/probe-reset.pcap")
	client := w.client.httpClient(w.client.withProbes(3, 1, 4))
	l.fetch(client, "http://"+nearIP+"/")
	l.sleep(300 * time.Millisecond)
	w.forget(<-conns)
	l.sleep(4 * time.Second)
	l.tick(w.client, nearTick)
	c.stop()
	c.says("After an exchange the server forgets the connection without a word; the client's first probe, after 3 s, is answered by RST. Expect keepalive-answered-by-reset.",
		exactly(1, "probe", all(isProbe(), onPort(80))), exactly(1, "RST", all(isRST, from(nearIP))))
}

func keepForgotten(l *lab) {
	w := l.wired()
	w.server.http(hostPort(nearIP, 80), page(400))
	c := w.client.capture("c0", "keepalive/forgotten.pcap")
	client := w.client.httpClient()
	client.Timeout = 9 * time.Second
	l.fetch(client, "http://"+nearIP+"/first")
	l.sleep(4 * time.Second)
	w.fwd.set(func(p *pkt) verdict {
		if p.port(80) {
			return drop
		}
		return pass
	})
	if _, err := client.Get("http://" + nearIP + "/lost"); err == nil {
		l.fail("answered")
	}
	l.sleep(2 * time.Second)
	l.tick(w.client, nearTick)
	c.stop()
	c.says("After an idle time of 4 s a middlebox has forgotten the flow: the next request is sent again and again and never acknowledged, until the client gives up after 9 s. Expect keepalive-idle-drop.",
		exactly(2, "requests", all(isData, from(clientIP), onPort(80), firstTime())),
		atLeast(4, "request repeated", all(from(clientIP), onPort(80), repeats(isData))))
}

func keepIdleReset(l *lab) {
	w := l.wired()
	w.server.serve(hostPort(nearIP, 80), func(c net.Conn) {
		c.Read(make([]byte, 1000))
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
		time.Sleep(2500 * time.Millisecond)
		c.(*net.TCPConn).SetLinger(0)
	})
	c := w.client.capture("c0", "keepalive/idle-reset.pcap")
	conn := w.client.mustDial(hostPort(nearIP, 80))
	fmt.Fprint(conn, smallGET)
	io.ReadAll(conn)
	c.stop()
	c.says("One exchange, then the server resets the connection after 2.5 s of idleness without any request. Expect tcp-idle-reset.",
		exactly(1, "RST", all(isRST, from(nearIP))), exactly(1, "request", all(isData, from(clientIP))))
}

// keepRace: the server's FIN of its idle timeout and the next request cross on
// the wire. The moment is short, so several connections try.
func keepRace(l *lab) {
	const wire, idle = 20 * time.Millisecond, 2 * time.Second
	w := l.wired()
	w.fwd.set(func(*pkt) verdict { return verdict{delay: wire} })
	h := &httpLog{}
	w.server.http(hostPort(nearIP, 80), page(400), func(s *http.Server) { s.IdleTimeout = idle }, h.watch)
	c := w.client.capture("c0", "keepalive/race.pcap")
	s := w.server.capture("s0", "keepalive/race-server.pcap")
	one := func(early time.Duration) func() {
		return func() {
			conn := notedConn{w.client.mustDial(hostPort(nearIP, 80)), h}
			name := connName(conn.LocalAddr(), conn.RemoteAddr())
			fmt.Fprint(conn, smallGET)
			h.note("client", name, "sent new")
			b := make([]byte, 1000)
			_, err := conn.Read(b)
			l.must(err)
			h.note("client", name, "answered")
			// The response left one wire earlier; the FIN leaves idle later.
			l.sleep(idle - wire + early)
			fmt.Fprint(conn, smallGET)
			h.note("client", name, "sent reused")
			if _, err := conn.Read(b); err == nil {
				h.note("client", name, "answered")
			}
			l.sleep(3 * wire)
			conn.Close()
		}
	}
	l.parallel(one(6*time.Millisecond), one(10*time.Millisecond), one(14*time.Millisecond))
	l.sleep(300 * time.Millisecond)
	c.stop()
	s.stop()
	text := "Three connections over a wire of 20 ms to a Go server with IdleTimeout 2 s; the second request of each is sent about when the server's FIN leaves: it crosses it and is answered by RST. Expect keepalive-race. "
	f := c.says(text+"Seen at the client: request, then FIN, then RST.",
		atLeast(4, "requests", all(isData, from(clientIP))), atLeast(1, "server FINs", all(isFIN, from(nearIP))), atLeast(1, "RST for the lost request", all(isRST, from(nearIP))))
	h.write(l, c, f, "client")
	f = s.says(text+"Seen at the server: FIN, then the request, then RST.",
		atLeast(1, "server FINs", all(isFIN, from(nearIP))), atLeast(1, "RST for the lost request", all(isRST, from(nearIP))))
	h.store(l, s, f, "server")
}

// keepZeroWindow: the receiver does not read; its window closes.
func keepZeroWindow(l *lab) {
	w := l.wired()
	w.server.serve(hostPort(nearIP, 80), func(c net.Conn) {
		time.Sleep(4 * time.Second)
		io.Copy(io.Discard, c)
	}, func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 8192) })
	c := w.client.capture("c0", "keepalive/zero-window.pcap", "-s", "200")
	conn := w.client.mustDial(hostPort(nearIP, 80))
	body := make([]byte, 60_000)
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: lab.example\r\nContent-Length: %d\r\n\r\n", len(body))
	_, err := conn.Write(body)
	l.must(err)
	l.sleep(6 * time.Second)
	conn.Close()
	c.stop()
	c.says("The server does not read for 4 s: its window closes and the client sends zero-window probes, which look like keep-alive probes (one below the next sequence number; tshark 4.0 calls them Keep-Alive) and are none. Snaplen 200. Nothing to report for keep-alive.",
		atLeast(2, "zero windows", func(p *pkt) bool { return p.from(nearIP) && p.has(ack) && p.win == 0 }))
}
