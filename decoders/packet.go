package decoders

// Fields is the set of valid parts of a Packet. A part whose bit is not set
// holds whatever the previous packet left there and must not be read.
type Fields uint32

const (
	HasTime      Fields = 1 << iota // Time (the record carries a timestamp)
	HasMAC                          // SrcMAC, DstMAC
	HasVLAN                         // VLANs[:NVLAN]
	HasTunnel                       // TunnelHops[:NTunnel], TunnelID
	HasIP                           // Src, Dst, IPVersion, Proto, TTL, TOS, IPID, IPLen, IPHdr, L4
	HasDomain                       // Domain (VXLAN/Geneve VNI, GTP TEID)
	HasPorts                        // SrcPort, DstPort (TCP, UDP, SCTP)
	HasTCP                          // TCP header fields; TCP.Opt as TCP.Opt.Has says
	HasUDP                          // UDP
	HasSCTP                         // SCTP
	HasICMP                         // ICMP (v4 or v6 by IPVersion)
	HasQuote                        // ICMP.Quote
	HasPayload                      // Payload, PayloadLen
	IsFragment                      // a fragment of an IP datagram; L4 is valid only in the first
	Reassembled                     // the IP datagram was put together from fragments; frame and time are those of the record that completed it
	NonIP                           // decoded, but not IP (ARP, LLDP, STP, SS7 over MTP2, ...)
	Outgoing                        // SLL/SLL2/PFLOG/EPB say: sent by this host
	Incoming                        // ... received by this host
	SnapCut                         // the record holds fewer bytes than were on the wire
	Loopback                        // the link says it: DLT_NULL/LOOP, or SLL ARPHRD_LOOPBACK, or a loopback address
	HasLinkIface                    // LinkIface
)

// Undecoded is why a record could not be decoded. Zero means it was.
type Undecoded uint8

const (
	Decoded          Undecoded = iota
	UnknownLink                // link type not known: counted as unknown_linktype, not under undecoded
	TruncatedLink              // cut inside the link header
	BadLink                    // link header makes no sense
	UnknownEtherType           // a payload protocol that is not known
	TruncatedIP                // cut inside an IP header
	BadIP                      // version, header length or total length make no sense
	TruncatedL4                // cut inside the transport header
	BadL4                      // transport header makes no sense
	TooDeep                    // more encapsulations than are followed
	Encrypted                  // ESP, 802.11 protected frames, MACsec: nothing to read behind it
	numUndecoded
)

// UndecodedNames are the reasons' names in coverage.undecoded, by value.
var UndecodedNames = [numUndecoded]string{"", "unknown_linktype", "truncated_link", "bad_link",
	"unknown_ethertype", "truncated_ip", "bad_ip", "truncated_l4", "bad_l4", "too_deep", "encrypted"}

func (u Undecoded) String() string { return UndecodedNames[u] }

// MaxTunnel is the number of outer hops that a packet's tunnel path keeps, and
// the number of encapsulations that are followed.
const MaxTunnel = 6

// MaxVLAN is the number of stacked VLAN tags kept, outermost first.
const MaxVLAN = 4

// TunnelKind names an encapsulation of an IP packet.
type TunnelKind uint8

const (
	TunnelNone    TunnelKind = iota
	TunnelIPIP               // IPv4 in IP (RFC 2003)
	TunnelSixIn4             // IPv6 in IPv4 (RFC 4213)
	TunnelIPv6               // IP in IPv6 (RFC 2473)
	TunnelGRE                // RFC 2784, 2890, also EoIP, ERSPAN, NVGRE
	TunnelVXLAN              // RFC 7348
	TunnelGeneve             // RFC 8926
	TunnelGTPU               // 3GPP TS 29.281
	TunnelPPPoE              // RFC 2516; no outer IP addresses, ID is the session
	TunnelL2TP               // RFC 2661, 3931
	TunnelTeredo             // RFC 4380
	TunnelUDP                // other UDP encapsulations (MPLS in UDP, AYIYA)
	TunnelEtherIP            // RFC 3378, and Ethernet in SRv6 (RFC 8986)
	TunnelMPLS               // MPLS in IP (RFC 4023)
)

