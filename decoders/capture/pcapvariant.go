package capture

import (
	"encoding/binary"
	"fmt"
)

// Lengths of the record headers of pcap variants that share a magic number
// (wiretap's libpcap.c tells their story).
const (
	recLenPcap     = 16
	recLenNokia    = 20 // 4 unknown bytes more
	recLenModified = 24 // ss990417, ss991029: interface index, protocol, packet type
	recLenSuSE     = 28 // ss990915: 4 bytes of debugging more
)

// chooseVariant sets the length of the record header by trying the variants on
// the first records and taking the one with the fewest oddities, the ordinary
// one when in doubt. head are the bytes behind the file header as far as they
// are there; whole says that nothing follows them.
func (p *pcapParser) chooseVariant(magic uint32, head []byte, whole bool, snapLen uint32) error {
	var candidates []int
	switch magic {
	case magicPcap:
		candidates = []int{recLenPcap, recLenModified, recLenNokia}
	case magicPcapMod:
		candidates = []int{recLenModified, recLenSuSE}
	default:
		return nil
	}
	best := -1
	for _, c := range candidates {
		odd, sure := p.oddities(head, c, whole, snapLen)
		if c == recLenNokia && !sure {
			continue
		}
		if best < 0 || odd < best {
			best, p.recLen = odd, c
		}
		if odd == 0 {
			break
		}
	}
	if p.recLen == recLenNokia {
		return fmt.Errorf("%w: nokia's variant of pcap", ErrUnsupported)
	}
	return nil
}

// oddities counts what is implausible in the first three records if their
// headers are recLen bytes long. sure says that Nokia's pattern was seen in all.
func (p *pcapParser) oddities(head []byte, recLen int, whole bool, snapLen uint32) (odd int, sure bool) {
	o := p.byteOrder()
	for i := range 3 {
		if len(head) < recLen {
			if whole && len(head) > 0 {
				odd++
			}
			return odd, sure && i > 0
		}
		c, w := o.Uint32(head[8:]), o.Uint32(head[12:])
		odd += count(o.Uint32(head[4:]) >= 1e6, c > p.limit, c > snapLen, w > maxBigPacket, c > w)
		switch recLen {
		case recLenModified, recLenSuSE:
			odd += count(o.Uint32(head[16:]) > 10000, !linuxProtocol(o.Uint16(head[20:])), head[22] > 4)
		case recLenNokia:
			ok := nokiaStuff(binary.LittleEndian.Uint32(head[16:]))
			odd += count(!ok)
			sure = ok && (i == 0 || sure)
		}
		if c > p.limit {
			return odd, sure
		}
		head = head[recLen:]
		if uint32(len(head)) < c {
			return odd + count(whole), sure
		}
		head = head[c:]
	}
	return odd, sure
}

// linuxProtocol says whether v is an Ethertype or one of Linux's own numbers.
func linuxProtocol(v uint16) bool {
	return v >= 0x0600 || v <= 0x0017 || v == 0x0060 || v == 0x0200 || v == 0x0400
}

// nokiaStuff says whether v has the form that wiretap knows of the extra field:
// 0xXfbfYZ0W with X 9 or b, Y b or d, Z 6 or 9, W 1 or 2.
func nokiaStuff(v uint32) bool {
	x, y, z, w := v>>28, v>>12&15, v>>8&15, v&15
	return v&0x0fff00f0 == 0x0fbf0000 && (x == 9 || x == 0xb) && (y == 0xb || y == 0xd) &&
		(z == 6 || z == 9) && (w == 1 || w == 2)
}

func count(conds ...bool) int {
	n := 0
	for _, c := range conds {
		if c {
			n++
		}
	}
	return n
}
