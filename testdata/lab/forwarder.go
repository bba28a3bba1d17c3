package main

import (
	"container/heap"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A verdict says what the wire does with one frame.
type verdict struct {
	drop   bool
	delay  time.Duration // frames with different delays overtake each other
	copies int           // additional copies
	back   [][]byte      // frames that go to where this one came from, as a box on the way forges them
}

var pass, drop = verdict{}, verdict{drop: true}

// forwarder is a wire with opinions: it carries frames between two devices and
// asks a rule about each. It stands in for netem, which not every kernel has.
type forwarder struct {
	mu   sync.Mutex
	rule func(p *pkt) verdict
}

// set changes the rule; nil carries everything at once. The rule is asked for
// one frame at a time, so it may keep counts.
func (f *forwarder) set(rule func(p *pkt) verdict) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rule = rule
}

func (f *forwarder) ask(p *pkt) verdict {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rule == nil {
		return pass
	}
	return f.rule(p)
}

func (l *lab) forward(n *netns, a, b string) *forwarder {
	f := &forwarder{}
	var sa, sb, ia, ib int
	n.do(func() {
		sa, ia = l.packetSocket(a)
		sb, ib = l.packetSocket(b)
	})
	go f.carry(l, sa, ia, sb, ib)
	go f.carry(l, sb, ib, sa, ia)
	return f
}

// packetSocket opens a socket that sees what arrives on dev, and may send there.
func (l *lab) packetSocket(dev string) (fd, index int) {
	const everything = 0x0300 // ETH_P_ALL in network order
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, everything)
	l.must(err)
	l.onEnd(func() { unix.Close(fd) })
	req, err := unix.NewIfreq(dev)
	l.must(err)
	l.must(unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, req))
	index = int(req.Uint32())
	l.must(unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: everything, Ifindex: index}))
	l.must(unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1))
	// A read that comes back now and then notices the scenario's end.
	l.must(unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 100_000}))
	return fd, index
}

// carry moves frames one way. Delayed frames wait in a queue ordered by due
// time, then arrival, so equal delays keep the order.
func (f *forwarder) carry(l *lab, from, fromIndex, to, toIndex int) {
	send := make(chan queued, 1024)
	go func() {
		var q queue
		for {
			var wake <-chan time.Time
			if len(q) > 0 {
				wake = time.After(time.Until(q[0].due))
			}
			select {
			case <-l.ctx.Done():
				return
			case it := <-send:
				heap.Push(&q, it)
			case <-wake:
				it := heap.Pop(&q).(queued)
				unix.Sendto(to, it.frame, 0, &unix.SockaddrLinklayer{Ifindex: toIndex})
			}
		}
	}()
	buf := make([]byte, 70_000)
	for order := 0; l.ctx.Err() == nil; order++ {
		n, _, err := unix.Recvfrom(from, buf, 0)
		if err != nil {
			if err == unix.EAGAIN || err == unix.EINTR {
				continue
			}
			return
		}
		frame := append([]byte(nil), buf[:n]...)
		v := f.ask(parse(linkEthernet, frame, len(frame)))
		for _, b := range v.back {
			unix.Sendto(from, b, 0, &unix.SockaddrLinklayer{Ifindex: fromIndex})
		}
		if v.drop {
			continue
		}
		for range 1 + v.copies {
			if v.delay == 0 {
				unix.Sendto(to, frame, 0, &unix.SockaddrLinklayer{Ifindex: toIndex})
				continue
			}
			select {
			case send <- queued{time.Now().Add(v.delay), order, frame}:
			case <-l.ctx.Done():
			}
		}
	}
}

type queued struct {
	due   time.Time
	order int
	frame []byte
}

type queue []queued

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if !q[i].due.Equal(q[j].due) {
		return q[i].due.Before(q[j].due)
	}
	return q[i].order < q[j].order
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(queued)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
