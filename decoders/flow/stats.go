package flow

// Stats are a table's counts since New. They do not depend on when Expire was
// called, except for Live.
type Stats struct {
	Flows      uint64                 // created
	Ended      [EndCapture + 1]uint64 // by reason
	Evicted    uint64                 // Ended[EndEvicted], as coverage tells it
	Packets    uint64                 // counted into flows
	Copies     uint64                 // packets found to be captured before
	TCP        uint64                 // segments tracked, without copies
	Retrans    uint64                 // of these: decoders.ClassRetrans
	OutOfOrder uint64                 // decoders.ClassOutOfOrder
	Gaps       uint64                 // decoders.ClassGap
	Live       int                    // flows in the table now
}

// Stats returns the counts so far.
func (t *Table) Stats() Stats {
	s := t.stats
	s.Live = t.arena.live()
	return s
}
