package gsmmap

import "pcaptriage/decoders/ber"

// Routing is the argument or the result of sendRoutingInfoForSM (TS 29.002
// 17.7.6): which subscriber is meant, and which node serves it.
type Routing struct {
	// Of the argument: the subscriber's number and the service centre.
	MSISDN, ServiceCentre       Number
	HasMSISDN, HasServiceCentre bool
	// Of the result: the subscriber (TBCD) and the node to which the message goes.
	IMSI    []byte
	Node    Number
	HasNode bool
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

// ReadRoutingResult reads the result. ok is false when it is none.
func ReadRoutingResult(param []byte) (a Routing, ok bool) {
	e, _, err := ber.Read(param)
	if err != nil && e.Raw == nil || e.Tag != ber.Sequence {
		return a, false
	}
	r := ber.NewReader(e.Content)
	for r.Next() {
		switch {
		case r.E.Missing > 0:
			return a, len(a.IMSI) > 0
		case r.E.Tag == ber.OctetString && a.IMSI == nil:
			a.IMSI = r.E.Content
		case r.E.Tag == 0xa0: // locationInfoWithLMSI: networkNode-Number [1]
			in := ber.NewReader(r.E.Content)
			for in.Next() {
				if in.E.Tag == 0x81 && in.E.Missing == 0 {
					a.Node, a.HasNode = ReadNumber(in.E.Content)
				}
			}
		}
	}
	return a, len(a.IMSI) > 0
}
