package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"time"
)

// certificate is made for one run and never leaves memory.
func (l *lab) certificate(ip string) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	l.must(err)
	now := time.Now()
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.ParseIP(ip)},
	}, &x509.Certificate{SerialNumber: big.NewInt(1)}, &key.PublicKey, key)
	l.must(err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func keepTLS(l *lab) {
	w := l.wired()
	cert := l.certificate(nearIP)
	ln := tls.NewListener(w.server.listen(hostPort(nearIP, 443)), &tls.Config{Certificates: []tls.Certificate{cert}})
	s := &http.Server{Handler: page(400)}
	go s.Serve(ln)
	l.onEnd(func() { s.Close() })
	c := w.client.capture("c0", "keepalive/tls.pcap")
	client := w.client.httpClient(func(t *http.Transport) {
		t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // our own server, two namespaces away
	})
	for _, gap := range []time.Duration{1500, 2200, 0} {
		l.fetch(client, "https://"+nearIP+"/")
		l.sleep(gap * time.Millisecond)
	}
	client.CloseIdleConnections()
	c.stop()
	c.says("HTTP/1.1 inside TLS 1.3, three exchanges with gaps of 1.5 and 2.2 s: nothing to parse, turns only.", exactly(1, "SYN", isSYN))

	both := new(http.Protocols)
	both.SetUnencryptedHTTP2(true)
	both.SetHTTP1(true)
	w.server.http(hostPort(nearIP, 80), page(400), func(s *http.Server) { s.Protocols = both })
	only2 := new(http.Protocols)
	only2.SetUnencryptedHTTP2(true)
	c = w.client.capture("c0", "keepalive/http2-clear.pcap")
	client = w.client.httpClient(func(t *http.Transport) { t.Protocols = only2 })
	l.fetch(client, "http://"+nearIP+"/")
	l.sleep(1500 * time.Millisecond)
	l.fetch(client, "http://"+nearIP+"/")
	client.CloseIdleConnections()
	c.stop()
	c.says("HTTP/2 with prior knowledge (PRI * HTTP/2.0), two exchanges 1.5 s apart: named, not parsed; turns.", exactly(1, "SYN", isSYN))
}
