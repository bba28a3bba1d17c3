package sctp

// Assoc follows one association, or the packets of one path of it: it knows
// duplicate TSNs and puts messages together. The zero value is not ready; use
// NewAssoc. It belongs to one goroutine.
//
// It does not put messages in the order of their stream sequence numbers: a
// TSN that the capture lost would hold back everything behind it.
//
// A new verification tag begins a new generation of the association; an INIT
// is not needed.
type Assoc struct {
	Stats Stats
	// Runs are what has become known since the caller emptied it last, which it
	// should do after each Packet and after Close.
	Runs []Run
	cfg  Config
	dirs [2]direction
	buf  []byte  // the message being delivered, reused
	msg  Message // likewise
	walk Walk    // of the packet being read; here so that handing out its chunk does not allocate
}

// Stats count what an Assoc has seen, in both directions.
type Stats struct {
	Chunks          uint64 // DATA and I-DATA
	Messages        uint64 // delivered
	Retransmissions uint64 // chunks with a TSN seen before and the same octets
	Copies          uint64 // chunks captured twice
	ReusedTSN       uint64 // chunks with a TSN seen before and other octets; delivered
	Incomplete      uint64 // messages of which fragments stayed out, or that their sender gave up
	Dropped         uint64 // fragments and messages beyond a cap of Config
	Missing         uint64 // TSNs that the capture does not have: valid after Close
	Generations     uint64 // changes of the verification tag
	Malformed       uint64 // packets with a chunk that makes no sense
	Cut             uint64 // packets that the capture cut inside a chunk
	Sacks           uint64 // SACK and NR-SACK chunks
	GapReports      uint64 // of these, those that report a gap
	DupReports      uint64 // TSNs that they report as received twice
}

// Packet is what an Assoc needs of an SCTP packet.
type Packet struct {
	Dir   uint8 // 0 or 1, as in decoders.FlowKey
	VTag  uint32
	Time  int64 // recorded, ns
	Clock int64 // capture clock, ns
	// Copy: the packet as a whole is known to be a second capture of another.
	Copy bool
	Mark Mark
	// Chunks are the octets behind the common header, Wire their number on the wire.
	Chunks []byte
	Wire   int
}

// Mark is what tells two captures of one packet from a packet that was sent
// again: its sender gives that one an id of its own, and the same TTL. The zero
// value is none.
type Mark struct {
	ID  uint16 // IPv4 identification, 0: none
	TTL uint8  // or hop limit, 0: none
}

// sameSent reports whether two packets with the same chunk are one that was
// sent once: they have one id, or none and were captured on both sides of a
// router.
func (m Mark) sameSent(o Mark) bool {
	return m.ID == o.ID && (m.ID != 0 || m.TTL != o.TTL && m.TTL != 0 && o.TTL != 0)
}

// Message is one complete user message.
type Message struct {
	TSN    uint32 // of the first fragment
	PPID   uint32
	Stream uint16
	// MID is the stream sequence number or message identifier.
	MID       uint32
	Unordered bool
	Fragments int
	// Cut: the capture does not have the message's end.
	Cut bool
	// Data is the message, a view of the packet or of the Assoc's buffer: it is
	// valid until Sink.Message returns.
	Data []byte
}

// Sink takes what is in a packet, in the order of its chunks.
type Sink interface {
	// Message takes a complete message. m and its data are borrowed.
	Message(m *Message)
	// Control takes every other chunk, and those DATA chunks that are
	// duplicates are not shown at all. c is borrowed.
	Control(c *Chunk)
}

// NewAssoc returns an Assoc with the bounds of cfg.
func NewAssoc(cfg Config) *Assoc { return &Assoc{cfg: cfg.withDefaults()} }

// Packet takes the next packet and hands its messages to sink. The error is
// that of the chunk walk (ErrCut or ErrMalformed); what came before it has been
// delivered.
func (a *Assoc) Packet(p *Packet, sink Sink) error {
	d := &a.dirs[p.Dir&1]
	a.walk = NewWalk(p.Chunks, p.Wire)
	w := &a.walk
	var bad error
	for w.Next() {
		c := &w.C
		var err error
		switch c.Type {
		case TypeData, TypeIData:
			err = a.data(d, c, p, sink)
		case TypeForwardTSN, TypeIForwardTSN:
			err = d.forward(c, a)
			sink.Control(c)
		case TypeInit, TypeInitAck:
			var in Init
			if in, err = ReadInit(c); err == nil {
				d.initTSN, d.hasInit = in.TSN, true
			}
			sink.Control(c)
		case TypeSack, TypeNRSack:
			err = a.sack(c, p)
			sink.Control(c)
		default:
			sink.Control(c)
		}
		if err != nil && bad == nil {
			bad = err
		}
	}
	if w.Err() != nil {
		bad = w.Err()
	}
	a.walk = Walk{} // keep no view of the packet
	switch bad {
	case ErrCut:
		a.Stats.Cut++
	case ErrMalformed:
		a.Stats.Malformed++
	}
	return bad
}

func (a *Assoc) data(d *direction, c *Chunk, p *Packet, sink Sink) error {
	data, err := ReadData(c)
	if err != nil {
		return err
	}
	a.Stats.Chunks++
	if !d.tagged || d.vtag != p.VTag {
		d.begin(p.VTag, a)
	}
	switch d.seen.add(&data, p, &a.cfg) {
	case retransmit:
		a.Stats.Retransmissions++
		return nil
	case copied:
		a.Stats.Copies++
		return nil
	case reused:
		a.Stats.ReusedTSN++
	case fresh:
		d.extend(data.TSN, a)
		d.count(data.TSN, a.cfg.Window)
	}
	m := &a.msg
	*m = Message{TSN: data.TSN, PPID: data.PPID, Stream: data.Stream, MID: data.MID, Unordered: data.Unordered,
		Fragments: 1, Cut: data.Cut, Data: data.User}
	if !data.Begin || !data.End {
		run := d.fragment(&data, p.Clock, a)
		if run == nil {
			return nil
		}
		a.buf, m.Cut = run.appendTo(a.buf[:0])
		m.TSN, m.PPID, m.Fragments, m.Data = run.tsn, run.ppid, run.n, a.buf
	}
	a.Stats.Messages++
	sink.Message(m)
	m.Data = nil
	return nil
}

// makeRoom takes n octets from the budget, at the expense of d's oldest messages.
func (a *Assoc) makeRoom(d *direction, n int) bool {
	for !a.cfg.Budget.take(n) {
		if len(d.partials) == 0 {
			return false
		}
		a.drop(d, 0)
	}
	return true
}

// drop gives up the run at index i.
func (a *Assoc) drop(d *direction, i int) {
	a.cfg.Budget.give(d.partials[i].cost())
	d.partials = append(d.partials[:i], d.partials[i+1:]...)
	a.Stats.Incomplete++
}

// Close ends the association: what is incomplete stays so, and the budget gets
// its octets back. The Assoc may be used again afterwards, as if it were new
// except for Stats.
func (a *Assoc) Close() {
	for i := range a.dirs {
		d := &a.dirs[i]
		for len(d.partials) > 0 {
			a.drop(d, len(d.partials)-1)
		}
		a.Stats.Missing += d.missing
		d.endGeneration(a)
		d.seen.free(a.cfg.Budget)
		*d = direction{}
	}
	a.buf = nil
}

// MissingNow is the number of TSNs that the capture does not have so far, in
// the generations under way and those before.
func (a *Assoc) MissingNow() uint64 {
	return a.Stats.Missing + a.dirs[0].missing + a.dirs[1].missing
}
