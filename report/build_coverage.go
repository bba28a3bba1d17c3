package report

import (
	"pcaptriage/decoders"
)

func newCoverage() *Coverage {
	return &Coverage{Undecoded: map[string]uint64{}, TableRowsCut: map[string]uint64{}, Damages: []string{},
		AnalyzersFailed: []Failure{}, InternalErrors: []string{}}
}

// coverage fills in the ledger.
func (b *builder) coverage() {
	c, l := b.out.Coverage, &b.res.Ledger
	c.Records, c.Decoded, c.UnknownLinkType = l.Records, l.Decoded, l.UnknownLinkType
	for u, n := range l.Undecoded {
		if n > 0 && u < len(decoders.UndecodedNames) && decoders.Undecoded(u) != decoders.UnknownLink {
			c.Undecoded[decoders.UndecodedNames[u]] = n
		}
	}
	c.TruncatedBySnaplen, c.Duplicates = l.TruncatedBySnaplen, l.Duplicates
	c.OutOfOrder, c.TimestampOutliers, c.ClockResets = l.OutOfOrder, l.TimestampOutliers, l.ClockResets
	c.FragmentsIncomplete, c.FlowsCreated, c.FlowsEvicted = l.FragmentsIncomplete, l.FlowsCreated, l.FlowsEvicted
	c.VerdictsWithheld, c.LabelsFolded = l.VerdictsWithheld, l.LabelsFolded
	c.NegativeLatencies, c.TunnelsFolded = l.NegativeLatencies, l.TunnelsFolded
	c.FilteredOut = l.FilteredOut
	c.Interrupted = l.Interrupted
	b.damages()
	for _, r := range b.res.Results {
		if r.Failed {
			c.AnalyzersFailed = append(c.AnalyzersFailed, Failure{r.Analyzer.Name, Escape(r.Failure)})
		}
	}
	c.InternalErrors, c.InternalErrorCount = escapeAll(b.res.Internal), b.res.InternalCount
}

// maxDamages is the largest number of damages that a report lists.
const maxDamages = 64

// damages adds up what the files say of themselves.
func (b *builder) damages() {
	c := b.out.Coverage
	for _, f := range b.in.Files {
		c.BytesSkipped += uint64(max(f.BytesSkipped, 0))
		c.EndedEarly = c.EndedEarly || f.EndedEarly
		c.DamageCount += f.DamageCount
		for i := range f.Damages {
			if len(c.Damages) < maxDamages {
				c.Damages = append(c.Damages, Escape(f.Damages[i].String()))
			}
		}
		for i := range f.Interfaces {
			if f.Interfaces[i].HasDrops {
				if c.Drops == nil {
					c.Drops = new(uint64)
				}
				*c.Drops += f.Interfaces[i].Dropped
			}
		}
	}
	switch {
	case b.in.ReadErr != nil:
		c.Error = Escape(b.in.ReadErr.Error())
	case len(c.Damages) > 0:
		c.Error = c.Damages[0]
	}
}
