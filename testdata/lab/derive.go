package main

import (
	"encoding/binary"
	"path/filepath"
)

// Views: what another capture point, switch or option would have recorded of an
// exchange that really happened. They are computed from a capture of the lab, so
// that the same input gives the same bytes.

// source reads a capture made before; a run of the whole lab makes it first.
func (l *lab) source(name string) *file {
	f, err := readPcap(filepath.Join(l.out, name))
	if err != nil {
		// Only the views were asked for, into an empty directory.
		f, err = readPcap(filepath.Join("testdata/pcaps", name))
	}
	l.must(err)
	return f
}

// derive stores a view of a capture.
func (l *lab) derive(name, source, text string, link int, records []record, facts ...fact) {
	f := l.source(source).view(link, records)
	l.keep(name, f, l.versions, "derived from "+source, text, facts)
}

// only keeps the records that f selects.
func only(f *file, match func(p *pkt) bool) []record {
	var kept []record
	for i, p := range f.packets() {
		if match(p) {
			kept = append(kept, f.records[i])
		}
	}
	return kept
}

// twice records each packet again 4 µs later, as a mirror port of a switch does
// that copies a packet where it enters and where it leaves.
func twice(f *file) []record {
	var all []record
	for _, r := range f.records {
		all = append(all, r, record{r.ns + 4000, r.wire, r.data})
	}
	return all
}

// cut applies a snapshot length.
func cut(f *file, snaplen int) []record {
	var all []record
	for _, r := range f.records {
		all = append(all, record{r.ns, r.wire, r.data[:min(len(r.data), snaplen)]})
	}
	return all
}

// tagged puts an 802.1Q tag into each Ethernet frame.
func tagged(f *file, id func(p *pkt) int) []record {
	var all []record
	for i, p := range f.packets() {
		r := f.records[i]
		b := append([]byte(nil), r.data[:12]...)
		b = append(b, 0x81, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(id(p)))
		all = append(all, record{r.ns, r.wire + 4, append(b, r.data[12:]...)})
	}
	return all
}

// inIPIP follows each packet that f selects by its copy inside an IPv4 tunnel,
// as a load balancer that forwards with IPIP shows it on one interface.
func inIPIP(f *file, outerSrc, outerDst [4]byte, match func(p *pkt) bool) []record {
	var all []record
	for i, p := range f.packets() {
		r := f.records[i]
		all = append(all, r)
		if !match(p) || p.l3 != 14 {
			continue
		}
		inner := append([]byte(nil), r.data[14:]...)
		forwarded(inner)
		h := []byte{0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 4, 0, 0}
		h = append(append(h, outerSrc[:]...), outerDst[:]...)
		binary.BigEndian.PutUint16(h[2:], uint16(len(inner)+20))
		binary.BigEndian.PutUint16(h[10:], checksum(h))
		b := append([]byte(nil), r.data[:14]...)
		b = append(append(b, h...), inner...)
		all = append(all, record{r.ns + 15_000, r.wire + 20, b})
	}
	return all
}

// forwarded does to an IPv4 header what a router does: TTL and checksum.
func forwarded(ip []byte) {
	ip[8]--
	ip[10], ip[11] = 0, 0
	binary.BigEndian.PutUint16(ip[10:], checksum(ip[:20]))
}

func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