// TunnelNames by kind, as in flow.tunnel: "ipip 10.0.0.5>10.0.0.6".
var TunnelNames = [...]string{"", "ipip", "6in4", "ip6", "gre", "vxlan", "geneve", "gtpu", "pppoe", "l2tp", "teredo", "udp", "etherip", "mpls"}

// TunnelHop is one outer IP header around the innermost packet.
type TunnelHop struct {
	Src, Dst Addr
	ID       uint32 // VNI, GRE key, TEID or session; 0 when the kind has none
	Kind     TunnelKind
}

// Packet is one decoded record, flat, and reused for the next one: nothing in
// it outlives the call it was passed to. All slices are borrowed from the
// record's slab (or from the reassembly buffer, under the same rule).
//
// What every packet has comes first, and what is written together lies
// together: that makes fewer cache lines, and fewer stores.
type Packet struct {
	Has  Fields
	Fail Undecoded // why decoding stopped; the parts before that are valid

	// The record. Always valid; Data is below.
	File     uint16 // index of the file in a series, else 0
	Frame    uint64 // Wireshark frame number in that file, from 1
	Time     int64  // ns since 1970 UTC as recorded; valid if HasTime
	Clock    int64  // the capture clock at this record (see engine): never runs backwards within an epoch
	Epoch    uint32 // counts the clock's restarts
	Iface    uint32 // capture interface
	WireLen  uint32 // bytes on the wire
	LinkType uint16 // the link type it was read as

	NVLAN, NTunnel uint8 // length of VLANs and TunnelHops, below

	// The MAC addresses are those of the outermost Ethernet (or similar) header;
	// Linux cooked headers know only the sender's, and leave DstMAC zero.
	DstMAC, SrcMAC [6]byte
	TunnelID       uint32 // interned tunnel path, 0 = none; set by the engine, resolves through analyzers.Env

	// Innermost IP header.
	Src, Dst  Addr
	IPVersion uint8
	Proto     uint8  // final protocol number after extension headers
	FragOff   uint16 // fragment offset in bytes
	MF, DF    bool
	TTL       uint8  // or hop limit
	TOS       uint8  // or traffic class
	IPID      uint32 // IPv4 identification, or the IPv6 fragment header's; 0 when IPv6 has none
	IPLen     uint32 // whole datagram on the wire: header + payload, from the IP header (record's length when that says 0: TSO, BIG TCP)

	// PayloadLen is the length on the wire, from the IP header, of what is behind
	// the TCP, UDP or SCTP common header; Payload is what was captured of it, so
	// that len(Payload) < PayloadLen when the capture cut it.
	PayloadLen       uint32
	DstPort, SrcPort uint16

	// Domain separates equal addresses of different virtual networks (see
	// MakeDomain). 0 when there is none; unlike other fields it is 0 then, not
	// stale, so that Key can take it as it is.
	Domain uint64

	Data    []byte // captured bytes of the record
	IPHdr   []byte // from the innermost IP header on, cut at IPLen and at the capture
	L4      []byte // from the transport header on, likewise
	Payload []byte // see PayloadLen

	// Hash is the flow hash (see FlowKey.Hash), valid after the engine's dispatch.
	Hash uint64

	// Seg is the TCP tracker's verdict on this segment, valid if HasTCP once
	// the tracker has seen it (always so in an analyzer).
	Seg Segment
	TCP TCP

	SCTP SCTP
	ICMP ICMP

	LinkIface  uint32          // interface index that the link header states (SLL2, NFLOG, IPNET)
	VLANs      [MaxVLAN]uint16 // VLAN ids of all headers down to the innermost IP, outermost first
	TunnelHops [MaxTunnel]TunnelHop

	state decodeState
}

// Recorded is p's own time, or the capture clock's where that is missing or an
// outlier.
func (p *Packet) Recorded() int64 {
	if p.Timed() {
		return p.Time
	}
	return p.Clock
}

// Timed reports whether p has a time of its own that is believed. Of records
// without one the clock stands still, so that nothing is measured between them.
func (p *Packet) Timed() bool {
	return p.Has&HasTime != 0 && p.Time <= p.Clock && p.Clock-p.Time <= maxDisorder
}

