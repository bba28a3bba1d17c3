package connect

import "bytes"

// request is what a client's first bytes are.
type request uint8

const (
	requestUnknown request = iota
	requestHTTP
	requestTLS
	requestSSH
)

var requestNames = [...]string{"data", "an HTTP request", "a TLS ClientHello", "an SSH banner"}

var httpMethods = [][]byte{[]byte("GET "), []byte("POST "), []byte("HEAD "), []byte("PUT "), []byte("DELETE "),
	[]byte("OPTIONS "), []byte("PATCH "), []byte("CONNECT "), []byte("TRACE ")}

// recognise tells protocols in which the server has to answer from the first
// bytes of the client's first data segment.
func recognise(b []byte) request {
	switch {
	case len(b) >= 6 && b[0] == 22 && b[1] == 3 && b[5] == 1: // handshake record, TLS 1.x, ClientHello
		return requestTLS
	case bytes.HasPrefix(b, []byte("SSH-")):
		return requestSSH
	}
	for _, m := range httpMethods {
		if bytes.HasPrefix(b, m) {
			return requestHTTP
		}
	}
	return requestUnknown
}
