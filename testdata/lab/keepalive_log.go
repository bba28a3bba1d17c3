package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// httpLog is what client and server of a scenario noted themselves while it was
// captured: the measure of what the packets are said to show.
type httpLog struct {
	mu    sync.Mutex
	lines []timedLine
}

// note writes down what who ("client", "server") did on a connection.
func (h *httpLog) note(who, conn, format string, args ...any) {
	h.noteAt(time.Now(), who, conn, format, args...)
}

func (h *httpLog) noteAt(at time.Time, who, conn, format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, timedLine{at, who, conn + " " + fmt.Sprintf(format, args...)})
}

// connName is "client port>server port".
func connName(client, server net.Addr) string {
	return fmt.Sprintf("%d>%d", client.(*net.TCPAddr).Port, server.(*net.TCPAddr).Port)
}

// ask sends a request, as http.Client's trace tells it, and leaves the body to the
// caller.
func (h *httpLog) ask(l *lab, c *http.Client, url string) (r *http.Response, conn string) {
	how := "new"
	q, err := http.NewRequestWithContext(httptrace.WithClientTrace(l.ctx, &httptrace.ClientTrace{
		GotConn: func(i httptrace.GotConnInfo) {
			conn = connName(i.Conn.LocalAddr(), i.Conn.RemoteAddr())
			if i.Reused {
				how = fmt.Sprintf("reused idle=%.6f", i.IdleTime.Seconds())
			}
		},
		WroteRequest:         func(httptrace.WroteRequestInfo) { h.note("client", conn, "sent %s", how) },
		GotFirstResponseByte: func() { h.note("client", conn, "answered") },
	}), http.MethodGet, url, nil)
	l.must(err)
	r, err = c.Do(q)
	l.must(err)
	return r, conn
}

// fetch is ask with the body read to its end.
func (h *httpLog) fetch(l *lab, c *http.Client, url string) {
	r, conn := h.ask(l, c, url)
	defer r.Body.Close()
	_, err := io.Copy(io.Discard, r.Body)
	l.must(err)
	h.note("client", conn, "delivered")
}

// curl runs one curl for all urls: one process, one connection where it can be
// kept. Its own times count from the start of each transfer.
func (h *httpLog) curl(n *netns, option string, urls ...string) {
	args := []string{"curl", "-sS", "-w", `%{local_port}>%{remote_port} %{num_connects} %{time_pretransfer} %{time_starttransfer}\n`}
	if option != "" {
		args = append(args, option)
	}
	for _, u := range urls {
		args = append(args, "-o", "/dev/null", u)
	}
	for _, line := range strings.Split(strings.TrimSpace(n.exec(args...)), "\n") {
		f := strings.Fields(line)
		if len(f) != 4 {
			n.l.fail("curl wrote %q", line)
		}
		how := "reused"
		if f[1] != "0" {
			how = "new"
		}
		h.note("client", f[0], "curl %s pretransfer=%s starttransfer=%s", how, f[2], f[3])
	}
}

// watch makes a server note requests, replies, and the end of connections.
func (h *httpLog) watch(s *http.Server) {
	next := s.Handler
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		local := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		remote, err := net.ResolveTCPAddr("tcp", r.RemoteAddr)
		if err != nil {
			return
		}
		conn := connName(remote, local)
		h.note("server", conn, "got")
		next.ServeHTTP(w, r)
		h.note("server", conn, "replied")
	})
	s.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			h.note("server", connName(c.RemoteAddr(), c.LocalAddr()), "closed")
		}
	}
}

// notedConn notes how reading from a connection ended.
type notedConn struct {
	net.Conn
	h *httpLog
}

func (c notedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil {
		c.h.note("client", connName(c.LocalAddr(), c.RemoteAddr()), "gone %v", errorTail(err))
	}
	return n, err
}

// errorTail is an error without the addresses before it.
func errorTail(err error) string {
	s := err.Error()
	return strings.TrimSpace(s[strings.LastIndex(s, ": ")+1:])
}

// settings notes with which keep-alive options a socket was opened.
func (h *httpLog) settings(idle, interval, count int) {
	h.note("client", "-", "probes idle=%d interval=%d count=%d", idle, interval, count)
}

// probesSent is the kernel's own count of the probes that it sent in a namespace.
func (n *netns) probesSent() int {
	lines := strings.Split(n.exec("cat", "/proc/net/netstat"), "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		names, values := strings.Fields(lines[i]), strings.Fields(lines[i+1])
		for j, name := range names {
			if name == "TCPKeepAlive" && j < len(values) {
				count, err := strconv.Atoi(values[j])
				n.l.must(err)
				return count
			}
		}
	}
	n.l.fail("the kernel does not count keep-alive probes")
	return 0
}

// store writes the notes beside the capture, in seconds after its first frame,
// and begins anew. at is the side at which was captured.
func (h *httpLog) store(l *lab, c *capture, f *file, at string) {
	h.write(l, c, f, at)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = nil
}

// write is store for one of two captures of the same time.
func (h *httpLog) write(l *lab, c *capture, f *file, at string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	sort.SliceStable(h.lines, func(i, j int) bool { return h.lines[i].at.Before(h.lines[j].at) })
	var b strings.Builder
	fmt.Fprintf(&b, "captured at: %s\n", at)
	b.WriteString("What client and server noted, in seconds after frame 1, by connection (client port>server port):\n")
	for _, line := range h.lines {
		after := time.Duration(line.at.UnixNano() - f.records[0].ns)
		fmt.Fprintf(&b, "%10.6f %-6s %s\n", after.Seconds(), line.who, line.text)
	}
	name := strings.TrimSuffix(c.file, ".pcap") + ".facts.txt"
	l.store(name, []byte(b.String()), l.versions, "lab", "Noted by client and server themselves while "+c.file+" was captured.")
}
