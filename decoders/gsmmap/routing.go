package gsmmap

import "pcaptriage/decoders/ber"

// Routing is the argument of sendRoutingInfoForSM (TS 29.002 17.7.6): the number
// of the subscriber that is meant, and the service centre.
type Routing struct {
	MSISDN, ServiceCentre       Number
	HasMSISDN, HasServiceCentre bool
}

// ReadRoutingArg reads the argument. ok is false when it is none.
func ReadRoutingArg(param []byte) (a Routing, ok bool) {
	e, _, err := ber.Read(param)
	if err != nil && e.Raw == nil || e.Tag != ber.Sequence {
		return a, false
	}
	r := ber.NewReader(e.Content)
	for r.Next() {
		if r.E.Missing > 0 {
			break
		}
		switch r.E.Tag {
		case 0x80:
			a.MSISDN, a.HasMSISDN = ReadNumber(r.E.Content)
		case 0x82:
			a.ServiceCentre, a.HasServiceCentre = ReadNumber(r.E.Content)
		}
	}
	return a, a.HasMSISDN || a.HasServiceCentre
}
