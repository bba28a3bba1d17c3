package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"time"
)

// http serves a handler inside the namespace until the scenario ends.
func (n *netns) http(addr string, h http.Handler, configure ...func(*http.Server)) *http.Server {
	ln := n.listen(addr)
	// Nothing on the lab's own output about connections that a scenario breaks.
	s := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	for _, f := range configure {
		f(s)
	}
	go s.Serve(ln)
	n.l.onEnd(func() { s.Close() })
	return s
}

// client is a Go HTTP client whose sockets are in the namespace.
func (n *netns) httpClient(configure ...func(*http.Transport)) *http.Client {
	t := &http.Transport{
		DialContext: func(_ context.Context, _, addr string) (net.Conn, error) {
			return n.dial(addr, dialOptions{})
		},
		DisableCompression: true,
	}
	for _, f := range configure {
		f(t)
	}
	n.l.onEnd(t.CloseIdleConnections)
	return &http.Client{Transport: t, Timeout: time.Minute}
}

// get fetches a page whole, on a connection that closes afterwards.
func (n *netns) get(url string) string {
	c := n.httpClient(func(t *http.Transport) { t.DisableKeepAlives = true })
	return n.l.fetch(c, url)
}

func (l *lab) fetch(c *http.Client, url string) string {
	r, err := c.Get(url)
	l.must(err)
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	l.must(err)
	return string(b)
}

// page answers every request with n bytes.
func page(n int) http.Handler {
	body := strings.Repeat("0123456789abcdef", n/16+1)[:n]
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(n))
		io.WriteString(w, body)
	})
}

// serveTick starts the server that tick talks to.
func (n *netns) serveTick(ip string) { n.http(hostPort(ip, tickPort), page(len(tickReply))) }

// tick is a sound exchange with a second server. A capture without it would end
// with the last packet of the failure, and nobody could tell from it how long
// the silence lasted.
func (l *lab) tick(client *netns, ip string) {
	client.get("http://" + hostPort(ip, tickPort) + "/alive")
}
