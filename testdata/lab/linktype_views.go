package main

import (
	"encoding/binary"
	"sort"
)

// Address families that systems write in front of a loopback packet.
const (
	afINET         = 2
	afINET6Linux   = 10
	afINET6OpenBSD = 24
	afINET6FreeBSD = 28
	afINET6Darwin  = 30
)

const loopback = "linktype/loopback-ethernet.pcap"

func linktypeViews() []scenario {
	view := func(name, doc string, run func(l *lab)) scenario {
		return scenario{name: "linktype/" + name, doc: doc, derived: true, run: run}
	}
	return []scenario{
		view("openbsd", "OpenBSD loopback files with the number that only OpenBSD understands", linkOpenBSD),
		view("null", "NULL in both byte orders, the address families of several systems", linkNULL),
		view("raw", "raw IP under its several numbers, rightly and wrongly labelled", linkRAW),
		view("wrong-ethernet", "Ethernet and cooked captures under wrong labels", linkWrongEthernet),
		view("doubtful", "too few packets, packets that disagree", linkDoubtful),
		view("mixed", "pcapng with several interfaces, sections and byte orders", linkMixed),
	}
}

// framed replaces the link-layer header of each IP packet.
func framed(f *file, header func(v6 bool) []byte) []record {
	var all []record
	for i, p := range f.packets() {
		if p.l3 < 0 {
			continue
		}
		r := f.records[i]
		h := header(p.src.Is6())
		all = append(all, record{r.ns, r.wire - p.l3 + len(h), append(h, r.data[p.l3:]...)})
	}
	return all
}

// family is a 4-byte header with an address family.
func family(order binary.ByteOrder, v6 int) func(bool) []byte {
	return func(is6 bool) []byte {
		b := make([]byte, 4)
		order.PutUint32(b, afINET)
		if is6 {
			order.PutUint32(b, uint32(v6))
		}
		return b
	}
}

func bare(bool) []byte { return nil }

func is4(p *pkt) bool { return p.src.Is4() }
func is6(p *pkt) bool { return p.src.Is6() }

// labelled stores records under a link type, right or wrong. Facts are checked
// against what the packets are.
func (l *lab) labelled(name, source, text string, order binary.ByteOrder, label, truth, snaplen int, records []record, facts ...fact) {
	if snaplen < 1000 {
		for i := range records {
			records[i].data = records[i].data[:min(len(records[i].data), snaplen)]
		}
	}
	readable := encodePcap(order, truth, false, snaplen, records)
	frames, err := checkFacts(readable, facts)
	if err != nil {
		l.fail("%s: %v", name, err)
	}
	if frames != "" {
		text += " Frames: " + frames + "."
	}
	l.store(name, encodePcap(order, label, false, snaplen, records).raw, l.versions, "derived from "+source, text)
}

func linkOpenBSD(l *lab) {
	f := l.source(loopback)
	network := family(binary.BigEndian, afINET6OpenBSD)
	six := exactly(6, "SYNs", isSYN)
	text := "A real Linux loopback exchange with OpenBSD's 4-byte header (address family in network order: 2, or 24 for IPv6) in place of the Ethernet header, "
	l.labelled("linktype/openbsd-lo0.pcap", loopback, text+
		"labelled 12 as OpenBSD's tcpdump does. No OpenBSD was at hand. Expect linktype-mislabelled; the repair is 108.",
		binary.LittleEndian, linkRawBSD, linkLoop, 262144, framed(f, network), six)
	l.labelled("linktype/openbsd-lo0-repaired.pcap", loopback, text+
		"labelled 108 (LINKTYPE_LOOP): what the repair of openbsd-lo0.pcap has to give, byte for byte. Verdict ok.",
		binary.LittleEndian, linkLoop, linkLoop, 262144, framed(f, network), six)
	l.labelled("linktype/openbsd-lo0-snaplen-116.pcap", loopback, text+
		"labelled 12 and cut at 116 bytes, OpenBSD's default. Expect linktype-mislabelled.",
		binary.LittleEndian, linkRawBSD, linkLoop, 116, framed(f, network), six)
	l.labelled("linktype/openbsd-lo0-bigendian.pcap", loopback, text+
		"labelled 12, file header in big-endian order (as on sparc64). Expect linktype-mislabelled; the field is at the same place in the other order.",
		binary.BigEndian, linkRawBSD, linkLoop, 262144, framed(f, network), six)
	four := f.view(f.link, only(f, is4))
	l.labelled("linktype/openbsd-lo0-v4.pcap", loopback, text+"labelled 12, IPv4 only.",
		binary.LittleEndian, linkRawBSD, linkLoop, 262144, framed(four, network), exactly(3, "SYNs", isSYN))
	v6 := f.view(f.link, only(f, is6))
	l.labelled("linktype/openbsd-lo0-v6.pcap", loopback, text+"labelled 12, IPv6 only.",
		binary.LittleEndian, linkRawBSD, linkLoop, 262144, framed(v6, network), exactly(3, "SYNs", isSYN))
}

