package flow

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"pcaptriage/decoders"
)

// endpoint is an address and port.
type endpoint struct {
	addr decoders.Addr
	port uint16
}

func v4(a, b, c, d byte, port uint16) endpoint {
	return endpoint{decoders.Addr4([]byte{a, b, c, d}), port}
}

func v6(last byte, port uint16) endpoint {
	return endpoint{decoders.Addr{Hi: 0x20010db8 << 32, Lo: uint64(last)}, port}
}

// tcpSpec is a TCP segment in terms of its header fields.
type tcpSpec struct {
	src, dst endpoint
	flags    uint8
	seq, ack uint32
	window   uint16
	length   uint32 // payload on the wire; up to 64 bytes of it are captured
	id       uint32
	opt      decoders.TCPOptions
}

// packet makes a decoded packet with the bytes that the tracker reads.
func (s *tcpSpec) packet() *decoders.Packet {
	n := min(s.length, 64)
	l4 := make([]byte, 20+8+n)
	binary.BigEndian.PutUint16(l4, s.src.port)
	binary.BigEndian.PutUint16(l4[2:], s.dst.port)
	binary.BigEndian.PutUint32(l4[4:], s.seq)
	binary.BigEndian.PutUint32(l4[8:], s.ack)
	l4[12], l4[13] = 7<<4, s.flags
	binary.BigEndian.PutUint16(l4[14:], s.window)
	binary.BigEndian.PutUint32(l4[20:], s.opt.TSVal)
	binary.BigEndian.PutUint32(l4[24:], s.opt.SACK[0][1])
	for i := range n {
		l4[28+i] = byte(s.seq + i)
	}
	p := ipPacket(s.src, s.dst, decoders.ProtoTCP, s.id, l4, s.length-n)
	p.Has |= decoders.HasTCP | decoders.HasPorts | decoders.HasPayload
	p.SrcPort, p.DstPort = s.src.port, s.dst.port
	p.TCP = decoders.TCP{Seq: s.seq, Ack: s.ack, Window: s.window, Flags: s.flags, HdrLen: 28, Opt: s.opt}
	p.Payload, p.PayloadLen = l4[28:], s.length
	k, _ := p.Key()
	p.Hash = k.Hash()
	return p
}

// ipPacket makes the part below the transport header; more is what the capture
// cut from the payload.
func ipPacket(src, dst endpoint, proto uint8, id uint32, l4 []byte, more uint32) *decoders.Packet {
	p := &decoders.Packet{Has: decoders.HasIP | decoders.HasTime, Src: src.addr, Dst: dst.addr, Proto: proto, TTL: 64, IPID: id, DF: true}
	header := 40
	p.IPVersion = 6
	if src.addr.Is4() {
		header = 20
		p.IPVersion = 4
	}
	p.IPHdr = append(make([]byte, header), l4...)
	p.L4 = p.IPHdr[header:]
	p.IPLen = uint32(len(p.IPHdr)) + more
	return p
}

// udpPacket makes a UDP packet.
func udpPacket(src, dst endpoint, id uint32, payload string) *decoders.Packet {
	l4 := make([]byte, 8+len(payload))
	binary.BigEndian.PutUint16(l4, src.port)
	binary.BigEndian.PutUint16(l4[2:], dst.port)
	copy(l4[8:], payload)
	p := ipPacket(src, dst, decoders.ProtoUDP, id, l4, 0)
	p.Has |= decoders.HasPorts | decoders.HasUDP | decoders.HasPayload
	p.SrcPort, p.DstPort = src.port, dst.port
	p.Payload, p.PayloadLen = l4[8:], uint32(len(payload))
	k, _ := p.Key()
	p.Hash = k.Hash()
	return p
}

// ended is what onEnd was told.
type ended struct {
	key     decoders.FlowKey
	reason  EndReason
	at      int64
	packets uint64
	first   decoders.FrameRef
	client  uint8
	state   State
	flags   Flags
}

// wire feeds packets into a table, counting frames and keeping the clock.
type wire struct {
	*Table
	clock time.Duration
	frame uint64
	ends  []ended
}

