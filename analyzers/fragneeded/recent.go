package fragneeded

import (
	"pcaptriage/decoders"
	"pcaptriage/decoders/flow"
)

// recent remembers the large segments of one shard, the latest 2048, so that an
// ICMP error can be traced back to the segment it quotes: nobody knows
// beforehand which flow will get one.
type recent struct {
	ring [recentSize]sent
	next uint32
}

const (
	recentSize = 2048
	// minLarge is the smallest IP packet that is remembered: below any path MTU
	// that is worth discovering.
	minLarge = 576
)

// sent is a segment that was captured; time 0 and frame 0: an empty entry.
type sent struct {
	time  int64 // recorded
	frame decoders.FrameRef
	seq   uint32
	end   uint32
	flow  uint32 // flow.Flow.ID, reused after a flow's end
	info  uint32 // IP length << 1 | direction; lengths are capped at 31 bits
}

func (r *recent) add(p *decoders.Packet, f *flow.Flow) {
	s := &r.ring[r.next%recentSize]
	r.next++
	s.time, s.frame = p.Recorded(), p.Ref()
	s.seq, s.end = p.TCP.Seq, p.TCP.Seq+p.Seg.Payload
	s.flow, s.info = f.ID(), p.IPLen<<1|uint32(p.Seg.Dir)
}

// find returns the latest segment of f's direction dir that holds the byte seq
// and is longer than longer bytes as an IP packet; nil if there is none.
func (r *recent) find(f *flow.Flow, dir uint8, seq, longer uint32) *sent {
	for i := uint32(1); i <= recentSize; i++ {
		s := &r.ring[(r.next-i)%recentSize]
		if s.frame == 0 || s.frame < f.FirstFrame {
			return nil
		}
		if s.flow == f.ID() && uint8(s.info&1) == dir && s.info>>1 > longer && seq-s.seq < s.end-s.seq {
			return s
		}
	}
	return nil
}
