package connect

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/recency"
)

// kind is what a group of attempts is about: mostly a rule.
type kind uint8

const (
	kindRefused kind = iota + 1
	kindRejected
	kindIgnored
	kindIncomplete
	kindStale
	kindDroppedSome
	kindDropped
	kindUnanswered
	kindSlow
	kindQueue
	kindReset
	kindMute      // no response to a request that asks for one
	kindMuteOther // ... to bytes of an unknown protocol
	kindCheck
	kindCompleted // no rule: answered, or answered-unseen
	numKinds
)

var kindRules = [numKinds]string{
	kindRefused: ruleRefused, kindRejected: ruleRejected, kindIgnored: ruleIgnored, kindIncomplete: ruleIncomplete,
	kindStale: ruleStale, kindDroppedSome: ruleDroppedSome, kindDropped: ruleDropped, kindUnanswered: ruleUnanswered,
	kindSlow: ruleSlow, kindQueue: ruleQueue, kindReset: ruleReset, kindMute: ruleMute, kindMuteOther: ruleMute, kindCheck: ruleCheck,
}

// outcomeKinds maps the outcomes that make a finding.
var outcomeKinds = [numOutcomes]kind{
	answered: kindCompleted, answeredUnseen: kindCompleted,
	refused: kindRefused, rejected: kindRejected, synackIgnored: kindIgnored, incomplete: kindIncomplete,
	stalePeer: kindStale, droppedSome: kindDroppedSome, dropped: kindDropped, unanswered: kindUnanswered,
}

// failed reports whether the kind says that an attempt did not complete.
func (k kind) failed() bool { return k <= kindUnanswered }

// groupKey says which attempts belong together.
type groupKey struct {
	client, server decoders.Addr
	port           uint16
	kind           kind
}

// group is a number of attempts with one client, server and kind. Most groups
// of a scan or a flood have one plain attempt, for which more is not made.
type group struct {
	key        groupKey
	first      int64 // recorded time of the first SYN (for what comes later: of the event)
	last       int64 // of the last thing that belongs to it
	firstFrame decoders.FrameRef
	nextFrame  decoders.FrameRef // second frame of the first attempt: the answer
	nextTime   int64
	count      uint64
	syns       uint64
	synacks    uint64
	responded  uint64 // kindCompleted: connections in which the server sent data
	wasted     int64  // waiting time of all attempts
	longest    int64
	cut        uint64 // attempts with flagCut
	ranOn      int64  // see record.ranOn, of the first attempt
	flags      uint16 // of all attempts, or-ed
	cport      uint16 // 0: several
	tunnel     uint32
	links      recency.Links[int32] // by last use
	more       *more
}

// more is what a group holds beyond one plain attempt.
type more struct {
	rec  record // of the first attempt; for dropped ones of that with the most SYNs, whose gaps say most
	note note   // of the first event after a handshake
	analyzers.Citations
	copies   []decoders.FrameRef
	mixed    bool // ICMP errors of several types or senders
	closed   struct{ client, reset uint64 }
	requests [len(requestNames)]uint64
}

// note is an event about a connection after its handshake.
type note struct {
	time  int64
	flags uint16
	v     [4]int64
}

// maxGroups bounds the groups: a scan of all ports of one host fits.
const maxGroups = 70_000

// groups is a bounded table of groups. What does not fit, by least recent use,
// is folded into sums by server or by client.
type groups struct {
	index map[groupKey]int32 // places in all, from 1
	all   []group
	byUse recency.List[int32]
	max   int
	// folded holds what was evicted, keyed with a zero client or server.
	folded map[groupKey]*foldedGroup
}

// foldedGroup is a sum of evicted groups.
type foldedGroup struct {
	group  group
	groups uint64
}

func newGroups(max int) *groups {
	gs := &groups{index: map[groupKey]int32{}, max: max, folded: map[groupKey]*foldedGroup{}}
	gs.byUse = recency.New(func(i int32) *recency.Links[int32] { return &gs.at(i).links })
	return gs
}

func (gs *groups) at(i int32) *group { return &gs.all[i-1] }

// get returns the group of k, and whether it is new.
func (gs *groups) get(k groupKey, p *peers, fold int) (g *group, isNew bool) {
	if i, ok := gs.index[k]; ok {
		gs.byUse.Touch(i)
		return gs.at(i), false
	}
	var i int32
	if len(gs.index) >= gs.max {
		i = gs.evict(p, fold)
	} else {
		gs.all = append(gs.all, group{})
		i = int32(len(gs.all))
	}
	*gs.at(i) = group{key: k}
	gs.index[k] = i
	gs.byUse.Add(i)
	p.client(k.client).groups++
	return gs.at(i), true
}

// evict folds the least recently used group: by client when that has many
// groups (a scan), else by server (a flood of forged sources). It returns the
// group's place.
func (gs *groups) evict(p *peers, fold int) int32 {
	i := gs.byUse.Oldest()
	gs.byUse.Remove(i)
	g := gs.at(i)
	delete(gs.index, g.key)
	c := p.client(g.key.client)
	c.groups--
	if g.key.kind != kindCompleted {
		k := g.key
		if c.groups >= fold && c != &p.otherClient {
			k.server, k.port = decoders.Addr{}, 0
		} else {
			k.client = decoders.Addr{}
		}
		gs.fold(k, g)
	}
	return i
}

// maxFolded bounds the folded sums; beyond it everything of a kind is one.
const maxFolded = 4096

func (gs *groups) fold(k groupKey, g *group) {
	f := gs.folded[k]
	if f == nil && len(gs.folded) >= maxFolded {
		k = groupKey{kind: k.kind}
		f = gs.folded[k]
	}
	if f == nil {
		f = &foldedGroup{group: *g}
		f.group.key, f.group.cport = k, 0
		f.groups = 1
		gs.folded[k] = f
		return
	}
	f.groups++
	t := &f.group
	if g.firstFrame < t.firstFrame {
		t.firstFrame, t.nextFrame, t.nextTime, t.more = g.firstFrame, g.nextFrame, g.nextTime, g.more
	}
	t.first, t.last = min(t.first, g.first), max(t.last, g.last)
	t.count += g.count
	t.syns += g.syns
	t.synacks += g.synacks
	t.wasted += g.wasted
	t.longest = max(t.longest, g.longest)
	t.cut += g.cut
	t.flags |= g.flags
}