func linkNULL(l *lab) {
	f := l.source(loopback)
	for _, c := range []struct {
		name, text string
		order      binary.ByteOrder
		v6         int
	}{
		{"null-le-darwin", "little-endian, IPv6 is 30 (macOS)", binary.LittleEndian, afINET6Darwin},
		{"null-le-freebsd", "little-endian, IPv6 is 28 (FreeBSD)", binary.LittleEndian, afINET6FreeBSD},
		{"null-le-linux", "little-endian, IPv6 is 10 (Linux numbers)", binary.LittleEndian, afINET6Linux},
		{"null-be-netbsd", "big-endian, IPv6 is 24 (NetBSD)", binary.BigEndian, afINET6OpenBSD},
	} {
		// The header is in the byte order of the host that captured, and so is the file.
		l.labelled("linktype/"+c.name+".pcap", loopback,
			"A real Linux loopback exchange with a NULL header ("+c.text+"), rightly labelled 0. Verdict ok, not touched.",
			c.order, linkNull, linkNull, 262144, framed(f, family(c.order, c.v6)), exactly(6, "SYNs", isSYN))
	}
	l.labelled("linktype/null-le-as-raw.pcap", loopback,
		"NULL headers in little-endian order (macOS), labelled 101 (raw IP). Expect linktype-mislabelled; host order, so the repair is 0.",
		binary.LittleEndian, linkRaw, linkNull, 262144, framed(f, family(binary.LittleEndian, afINET6Darwin)), exactly(6, "SYNs", isSYN))
}

func linkRAW(l *lab) {
	f := l.source(loopback)
	v4, v6 := f.view(f.link, only(f, is4)), f.view(f.link, only(f, is6))
	text := "A real Linux loopback exchange without link-layer header, "
	for _, c := range []struct {
		name, text  string
		label, real int
		f           *file
	}{
		{"raw-101", "rightly labelled 101. Verdict ok.", linkRaw, linkRaw, f},
		{"raw-12", "labelled 12, raw IP as everybody but OpenBSD reads it. Verdict ok, never touched.", linkRawBSD, linkRawBSD, f},
		{"raw-14", "labelled 14, OpenBSD's number for raw IP. Verdict ok.", 14, linkRaw, f},
		{"raw-ipv4", "IPv4 only, rightly labelled 228. Verdict ok.", linkIPv4, linkIPv4, v4},
		{"raw-ipv6", "IPv6 only, rightly labelled 229. Verdict ok.", linkIPv6, linkIPv6, v6},
		{"raw-as-ethernet", "labelled 1 (Ethernet). Expect linktype-mislabelled; the repair is 101.", linkEthernet, linkRaw, f},
		{"raw-as-user0", "labelled 147 (USER0). Verdict unknown: user types mean what the user says.", 147, linkRaw, f},
	} {
		l.labelled("linktype/"+c.name+".pcap", loopback, text+c.text, binary.LittleEndian, c.label, c.real, 262144, framed(c.f, bare),
			atLeast(3, "SYNs", isSYN))
	}
}

func linkWrongEthernet(l *lab) {
	f := l.source(loopback)
	l.labelled("linktype/ethernet-as-raw.pcap", loopback,
		"Ethernet frames labelled 101 (raw IP). Expect linktype-mislabelled; the repair is 1.",
		binary.LittleEndian, linkRaw, linkEthernet, 262144, f.records, exactly(6, "SYNs", isSYN))
	for name, kind := range map[string]int{"sll": linkSLL, "sll2": linkSLL2} {
		source := "linktype/loopback-" + name + ".pcap"
		c := l.source(source)
		l.labelled("linktype/"+name+"-as-ethernet.pcap", source,
			"Cooked frames labelled 1 (Ethernet). Expect linktype-mislabelled.",
			binary.LittleEndian, linkEthernet, kind, 262144, c.records, atLeast(6, "SYNs", isSYN))
	}
}

