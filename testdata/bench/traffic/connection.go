package main

import (
	"encoding/binary"
	"fmt"
)

// step is the frame that a connection sends next.
type step int

const (
	clientSyn step = iota
	serverSynAck
	clientAck
	request
	requestAck
	response
	responseAck
	firstFin
	secondFin
	lastAck
	done
)

// connection is one HTTP connection as a machine that sends a frame at a time, seen on the client's side.
type connection struct {
	order          int
	due            int64
	rtt            int64
	client, server endpoint
	keep           bool // the client closes, after all its requests; else the server, after one
	requests       int
	step           step

	head   []byte // what is left of the response's head
	body   int    // what is left of its body
	unread int    // segments that the client has not acknowledged
	tick   uint32 // the timestamp option's clock

	options [20]byte
	payload [mss]byte
}

// The options of a SYN: MSS 1460, SACK permitted, timestamps, window scale 7.
var synOptions = []byte{2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7}

// advance appends the frame that is due, and sets what comes when.
func (c *connection) advance(g *generator, b []byte) []byte {
	instant := func() int64 { return int64(5 + g.rand.IntN(60)) }
	switch c.step {
	case clientSyn:
		c.then(serverSynAck, c.rtt)
		b = c.send(b, &c.client, &c.server, syn, nil)
	case serverSynAck:
		c.then(clientAck, instant())
		b = c.send(b, &c.server, &c.client, syn|ack, nil)
	case clientAck:
		c.then(request, instant())
		b = c.send(b, &c.client, &c.server, ack, nil)
	case request:
		c.requests--
		c.body = size(g.large(), g.rand.IntN)
		text := fmt.Sprintf("GET /item/%d HTTP/1.1\r\nHost: 10.77.0.1:%d\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n", c.body, c.server.port)
		c.head = fmt.Appendf(c.head[:0], "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: %d\r\n"+
			"Content-Type: application/octet-stream\r\nDate: Mon, 06 Jan 2025 09:00:00 GMT\r\n", c.body)
		if !c.keep {
			text += "Connection: close\r\n"
			c.head = append(c.head, "Connection: close\r\n"...)
		}
		c.head = append(c.head, "\r\n"...)
		if g.rand.IntN(2) == 0 { // some servers answer before the kernel acknowledges
			c.then(requestAck, c.rtt)
		} else {
			c.then(response, c.rtt+int64(g.rand.IntN(3_000)))
		}
		b = c.send(b, &c.client, &c.server, psh|ack, []byte(text+"\r\n"))
	case requestAck:
		c.then(response, int64(20+g.rand.IntN(3_000)))
		b = c.send(b, &c.server, &c.client, ack, nil)
	case response:
		b = c.respond(g, b)
	case responseAck:
		c.unread = 0
		switch {
		case len(c.head)+c.body > 0:
			c.then(response, instant())
		case c.requests > 0:
			c.then(request, int64(50+g.rand.IntN(20_000)))
		default:
			c.then(firstFin, int64(50+g.rand.IntN(2_000)))
		}
		b = c.send(b, &c.client, &c.server, ack, nil)
	case firstFin, secondFin, lastAck:
		from, to := &c.client, &c.server
		if c.keep == (c.step == secondFin) {
			from, to = to, from
		}
		flags := byte(fin | ack)
		if c.step == lastAck {
			flags = ack
		}
		c.then(c.step+1, instant()+c.rtt/2)
		b = c.send(b, from, to, flags, nil)
	}
	return b
}

// respond sends one segment of the response.
func (c *connection) respond(g *generator, b []byte) []byte {
	n := copy(c.payload[:], c.head)
	c.head = c.head[n:]
	if k := min(mss-n, c.body); k > 0 {
		at := g.rand.IntN(len(filler) - mss)
		copy(c.payload[n:], filler[at:at+k])
		c.body -= k
		n += k
	}
	flags := byte(ack)
	if len(c.head)+c.body == 0 {
		flags |= psh
	}
	// The client acknowledges every second segment, and the last.
	if c.unread++; c.unread == 2 || flags&psh != 0 {
		c.then(responseAck, int64(5+g.rand.IntN(40)))
	} else {
		c.then(response, int64(1+g.rand.IntN(12)))
	}
	return c.send(b, &c.server, &c.client, flags, c.payload[:n])
}

func (c *connection) then(next step, after int64) {
	c.step = next
	c.due += after
	c.tick += uint32(after / 1000)
}

func (c *connection) send(b []byte, from, to *endpoint, flags byte, payload []byte) []byte {
	s := segment{from: from, to: to, flags: flags, payload: payload, payloadSum: sum(payload), window: 502}
	if flags&syn != 0 {
		s.options = append(c.options[:0], synOptions...)
		binary.BigEndian.PutUint32(s.options[8:], c.tick)
		s.window = 64240
	} else {
		s.options = append(c.options[:0], 1, 1, 8, 10)
		s.options = binary.BigEndian.AppendUint32(s.options, c.tick)
		s.options = binary.BigEndian.AppendUint32(s.options, c.tick)
	}
	if flags&ack != 0 {
		s.acknowledge = to.next
	}
	b = appendFrame(b, &s)
	from.ipID++
	from.next += uint32(len(payload))
	if flags&(syn|fin) != 0 {
		from.next++
	}
	return b
}