// maxDisorder is how far behind the capture clock a record's time is believed, in
// ns.
const maxDisorder = int64(60e9)

// Ref packs file and frame into one number that sorts by file, then frame.
func (p *Packet) Ref() FrameRef { return FrameRef(uint64(p.File)<<48 | p.Frame) }

// FrameRef is a frame of a file of a series: file index in the upper 16 bits,
// Wireshark frame number below.
type FrameRef uint64

// File is the index of the file in the series.
func (r FrameRef) File() int { return int(r >> 48) }

// Frame is the Wireshark frame number in that file.
func (r FrameRef) Frame() uint64 { return uint64(r) & (1<<48 - 1) }

// TCP header flags (RFC 9293 3.1).
const (
	FIN uint8 = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

// TCP is a TCP header (RFC 9293 3.1). The fixed 20 bytes are valid if HasTCP.
type TCP struct {
	Seq, Ack uint32
	Checksum uint16
	Window   uint16 // as transmitted, not scaled
	Urgent   uint16
	Flags    uint8
	HdrLen   uint8 // bytes, as the data offset says
	Opt      TCPOptions
}

// TCPOption is the set of options present in TCPOptions.
type TCPOption uint8

const (
	OptMSS TCPOption = 1 << iota
	OptWScale
	OptSACKPermitted
	OptSACK
	OptTimestamps
	OptFastOpen
	OptCut // the capture or a bad length cut the option list short
)

// TCPOptions are the options that were read; fields are valid as Has says.
type TCPOptions struct {
	Has    TCPOption
	WScale uint8  // shift count, capped at 14 (RFC 7323 2.3)
	NSACK  uint8  // blocks in SACK
	MSS    uint16 // bytes
	TSVal  uint32
	TSEcr  uint32
	SACK   [4][2]uint32 // left and right edges (RFC 2018); valid up to NSACK
}

// SCTP is the common header (RFC 9260 3.1).
type SCTP struct {
	VTag     uint32
	Checksum uint32
}

// ICMP is an ICMP (RFC 792) or ICMPv6 (RFC 4443) message.
type ICMP struct {
	Type, Code uint8
	Checksum   uint16
	Rest       uint32 // bytes 4 to 7
	MTU        uint32 // next-hop MTU of ICMPv4 3/4 (16 bit, RFC 1191) or ICMPv6 type 2
	Quote      Quote  // valid if HasQuote
}

// Quote is the packet that an ICMP error quotes, as far as it was quoted and
// captured: innermost header whose addresses are complete.
type Quote struct {
	Src, Dst         Addr
	SrcPort, DstPort uint16 // valid if HasPorts
	Seq              uint32 // TCP sequence number, valid if HasSeq
	Ack              uint32 // valid if HasAck
	IPLen            uint32 // total length that the quoted header states
	IPID             uint32
	PayloadOff       uint32 // bytes from the quoted IP header to the TCP payload, valid if HasAck
	VTag             uint32 // SCTP, valid if Proto is SCTP and HasSeq
	Proto            uint8
	IPVersion        uint8
	TTL              uint8
	DF               bool
	HasPorts, HasSeq bool
	HasAck           bool // the quote reaches beyond the first 8 bytes: Ack, Flags valid
	Flags            uint8
	Fragment         bool // the quoted packet is a later fragment: no transport header
	Tunnel           bool // the quoted packet was itself a tunnel packet; Src and Dst are the inner ones
	OuterSrc         Addr // outermost quoted addresses (equal to Src, Dst without a tunnel)
	OuterDst         Addr
	Domain           uint64
}

// IP protocol numbers (IANA) that the project names.
const (
	ProtoHopByHop = 0
	ProtoICMP     = 1
	ProtoIPv4     = 4
	ProtoTCP      = 6
	ProtoUDP      = 17
	ProtoIPv6     = 41
	ProtoGRE      = 47
	ProtoESP      = 50
	ProtoAH       = 51
	ProtoICMPv6   = 58
	ProtoL2TP     = 115
	ProtoSCTP     = 132
	ProtoUDPLite  = 136
)
