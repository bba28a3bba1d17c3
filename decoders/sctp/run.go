package sctp

// Run is a fact about the TSNs of one direction that has a meaning beyond the
// path it was seen on: the paths of a multi-homed association, each followed by
// an Assoc of its own, share one numbering for each verification tag.
type Run struct {
	Dir  uint8 // that the chunks went
	VTag uint32
	// First to Last were seen, or given up by their sender. With Acked, the
	// receiver has all up to Last, and First has no meaning.
	First, Last uint32
	Acked       bool
}

// extend notes a TSN that was not seen before.
func (d *direction) extend(tsn uint32, a *Assoc) {
	switch {
	case d.running && tsn == d.runLast+1:
		d.runLast = tsn
		return
	case d.running:
		d.endRun(a)
	}
	d.running, d.runFirst, d.runLast = true, tsn, tsn
}

// endRun hands out the run under way.
func (d *direction) endRun(a *Assoc) {
	if d.running {
		a.Runs = append(a.Runs, Run{Dir: a.dirOf(d), VTag: d.vtag, First: d.runFirst, Last: d.runLast})
		d.running = false
	}
}

// endGeneration hands out what is known of the TSNs under the tag so far.
func (d *direction) endGeneration(a *Assoc) {
	d.endRun(a)
	if d.tagged && d.hasAck {
		a.Runs = append(a.Runs, Run{Dir: a.dirOf(d), VTag: d.vtag, Last: d.acked, Acked: true})
	}
	d.hasAck = false
}

func (a *Assoc) dirOf(d *direction) uint8 {
	if d == &a.dirs[1] {
		return 1
	}
	return 0
}

// sack takes a SACK or NR-SACK from the receiver of the other direction's chunks.
func (a *Assoc) sack(c *Chunk, p *Packet) error {
	s, err := ReadSack(c)
	if err != nil {
		return err
	}
	a.Stats.Sacks++
	if s.Gaps > 0 {
		a.Stats.GapReports++
	}
	a.Stats.DupReports += uint64(s.Dups)
	// After an INIT, or with another tag, it may be about TSNs of which nothing
	// is known yet.
	own, d := &a.dirs[p.Dir&1], &a.dirs[1-p.Dir&1]
	if !d.tagged || d.hasInit || own.tagged && own.vtag != p.VTag {
		return nil
	}
	if !d.hasAck || serialAfter(s.CumTSN, d.acked) {
		d.acked, d.hasAck = s.CumTSN, true
	}
	return nil
}
