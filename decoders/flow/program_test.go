package flow

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pcaptriage/decoders"
)

// A program is a string of bytes that makes packets: 6 bytes each choose who
// sends what to whom and when. Few endpoints, few numbers and short timeouts
// make rare meetings frequent.

const stepLen = 6

// programConfig has timeouts that programs reach.
func programConfig(maxFlows int) Config {
	return Config{MaxFlows: maxFlows, IdleSYN: 3 * time.Second, IdleTCP: 8 * time.Second, Linger: time.Second, LingerLeast: 30 * time.Millisecond,
		Roomy: 3, IdleOther: 2 * time.Second}
}

// numbers are what a step may build on: the next sequence numbers of a flow's
// two directions.
type numbers map[decoders.FlowKey][2]Seq

// programPacket makes the packet of one step; pause is the time before it.
func programPacket(b []byte, known numbers) (p *decoders.Packet, pause time.Duration) {
	hosts := []endpoint{v4(10, 0, 0, 1, 0), v4(10, 0, 0, 2, 0), v4(10, 0, 0, 3, 0), v6(1, 0), v6(2, 0)}
	ports := []uint16{80, 4000, 4001, 4002}
	pauses := []time.Duration{0, 0, 3 * time.Microsecond, time.Millisecond, 9 * time.Millisecond, 40 * time.Millisecond, 300 * time.Millisecond, 1500 * time.Millisecond}
	src, dst := hosts[b[0]&15%5], hosts[b[0]>>4%5]
	if src.addr.Is4() != dst.addr.Is4() {
		dst = src // a host that talks to itself
	}
	src.port, dst.port = ports[b[1]&3], ports[b[1]>>2&3]
	pause = pauses[b[1]>>5]
	flags := b[2]
	if b[2]&0x80 == 0 {
		// Mostly what real hosts send.
		flags = []uint8{decoders.SYN, decoders.SYN | decoders.ACK, decoders.ACK, decoders.ACK, decoders.ACK | decoders.PSH,
			decoders.ACK | decoders.FIN, decoders.RST, decoders.RST | decoders.ACK}[b[2]&7]
	}
	lengths := []uint32{0, 0, 1, 1, 100, 200, 1460, 20000}
	s := tcpSpec{src: src, dst: dst, flags: flags, seq: 0xffffff80 + uint32(b[3]&0x1f)*50, ack: 0xffffff80 + uint32(b[4]&0x1f)*50,
		length: lengths[b[3]>>5], window: uint16(b[4]>>5) * 9000}
	if b[3]&1 != 0 {
		s.seq++
	}
	k, dir := decoders.MakeKey(src.addr, dst.addr, src.port, dst.port, decoders.ProtoTCP, 4, 0)
	if next, ok := known[k]; ok && b[2]&0x40 != 0 {
		s.seq = uint32(next[dir]) + []uint32{0, 0, ^uint32(0), 0, 100, 0, ^uint32(99), 0}[b[3]&7]
		s.ack = uint32(next[1-dir]) - []uint32{0, 0, 100, 0, 1460, 0, 1, 0}[b[4]&7]
	}
	if b[4]&9 == 9 {
		s.ack++
		s.opt.Has, s.opt.NSACK = decoders.OptSACK, 1
		s.opt.SACK[0] = [2]uint32{s.ack + 100, s.ack + 200}
	}
	s.id = uint32(b[5] & 3)
	if !src.addr.Is4() {
		s.id = 0
	}
	p = s.packet()
	switch b[5] >> 2 & 7 {
	case 0:
		p = udpPacket(src, dst, s.id, "datagram")
	case 1:
		p.Has |= decoders.IsFragment
	case 2:
		if src.addr.Is4() {
			p = icmpError(p, hosts[2], s.id)
		}
	case 3:
		p.Has |= decoders.HasVLAN
		p.NVLAN, p.VLANs[0] = 1, 7
	case 4:
		p.Has |= decoders.HasVLAN
		p.NVLAN, p.VLANs[0], p.VLANs[1] = 2, 7, 9
	}
	p.Iface = uint32(b[5] >> 6 & 1)
	return p, pause
}

// runProgram runs a program and logs everything that may be seen of it: the
// verdict on every packet, every end with its time and the state of the flow.
// sweep is asked before each packet whether to call Expire.
func runProgram(t testing.TB, program []byte, maxFlows int, sweep func(step int) bool) (log []string, ends map[uint64][]string, table *Table) {
	ends = map[uint64][]string{}
	var now int64
	table = New(programConfig(maxFlows), func(f *Flow, r EndReason, at int64) {
		if at > now && r != EndCapture {
			t.Fatalf("flow %d ends at %d, ahead of the clock %d", f.Serial, at, now)
		}
		g := *f
		// What depends on when memory was handed out is not to be seen.
		g.id, g.holes = 0, 0
		ends[f.Serial] = append(ends[f.Serial], fmt.Sprintf("%v at %d: %+v", r, at, g))
	})
	clock := epochStart
	var frame uint64
	known := numbers{}
	var quick shortcuts
	for n := 0; len(program) >= stepLen; n++ {
		p, pause := programPacket(program, known)
		program = program[stepLen:]
		clock += int64(pause)
		frame++
		p.Frame, p.Time, p.Clock = frame, clock, clock
		now = clock
		if sweep(n) {
			table.Expire(clock)
		}
		quick.check(t, table, p)
		f := table.Packet(p)
		serial := uint64(0)
		if f != nil {
			serial = f.Serial
			known[f.Key] = [2]Seq{f.Dir[0].Next, f.Dir[1].Next}
		}
		log = append(log, fmt.Sprintf("%d: flow %d dir %d %s len %d copy of %d", frame, serial, p.Seg.Dir, classText(p.Seg.Class), p.Seg.Len, p.Seg.CopyOf))
		if f == nil && p.Has&decoders.HasQuote == 0 && !p.Seg.Is(decoders.ClassCopy) {
			t.Fatalf("frame %d: no flow", frame)
		}
	}
	now = clock
	table.Finish(clock)
	return log, ends, table
}

