package linkscore

import (
	"errors"
	"fmt"
	"io"

	"pcaptriage/decoders/capture"
)

// Limits bound which records of a capture are looked at. They count records and
// file offsets, never slabs, so that the outcome does not depend on how a
// capture was read.
type Limits struct {
	Records int   // of all interfaces together; 0: only MaxPackets an interface
	Bytes   int64 // of the decompressed file, up to the end of the record
}

// FileLimits are for files, which are looked at before they are read;
// StreamLimits for streams, which are held back meanwhile.
var (
	FileLimits   = Limits{Bytes: 64 << 20}
	StreamLimits = Limits{Records: MaxPackets, Bytes: 1 << 20}
)

// Survey scores all interfaces of a capture, a slab at a time.
type Survey struct {
	limits  Limits
	scorers []*Scorer // by interface; nil: no packet yet
	records int
	closed  bool
}

// NewSurvey begins a survey.
func NewSurvey(l Limits) *Survey { return &Survey{limits: l} }

// Add takes the next slab of records, which it borrows, and what the reader
// knows by then. done says that further slabs would change nothing.
func (s *Survey) Add(slab *capture.Slab, info *capture.Info) (done bool) {
	for i := range slab.Recs {
		rec := &slab.Recs[i]
		if !s.within(slab.BufOffset + int64(rec.Off) + int64(rec.Len)) {
			break
		}
		s.records++
		if sc := s.scorer(rec.Iface, info); !sc.Full() {
			sc.Add(&Packet{Data: slab.Data(rec), WireLen: rec.Orig, Frame: slab.FrameNumber(rec),
				Time: rec.Time, HasTime: rec.Flags&capture.HasTime != 0})
		}
	}
	return s.Done(info)
}

// within reports whether the next record, which ends at offset end, is to be
// looked at.
func (s *Survey) within(end int64) bool {
	if s.limits.Records > 0 && s.records >= s.limits.Records || end > s.limits.Bytes {
		s.closed = true
	}
	return !s.closed
}

// Done reports whether further slabs would change nothing.
func (s *Survey) Done(info *capture.Info) bool {
	if s.limits.Records > 0 && s.records >= s.limits.Records || info.FileBytes >= s.limits.Bytes+maxRecord {
		return true
	}
	// Only pcapng can describe further interfaces.
	return s.closed || info.Format != capture.FormatPcapNG && len(s.scorers) == 1 && s.scorers[0].Full()
}

// maxRecord is a length that no record exceeds: past the limit by that much, the
// record that was being read ends beyond it.
const maxRecord = 1 << 18

func (s *Survey) scorer(iface uint32, info *capture.Info) *Scorer {
	for int(iface) >= len(s.scorers) {
		s.scorers = append(s.scorers, nil)
	}
	if s.scorers[iface] == nil {
		s.scorers[iface] = New(info.Interfaces[iface].LinkType)
	}
	return s.scorers[iface]
}

// Verdicts judges every interface that info describes. One without a packet
// among those looked at is NotScored, or has TooFew if info knows of none.
func (s *Survey) Verdicts(info *capture.Info) []Verdict {
	out := make([]Verdict, len(info.Interfaces))
	for i := range out {
		out[i] = s.verdict(i, &info.Interfaces[i])
	}
	return out
}

func (s *Survey) verdict(i int, ifc *capture.Interface) Verdict {
	if i < len(s.scorers) && s.scorers[i] != nil {
		return s.scorers[i].Verdict()
	}
	return s.limits.unseen(ifc)
}

// Complete brings verdicts up to date with what is known of the capture at its
// end: interfaces that were described later, or turned out to have packets.
func (l Limits) Complete(vs []Verdict, info *capture.Info) []Verdict {
	out := make([]Verdict, len(info.Interfaces))
	for i := range out {
		if i < len(vs) && vs[i].Packets > 0 {
			out[i] = vs[i]
		} else {
			out[i] = l.unseen(&info.Interfaces[i])
		}
	}
	return out
}

// unseen is the verdict on an interface of which no packet was looked at.
func (l Limits) unseen(ifc *capture.Interface) Verdict {
	v := Verdict{Declared: ifc.LinkType, ReadAs: ifc.LinkType}
	switch {
	case !Checkable(ifc.LinkType):
		return New(ifc.LinkType).Verdict()
	case ifc.Packets == 0:
		v.Kind, v.Reason = TooFew, "no packets"
	default:
		v.Reason = fmt.Sprintf("its first packet lies beyond the first %s", l)
	}
	return v
}

func (l Limits) String() string {
	if l.Records > 0 {
		return fmt.Sprintf("%d records or %d MiB", l.Records, l.Bytes>>20)
	}
	return fmt.Sprintf("%d MiB", l.Bytes>>20)
}

// Read scores what it reads from r, which it does not close: all interfaces
// that are described within the limits. It returns the verdicts also with an
// error, which is that of a failed read.
func Read(r *capture.Reader, l Limits) ([]Verdict, error) {
	s := NewSurvey(l)
	for {
		slab, err := r.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return s.Verdicts(r.Info()), err
		}
		done := s.Add(slab, r.Info())
		slab.Release()
		if done {
			return s.Verdicts(r.Info()), nil
		}
	}
}
