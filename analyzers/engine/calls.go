package engine

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// packetKind is what of a packet decides which flow parts get it.
type packetKind uint8

// What a TCP segment has.
const (
	tcpPayload packetKind = 1 << iota
	tcpEarly              // besides tcpPayload: see analyzers.NeedTCPEarly
	tcpControl            // SYN, FIN or RST
	tcpSACK
	kindTCP packetKind = 0
)

const (
	kindUDP packetKind = iota + 1<<4
	kindSCTP
	kindICMP
	kindNonIP
	kindOther
	numKinds
)

func kindOf(p *decoders.Packet) packetKind {
	switch {
	case p.Has&decoders.HasTCP != 0:
		k := kindTCP
		if p.PayloadLen > 0 {
			k |= tcpPayload
			if p.Seg.Ahead <= analyzers.EarlyBytes {
				k |= tcpEarly
			}
		}
		if p.TCP.Flags&(decoders.SYN|decoders.FIN|decoders.RST) != 0 {
			k |= tcpControl
		}
		if p.TCP.Opt.Has&decoders.OptSACK != 0 {
			k |= tcpSACK
		}
		return k
	case p.Has&decoders.HasUDP != 0:
		return kindUDP
	case p.Has&decoders.HasSCTP != 0:
		return kindSCTP
	case p.Has&decoders.HasICMP != 0:
		return kindICMP
	case p.Has&decoders.HasIP == 0:
		return kindNonIP
	}
	return kindOther
}

// needs is the set of needs that packets of kind k meet.
func (k packetKind) needs() analyzers.Needs {
	switch k {
	case kindUDP:
		return analyzers.NeedUDP
	case kindSCTP:
		return analyzers.NeedSCTP
	case kindICMP:
		return analyzers.NeedICMP
	case kindNonIP:
		return analyzers.NeedNonIP
	case kindOther:
		return analyzers.NeedOther
	}
	n := analyzers.NeedTCP
	if k&tcpPayload != 0 {
		n |= analyzers.NeedTCPPayload
	}
	if k&tcpEarly != 0 {
		n |= analyzers.NeedTCPEarly
	}
	if k&tcpControl != 0 {
		n |= analyzers.NeedTCPControl
	}
	if k&tcpSACK != 0 {
		n |= analyzers.NeedTCPSACK
	}
	return n
}

// call is one flow part of a shard to be given a packet.
type call struct {
	part      analyzers.FlowPart
	out       *analyzers.Out
	analyzer  uint8
	withState bool  // only if the packet's flow has state of the analyzer that is not quiet
	next      *call // of the same packet, nil: none
}

// calls say, by kind of packet, which analyzers' flow parts get it, in the
// analyzers' order. They are made once: most packets are for few of them.
type calls [numKinds][]callFor

type callFor struct {
	analyzer  uint8
	withState bool
}

func newCalls(all []*analyzers.Analyzer) *calls {
	c := &calls{}
	for k := range numKinds {
		for a, an := range all {
			switch {
			case an.NewFlowPart == nil:
			case an.Needs&k.needs() != 0:
				c[k] = append(c[k], callFor{uint8(a), false})
			case an.Needs&analyzers.NeedTCPControl != 0 && k < kindUDP:
				c[k] = append(c[k], callFor{uint8(a), true})
			}
		}
	}
	return c
}

// of are the calls of shard s: those of the parts that have not failed.
func (c *calls) of(s *shard) (first [numKinds]*call) {
	for k := range c {
		end := &first[k]
		for _, f := range c[k] {
			if part := s.parts[f.analyzer].FlowPart; part != nil {
				*end = &call{part: part, out: &s.worker.outs[f.analyzer], analyzer: f.analyzer, withState: f.withState}
				end = &(*end).next
			}
		}
	}
	return first
}
