package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// accessLog is a line of nginx's log: when it wrote the response (ms), the
// connection, the number of the request on it, and what it took nginx (ms).
const accessLog = `$msec $remote_port>$server_port $connection_requests $request_time`

// nginx runs in the foreground with everything it writes in the scenario's own
// directory, and returns the name of its access log.
func (n *netns) nginx(addr, settings string) string {
	dir := filepath.Join(n.l.tmp, "nginx")
	n.l.must(os.MkdirAll(dir, 0o755))
	conf := fmt.Sprintf(`daemon off; master_process off; user root; worker_processes 1;
pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 64; }
http {
  log_format lab '%[4]s'; access_log %[1]s/access.log lab; client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi; uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
  %[3]s
  server { listen %[2]s; location / { return 200 "hello from nginx\n"; } }
}
`, dir, addr, settings, accessLog)
	file := filepath.Join(dir, "nginx.conf")
	n.l.must(os.WriteFile(file, []byte(conf), 0o644))
	n.start(nil, "nginx", "-p", dir, "-e", dir+"/error.log", "-c", file)
	for range 50 {
		if c, err := n.dial(addr, dialOptions{}); err == nil {
			c.Close()
			return dir + "/access.log"
		}
		n.l.sleep(50 * time.Millisecond)
	}
	log, _ := os.ReadFile(dir + "/error.log")
	n.l.fail("nginx does not answer: %s", log)
	return ""
}

// nginxLog takes over what nginx wrote into its access log.
func (h *httpLog) nginxLog(l *lab, name string) {
	b, err := os.ReadFile(name)
	l.must(err)
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		f := strings.Fields(line)
		if len(f) != 4 {
			l.fail("nginx wrote %q", line)
		}
		at, err := strconv.ParseFloat(f[0], 64)
		l.must(err)
		h.noteAt(time.UnixMilli(int64(math.Round(at*1e3))), "server", f[1], "nginx request=%s request_time=%s", f[2], f[3])
	}
}

func keepCurlNginx(l *lab) {
	w := l.wired()
	access := w.server.nginx(hostPort(nearIP, 80), "keepalive_timeout 3s 3s;")
	h := &httpLog{}
	l.versions += fmt.Sprintf(", nginx %s, curl %s", version("nginx", "-v"), version("curl", "--version"))
	c := w.client.capture("c0", "keepalive/curl-nginx.pcap")
	url := "http://" + nearIP + "/"
	h.curl(w.client, "", url, url+"again", url+"thrice")
	// A client that keeps its connection until nginx closes it.
	conn := notedConn{w.client.mustDial(hostPort(nearIP, 80)), h}
	name := connName(conn.LocalAddr(), conn.RemoteAddr())
	fmt.Fprint(conn, smallGET)
	h.note("client", name, "sent new")
	b := make([]byte, 2000)
	_, err := conn.Read(b)
	l.must(err)
	h.note("client", name, "answered")
	for err == nil { // until nginx closes
		_, err = conn.Read(b)
	}
	conn.Close()
	c.stop()
	h.nginxLog(l, access)
	f := c.says("curl fetches three pages over one connection from nginx (keepalive_timeout 3s, announced as Keep-Alive: timeout=3); then a client that waits until nginx closes after 3 s of idleness.",
		exactly(2, "SYNs", isSYN), exactly(1, "nginx closes first", firstFIN(nearIP)), exactly(4, "requests", all(isData, from(clientIP))))
	h.store(l, c, f, "client")
}