func linkDoubtful(l *lab) {
	f := l.source(loopback)
	network := family(binary.BigEndian, afINET6OpenBSD)
	l.labelled("linktype/too-few.pcap", loopback,
		"The first three packets of openbsd-lo0.pcap, labelled 12. Verdict too few packets.",
		binary.LittleEndian, linkRawBSD, linkLoop, 262144, framed(f, network)[:3], exactly(1, "SYNs", isSYN))
	loop, raw := framed(f, network), framed(f, bare)
	var both []record
	for i := range loop {
		both = append(both, loop[i])
		if i%2 == 1 {
			both[i] = raw[i]
		}
	}
	l.labelled("linktype/disagree.pcap", loopback,
		"Packets in turn with OpenBSD's loopback header and without any, labelled 12, as two captures glued together give. Verdict mixed, refused.",
		binary.LittleEndian, linkRawBSD, linkLoop, 262144, both)
	l.labelled("linktype/empty.pcap", loopback, "A file header labelled 12 and no packet. Verdict too few packets.",
		binary.LittleEndian, linkRawBSD, linkLoop, 262144, nil)
}

func linkMixed(l *lab) {
	f := l.source(loopback)
	wire := l.source(dropped)
	loop := framed(f, family(binary.BigEndian, afINET6OpenBSD))
	comment := func(s string) option { return option{1, []byte(s)} }

	w := &pcapng{}
	w.section(binary.LittleEndian, comment("two interfaces, one of them wrongly labelled"))
	w.device(linkEthernet, 262144, "em0", option{9, []byte{6}})
	w.device(linkRawBSD, 262144, "lo0", option{9, []byte{9}})
	w.block(blockNames, make([]byte, 4)) // just its end marker
	type at struct {
		device int
		r      record
	}
	var all []at
	shift := loop[0].ns - wire.records[0].ns
	for _, r := range wire.records {
		r.ns += shift // both began together
		all = append(all, at{0, r})
	}
	for _, r := range loop {
		all = append(all, at{1, r})
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].r.ns < all[j].r.ns })
	units := []int64{1000, 1}
	for i, a := range all {
		if i == 3 {
			w.packet(a.device, units[a.device], a.r, comment("first comment on a packet"))
			continue
		}
		if i == 20 {
			w.block(blockCustom, append(w.u32(32473), []byte("kept as it is")...))
		}
		w.packet(a.device, units[a.device], a.r)
	}
	last := all[len(all)-1].r.ns / 1000
	w.block(blockStatistics, append(append(w.u32(0), w.u32(uint32(last>>32))...), w.u32(uint32(last))...),
		option{4, make([]byte, 8)}, option{5, make([]byte, 8)})
	l.store("linktype/mixed.pcapng", w.b, l.versions, "derived from "+loopback+" and "+dropped,
		"Interface em0 (Ethernet, rightly labelled, microseconds) and lo0 (OpenBSD loopback labelled 12, nanoseconds), with a name resolution block, a comment, a custom block (frame 21 in Wireshark, which numbers those) and statistics. "+
			"Only lo0 is mislabelled; only its two bytes may change.")

	s := &pcapng{}
	s.section(binary.LittleEndian)
	s.device(linkRawBSD, 262144, "lo0", option{9, []byte{6}})
	half := len(loop) / 2
	for _, r := range loop[:half] {
		s.packet(0, 1000, r)
	}
	s.section(binary.BigEndian)
	s.device(linkLoop, 262144, "lo0", option{9, []byte{0x80 | 20}})
	for _, r := range loop[half:] {
		// 2^-20 s is an unusual unit, and a legal one.
		body := s.u32(0)
		t := uint64(r.ns/1e9)<<20 | uint64(r.ns%1e9)<<20/1e9
		body = append(append(body, s.u32(uint32(t>>32))...), s.u32(uint32(t))...)
		body = append(append(body, s.u32(uint32(len(r.data)))...), s.u32(uint32(r.wire))...)
		s.block(blockEnhanced, append(body, pad(append([]byte(nil), r.data...))...))
	}
	l.store("linktype/sections.pcapng", s.b, l.versions, "derived from "+loopback,
		"Two sections in different byte orders with one OpenBSD loopback interface each: labelled 12 in the first (mislabelled), 108 in the second (right; timestamps in units of 2^-20 s).")
}