const epochStart = int64(1_700_000_000 * time.Second)

func newWire(cfg Config) *wire {
	w := &wire{}
	w.Table = New(cfg, func(f *Flow, r EndReason, at int64) {
		w.ends = append(w.ends, ended{f.Key, r, at - epochStart, f.Dir[0].Packets + f.Dir[1].Packets, f.FirstFrame, f.Client, f.State, f.Flags})
	})
	return w
}

// feed stamps p with the next frame number and the clock.
func (w *wire) feed(p *decoders.Packet) *Flow {
	w.frame++
	p.Frame = w.frame
	p.Time = epochStart + int64(w.clock)
	p.Clock = p.Time
	return w.Packet(p)
}

// conversation is the setting of a script: a client, a server, their ISNs.
type conversation struct {
	client, server endpoint
	isn            [2]uint32 // of client and server
	id             uint32    // IP identification of the last packet; 0 in IPv6
	window         [2]uint16 // used when a line has no win=
}

var classNames = []string{"syn", "synretrans", "synack", "synackretrans", "hsack", "portreuse", "rst", "rstbad", "fin", "finretrans",
	"challenge", "new", "retrans", "spurious", "fast", "ooo", "gap", "unseen", "keepalive", "keepaliveack", "zero", "zwp", "zwpack",
	"update", "dup", "ack", "copy", "mid"}

func classText(c decoders.Class) string {
	var names []string
	for i, n := range classNames {
		if c&(1<<i) != 0 {
			names = append(names, n)
			c &^= 1 << i
		}
	}
	if c != 0 {
		names = append(names, fmt.Sprintf("%#x", uint32(c)))
	}
	if names == nil {
		return "-"
	}
	return strings.Join(names, " ")
}

var flagLetters = map[byte]uint8{'S': decoders.SYN, 'F': decoders.FIN, 'R': decoders.RST, 'P': decoders.PSH, '.': decoders.ACK}

// play runs a script and returns the flow of its last packet. A line is a
// packet in tcpdump's letters, and after the colon the classes it must get:
//
//	+10ms c S 0 win=1000 : syn
//
// is a SYN of the client's, 10 ms after the previous packet, with relative
// sequence number 0. The numbers are: sequence number, acknowledgement number
// (with '.'), payload length, each 0 when left out, relative to the ISNs.
// Further: win= (as transmitted), id= (IP identification; counted up
// otherwise), ttl=, vlan=, iface=, sack=left-right, mss=, ws=, isn= (replaces
// the sender's ISN from here on), again (the packet that many lines before,
// bit for bit).
func (w *wire) play(t *testing.T, cv conversation, script string) *Flow {
	t.Helper()
	var f *Flow
	var sent []*decoders.Packet
	for n, line := range strings.Split(script, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		text, want, ok := strings.Cut(line, " : ")
		if !ok {
			t.Fatalf("line %d: no expectation: %s", n, line)
		}
		words := strings.Fields(text)
		if strings.HasPrefix(words[0], "+") {
			d, err := time.ParseDuration(words[0][1:])
			if err != nil {
				t.Fatal(err)
			}
			w.clock += d
			words = words[1:]
		} else {
			w.clock += 20 * time.Millisecond
		}
		p := cv.line(t, words, sent)
		f = w.feed(p)
		sent = append(sent, p)
		if got := classText(p.Seg.Class); got != strings.TrimSpace(want) {
			t.Errorf("line %d: %s\n got %s", n, line, got)
		}
	}
	return f
}

