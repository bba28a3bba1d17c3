package main

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdHandshakes makes a capture of TCP handshakes with 192.0.2.2, whose server
// answers after a random time: log-normal around a median, as latencies are.
//
//	handshakes FILE COUNT MEDIAN SPREAD SEED [PORT]
//
// MEDIAN is in µs, SPREAD the standard deviation of the logarithm.
func cmdHandshakes(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 5 {
		ts.Fatalf("usage: handshakes FILE COUNT MEDIAN SPREAD SEED [PORT]")
	}
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		ts.Check(err)
		return v
	}
	port := uint16(80)
	if len(args) > 5 {
		port = uint16(number(args[5]))
	}
	r := rand.New(rand.NewPCG(uint64(number(args[4])), 0))
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0xa1b23c4d) // nanoseconds
	b = le.AppendUint32(le.AppendUint16(le.AppendUint16(b, 2), 4), 0)
	b = le.AppendUint32(le.AppendUint32(le.AppendUint32(b, 0), 65535), 101) // raw IP
	put := func(ns int64, packet []byte) {
		b = le.AppendUint32(le.AppendUint32(b, uint32(ns/1e9)), uint32(ns%1e9))
		b = le.AppendUint32(le.AppendUint32(b, uint32(len(packet))), uint32(len(packet)))
		b = append(b, packet...)
	}
	for i := range int(number(args[1])) {
		client := uint16(20000 + i)
		at := int64(1_700_000_000e9) + int64(i)*100e6
		delay := int64(1e3 * number(args[2]) * math.Exp(r.NormFloat64()*number(args[3])))
		put(at, tcpPacket(uint16(3*i), 1, 2, client, port, 0x02, 1000, 0))
		put(at+delay, tcpPacket(uint16(3*i+1), 2, 1, port, client, 0x12, 5000, 1001))
		put(at+delay+20e3, tcpPacket(uint16(3*i+2), 1, 2, client, port, 0x10, 1001, 5001))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o666))
}

// tcpPacket is a TCP segment without data between 192.0.2.SRC and 192.0.2.DST.
func tcpPacket(id uint16, src, dst byte, sport, dport uint16, flags byte, seq, ack uint32) []byte {
	be := binary.BigEndian
	b := be.AppendUint16([]byte{0x45, 0, 0, 40}, id+1)
	b = append(b, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, src, 192, 0, 2, dst)
	b = be.AppendUint16(be.AppendUint16(b, sport), dport)
	b = be.AppendUint32(be.AppendUint32(b, seq), ack)
	return append(b, 0x50, flags, 0xfa, 0xf0, 0, 0, 0, 0)
}
