package sshwire

import "encoding/binary"

// Splitter finds the packets in an encrypted direction whose lengths are in
// clear (Suite.ClearLength). Its zero value stands in front of a packet. It
// holds no pointers.
type Splitter struct {
	remain uint32 // bytes of the packet still to come
	size   uint32 // the whole packet; valid while remain > 0
	have   uint8  // bytes of head
	head   [4]byte
	lost   bool
}

// Lost reports whether the place was lost; Next then finds nothing more.
func (s *Splitter) Lost() bool { return s.lost }

// Next takes bytes off b up to the end of a packet. It returns the packet's size
// on the wire, 0 if it is not complete yet, and what is left of b.
func (s *Splitter) Next(u *Suite, b []byte) (size int, rest []byte) {
	for len(b) > 0 && !s.lost {
		if s.remain == 0 {
			n := copy(s.head[s.have:], b)
			s.have += uint8(n)
			b = b[n:]
			if s.have < 4 {
				break
			}
			s.have = 0
			length := binary.BigEndian.Uint32(s.head[:])
			// OpenSSH's limit is 256 KiB.
			if length > 1<<18 || length%uint32(u.Block) != 0 || length < uint32(u.Block) {
				s.lost = true
				break
			}
			s.remain = length + uint32(u.Tag)
			s.size = s.remain + 4
			continue
		}
		n := min(s.remain, uint32(len(b)))
		s.remain -= n
		b = b[n:]
		if s.remain == 0 {
			return int(s.size), b
		}
	}
	if s.lost {
		return 0, nil
	}
	return 0, b
}

// Gap tells of n missing bytes; size is that of the packet that ends with them,
// 0 if none does. Holes that hide a length lose the place.
func (s *Splitter) Gap(n uint64) (size int) {
	if s.lost || n == 0 {
		return 0
	}
	if s.have > 0 || n > uint64(s.remain) {
		s.lost = true
		return 0
	}
	s.remain -= uint32(n)
	if s.remain == 0 {
		return int(s.size)
	}
	return 0
}

// Skip passes n bytes, of which b was captured, without looking for what is
// complete in them.
func (s *Splitter) Skip(u *Suite, b []byte, n uint64) {
	for rest := b; len(rest) > 0; {
		_, rest = s.Next(u, rest)
	}
	if n > uint64(len(b)) {
		s.Gap(n - uint64(len(b)))
	}
}
