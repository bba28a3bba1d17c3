package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

// filler is what bodies are made of: bytes that no compression of an interface or a file shortens.
var filler = func() []byte {
	b := make([]byte, 1<<20)
	r := rand.New(rand.NewPCG(7, 7))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}()

// serve answers on every port until standard input ends.
func serve(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /item/{size}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("size"))
		if err != nil || n < 0 || n > len(filler) {
			http.Error(w, "no such size", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(n))
		w.Header().Set("Cache-Control", "max-age=600")
		w.Write(filler[:n])
	})
	mux.HandleFunc("GET /slow/{size}", func(w http.ResponseWriter, r *http.Request) {
		// Some answers take thought, as a database's do.
		time.Sleep(time.Duration(1+rand.IntN(40)) * time.Millisecond)
		n, _ := strconv.Atoi(r.PathValue("size"))
		w.Write(filler[:min(max(n, 0), len(filler))])
	})
	mux.HandleFunc("POST /upload", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	})

	failed := make(chan error, len(serverPorts))
	for _, port := range serverPorts {
		l, err := net.Listen("tcp", net.JoinHostPort(serverAddr, strconv.Itoa(port)))
		if err != nil {
			return err
		}
		server := &http.Server{Handler: mux}
		defer server.Close()
		go func() { failed <- server.Serve(l) }()
	}
	fmt.Println("listening")

	closed := make(chan struct{})
	go func() { io.Copy(io.Discard, os.Stdin); close(closed) }()
	select {
	case <-closed:
	case <-ctx.Done():
	case err := <-failed:
		return err
	}
	return nil
}
