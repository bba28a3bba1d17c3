package sctp

import "encoding/binary"

// Builders of chunks for the tests, by the layouts of RFC 9260 3.3 and RFC 8260 2.

func chunk(typ ChunkType, flags uint8, value []byte) []byte {
	b := []byte{byte(typ), flags, 0, 0}
	binary.BigEndian.PutUint16(b[2:], uint16(4+len(value)))
	b = append(b, value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func dataChunk(flags uint8, tsn uint32, stream, ssn uint16, ppid uint32, user string) []byte {
	v := binary.BigEndian.AppendUint32(nil, tsn)
	v = binary.BigEndian.AppendUint16(v, stream)
	v = binary.BigEndian.AppendUint16(v, ssn)
	v = binary.BigEndian.AppendUint32(v, ppid)
	return chunk(TypeData, flags, append(v, user...))
}

func idataChunk(flags uint8, tsn uint32, stream uint16, mid, last uint32, user string) []byte {
	v := binary.BigEndian.AppendUint32(nil, tsn)
	v = binary.BigEndian.AppendUint16(v, stream)
	v = append(v, 0, 0)
	v = binary.BigEndian.AppendUint32(v, mid)
	v = binary.BigEndian.AppendUint32(v, last)
	return chunk(TypeIData, flags, append(v, user...))
}

const whole = flagBegin | flagEnd

// recorder keeps what a Sink is given.
type recorder struct {
	msgs    []string
	meta    []Message
	control []ChunkType
}

func (r *recorder) Message(m *Message) {
	r.msgs = append(r.msgs, string(m.Data))
	c := *m
	c.Data = nil
	r.meta = append(r.meta, c)
}

func (r *recorder) Control(c *Chunk) { r.control = append(r.control, c.Type) }

const second = int64(1e9)

func pkt(at int64, chunks ...[]byte) *Packet {
	var b []byte
	for _, c := range chunks {
		b = append(b, c...)
	}
	return &Packet{VTag: 7, Time: at, Clock: at, Chunks: b, Wire: len(b)}
}
