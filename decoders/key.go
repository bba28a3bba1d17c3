package decoders

import "math/bits"

// FlowKey identifies a flow: the unordered pair of innermost address and port,
// the protocol, and the virtual network. The lower endpoint (address, then
// port) is A.
type FlowKey struct {
	A, B         Addr
	Domain       uint64 // see Packet.Domain; bits 48..59 hold a VLAN id when the tracker had to split a flow by VLAN
	PortA, PortB uint16
	Proto        uint8
	Version      uint8 // 4 or 6
}

// MakeKey orders the endpoints. dir is 0 when src is A, 1 when src is B. A
// flow between equal endpoints (source = destination) has dir 0 throughout.
func MakeKey(src, dst Addr, sport, dport uint16, proto, version uint8, domain uint64) (k FlowKey, dir uint8) {
	if dst.Less(src) || (src == dst && dport < sport) {
		return FlowKey{dst, src, domain, dport, sport, proto, version}, 1
	}
	return FlowKey{src, dst, domain, sport, dport, proto, version}, 0
}

// Key returns the key of p's flow and p's direction in it. p must have HasIP.
// Without ports (HasPorts not set) the ports are 0: the flow is the address
// pair and the protocol.
func (p *Packet) Key() (FlowKey, uint8) {
	var sp, dp uint16
	if p.Has&HasPorts != 0 {
		sp, dp = p.SrcPort, p.DstPort
	}
	return MakeKey(p.Src, p.Dst, sp, dp, p.Proto, p.IPVersion, p.Domain)
}

// Hash mixes a key so that every output bit depends on every input bit. Both
// directions of a flow hash alike. It takes addresses and ports only: an ICMP
// error must find the shard of the flow that it quotes, and the views of a
// packet inside and outside a VXLAN must meet in one shard to be recognised as
// copies.
func (k *FlowKey) Hash() uint64 { return HashPair(k.A, k.B, k.PortA, k.PortB) }

// HashPair is the flow hash of ordered endpoints (A below B, see MakeKey).
func HashPair(a, b Addr, pa, pb uint16) uint64 {
	// wyhash's construction: 64x64 to 128 bit multiplications, folded. Linux
	// hands out ephemeral ports of one parity and neighbouring addresses are
	// the rule, so weak mixing would fill half of the shards only.
	h := mum(a.Lo^hashA, b.Lo^hashB)
	if a.Hi|b.Hi != 0 {
		h = mum(h^a.Hi, b.Hi^0x8ebc6af09c88c6e3)
	}
	return mum(h^uint64(pa)<<16^uint64(pb), hashPorts)
}

const (
	hashA     = 0xa0761d6478bd642f
	hashB     = 0xe7037ed1a0b428db
	hashPorts = 0x1d8e4e27c47d124f
)

// orderIPv4 orders a packet's endpoints as MakeKey does. In addrs and ports the
// upper half is one endpoint's, the source's as in the headers or, of what is
// returned, the lower's. Which of the two is lower changes from packet to packet:
// that is no branch but conditional moves.
func orderIPv4(addrs uint64, ports uint32) (uint64, uint32) {
	back := bits.RotateLeft64(addrs, 32)
	if back == addrs { // the order of addresses that are equal is that of the ports
		return addrs, min(ports, bits.RotateLeft32(ports, 16))
	}
	if back < addrs {
		ports = bits.RotateLeft32(ports, 16)
	}
	return min(addrs, back), ports
}

// HashIPv4 is HashPair of endpoints that orderIPv4 has put in order.
func HashIPv4(addrs uint64, ports uint32) uint64 {
	h := mum(addrs>>32^(v4Prefix^hashA), addrs&0xffffffff^(v4Prefix^hashB))
	return mum(h^uint64(ports), hashPorts)
}

func mum(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
