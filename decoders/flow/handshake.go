package flow

import "pcaptriage/decoders"

// succeed decides whether a SYN or SYN-ACK on a known flow belongs to it. If it
// begins another connection on the same 4-tuple, that one's new flow is
// returned: it takes the old one's place, or, on another VLAN beside an open
// connection, stands next to it.
func (t *Table) succeed(f *Flow, p *decoders.Packet, d uint8, clock int64) *Flow {
	if p.TCP.Flags&decoders.RST != 0 {
		return f
	}
	if p.TCP.Flags&decoders.ACK != 0 {
		if f.ownSYNACK(p, d) {
			return f
		}
		return t.supersede(f, p, d, clock)
	}
	if f.ownSYN(p, d) {
		return f
	}
	me := &f.Dir[d]
	if f.State != StateClosed && f.Flags&VLANSplit == 0 && me.Packets > 0 {
		if v := vlanID(p); v != me.vlan {
			return t.split(f, p, d, v, clock)
		}
	}
	return t.supersede(f, p, d, clock)
}

// ownSYN reports whether a SYN from direction d belongs to connection f.
func (f *Flow) ownSYN(p *decoders.Packet, d uint8) bool {
	me, peer := &f.Dir[d], &f.Dir[1-d]
	seq := Seq(p.TCP.Seq)
	switch {
	case me.Has&HasISN != 0:
		// The same ISN: sent again, or a late duplicate. Another: another
		// connection (RFC 9293 3.4.1).
		return Seq(me.ISN) == seq
	case me.Packets == 0 && f.State == StateSYN:
		return true // simultaneous open
	case peer.Has&HasISN != 0 && f.Flags&SawSYNACK != 0 && peer.Acked == seq+1:
		return true // recorded after its SYN-ACK
	}
	// Recorded after the first ACK of its own side.
	return me.Has&(HasNext|SentData|HasFIN) == HasNext && me.Next == seq+1 && f.State == StateEstablished
}

// ownSYNACK reports whether a SYN-ACK from direction d belongs to connection f.
func (f *Flow) ownSYNACK(p *decoders.Packet, d uint8) bool {
	me, peer := &f.Dir[d], &f.Dir[1-d]
	seq := Seq(p.TCP.Seq)
	switch {
	case me.Has&HasISN != 0 && Seq(me.ISN) == seq:
		return true
	case f.State == StateSYN || f.State == StateSYNACK:
		// An answer, acceptable or not; but not when the 4-tuple is used again
		// in a capture that holds only the server's side.
		return peer.Packets > 0
	case peer.Has&HasISN != 0:
		// The client's SYN is known: the answer to it, or a stray.
		return f.State != StateClosed || peer.acceptsSYNACK(Seq(p.TCP.Ack))
	}
	return me.Has&(HasNext|SentData|HasFIN) == HasNext && me.Next == seq+1 // recorded late
}

// acceptsSYNACK reports whether ack acknowledges the SYN of h, and at most the
// data in it (RFC 7413 4.2.2).
func (h *Half) acceptsSYNACK(ack Seq) bool {
	if h.Has&HasISN == 0 {
		return true
	}
	first := Seq(h.ISN) + 1
	last := h.Next
	if last.Less(first) {
		last = first
	}
	return first.LessEq(ack) && ack.LessEq(last)
}

// supersede ends f, whose 4-tuple packet p uses for another connection, and
// creates that one's flow.
func (t *Table) supersede(f *Flow, p *decoders.Packet, d uint8, clock int64) *Flow {
	k, tag, flags, last, state := f.Key, f.tag, f.Flags&VLANSplit, f.Last, f.State
	split := f.splitVLAN
	t.end(f, EndClosed, clock)
	n := t.create(&k, tag, p, d, clock)
	n.Flags |= PortReused | flags
	if flags != 0 {
		t.splits++
	}
	n.PrevLast, n.PrevState, n.splitVLAN = last, state, split
	return n
}

// split returns the flow that is keyed with VLAN v beside f, new for the SYN p.
func (t *Table) split(f *Flow, p *decoders.Packet, d uint8, v uint16, clock int64) *Flow {
	f.splitVLAN = v
	k, tag := splitKey(&f.Key, v), f.tag
	n := t.create(&k, tag, p, d, clock)
	n.Flags |= VLANSplit
	t.splits++
	return n
}

// onSYN handles a SYN without ACK that belongs to f.
func (f *Flow) onSYN(p *decoders.Packet, d uint8, clock int64) decoders.Class {
	me, peer := &f.Dir[d], &f.Dir[1-d]
	seq, n := Seq(p.TCP.Seq), p.Seg.Payload
	if me.Has&HasISN != 0 {
		// Sent again; Windows tries again after a reset, too.
		if f.State == StateClosed && f.Flags&Established == 0 {
			f.State = StateSYN
		}
		if f.State != StateClosed {
			f.busy = clock
		}
		if f.SYNACKTime == 0 {
			f.synAgain = micros(clock - f.SYNTime)
		}
		return decoders.ClassSYNRetrans
	}

	c := decoders.ClassSYN
	switch {
	case !f.born():
		f.Client = d
		if f.Flags&PortReused != 0 {
			c |= decoders.ClassPortReuse
		}
	case f.State == StateSYN && peer.Has&HasISN != 0:
		f.Flags |= Simultaneous
	default: // recorded after its SYN-ACK or ACK
		f.Client = d
		f.Flags &^= MidStream
	}
	f.Flags |= SawSYN
	me.ISN = p.TCP.Seq
	end := seq + 1 + Seq(n)
	if me.Has&HasNext == 0 || me.Next.Less(end) {
		me.Next = end
	}
	me.Has |= HasISN | HasNext
	me.options(&p.TCP.Opt)
	if peer.Has&HasAck == 0 {
		me.announce(uint32(p.TCP.Window))
	}
	if f.SYNTime == 0 {
		f.SYNTime = clock
	}
	if f.State == StateNone {
		f.State = StateSYN
	}
	if n > 0 {
		c |= decoders.ClassNewData // RFC 7413
	}
	f.send(d, n, end, clock)
	return c
}

