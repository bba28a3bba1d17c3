package linkscore

import (
	"errors"
	"io"
	"slices"
	"testing"

	"pcaptriage/decoders"
	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/link"
)

// sample holds copies of the packets of one interface.
type sample struct {
	declared uint16
	packets  []Packet
}

// samples reads the first packets of each interface of a capture.
func samples(t *testing.T, r *capture.Reader) (out []sample) {
	for {
		slab, err := r.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			return out
		}
		for i := range slab.Recs {
			rec := &slab.Recs[i]
			for int(rec.Iface) >= len(out) {
				out = append(out, sample{declared: r.Info().Interfaces[len(out)].LinkType})
			}
			s := &out[rec.Iface]
			if len(s.packets) < MaxPackets {
				s.packets = append(s.packets, Packet{Data: slices.Clone(slab.Data(rec)), WireLen: rec.Orig, Frame: slab.FrameNumber(rec)})
			}
		}
		slab.Release()
	}
}

func (s *sample) score(declared uint16) *Scorer {
	sc := New(declared)
	for i := range s.packets {
		sc.Add(&s.packets[i])
	}
	return sc
}

// relabel makes the verdict for another declared type; the readings of the
// candidates stay what they are.
func (s *sample) relabel(sc *Scorer, declared uint16) Verdict {
	again := New(declared)
	again.rows = slices.Clone(sc.rows)
	for i := range again.rows {
		r := &again.rows[i]
		p := &s.packets[i]
		r.declared = again.declaredReading(r, frame{p.Data, max(p.WireLen, uint32(len(p.Data)))})
		r.enough = r.enough || r.declared.explains()
	}
	return again.Verdict()
}

// dissectsAlike reports whether package decoders, which knows nothing of the
// scoring, finds the same packets under two link types.
func (s *sample) dissectsAlike(a, b uint16) bool {
	same := func(x, y *decoders.Packet) bool {
		if x.Has&decoders.HasIP != y.Has&decoders.HasIP {
			return false
		}
		if x.Has&decoders.HasIP != 0 {
			return x.Src == y.Src && x.Dst == y.Dst && x.Proto == y.Proto && cap(x.IPHdr) == cap(y.IPHdr)
		}
		if x.Has&decoders.HasPayload != 0 && y.Has&decoders.HasPayload != 0 { // SS7
			return cap(x.Payload) == cap(y.Payload)
		}
		return true
	}
	differ := 0
	for i := range s.packets {
		var x, y decoders.Packet
		x.Decode(a, s.packets[i].Data, s.packets[i].WireLen)
		y.Decode(b, s.packets[i].Data, s.packets[i].WireLen)
		if !same(&x, &y) {
			differ++
		}
	}
	return differ*20 <= len(s.packets)
}

// labels are the numbers that a file may wrongly carry: the whole table, and
// OpenBSD's own.
func labels() (out []uint16) {
	for _, e := range link.Table() {
		out = append(out, e.Number)
	}
	for t := uint16(link.User0); t <= link.User15; t++ {
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return append(out, 11, 13, 15, 16)
}

// TestMatrix labels every real interface of the corpus that is rightly labelled
// with every other number. A repair has to give back what the packets are.
func TestMatrix(t *testing.T) {
	type outcome struct{ exact, alike, sameClass, declined, missed, wrong int }
	total := outcome{}
	kinds := map[Kind]int{}
	interfaces := 0
	byType := map[uint16]*outcome{}
	corpus(t, func(name string, r *capture.Reader) {
		for i, s := range samples(t, r) {
			sc := s.score(s.declared)
			v := sc.Verdict()
			if v.Kind != OK {
				continue
			}
			interfaces++
			o := byType[s.declared]
			if o == nil {
				o = &outcome{}
				byType[s.declared] = o
			}
			for _, wrong := range labels() {
				if wrong == s.declared {
					continue
				}
				w := s.relabel(sc, wrong)
				switch {
				case w.Kind == Mislabelled && w.ReadAs == s.declared:
					o.exact++
				case w.Kind == Mislabelled && s.dissectsAlike(w.ReadAs, s.declared):
					o.alike++
				case w.Kind == Mislabelled:
					o.wrong++
					t.Errorf("%s interface %d: %s labelled %s is 'repaired' to %s: %s", name, i, named(s.declared), named(wrong), named(w.ReadAs), w.Reason)
				case w.Kind == OK && s.dissectsAlike(wrong, s.declared):
					o.sameClass++
				case w.Kind == OK:
					o.missed++
				default:
					o.declined++
					kinds[w.Kind]++
				}
			}
		}
	})
	for n, o := range byType {
		t.Logf("%-28s %+v", named(n), *o)
		total.exact += o.exact
		total.alike += o.alike
		total.sameClass += o.sameClass
		total.declined += o.declined
		total.missed += o.missed
		total.wrong += o.wrong
	}
	t.Logf("%d interfaces x %d labels: %+v; declined: %v", interfaces, len(labels())-1, total, kinds)
	// A label that can be checked at all is found out nearly always; the rest are
	// types whose packets are never checked (CAN, USB, USER0 and the like).
	if repaired := total.exact + total.alike; repaired < 100*total.missed {
		t.Errorf("only %d labels repaired, %d missed", repaired, total.missed)
	}
}