func (cv *conversation) line(t *testing.T, words []string, sent []*decoders.Packet) *decoders.Packet {
	t.Helper()
	number := func(s string) uint32 {
		v, err := strconv.ParseInt(s, 0, 64)
		if err != nil {
			t.Fatalf("%v: %v", words, err)
		}
		return uint32(v)
	}
	if words[0] == "again" {
		p := *sent[len(sent)-int(number(words[1]))]
		place(t, &p, words[2:], number)
		return &p
	}

	side := strings.Index("cs", words[0])
	if side < 0 {
		t.Fatalf("%v: neither client nor server", words)
	}
	s := tcpSpec{src: cv.client, dst: cv.server, window: cv.window[side]}
	if side == 1 {
		s.src, s.dst = s.dst, s.src
	}
	for _, l := range []byte(words[1]) {
		s.flags |= flagLetters[l]
	}
	cv.id++
	s.id = cv.id
	if !cv.client.addr.Is4() {
		s.id = 0
	}
	var rest []string
	var nums []uint32
	hasSACK := ""
	for _, w := range words[2:] {
		name, val, ok := strings.Cut(w, "=")
		switch {
		case !ok:
			nums = append(nums, number(w))
		case name == "isn":
			cv.isn[side] = number(val)
		case name == "win":
			s.window = uint16(number(val))
		case name == "id":
			s.id = number(val)
		case name == "mss":
			s.opt.Has |= decoders.OptMSS
			s.opt.MSS = uint16(number(val))
		case name == "ws":
			s.opt.Has |= decoders.OptWScale
			s.opt.WScale = uint8(number(val))
		case name == "sack":
			hasSACK = val
		default:
			rest = append(rest, w)
		}
	}
	nums = append(nums, 0, 0, 0)
	s.seq = cv.isn[side] + nums[0]
	nums = nums[1:]
	if s.flags&decoders.ACK != 0 {
		s.ack = cv.isn[1-side] + nums[0]
		nums = nums[1:]
	}
	s.length = nums[0]
	if hasSACK != "" {
		l, r, _ := strings.Cut(hasSACK, "-")
		s.opt.Has |= decoders.OptSACK
		s.opt.NSACK = 1
		s.opt.SACK[0] = [2]uint32{cv.isn[1-side] + number(l), cv.isn[1-side] + number(r)}
	}
	p := s.packet()
	place(t, p, rest, number)
	return p
}

// place applies the words that say where a packet was captured.
func place(t *testing.T, p *decoders.Packet, words []string, number func(string) uint32) {
	t.Helper()
	for _, w := range words {
		name, val, _ := strings.Cut(w, "=")
		switch name {
		case "ttl":
			p.TTL = uint8(number(val))
		case "iface":
			p.Iface = number(val)
		case "vlan":
			p.Has |= decoders.HasVLAN
			p.NVLAN = 1
			p.VLANs[0] = uint16(number(val))
		default:
			t.Fatalf("what is %s", w)
		}
	}
}

// settings are the conversations in which every script must go the same way:
// the client as A and as B, sequence numbers that wrap, IPv4 and IPv6.
func settings() map[string]conversation {
	win := [2]uint16{64000, 65000}
	return map[string]conversation{
		"client below":  {v4(10, 0, 0, 1, 40000), v4(10, 0, 0, 2, 80), [2]uint32{1000, 5000}, 0, win},
		"client above":  {v4(10, 0, 0, 9, 40000), v4(10, 0, 0, 2, 80), [2]uint32{1 << 31, 77}, 0, win},
		"wrap":          {v4(10, 0, 0, 1, 40000), v4(10, 0, 0, 2, 80), [2]uint32{0xffffffff, 0xfffffc00}, 0, win},
		"wrap the sign": {v4(10, 0, 0, 1, 40000), v4(10, 0, 0, 2, 80), [2]uint32{0x7fffffff, 0x7ffffc00}, 0, win},
		"one host":      {v4(127, 0, 0, 1, 40000), v4(127, 0, 0, 1, 80), [2]uint32{1, 2}, 0, win},
		"ipv6":          {v6(1, 40000), v6(2, 80), [2]uint32{1000, 5000}, 0, win},
	}
}

// playAll plays a script in every setting.
func playAll(t *testing.T, script string, check func(t *testing.T, w *wire, f *Flow)) {
	for name, cv := range settings() {
		t.Run(name, func(t *testing.T) {
			w := newWire(DefaultConfig(1))
			f := w.play(t, cv, script)
			if check != nil {
				check(t, w, f)
			}
		})
	}
}