// onSYNACK handles a SYN-ACK that belongs to f.
func (f *Flow) onSYNACK(p *decoders.Packet, d uint8, clock int64) decoders.Class {
	me, peer := &f.Dir[d], &f.Dir[1-d]
	seq, ack, n := Seq(p.TCP.Seq), Seq(p.TCP.Ack), p.Seg.Payload
	same := me.Has&HasISN != 0 && Seq(me.ISN) == seq
	if !peer.acceptsSYNACK(ack) && !(same && f.Flags&Established != 0) {
		if peer.Has&HasNext != 0 && peer.Next.Less(ack) {
			return decoders.ClassUnseenAcked
		}
		return 0
	}
	if same && me.Has&HasAck != 0 {
		if f.State == StateClosed && f.Flags&Established == 0 && f.Flags&SawRST == 0 {
			f.State = StateSYNACK
		}
		f.busy = clock
		f.synackAgain = micros(clock - f.SYNACKTime)
		return decoders.ClassSYNACKRetrans
	}
	if f.State == StateClosed && f.Flags&Established != 0 || f.State == StateClosing ||
		f.State == StateEstablished && me.Has&HasISN != 0 {
		return 0 // a stray answer to the SYN of a connection that has gone on
	}

	if !f.born() {
		f.Client = 1 - d
	}
	c := decoders.ClassSYNACK
	f.Flags |= SawSYNACK
	me.ISN = p.TCP.Seq
	end := seq + 1 + Seq(n)
	if !same && f.State <= StateSYNACK || me.Has&HasNext == 0 || me.Next.Less(end) {
		me.Next = end
	}
	me.Has |= HasISN | HasNext
	me.options(&p.TCP.Opt)
	me.announce(uint32(p.TCP.Window))
	if f.SYNACKTime == 0 {
		f.SYNACKTime = clock
	}
	if peer.Has&HasISN != 0 && peer.Packets > 0 {
		f.rtt = micros(clock - peer.Last)
	}
	if peer.Has&HasNext == 0 {
		peer.Next = ack
		peer.Has |= HasNext
	}
	if f.State <= StateSYN || f.State == StateClosed {
		f.State = StateSYNACK
	}
	if n > 0 {
		c |= decoders.ClassNewData
	}
	f.send(d, n, end, clock)
	f.acknowledge(d, ack, clock)
	if f.Flags&Simultaneous != 0 && peer.Has&HasAck != 0 && (Seq(me.ISN) + 1).LessEq(peer.Acked) {
		f.complete(clock)
	}
	return c
}

// complete is the end of the handshake.
func (f *Flow) complete(clock int64) {
	f.State = StateEstablished
	f.Flags |= Established
	f.AckTime = clock
}

// onHandshake looks at a segment without SYN and RST while f has seen nothing
// but SYNs. done means that the segment belongs to no connection that f knows
// and must change nothing else.
func (f *Flow) onHandshake(p *decoders.Packet, d uint8, clock int64) (c decoders.Class, done bool) {
	if p.TCP.Flags&decoders.ACK == 0 {
		return 0, false
	}
	me, peer := &f.Dir[d], &f.Dir[1-d]
	seq, ack := Seq(p.TCP.Seq), Seq(p.TCP.Ack)

	if peer.Has&HasISN != 0 && ack.LessEq(Seq(peer.ISN)) ||
		d != f.Client && peer.Has&HasISN != 0 && f.State == StateSYN && peer.Next.Less(ack) {
		// It acknowledges something else: the other side still has an older
		// connection of these ports and challenges the SYN (RFC 5961 4.2). The
		// number is kept to recognise the reset that answers it.
		if p.Seg.Len == 0 {
			c = decoders.ClassChallengeACK | decoders.ClassPureACK
			if me.Has&HasAck == 0 {
				me.Acked = ack
			}
		}
		return c, true
	}

	if d != f.Client {
		switch {
		case f.State == StateSYN:
			f.State = StateSYNACK // the SYN-ACK itself was not captured
		case (p.Seg.Len > 0 || me.Has&HasAck != 0 && me.Acked.Less(ack)) && peer.Has&SentData == 0:
			// The server goes on: the client's ACK was not captured.
			f.State = StateEstablished
			f.Flags |= Established
		}
		return 0, false
	}

	first := me.Next
	if me.Has&HasISN != 0 {
		first = Seq(me.ISN) + 1
	}
	if off := seq.Diff(first); off < 0 || off > maxWindow {
		return 0, false
	}
	if f.rtt != 0 && peer.Packets > 0 {
		if back := micros(clock - peer.Last); back != 0 {
			f.rtt += back
		}
	}
	f.complete(clock)
	f.busy = clock
	return decoders.ClassHandshakeACK, false
}
