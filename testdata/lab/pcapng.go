package main

import "encoding/binary"

// pcapng writes the few block types that the lab's mixed files need.
type pcapng struct {
	order byteOrder
	b     []byte
}

type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

const (
	blockInterface  = 1
	blockNames      = 4
	blockStatistics = 5
	blockEnhanced   = 6
	blockSection    = 0x0a0d0d0a
	blockCustom     = 0xbad
)

type option struct {
	code  int
	value []byte
}

func (w *pcapng) u16(v int) []byte    { return w.order.AppendUint16(nil, uint16(v)) }
func (w *pcapng) u32(v uint32) []byte { return w.order.AppendUint32(nil, v) }

func (w *pcapng) block(kind uint32, body []byte, options ...option) {
	for _, o := range options {
		body = append(body, w.u16(o.code)...)
		body = append(body, w.u16(len(o.value))...)
		body = append(body, pad(o.value)...)
	}
	if len(options) > 0 {
		body = append(body, 0, 0, 0, 0)
	}
	body = pad(body)
	n := w.u32(uint32(len(body) + 12))
	w.b = append(w.b, w.u32(kind)...)
	w.b = append(append(append(w.b, n...), body...), n...)
}

func pad(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// section begins a section in the given byte order; interfaces count anew.
func (w *pcapng) section(order byteOrder, options ...option) {
	w.order = order
	body := append(w.u32(0x1a2b3c4d), w.u16(1)...)
	body = append(append(body, w.u16(0)...), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
	w.block(blockSection, body, options...)
}

func (w *pcapng) device(link, snaplen int, name string, options ...option) {
	body := append(w.u16(link), 0, 0)
	body = append(body, w.u32(uint32(snaplen))...)
	w.block(blockInterface, body, append([]option{{2, []byte(name)}}, options...)...)
}

// packet writes a record; unit is the interface's timestamp unit in ns.
func (w *pcapng) packet(device int, unit int64, r record, options ...option) {
	t := uint64(r.ns / unit)
	body := w.u32(uint32(device))
	body = append(append(body, w.u32(uint32(t>>32))...), w.u32(uint32(t))...)
	body = append(append(body, w.u32(uint32(len(r.data)))...), w.u32(uint32(r.wire))...)
	w.block(blockEnhanced, append(body, pad(append([]byte(nil), r.data...))...), options...)
}
