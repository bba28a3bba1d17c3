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

func keepBodyUnread(l *lab) {
	w := l.wired()
	h := &httpLog{}
	w.server.http(hostPort(nearIP, 80), page(400), h.watch)
	c := w.client.capture("c0", "keepalive/body-unread.pcap")
	client := w.client.httpClient()
	var open []io.Closer
	for range 4 {
		r, _ := h.ask(l, client, "http://"+nearIP+"/")
		open = append(open, r.Body) // neither read nor closed: the pool cannot have it back
		l.sleep(700 * time.Millisecond)
	}
	l.sleep(time.Second)
	for _, o := range open {
		o.Close()
	}
	client.CloseIdleConnections()
	c.stop()
	f := c.says("A Go client asks four times, 0.7 s apart, and does not read or close the bodies: a new connection each time although the earlier ones are idle. Expect keepalive-body-unread (three or more: warning).",
		exactly(4, "SYNs", isSYN), exactly(4, "requests", all(isData, from(clientIP))))
	h.store(l, c, f, "client")
	c2 := w.client.capture("c0", "keepalive/concurrent.pcap")
	w.server.http(hostPort(nearIP, 81), slowPage(300*time.Millisecond, 400), h.watch)
	get := func() { h.fetch(l, client, "http://"+hostPort(nearIP, 81)+"/") }
	l.parallel(get, get, get, get)
	l.sleep(time.Second)
	get()
	client.CloseIdleConnections()
	c2.stop()
	f = c2.says("Four requests at the same time need four connections; a fifth after 1 s reuses one. Nothing to report for keepalive-body-unread.",
		exactly(4, "SYNs", isSYN), exactly(5, "requests", all(isData, from(clientIP))))
	h.store(l, c2, f, "client")
}

func keepPerRequest(l *lab) {
	w := l.wired()
	h := &httpLog{}
	w.server.http(hostPort(nearIP, 80), page(400), h.watch)
	l.versions += ", curl " + version("curl", "--version")
	url := "http://" + nearIP + "/"
	each := func(file, text string, f func(), facts ...fact) {
		c := w.client.capture("c0", file)
		for range 6 {
			f()
			l.sleep(50 * time.Millisecond)
		}
		c.stop()
		h.store(l, c, c.says(text, append(facts, exactly(6, "SYNs", isSYN), exactly(6, "requests", all(isData, from(clientIP))))...), "client")
	}
	each("keepalive/per-request-close.pcap", "Six requests, each with Connection: close. Expect keepalive-unused (info: asked for).",
		func() { // either side closes first
			h.fetch(l, w.client.httpClient(func(t *http.Transport) { t.DisableKeepAlives = true }), url)
		})
	each("keepalive/per-request-http10.pcap", "Six requests of curl with HTTP/1.0. Expect keepalive-unused (info: HTTP/1.0 asked for it).",
		func() { h.curl(w.client, "--http1.0", url) })
	each("keepalive/per-request-client.pcap", "Six curl processes in turn, HTTP/1.1 and no Connection: close: each closes a connection that could have been reused. Expect keepalive-unused (warning), client closes.",
		func() { h.curl(w.client, "", url) },
		exactly(6, "client closes first", firstFIN(clientIP)))
}

// firstFIN matches the first FIN of a connection when this host sends it.
func firstFIN(ip string) func(p *pkt) bool {
	closed := map[int]bool{}
	return func(p *pkt) bool {
		if !isFIN(p) {
			return false
		}
		port := max(p.sport, p.dport)
		was := closed[port]
		closed[port] = true
		return !was && p.from(ip)
	}
}

func keepPipelining(l *lab) {
	w := l.wired()
	w.server.http(hostPort(nearIP, 80), page(3000))
	ask := func() {
		conn := w.client.mustDial(hostPort(nearIP, 80))
		in := bufio.NewReader(conn)
		for _, n := range []int{3, 1, 2} {
			fmt.Fprint(conn, strings.Repeat(smallGET, n))
			for range n {
				r, err := http.ReadResponse(in, nil)
				l.must(err)
				_, err = io.Copy(io.Discard, r.Body)
				l.must(err)
			}
			l.sleep(100 * time.Millisecond)
		}
		conn.Close()
	}
	c := w.client.capture("c0", "keepalive/pipelining.pcap")
	ask()
	c.stop()
	c.says("Three pipelined requests in one segment, one alone, two pipelined: six exchanges on one connection.", exactly(1, "SYN", isSYN), atLeast(3, "requests", all(isData, from(clientIP))))
	count := 0
	w.fwd.set(func(p *pkt) verdict {
		if p.data() {
			switch count++; {
			case count%5 == 0:
				return drop
			case count%3 == 0:
				return verdict{delay: 4 * time.Millisecond} // overtaken
			case count%7 == 0:
				return verdict{copies: 1}
			}
		}
		return pass
	})
	c = w.client.capture("c0", "keepalive/pipelining-loss.pcap")
	ask()
	c.stop()
	c.says("The same over a wire that loses, reorders and duplicates segments: still six exchanges on one connection.", exactly(1, "SYN", isSYN), atLeast(1, "data repeated", repeats(isData)))
}