// checkProgram runs a program with several sweep schedules and compares.
func checkProgram(t testing.TB, program []byte, maxFlows int, seed uint64) {
	log, ends, table := runProgram(t, program, maxFlows, func(int) bool { return false })
	rnd := rand.New(rand.NewPCG(seed, 7))
	for name, sweep := range map[string]func(int) bool{
		"before every packet": func(int) bool { return true },
		"every seventh":       func(n int) bool { return n%7 == 3 },
		"at random":           func(int) bool { return rnd.IntN(5) == 0 },
	} {
		log2, ends2, table2 := runProgram(t, program, maxFlows, sweep)
		if !slices.Equal(log, log2) {
			for i := range log {
				if log[i] != log2[i] {
					t.Fatalf("sweeps %s change a verdict:\n%s\n%s", name, log[i], log2[i])
				}
			}
		}
		for serial, e := range ends {
			if !slices.Equal(e, ends2[serial]) {
				t.Fatalf("sweeps %s change an end:\n%s\n%s", name, strings.Join(e, "\n"), strings.Join(ends2[serial], "\n"))
			}
		}
		if table.Stats() != table2.Stats() {
			t.Fatalf("sweeps %s: %+v, without: %+v", name, table2.Stats(), table.Stats())
		}
	}

	// The counts add up.
	s := table.Stats()
	var ended uint64
	for _, n := range s.Ended {
		ended += n
	}
	if s.Live != 0 || ended != s.Flows || uint64(len(ends)) != s.Flows || s.Evicted != s.Ended[EndEvicted] {
		t.Fatalf("flows do not add up: %+v, %d ends", s, len(ends))
	}
	for serial, e := range ends {
		if len(e) != 1 {
			t.Fatalf("flow %d ended %d times", serial, len(e))
		}
	}
	if table.index.n != 0 || table.splits != 0 || len(table.holes.free) != len(table.holes.sets) {
		t.Fatalf("left behind: %d index entries, %d split flows, %d of %d hole sets",
			table.index.n, table.splits, len(table.holes.sets)-len(table.holes.free), len(table.holes.sets))
	}
	var copies uint64
	packets := uint64(len(log))
	for _, l := range log {
		if strings.Contains(l, " copy len") {
			copies++
		}
	}
	if copies != s.Copies || s.Packets > packets-min(copies, packets) {
		t.Fatalf("%d packets, %d copies: %+v", packets, copies, s)
	}
}

// TestSweepsDoNotShow proves that calling Expire more or less often changes no
// verdict, no end and no victim of an eviction.
func TestSweepsDoNotShow(t *testing.T) {
	runs := 60
	if testing.Short() {
		runs = 10
	}
	for seed := range uint64(runs) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		program := make([]byte, stepLen*1500)
		for i := range program {
			program[i] = byte(rnd.Uint32())
		}
		checkProgram(t, program, []int{1, 3, 10, 1000}[seed%4], seed)
	}
}

// TestProgramsReachEverything makes sure that the programs of the tests above
// are not all noise: every class and every reason comes up.
func TestProgramsReachEverything(t *testing.T) {
	var all []string
	var reasons [EndCapture + 1]uint64
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		program := make([]byte, stepLen*3000)
		for i := range program {
			program[i] = byte(rnd.Uint32())
			if seed%4 < 2 {
				continue
			}
			switch i % stepLen {
			case 0:
				program[i] = []byte{0x10, 0x01}[program[i]&1]
			case 1:
				program[i] = program[i]&0xe0 | []byte{0b0100, 0b0001}[program[i-1]>>4&1]
			case 2: // mostly segments that fit, few openings and ends
				if program[i]&7 < 2 || program[i]&7 > 4 {
					program[i] = []byte{0x42, 0x42, 0x44, program[i]}[rnd.IntN(4)]
				}
			case 5:
				program[i] |= 5 << 2
			}
		}
		log, _, table := runProgram(t, program, []int{1, 100}[seed%2], func(int) bool { return false })
		all = append(all, log...)
		for i, n := range table.Stats().Ended {
			reasons[i] += n
		}
	}
	text := strings.Join(all, "\n") + " "
	for _, c := range classNames {
		if !strings.Contains(text, " "+c+" ") {
			t.Errorf("class %q never came up", c)
		}
	}
	for r, n := range reasons {
		if n == 0 && EndReason(r) != EndClockReset {
			t.Errorf("reason %v never came up", EndReason(r))
		}
	}
}

func FuzzTable(f *testing.F) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for range 5 {
		program := make([]byte, stepLen*40)
		for i := range program {
			program[i] = byte(rnd.Uint32())
		}
		f.Add(program, uint8(4))
	}
	f.Fuzz(func(t *testing.T, program []byte, maxFlows uint8) {
		if len(program) > stepLen*400 {
			program = program[:stepLen*400]
		}
		checkProgram(t, program, int(maxFlows), 1)
	})
}
