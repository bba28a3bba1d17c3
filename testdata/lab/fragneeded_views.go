package main

import (
	"encoding/binary"
)

func fragneededViews() []scenario {
	return []scenario{
		{name: "fragneeded/broken", doc: "the router's ICMP made wrong in several ways", derived: true, run: fragBroken},
		{name: "fragneeded/copies", doc: "the recovered and the stalled request, every packet twice", derived: true, run: fragCopies},
	}
}

// editICMP changes the router's frag-needed messages: edit gets the ICMP
// message, whose quoted IPv4 header begins at byte 8.
func editICMP(f *file, edit func(icmp []byte)) []record {
	var all []record
	for i, p := range f.packets() {
		r := f.records[i]
		if routerICMP(p) && p.proto == protoICMP {
			data := append([]byte(nil), r.data...)
			ip := data[p.l3:]
			msg := ip[int(ip[0]&15)*4 : p.ipLen]
			edit(msg)
			// A checksum of an odd number of bytes is not needed here: quotes are even.
			msg[2], msg[3] = 0, 0
			binary.BigEndian.PutUint16(msg[2:], checksum(msg))
			r.data = data
		}
		all = append(all, r)
	}
	return all
}

// fragBroken: nobody at hand has a router this broken, so a sound one's words
// are twisted. What the sender does stays real, and does not fit the message.
func fragBroken(l *lab) {
	const source = "fragneeded/stall-eth.pcap"
	f := l.source(source)
	mtu := func(v uint16) func([]byte) { return func(m []byte) { binary.BigEndian.PutUint16(m[6:], v) } }
	for _, c := range []struct {
		name, text string
		edit       func(icmp []byte)
	}{
		{"mtu-0", "Next-hop MTU 0, as routers older than RFC 1191 send. Expect icmp-frag-needed-invalid.", mtu(0)},
		{"mtu-60", "Next-hop MTU 60, less than any IPv4 link may have. Expect icmp-frag-needed-invalid.", mtu(60)},
		{"mtu-1500", "Next-hop MTU 1500, not less than the quoted packet of 1500 bytes. Expect icmp-frag-needed-invalid.", mtu(1500)},
		{"spoofed", "The quoted sequence number is 100 MB beyond anything sent. Expect icmp-frag-needed-invalid.", func(m []byte) {
			seq := m[8+20+4:]
			binary.BigEndian.PutUint32(seq, binary.BigEndian.Uint32(seq)+100_000_000)
		}},
		{"probe", "The quoted packet has TTL 1: the router answers a traceroute probe with frag-needed. Expect frag-needed-to-probe.", func(m []byte) {
			m[8+8] = 1
			m[8+10], m[8+11] = 0, 0
			binary.BigEndian.PutUint16(m[8+10:], checksum(m[8:28]))
		}},
	} {
		l.derive("fragneeded/broken-"+c.name+".pcap", source, "The router's ICMP changed: "+c.text, f.link, editICMP(f, c.edit),
			exactly(1, "changed ICMP", routerICMP))
	}
}

func fragCopies(l *lab) {
	const source = "fragneeded/stall-any.pcap"
	f := l.source(source)
	l.derive("fragneeded/span-duplicates.pcap", source, "Every packet twice, 4 us apart: each ICMP is one event, each stall one finding, as without copies.", f.link, twice(f),
		exactly(2, "ICMP of the router", routerICMP))
}
