package ssh

import (
	"cmp"
	"math"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// flowResult is what the flow parts leave.
type flowResult struct {
	latency  *analyzers.Latencies
	notes    map[noteKey]*note
	records  []record
	stuck    []stuck
	timeline *timeline // of the first session
	sessions uint64
	withheld uint64 // verdicts not given
	folded   uint64 // notes, records and stuck sessions beyond the caps

	maxNotes, maxRecords, maxStuck int
}

// Caps of all shards together.
const (
	maxNotes   = 16384
	maxRecords = 16384
	maxStuck   = 4096
)

func newFlowResult(env *analyzers.Env) *flowResult {
	share := func(n int) int { return max(n/env.Shards, 1) }
	return &flowResult{latency: env.Latencies(), notes: map[noteKey]*note{},
		maxNotes: share(maxNotes), maxRecords: share(maxRecords), maxStuck: share(maxStuck)}
}

// Merge implements analyzers.Result.
func (r *flowResult) Merge(other analyzers.Result) {
	o := other.(*flowResult)
	r.latency.Merge(o.latency)
	for k, n := range o.notes {
		if have := r.notes[k]; have != nil {
			have.merge(n)
		} else {
			r.notes[k] = n
		}
	}
	r.records = append(r.records, o.records...)
	r.stuck = append(r.stuck, o.stuck...)
	if r.timeline == nil {
		r.timeline = o.timeline
	}
	r.sessions += o.sessions
	r.withheld += o.withheld
	r.folded += o.folded
}

// record is a finished session, for the table.
type record struct {
	client, server decoders.Addr
	cport, port    uint16
	tunnel         uint32
	frame          decoders.FrameRef // of the connection
	time           int64             // when that was

	clientSoftware, serverSoftware string
	agreed                         *agreement // nil: not known
	hassh                          [2]string
	keyType                        string
	hostKey                        [32]byte
	hasKey                         bool

	took    [numPhases]int64 // -1: not seen
	owners  [numPhases]owner
	longest phase
	open    unfinished // set right by Conclude
	data    [2]int64   // from success to the first data of client and server; -1: not seen
	total   int64      // to success, else to the end, from the SYN or the first segment
	loss    int64
	rtt     int64 // -1: not known

	outcome    outcome
	confidence string
	why        unknown
	auth       [3]uint64 // requests answered; of these refused: keys, others
	bye        [2]bye    // DISCONNECT in clear, of client and server
}

// bye is a DISCONNECT (RFC 4253 11.1).
type bye struct {
	is     bool
	reason uint32
	said   string
}

// timeline is one session in full.
type timeline struct {
	phases  phases
	rounds  [maxRounds]round
	nrounds int
	took    [maxRounds][2]int64 // of each round: client, server
	syn     int64
	open    unfinished
}

// stuck is a session without success that loses segments: a path MTU black
// hole, if fragneeded finds one on its flow.
type stuck struct {
	client, server decoders.Addr
	cport, port    uint16
	tunnel         uint32
	frame          decoders.FrameRef
	first, last    int64
	begun          decoders.FrameRef // of the record
	expecting      string            // the client's message
	lossAt         [2]mark           // first and last retransmission
}

// noteKey says which sessions make one finding.
type noteKey struct {
	rule   rule
	client decoders.Addr
	server decoders.Addr
	port   uint16
}

func (a noteKey) compare(b noteKey) int {
	return cmp.Or(cmp.Compare(a.rule, b.rule), a.client.Compare(b.client), a.server.Compare(b.server), cmp.Compare(a.port, b.port))
}

// note is what one rule says about the sessions of one client and server.
type note struct {
	key         noteKey
	cport       uint16 // 0: several
	tunnel      uint32
	count       uint64
	times       uint64 // things counted over all sessions, by rule
	first, last int64
	begun       decoders.FrameRef // of the first session
	worst       detail            // of the session with the largest value
	total       uint64
	cites
}

// detail is what a rule says about one session; which fields are valid is the
// rule's affair.
type detail struct {
	value  int64             // the rule's measure
	frame  decoders.FrameRef // where the correlator's answers are kept
	n      [3]int64
	text   [2]string
	agreed *agreement
	flags  detailFlags
}

type detailFlags uint8

const (
	unackedDetail detailFlags = 1 << iota // the other side's data were not acknowledged before the answer
	closedByReset
	endless   // what was waited for never came
	likelyOne // a size that fits exactly
)

// cite is evidence.
type cite struct {
	mark mark
	role string
}

// note adds what rule r says about the session under way; d.value is the
// measure. At least one of cites was seen.
func (fp *flowPart) note(r rule, times uint64, d detail, cites ...cite) {
	s, f := fp.cur.s, fp.cur.f
	k := noteKey{rule: r}
	var cport uint16
	k.client, cport = f.Endpoint(s.client)
	k.server, k.port = f.Endpoint(1 - s.client)
	n := fp.res.notes[k]
	if n == nil {
		first := int64(math.MaxInt64)
		for i := range cites {
			if m := &cites[i].mark; m.seen() {
				first = min(first, m.time)
			}
		}
		if len(fp.res.notes) >= fp.res.maxNotes {
			fp.res.folded++
			return
		}
		n = &note{key: k, cport: cport, tunnel: f.TunnelID, begun: f.FirstFrame, first: first, last: first, worst: d}
		fp.res.notes[k] = n
	}
	if n.cport != cport {
		n.cport = 0
	}
	n.count++
	n.times += times
	if d.value > n.worst.value {
		n.worst = d
	}
	for i := range cites {
		c := &cites[i]
		if c.mark.frame == 0 {
			continue
		}
		n.first, n.last = min(n.first, c.mark.time), max(n.last, c.mark.time)
		n.total++
		n.add(analyzers.Evidence{Frame: c.mark.frame, Role: c.role, Time: c.mark.time, HasTime: true})
	}
}

// cites are the frames that are cited: of more than there is room for, the first.
type cites struct {
	all [analyzers.MaxEvidence]analyzers.Evidence
	n   uint8
}

func (c *cites) add(e analyzers.Evidence) {
	if int(c.n) < len(c.all) {
		c.all[c.n] = e
		c.n++
		return
	}
	last := 0
	for i := range c.all {
		if c.all[i].Frame > c.all[last].Frame {
			last = i
		}
	}
	if e.Frame < c.all[last].Frame {
		c.all[last] = e
	}
}

// evidence is the frames, in no order.
func (c *cites) evidence() []analyzers.Evidence { return c.all[:c.n] }

// merge folds a note of another shard into n.
func (n *note) merge(o *note) {
	if n.cport != o.cport {
		n.cport = 0
	}
	n.count += o.count
	n.times += o.times
	n.total += o.total
	n.first, n.last = min(n.first, o.first), max(n.last, o.last)
	if o.begun < n.begun {
		n.begun, n.tunnel = o.begun, o.tunnel
	}
	if o.worst.value > n.worst.value || o.worst.value == n.worst.value && o.worst.frame < n.worst.frame {
		n.worst = o.worst
	}
	for _, e := range o.evidence() {
		n.add(e)
	}
}

func byFrame(a, b analyzers.Evidence) int { return cmp.Compare(a.Frame, b.Frame) }
