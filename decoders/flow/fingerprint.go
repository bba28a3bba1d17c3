package flow

import (
	"encoding/binary"
	"math/bits"

	"pcaptriage/decoders"
)

// fingerprint hashes what copies have in common: addresses (with the flow
// hash) and direction (p.Seg.Dir), identification, length, fragment position,
// protocol, the transport header with its checksum, and the first bytes behind
// it. TTL, DSCP, ECN and the IP checksum change on the way and stay out. hash is
// the flow hash; it does not tell the directions apart.
//
// What the hash begins with, and how it goes on, depends only on what copies
// have in common, so it may differ between kinds of packets.
func fingerprint(p *decoders.Packet, hash uint64) uint64 {
	if p.Has&(decoders.HasTCP|decoders.IsFragment) != decoders.HasTCP || len(p.L4) < 20 {
		return otherFingerprint(p, hash)
	}
	return segmentFingerprint(p, hash)
}

// segmentFingerprint is fingerprint for TCP segments. The ports are in the flow
// hash.
func segmentFingerprint(p *decoders.Packet, hash uint64) uint64 {
	b := p.L4
	own := (uint64(p.IPID) | uint64(p.IPLen)<<32) ^ uint64(p.Seg.Dir)<<63
	if p.DF {
		own ^= 1 << 62
	}
	if p.TCP.HdrLen == 32 && len(b) >= 40 { // with timestamps, what most have, and payload
		b := (*[40]byte)(b)
		h := mix(hash^load64(b[4:]), 0xe7037ed1a0b428db^load64(b[12:]))
		return mix(h^own^load64(b[24:]), 0xa0761d6478bd642f^load64(b[32:])^load32(b[20:])<<32)
	}
	fixed := (*[20]byte)(b)
	h := mix(hash^load64(fixed[4:]), 0xe7037ed1a0b428db^load64(fixed[12:]))
	if p.TCP.HdrLen == 32 && len(b) == 32 {
		rest := (*[12]byte)(b[20:])
		return mix(h^own^load64(rest[4:]), 0x8ebc6af09c88c6e3^load32(rest[:])<<32)
	}
	n := int(p.TCP.HdrLen) + firstPayload
	return mixBytes(mix(h^own, 0x589965cc75374cc3), b[20:max(20, min(n, len(b)))])
}

// firstPayload is how many bytes of TCP payload count, at least 8 in a segment
// with timestamps: the checksum tells the rest apart, unless the capturing host
// left its computation to the network card.
const firstPayload = 16

// otherFingerprint is fingerprint for all but plain TCP segments.
func otherFingerprint(p *decoders.Packet, hash uint64) uint64 {
	var frag uint64
	if p.IPVersion == 4 || p.Has&decoders.IsFragment != 0 {
		frag = uint64(p.FragOff) << 2
		if p.DF {
			frag |= 1
		}
		if p.MF {
			frag |= 2
		}
	}
	h := mix(hash^p.Src.Lo, 0xa0761d6478bd642f^p.Dst.Lo<<1)
	h = mix(h^uint64(p.IPID)<<32^uint64(p.IPLen), 0xe7037ed1a0b428db^frag<<16^uint64(p.Proto)<<8^uint64(p.IPVersion))
	b := p.L4
	n := 32
	switch {
	case p.Has&decoders.IsFragment != 0:
		b = p.IPHdr // the transport header may be in another fragment
		skip := 40
		if p.IPVersion == 4 {
			skip = 20
		}
		b = b[min(skip, len(b)):]
	case p.Has&decoders.HasTCP != 0:
		n = int(p.TCP.HdrLen) + firstPayload
	}
	return mixBytes(h, b[:min(n, len(b))])
}

// mixBytes mixes b into h, but for the last one to three bytes.
func mixBytes(h uint64, b []byte) uint64 {
	for len(b) >= 16 {
		h = mix(h^load64(b), 0x8ebc6af09c88c6e3^load64(b[8:]))
		b = b[16:]
	}
	if len(b) >= 8 {
		h = mix(h^load64(b), 0x589965cc75374cc3)
		b = b[8:]
	}
	if len(b) >= 4 {
		h = mix(h^load32(b), 0x1d8e4e27c47d124f)
	}
	return h
}

func load64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

func load32(b []byte) uint64 { return uint64(binary.LittleEndian.Uint32(b)) }

// where hashes the place at which p was captured.
func where(p *decoders.Packet) uint32 {
	h := uint64(p.Iface)<<8 | uint64(p.TTL)
	h ^= uint64(p.Has&(decoders.Outgoing|decoders.Incoming)) << 40
	if p.Has&decoders.HasMAC != 0 {
		h = mix(h^uint64(binary.LittleEndian.Uint32(p.SrcMAC[:])), 0xa0761d6478bd642f^
			uint64(binary.LittleEndian.Uint16(p.SrcMAC[4:]))<<48^
			uint64(binary.LittleEndian.Uint16(p.DstMAC[4:]))<<32^uint64(binary.LittleEndian.Uint32(p.DstMAC[:])))
	}
	if p.Has&decoders.HasVLAN != 0 {
		for _, v := range p.VLANs[:min(p.NVLAN, decoders.MaxVLAN)] {
			h = mix(h^uint64(v), 0xe7037ed1a0b428db)
		}
	}
	if p.Has&decoders.HasTunnel != 0 {
		for i := range p.TunnelHops[:min(p.NTunnel, decoders.MaxTunnel)] {
			t := &p.TunnelHops[i]
			h = mix(h^t.Src.Lo^t.Src.Hi<<1, 0x8ebc6af09c88c6e3^t.Dst.Lo^t.Dst.Hi<<1)
			h = mix(h^uint64(t.ID)<<8^uint64(t.Kind), 0x589965cc75374cc3)
		}
	}
	return uint32(h ^ h>>32)
}

// mix folds a 64x64 to 128 bit multiplication (wyhash's construction).
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