func keepFraming(l *lab) {
	w := l.wired()
	mux := http.NewServeMux()
	mux.HandleFunc("/chunked", func(w http.ResponseWriter, _ *http.Request) {
		for i := range 5 {
			fmt.Fprintf(w, "chunk %d %s\n", i, strings.Repeat("x", i*300))
			w.(http.Flusher).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	})
	mux.HandleFunc("/none", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/same", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "400") // of what is not sent
		w.WriteHeader(http.StatusNotModified)
	})
	mux.HandleFunc("/hints", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		time.Sleep(50 * time.Millisecond)
		fmt.Fprintln(w, "after hints")
	})
	mux.HandleFunc("/upload", func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body) // reading asks for the body: 100 Continue
		fmt.Fprintln(w, n)
	})
	mux.Handle("/", page(400))
	w.server.http(hostPort(nearIP, 80), mux)
	c := w.client.capture("c0", "keepalive/framing.pcap")
	client := w.client.httpClient(func(t *http.Transport) { t.ExpectContinueTimeout = 5 * time.Second })
	ask := func(method, path string, body io.Reader, expect bool) {
		q, err := http.NewRequestWithContext(l.ctx, method, "http://"+nearIP+path, body)
		l.must(err)
		if expect {
			q.Header.Set("Expect", "100-continue")
		}
		r, err := client.Do(q)
		l.must(err)
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
	ask("GET", "/", nil, false)
	ask("HEAD", "/", nil, false)
	ask("GET", "/none", nil, false)
	ask("GET", "/same", nil, false)
	ask("GET", "/chunked", nil, false)
	ask("GET", "/hints", nil, false)
	ask("POST", "/upload", strings.NewReader(strings.Repeat("y", 3000)), true)
	ask("POST", "/upload", io.MultiReader(strings.NewReader("a"), strings.NewReader(strings.Repeat("z", 2000))), false) // chunked request
	ask("GET", "/", nil, false)
	client.CloseIdleConnections()
	c.stop()
	c.says("Nine exchanges on one connection: GET, HEAD, 204, 304 with Content-Length, chunked response, 103 before 200, 100 Continue, chunked request, GET. A parser that frames one wrongly counts another number.",
		exactly(1, "SYN", isSYN), atLeast(9, "client data", all(isData, from(clientIP))))

	c = w.client.capture("c0", "keepalive/until-close.pcap")
	w.server.serve(hostPort(nearIP, 81), func(c net.Conn) {
		c.Read(make([]byte, 1000))
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
		for range 3 {
			fmt.Fprintln(c, strings.Repeat("w", 700))
			time.Sleep(30 * time.Millisecond)
		}
	})
	w.client.get("http://" + hostPort(nearIP, 81) + "/")
	c.stop()
	c.says("A response without Content-Length ends with the connection: one exchange, closed by the server.", exactly(1, "SYN", isSYN), exactly(1, "server closes first", firstFIN(nearIP)))
}

func keepUpgrade(l *lab) {
	w := l.wired()
	echo := func(c net.Conn) {
		defer c.Close()
		io.Copy(c, c)
	}
	w.server.http(hostPort(nearIP, 80), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		if r.Method == http.MethodConnect {
			fmt.Fprint(c, "HTTP/1.1 200 Connection established\r\n\r\n")
		} else {
			fmt.Fprint(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: lab-echo\r\n\r\n")
		}
		go echo(c)
	}))
	c := w.client.capture("c0", "keepalive/upgrade.pcap")
	for _, head := range []string{
		"GET /chat HTTP/1.1\r\nHost: lab.example\r\nConnection: Upgrade\r\nUpgrade: lab-echo\r\n\r\n",
		"CONNECT other.example:443 HTTP/1.1\r\nHost: other.example:443\r\n\r\n",
	} {
		conn := w.client.mustDial(hostPort(nearIP, 80))
		in := bufio.NewReader(conn)
		fmt.Fprint(conn, head)
		for line := "?"; strings.TrimSpace(line) != ""; {
			var err error
			line, err = in.ReadString('\n')
			l.must(err)
		}
		for i := range 3 {
			fmt.Fprintf(conn, "message %d\n", i)
			_, err := in.ReadString('\n')
			l.must(err)
			l.sleep(500 * time.Millisecond)
		}
		conn.Close()
	}
	c.stop()
	c.says("One connection upgraded with 101 and one made a tunnel with CONNECT: one HTTP exchange each, what follows is another protocol and neither reuse nor requests.",
		exactly(2, "SYNs", isSYN), exactly(8, "client data", all(isData, from(clientIP))))
}

func keepSlow(l *lab) {
	w := l.wired()
	mux := http.NewServeMux()
	mux.Handle("/slow", slowPage(1700*time.Millisecond, 400))
	mux.Handle("/fast", page(400))
	mux.Handle("/poll", slowPage(1200*time.Millisecond, 20))
	mux.HandleFunc("/events", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.(http.Flusher).Flush()
		for i := range 4 {
			time.Sleep(1200 * time.Millisecond)
			fmt.Fprintf(w, "data: event %d\n\n", i)
			w.(http.Flusher).Flush()
		}
	})
	w.server.http(hostPort(nearIP, 80), mux)
	c := w.client.capture("c0", "keepalive/slow.pcap")
	url := "http://" + nearIP
	l.parallel(
		func() {
			h := w.client.httpClient()
			l.fetch(h, url+"/fast")
			l.fetch(h, url+"/slow")
			l.fetch(h, url+"/fast")
			h.CloseIdleConnections()
		},
		func() {
			h := w.client.httpClient()
			for range 4 {
				l.fetch(h, url+"/poll")
			}
			h.CloseIdleConnections()
		},
		func() { w.client.get(url + "/events") },
	)
	c.stop()
	c.says("Three connections: /fast, /slow (1.7 s: http-slow-response), /fast; a long poll answered four times after 1.2 s (info at most); an event stream with an event each 1.2 s (no slow response, and events are no reuse).",
		exactly(3, "SYNs", isSYN), exactly(8, "requests", all(isData, from(clientIP))))
}
