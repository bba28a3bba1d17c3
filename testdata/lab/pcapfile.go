package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

// file is a classic pcap file in memory.
type file struct {
	raw     []byte
	order   binary.ByteOrder
	link    int
	nano    bool
	records []record
	parsed  []*pkt
}

type record struct {
	ns   int64
	wire int
	data []byte
}

func readPcap(name string) (*file, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return decodePcap(raw)
}

func decodePcap(raw []byte) (*file, error) {
	if len(raw) < 24 {
		return nil, errors.New("shorter than a pcap header")
	}
	f := &file{raw: raw}
	switch binary.LittleEndian.Uint32(raw) {
	case 0xa1b2c3d4:
		f.order = binary.LittleEndian
	case 0xa1b23c4d:
		f.order, f.nano = binary.LittleEndian, true
	case 0xd4c3b2a1:
		f.order = binary.BigEndian
	case 0x4d3cb2a1:
		f.order, f.nano = binary.BigEndian, true
	default:
		return nil, fmt.Errorf("not a pcap file: %x", raw[:4])
	}
	f.link = int(f.order.Uint32(raw[20:]) & 0xffff)
	for b := raw[24:]; len(b) > 0; {
		if len(b) < 16 {
			return nil, errors.New("cut record header")
		}
		n := int(f.order.Uint32(b[8:]))
		if len(b) < 16+n {
			return nil, errors.New("cut record")
		}
		unit := int64(1000)
		if f.nano {
			unit = 1
		}
		f.records = append(f.records, record{
			ns:   int64(f.order.Uint32(b))*1e9 + int64(f.order.Uint32(b[4:]))*unit,
			wire: int(f.order.Uint32(b[12:])),
			data: b[16 : 16+n],
		})
		b = b[16+n:]
	}
	return f, nil
}

func (f *file) packets() []*pkt {
	if f.parsed == nil {
		for i, r := range f.records {
			p := parse(f.link, r.data, r.wire)
			p.n, p.ns = i+1, r.ns
			f.parsed = append(f.parsed, p)
		}
	}
	return f.parsed
}

// view writes records as a new file of the same precision.
func (f *file) view(link int, records []record) *file {
	return encodePcap(binary.LittleEndian, link, f.nano, 262144, records)
}

func encodePcap(order binary.ByteOrder, link int, nano bool, snaplen int, records []record) *file {
	magic, unit := uint32(0xa1b2c3d4), int64(1000)
	if nano {
		magic, unit = 0xa1b23c4d, 1
	}
	b := make([]byte, 24)
	order.PutUint32(b, magic)
	order.PutUint16(b[4:], 2)
	order.PutUint16(b[6:], 4)
	order.PutUint32(b[16:], uint32(snaplen))
	order.PutUint32(b[20:], uint32(link))
	for _, r := range records {
		var h [16]byte
		order.PutUint32(h[:], uint32(r.ns/1e9))
		order.PutUint32(h[4:], uint32(r.ns%1e9/unit))
		order.PutUint32(h[8:], uint32(len(r.data)))
		order.PutUint32(h[12:], uint32(r.wire))
		b = append(append(b, h[:]...), r.data...)
	}
	f, err := decodePcap(b)
	if err != nil {
		panic(err) // our own bytes
	}
	return f
}
