package decoders

import (
	"encoding/binary"

	"pcaptriage/decoders/link"
)

// wlan reads an IEEE 802.11 MAC frame (802.11-2020 9.2). padded says that the
// header was padded to a multiple of 4 bytes by the capturing driver.
func (p *Packet) wlan(b []byte, wire uint32, padded bool) {
	const typeData, qos, noData = 2, 0x80, 0x40
	const toDS, fromDS, protected, order = 0x01, 0x02, 0x40, 0x80
	if !p.nested() {
		return
	}
	if len(b) < 2 {
		p.fail(TruncatedLink)
		return
	}
	control, flags := b[0], b[1]
	switch {
	case control&3 != 0: // version
		p.fail(BadLink)
		return
	case control>>2&3 != typeData || control&noData != 0:
		p.nonIP() // management, control, null data
		return
	}
	n := uint32(24)
	if flags&(toDS|fromDS) == toDS|fromDS {
		n += 6
	}
	var aggregated bool
	if control&qos != 0 {
		if uint32(len(b)) >= n+1 {
			aggregated = b[n]&0x80 != 0
		}
		n += 2
		if flags&order != 0 {
			n += 4 // HT control
		}
	}
	if uint32(len(b)) < n {
		p.fail(TruncatedLink)
		return
	}
	p.wlanMAC(b, flags&(toDS|fromDS))
	if flags&protected != 0 {
		p.fail(Encrypted)
		return
	}
	if be.Uint16(b[22:])>>8&0x0f != 0 {
		p.nonIP() // a later fragment of a frame: no header in it
		return
	}
	if padded {
		n = (n + 3) &^ 3
	}
	b, wire, ok := p.skip(b, wire, n)
	if !ok {
		return
	}
	if aggregated { // A-MSDU: the first subframe's addresses and length
		if len(b) < 14 {
			p.fail(TruncatedLink)
			return
		}
		b, wire = limit(b[14:], wire-14, uint32(be.Uint16(b[12:])))
	}
	p.llc(b, wire, 0)
}

// wlanMAC notes destination and source, whose places the two DS bits tell
// (802.11-2020 table 9-30).
func (p *Packet) wlanMAC(b []byte, ds byte) {
	if p.Has&HasMAC != 0 {
		return
	}
	p.Has |= HasMAC
	dst, src := 4, 10
	switch ds {
	case 1: // to the access point
		dst, src = 16, 10
	case 2: // from it
		dst, src = 4, 16
	case 3:
		dst, src = 16, 24
	}
	p.DstMAC, p.SrcMAC = [6]byte(b[dst:dst+6]), [6]byte(b[src:src+6])
}

// radiotap reads a radiotap header (radiotap.org). Of its fields only the
// flags matter here: they say whether the 802.11 header was padded.
func (p *Packet) radiotap(b []byte, wire uint32) {
	if len(b) < 8 {
		p.fail(TruncatedLink)
		return
	}
	n := uint32(binary.LittleEndian.Uint16(b[2:]))
	if b[0] != 0 || n < 8 {
		p.fail(BadLink)
		return
	}
	head := b
	if b, wire, ok := p.skip(b, wire, n); ok {
		p.wlan(b, wire, radiotapPadded(head[:n]))
	}
}

// radiotapPadded reads the data pad bit of the flags field, which follows the
// presence words and, if present, the 8-byte aligned TSFT.
func radiotapPadded(h []byte) bool {
	const tsft, flags, more, dataPad = 1 << 0, 1 << 1, 1 << 31, 0x20
	present := binary.LittleEndian.Uint32(h[4:])
	if present&flags == 0 {
		return false
	}
	at := 8
	for word := present; word&more != 0; at += 4 {
		if len(h) < at+4 {
			return false
		}
		word = binary.LittleEndian.Uint32(h[at:])
	}
	if present&tsft != 0 {
		at = (at+7)&^7 + 8
	}
	return len(h) > at && h[at]&dataPad != 0
}

// prism reads a Prism monitor header, or the AVS header that some drivers
// deliver under the same link type.
func (p *Packet) prism(b []byte, wire uint32) {
	if len(b) < 8 {
		p.fail(TruncatedLink)
		return
	}
	if be.Uint32(b)&^3 == avsMagic {
		p.avs(b, wire)
		return
	}
	n := min(binary.LittleEndian.Uint32(b[4:]), be.Uint32(b[4:])) // host order
	p.radioHeader(b, wire, n)
}

const avsMagic = 0x80211000 // version 1 and 2 below

// avs reads an AVS header: version and length, big endian.
func (p *Packet) avs(b []byte, wire uint32) {
	if len(b) < 8 {
		p.fail(TruncatedLink)
		return
	}
	if be.Uint32(b)&^3 != avsMagic {
		p.fail(BadLink)
		return
	}
	p.radioHeader(b, wire, be.Uint32(b[4:]))
}

func (p *Packet) radioHeader(b []byte, wire, n uint32) {
	if n < 8 || n > 4096 {
		p.fail(BadLink)
		return
	}
	if b, wire, ok := p.skip(b, wire, n); ok {
		p.wlan(b, wire, false)
	}
}

// ppi reads a Per-Packet Information header: version, flags, length, and the
// link type of what follows, little endian.
func (p *Packet) ppi(b []byte, wire uint32) {
	if len(b) < 8 {
		p.fail(TruncatedLink)
		return
	}
	n, dlt := uint32(binary.LittleEndian.Uint16(b[2:])), binary.LittleEndian.Uint32(b[4:])
	if b[0] != 0 || n < 8 {
		p.fail(BadLink)
		return
	}
	b, wire, ok := p.skip(b, wire, n)
	switch {
	case !ok:
	case dlt > 0xffff || dlt == link.PPI:
		p.fail(UnknownLink)
	default:
		p.linkLayer(uint16(dlt), b, wire)
	}
}
