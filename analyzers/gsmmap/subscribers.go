package gsmmap

import (
	"strconv"

	"pcaptriage/decoders/gsmmap"
)

// maxSubscribers are numbered.
const maxSubscribers = 200_000

// subscribers numbers subscribers in the order of their first appearance, so that
// a report can tell them apart without saying who they are.
type subscribers struct{ numbers map[string]int }

func (s *subscribers) init() { s.numbers = map[string]int{} }

func (s *subscribers) label(key, shown string) string {
	n, ok := s.numbers[key]
	if !ok {
		if len(s.numbers) >= maxSubscribers {
			return "sub#? " + shown
		}
		n = len(s.numbers) + 1
		s.numbers[key] = n
	}
	return "sub#" + strconv.Itoa(n) + " " + shown
}

func (s *subscribers) imsi(tbcd []byte, show bool) string {
	return s.label("i"+string(tbcd), "IMSI "+string(gsmmap.AppendIMSI(nil, tbcd, gsmmap.Show{Subscribers: show})))
}

func (s *subscribers) number(tbcd []byte, n gsmmap.Number, show bool) string {
	return s.label("n"+string(tbcd), "MSISDN "+string(gsmmap.AppendNumber(nil, n, gsmmap.Show{Subscribers: show})))
}

// lmsi is a number that the visited network gave, of no meaning elsewhere.
func (s *subscribers) lmsi(b []byte) string { return s.label("l"+string(b), "LMSI") }
