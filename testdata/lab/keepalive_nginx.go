package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// nginx runs in the foreground with everything it writes in the scenario's own
// directory.
func (n *netns) nginx(addr, settings string) {
	dir := filepath.Join(n.l.tmp, "nginx")
	n.l.must(os.MkdirAll(dir, 0o755))
	conf := fmt.Sprintf(`daemon off; master_process off; user root; worker_processes 1;
pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 64; }
http {
  access_log off; client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi; uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
  %[3]s
  server { listen %[2]s; location / { return 200 "hello from nginx\n"; } }
}
`, dir, addr, settings)
	file := filepath.Join(dir, "nginx.conf")
	n.l.must(os.WriteFile(file, []byte(conf), 0o644))
	n.start(nil, "nginx", "-p", dir, "-e", dir+"/error.log", "-c", file)
	for range 50 {
		if c, err := n.dial(addr, dialOptions{}); err == nil {
			c.Close()
			return
		}
		n.l.sleep(50 * time.Millisecond)
	}
	log, _ := os.ReadFile(dir + "/error.log")
	n.l.fail("nginx does not answer: %s", log)
}

func keepCurlNginx(l *lab) {
	w := l.wired()
	w.server.nginx(hostPort(nearIP, 80), "keepalive_timeout 3s 3s;")
	l.versions += fmt.Sprintf(", nginx %s, curl %s", version("nginx", "-v"), version("curl", "--version"))
	c := w.client.capture("c0", "keepalive/curl-nginx.pcap")
	url := "http://" + nearIP + "/"
	w.client.exec("curl", "-sS", "-o", "/dev/null", url, "-o", "/dev/null", url+"again", "-o", "/dev/null", url+"thrice")
	// A client that keeps its connection until nginx closes it.
	conn := w.client.mustDial(hostPort(nearIP, 80))
	fmt.Fprint(conn, smallGET)
	b := make([]byte, 2000)
	for {
		if _, err := conn.Read(b); err != nil {
			break
		}
	}
	conn.Close()
	c.stop()
	c.says("curl fetches three pages over one connection from nginx (keepalive_timeout 3s, announced as Keep-Alive: timeout=3); then a client that waits until nginx closes after 3 s of idleness.",
		exactly(2, "SYNs", isSYN), exactly(1, "nginx closes first", firstFIN(nearIP)), exactly(4, "requests", all(isData, from(clientIP))))
}
