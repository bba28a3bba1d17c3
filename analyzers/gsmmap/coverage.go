package gsmmap

import (
	"fmt"
	"slices"
	"strings"

	"pcaptriage/decoders/mtp3"
	"pcaptriage/decoders/sccp"
	"pcaptriage/decoders/sctp"
	"pcaptriage/decoders/tcap"
)

// coverage counts what was read and what was not, in the flow parts.
type coverage struct {
	packets      uint64 // SCTP packets and records of SS7 links
	tcapFrames   uint64 // frames that completed at least one TCAP message
	tcapMessages uint64
	layers       [16]uint64 // messages by ss7.Layer
	variants     [8]uint64  // messages by mtp3.Variant
	management   uint64
	otherUser    uint64
	undecided    uint64                          // messages whose MTP3 variant was not known
	failed       uint64                          // messages that could not be decoded
	exported     uint64                          // exported PDUs of other protocols, or damaged
	notSS7       uint64                          // SCTP messages of other protocols
	ansi         [len(tcap.ANSIKindNames)]uint64 // by tcap.ANSIKind
	components   uint64                          // components without a TCAP message
	trailing     uint64                          // messages with octets behind them
	notTCAP      uint64
	damagedTCAP  uint64
	damagedComps uint64 // components that could not be read
	contradicted uint64 // messages for which another MTP3 variant alone made sense
	returnedTail uint64 // returned segments without the transaction id
	checksum     uint64 // SCTP packets with another CRC32c
	gsmtap       uint64
	erf          uint64 // ERF records of channels of HDLC, which may be MTP2
	evicted      uint64 // associations dropped by the cap

	sctp sctp.Stats
	sccp sccp.Stats

	missing uint64 // TSNs, over all paths of the associations; counted in conclude
	acked   uint64 // of missing, those that their receiver has
}

func (c *coverage) add(o *coverage) {
	c.packets += o.packets
	c.tcapFrames += o.tcapFrames
	c.tcapMessages += o.tcapMessages
	for i := range c.layers {
		c.layers[i] += o.layers[i]
	}
	for i := range c.variants {
		c.variants[i] += o.variants[i]
	}
	c.management += o.management
	c.otherUser += o.otherUser
	c.undecided += o.undecided
	c.failed += o.failed
	c.exported += o.exported
	c.notSS7 += o.notSS7
	for i := range c.ansi {
		c.ansi[i] += o.ansi[i]
	}
	c.components += o.components
	c.trailing += o.trailing
	c.notTCAP += o.notTCAP
	c.damagedTCAP += o.damagedTCAP
	c.damagedComps += o.damagedComps
	c.contradicted += o.contradicted
	c.returnedTail += o.returnedTail
	c.checksum += o.checksum
	c.gsmtap += o.gsmtap
	c.erf += o.erf
	c.evicted += o.evicted
	addSCTP(&c.sctp, &o.sctp)
	c.sccp.Segments += o.sccp.Segments
	c.sccp.Messages += o.sccp.Messages
	c.sccp.Duplicates += o.sccp.Duplicates
	c.sccp.Incomplete += o.sccp.Incomplete
	c.sccp.Conflicts += o.sccp.Conflicts
}

func addSCTP(s, o *sctp.Stats) {
	s.Chunks += o.Chunks
	s.Messages += o.Messages
	s.Retransmissions += o.Retransmissions
	s.Copies += o.Copies
	s.ReusedTSN += o.ReusedTSN
	s.Incomplete += o.Incomplete
	s.Dropped += o.Dropped
	s.Sacks += o.Sacks
	s.GapReports += o.GapReports
	s.DupReports += o.DupReports
	s.Generations += o.Generations
	s.Malformed += o.Malformed
	s.Cut += o.Cut
}

// ansiMessages counts ANSI TCAP messages, and lists them by package type.
func (c *coverage) ansiMessages() (n uint64, list string) {
	var parts []string
	for k, m := range c.ansi {
		if m > 0 {
			n += m
			parts = append(parts, fmt.Sprintf("%s %d", tcap.ANSIKindNames[k], m))
		}
	}
	return n, strings.Join(parts, ", ")
}

// variantNames lists the MTP3 variants that messages were read with.
func (c *coverage) variantNames() (names []string) {
	for v, n := range c.variants {
		if n > 0 && v != int(mtp3.Unknown) {
			names = append(names, mtp3.Variant(v).String())
		}
	}
	return names
}

// hasSS7 reports whether any message of SS7 was met: other users of SCTP are no
// reason to open a report with what was not read of MAP.
func (c *coverage) hasSS7() bool {
	return slices.ContainsFunc(c.layers[:], func(n uint64) bool { return n > 0 })
}
