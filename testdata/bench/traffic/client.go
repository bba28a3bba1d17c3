package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"pcaptriage/testdata/bench/savefile"
)

// meter watches the interface's own counters: it knows what has passed without a look at the capture.
type meter struct {
	more atomic.Bool // the mean packet is too small: more downloads
	done atomic.Bool
}

func (m *meter) watch(ctx context.Context, packets, bytes int64) error {
	for !m.done.Load() {
		p, err := counters("rx_packets", "tx_packets")
		if err != nil {
			return err
		}
		b, err := counters("rx_bytes", "tx_bytes")
		if err != nil {
			return err
		}
		m.more.Store(b < bytesPerPacket*p)
		// One in a hundred more than asked for: the counters may see frames that the capture does not.
		if p >= packets+packets/100 && b+p*savefile.RecordHeaderLen >= bytes+bytes/100 {
			m.done.Store(true)
		}
		select {
		case <-ctx.Done():
			m.done.Store(true)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return ctx.Err()
}

func counters(names ...string) (sum int64, err error) {
	for _, name := range names {
		b, err := os.ReadFile("/sys/class/net/eth0/statistics/" + name)
		if err != nil {
			return 0, err
		}
		n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// load has clients fetch things until enough packets have passed.
func load(ctx context.Context, o options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { io.Copy(io.Discard, os.Stdin); cancel() }()

	var m meter
	var wg sync.WaitGroup
	failed := make(chan error, o.workers+1)
	for i := range o.workers {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(o.seed, uint64(i)))
			for !m.done.Load() {
				if err := visit(ctx, r, &m, i%clients+1); err != nil {
					failed <- err
					m.done.Store(true)
				}
			}
		})
	}
	watched := m.watch(ctx, o.packets, o.bytes)
	wg.Wait()
	close(failed)
	return errors.Join(watched, <-failed)
}

// visit is what one client asks of one server: either requests on a connection that is kept, or each on its own.
func visit(ctx context.Context, r *rand.Rand, m *meter, address int) error {
	keep := r.IntN(3) > 0
	transport := &http.Transport{
		DialContext: (&net.Dialer{
			LocalAddr: &net.TCPAddr{IP: net.ParseIP(clientPrefix + strconv.Itoa(address))},
			Timeout:   30 * time.Second,
		}).DialContext,
		DisableKeepAlives:  !keep,
		DisableCompression: true,
		MaxConnsPerHost:    1,
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 60 * time.Second}
	base := "http://" + net.JoinHostPort(serverAddr, strconv.Itoa(serverPorts[r.IntN(len(serverPorts))]))

	requests := 1 + r.IntN(6)
	if keep {
		requests = 1 + r.IntN(40)
	}
	for range requests {
		if m.done.Load() {
			break
		}
		large := m.more.Load() && r.IntN(4) == 0
		n := size(large, r.IntN)
		var request *http.Request
		var err error
		switch kind := r.IntN(100); {
		case kind < 8:
			request, err = http.NewRequestWithContext(ctx, http.MethodPost, base+"/upload", bytes.NewReader(filler[:n]))
		case kind < 12:
			request, err = http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/slow/%d", base, n), nil)
		case kind < 14:
			request, err = http.NewRequestWithContext(ctx, http.MethodGet, base+"/missing", nil)
		default:
			request, err = http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/item/%d", base, n), nil)
		}
		if err != nil {
			return err
		}
		request.Header.Set("User-Agent", "bench/1.0")
		request.Header.Set("Accept", "*/*")
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if err != nil {
			return err
		}
	}
	return nil
}
