package decoders

import (
	"bytes"
	"slices"
	"time"

	"pcaptriage/decoders/recency"
)

// ReassemblyConfig bounds a Reassembler. Times are on the capture clock.
type ReassemblyConfig struct {
	// MaxDatagrams is how many datagrams may be under way; the oldest gives
	// way to a new one.
	MaxDatagrams int
	// MaxBytes bounds the memory of the fragments held, likewise.
	MaxBytes int
	// MaxFragments bounds the fragments of one datagram, which is given up
	// beyond it.
	MaxFragments int
	// Timeout4 and Timeout6 run from a datagram's first fragment (RFC 791 3.2,
	// Linux' ipfrag_time; RFC 8200 4.5).
	Timeout4, Timeout6 time.Duration
	// Copies is how long after its completion the fragments of a datagram may
	// come once more, captured a second time, without beginning a new one.
	Copies time.Duration
}

// DefaultReassembly returns the limits for ordinary use.
func DefaultReassembly() ReassemblyConfig {
	return ReassemblyConfig{
		MaxDatagrams: 1024,
		MaxBytes:     16 << 20,
		MaxFragments: 1024,
		Timeout4:     30 * time.Second,
		Timeout6:     60 * time.Second,
		Copies:       10 * time.Millisecond,
	}
}

// Reassembler puts the fragments of IP datagrams together: IPv4 (RFC 791 3.2)
// and IPv6 (RFC 8200 4.5), also outer datagrams of tunnels. It belongs to one
// goroutine that sees the packets in frame order; what it yields and counts
// depends on them and the capture clock alone.
type Reassembler struct {
	cfg        ReassemblyConfig
	byKey      map[fragKey]*partial
	waiting    [numAges]recency.List[*partial] // in the order in which they time out
	bytes      int
	epoch      uint32
	open       int    // datagrams under way
	incomplete uint64 // datagrams given up
}

// fragKey is what the fragments of a datagram have in common.
type fragKey struct {
	src, dst Addr
	domain   uint64
	id       uint32
	proto    uint8 // 0 for IPv6, where only the first fragment's counts
	version  uint8
}

// partial is a datagram under way, or what is remembered of one.
type partial struct {
	key      fragKey
	state    partialState
	deadline int64 // capture clock
	total    uint32
	covered  uint32 // bytes on the wire that pieces account for
	bytes    int    // its share of Reassembler.bytes
	seen     int    // fragments
	hasTotal bool   // total valid: the last fragment has come
	header   []byte // of the fragment at offset 0, made whole; nil until it comes
	pieces   []piece
	links    recency.Links[*partial]
	age      age
}

type partialState uint8

const (
	gathering partialState = iota
	completed              // handed out; kept to recognise fragments captured twice
	dead                   // given up for what it contained; swallows the rest
)

// piece is a part of a datagram's payload without overlap with another.
type piece struct {
	off, n uint32 // on the wire
	data   []byte // as captured: at most n bytes
}

// age says which timeout a partial waits for; within one age deadlines ascend.
type age uint8

const (
	age4 age = iota
	age6
	ageCopies
	numAges
)

// pieceOverhead is charged for each piece and partial, so that many tiny
// fragments count for what they cost.
const pieceOverhead = 128

// NewReassembler makes a Reassembler; zero limits mean the defaults.
func NewReassembler(cfg ReassemblyConfig) *Reassembler {
	def := DefaultReassembly()
	setDefault(&cfg.MaxDatagrams, def.MaxDatagrams)
	setDefault(&cfg.MaxBytes, def.MaxBytes)
	setDefault(&cfg.MaxFragments, def.MaxFragments)
	setDefault(&cfg.Timeout4, def.Timeout4)
	setDefault(&cfg.Timeout6, def.Timeout6)
	setDefault(&cfg.Copies, def.Copies)
	r := &Reassembler{cfg: cfg, byKey: map[fragKey]*partial{}}
	for i := range r.waiting {
		r.waiting[i] = recency.New(func(d *partial) *recency.Links[*partial] { return &d.links })
	}
	return r
}

func setDefault[T int | time.Duration](v *T, def T) {
	if *v == 0 {
		*v = def
	}
}

// Incomplete is the number of datagrams of which fragments were seen but that
// never came together, those still under way included.
func (r *Reassembler) Incomplete() uint64 { return r.incomplete + uint64(r.open) }

// Reset gives up everything under way: the capture clock started anew.
func (r *Reassembler) Reset() {
	for i := range r.waiting {
		for d := r.waiting[i].Oldest(); d != nil; d = r.waiting[i].Oldest() {
			r.drop(d)
		}
	}
}

// Add takes a fragment, a packet with IsFragment set. When that completes its
// datagram, ok is true and datagram holds it, for Packet.DecodeIP: the first
// fragment's IP header with the fragmentation taken out of it, then the
// payload, in memory of its own that the caller may keep. wireLen is the
// datagram's full length; datagram is shorter, and ends at the first missing
// byte, when the capture cut a fragment. p is only read.
func (r *Reassembler) Add(p *Packet) (datagram []byte, wireLen uint32, ok bool) {
	if p.Has&(HasIP|IsFragment) != HasIP|IsFragment {
		return nil, 0, false
	}
	if p.Epoch != r.epoch {
		r.Reset()
		r.epoch = p.Epoch
	}
	r.expire(p.Clock)
	f := fragmentOf(p)
	d := r.find(p, &f)
	if d == nil || d.state != gathering {
		return nil, 0, false
	}
	if !r.insert(d, p, &f) {
		r.giveUp(d)
		return nil, 0, false
	}
	if !d.hasTotal || d.covered < d.total || d.header == nil {
		return nil, 0, false
	}
	datagram, wireLen = d.assemble()
	r.complete(d, p.Clock)
	return datagram, wireLen, true
}

// fragment is a Packet's part of a datagram.
type fragment struct {
	off, n uint32
	more   bool
	data   []byte // borrowed from the packet
}

func fragmentOf(p *Packet) fragment {
	hdr := uint32(p.state.fragData)
	f := fragment{off: uint32(p.FragOff), n: p.IPLen - hdr, more: p.MF, data: p.IPHdr[hdr:]}
	if f.more && p.IPVersion == 4 {
		// Only the last may end within 8 bytes; Linux cuts others down.
		f.n &^= 7
		if uint32(len(f.data)) > f.n {
			f.data = f.data[:f.n]
		}
	}
	return f
}

// find returns the datagram that the fragment belongs to, a new one if need
// be, or nil for a fragment that was captured twice.
func (r *Reassembler) find(p *Packet, f *fragment) *partial {
	k := fragKey{src: p.Src, dst: p.Dst, domain: p.Domain, id: p.IPID, version: p.IPVersion}
	if p.IPVersion == 4 {
		k.proto = p.Proto
	}
	d := r.byKey[k]
	if d != nil && d.state == completed {
		if d.holds(f) {
			return nil
		}
		r.drop(d) // the id is in use again
		d = nil
	}
	if d != nil {
		return d
	}
	d = &partial{key: k, age: age4, deadline: p.Clock + int64(r.cfg.Timeout4)}
	if p.IPVersion == 6 {
		d.age, d.deadline = age6, p.Clock+int64(r.cfg.Timeout6)
	}
	if len(r.byKey) >= r.cfg.MaxDatagrams {
		r.evict(nil)
	}
	r.byKey[k] = d
	r.waiting[d.age].Add(d)
	r.open++
	r.charge(d, pieceOverhead)
	return d
}

// insert adds a fragment to d. It reports false when d must be given up.
//
// IPv4 fragments may overlap, and the bytes that came first count. Of IPv6
// fragments that do, the datagram is discarded (RFC 8200 4.5, RFC 5722), except
// when they are the same fragment twice.
func (r *Reassembler) insert(d *partial, p *Packet, f *fragment) bool {
	v6 := p.IPVersion == 6
	end := f.off + f.n
	if d.seen++; d.seen > r.cfg.MaxFragments || end+headerLen(p) > 65535 {
		return false
	}
	if v6 && f.more && f.n%8 != 0 {
		return false
	}
	if d.hasTotal && (end > d.total || !f.more && end != d.total) {
		return !v6 // Linux drops the fragment alone
	}
	if !f.more {
		if n := len(d.pieces); n > 0 && d.pieces[n-1].off+d.pieces[n-1].n > end {
			return !v6
		}
		d.hasTotal, d.total = true, end
	}
	if f.off == 0 && d.header == nil {
		d.header = wholeHeader(p)
		r.charge(d, len(d.header))
	}
	if f.n == 0 || d.holds(f) {
		return true
	}
	if v6 && d.overlaps(f) {
		return false
	}
	r.place(d, *f)
	return true
}

// headerLen is what p's headers contribute to the length field of the whole
// datagram: everything in IPv4, the extension headers in IPv6.
func headerLen(p *Packet) uint32 {
	if p.IPVersion == 4 {
		return uint32(p.state.fragData)
	}
	return uint32(p.state.fragData) - 8 - 40
}

// holds reports whether d has exactly this fragment.
func (d *partial) holds(f *fragment) bool {
	i, found := slices.BinarySearchFunc(d.pieces, f.off, func(x piece, off uint32) int { return int(x.off) - int(off) })
	return found && d.pieces[i].n == f.n && bytes.Equal(d.pieces[i].data, f.data)
}

func (d *partial) overlaps(f *fragment) bool {
	for i := range d.pieces {
		if x := &d.pieces[i]; x.off < f.off+f.n && f.off < x.off+x.n {
			return true
		}
	}
	return false
}

// place puts those bytes of f into d that it does not have yet.
func (r *Reassembler) place(d *partial, f fragment) {
	i, _ := slices.BinarySearchFunc(d.pieces, f.off, func(x piece, off uint32) int { return int(x.off) - int(off) })
	if i > 0 {
		if before := d.pieces[i-1].off + d.pieces[i-1].n; before > f.off {
			f.behead(before - f.off)
		}
	}
	for f.n > 0 {
		n := f.n
		if i < len(d.pieces) {
			n = min(n, d.pieces[i].off-f.off)
		}
		if n > 0 {
			data := bytes.Clone(f.data[:min(n, uint32(len(f.data)))])
			d.pieces = slices.Insert(d.pieces, i, piece{f.off, n, data})
			d.covered += n
			r.charge(d, len(data)+pieceOverhead)
			i++
		}
		f.behead(n)
		if i < len(d.pieces) && f.n > 0 {
			f.behead(d.pieces[i].n)
			i++
		}
	}
}

// behead takes n bytes off the beginning, all if there are fewer.
func (f *fragment) behead(n uint32) {
	n = min(n, f.n)
	f.off += n
	f.n -= n
	f.data = f.data[min(n, uint32(len(f.data))):]
}

// wholeHeader is the header of the first fragment p as it would be without
// fragmentation, but for the lengths: IPv4 with offset and more-fragments
// cleared, IPv6 without its fragment header.
func wholeHeader(p *Packet) []byte {
	at := int(p.state.fragData)
	if p.IPVersion == 4 {
		h := bytes.Clone(p.IPHdr[:at])
		h[6] &= 0x40
		h[7] = 0
		return h
	}
	h := bytes.Clone(p.IPHdr[:at-8])
	h[p.state.fragNext] = p.IPHdr[at-8]
	return h
}

// assemble copies header and pieces together, up to the first byte that was
// not captured, and sets the header's length.
func (d *partial) assemble() (datagram []byte, wireLen uint32) {
	wireLen = uint32(len(d.header)) + d.total
	b := make([]byte, 0, wireLen)
	b = append(b, d.header...)
	for _, x := range d.pieces {
		b = append(b, x.data...)
		if uint32(len(x.data)) < x.n {
			break
		}
	}
	if d.key.version == 4 {
		be.PutUint16(b[2:], uint16(min(wireLen, 65535)))
		be.PutUint16(b[10:], 0)
		be.PutUint16(b[10:], headerChecksum(b[:len(d.header)]))
	} else {
		be.PutUint16(b[4:], uint16(min(wireLen-40, 65535)))
	}
	return b, wireLen
}

// headerChecksum is the Internet checksum (RFC 1071) of an IPv4 header.
func headerChecksum(h []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(h); i += 2 {
		sum += uint32(be.Uint16(h[i:]))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

// complete keeps d for a while to recognise its fragments captured twice.
func (r *Reassembler) complete(d *partial, clock int64) {
	r.waiting[d.age].Remove(d)
	d.state, d.age, d.deadline = completed, ageCopies, clock+int64(r.cfg.Copies)
	r.waiting[ageCopies].Add(d)
	r.open--
}

// giveUp frees d's bytes and keeps it, until it times out, only to swallow the
// rest of its fragments.
func (r *Reassembler) giveUp(d *partial) {
	d.state = dead
	d.pieces, d.header = nil, nil
	r.charge(d, pieceOverhead-d.bytes)
	r.open--
	r.incomplete++
}

// expire drops what has passed its deadline.
func (r *Reassembler) expire(clock int64) {
	for i := range r.waiting {
		for d := r.waiting[i].Oldest(); d != nil && d.deadline < clock; d = r.waiting[i].Oldest() {
			r.drop(d)
		}
	}
}

// evict drops one datagram other than spare: what is only remembered first,
// else the one that has waited longest.
func (r *Reassembler) evict(spare *partial) {
	if d := r.first(ageCopies, spare); d != nil {
		r.drop(d)
		return
	}
	a, b := r.first(age4, spare), r.first(age6, spare)
	switch {
	case a == nil && b == nil:
	case b == nil || a != nil && a.deadline-int64(r.cfg.Timeout4) <= b.deadline-int64(r.cfg.Timeout6):
		r.drop(a)
	default:
		r.drop(b)
	}
}

// first is the one of an age that times out first, other than spare; nil if
// there is none.
func (r *Reassembler) first(a age, spare *partial) *partial {
	d := r.waiting[a].Oldest()
	if d != nil && d == spare {
		d = r.waiting[a].Newer(d)
	}
	return d
}

// drop forgets d.
func (r *Reassembler) drop(d *partial) {
	if d.state == gathering {
		r.open--
		r.incomplete++
	}
	r.bytes -= d.bytes
	r.waiting[d.age].Remove(d)
	delete(r.byKey, d.key)
}

// charge adds n bytes to d's account, and makes room for them among others: a
// lone datagram is bounded by its 64 KiB and MaxFragments.
func (r *Reassembler) charge(d *partial, n int) {
	d.bytes += n
	r.bytes += n
	for r.bytes > r.cfg.MaxBytes && len(r.byKey) > 1 {
		r.evict(d)
	}
}
