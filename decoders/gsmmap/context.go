package gsmmap

import (
	"strconv"

	"pcaptriage/decoders/ber"
)

// Context is an application context of MAP: 0.4.0.0.1.0.Family.Version.
type Context struct {
	Family, Version uint8
}

// Families of application contexts that carry short messages (TS 29.002 17.1.6).
const (
	ShortMsgGateway     = 20
	ShortMsgMORelay     = 21 // version 1: shortMsgRelay, both directions
	ShortMsgAlert       = 23
	MWDMngt             = 24
	ShortMsgMTRelay     = 25
	ShortMsgMTRelayVGCS = 41
)

// contextPrefix is the content of 0.4.0.0.1.0: CCITT, identified organization,
// ETSI, mobile domain, GSM network, application contexts.
const contextPrefix = "\x04\x00\x00\x01\x00"

// maxFamily is the highest family that TS 29.002 assigns. From 50 on they are
// CAMEL's (TS 29.078).
const maxFamily = 49

// ParseContext reads the content of an application context name. ok is false
// when it is not one of MAP: a private one, or one of CAMEL or INAP.
func ParseContext(oid []byte) (c Context, ok bool) {
	n := len(contextPrefix)
	if len(oid) != n+2 || string(oid[:n]) != contextPrefix || oid[n] == 0 || oid[n] > maxFamily || oid[n+1]&0x80 != 0 {
		return c, false
	}
	return Context{oid[n], oid[n+1]}, true
}

// ShortMessage reports whether operations on short messages belong to the context.
func (c Context) ShortMessage() bool {
	switch c.Family {
	case ShortMsgGateway, ShortMsgMORelay, ShortMsgAlert, MWDMngt, ShortMsgMTRelay, ShortMsgMTRelayVGCS:
		return true
	}
	return false
}

// contextNames are the names of TS 29.002 17.3.2 without the version.
var contextNames = map[uint8]string{
	1: "networkLocUp", 2: "locationCancel", 3: "roamingNumberEnquiry", 5: "locationInfoRetrieval", 10: "reset", 11: "handoverControl",
	13: "equipmentMngt", 14: "infoRetrieval", 15: "interVlrInfoRetrieval", 16: "subscriberDataMngt", 17: "tracing",
	18: "networkFunctionalSs", 19: "networkUnstructuredSs", ShortMsgGateway: "shortMsgGateway", ShortMsgMORelay: "shortMsgMO-Relay",
	ShortMsgAlert: "shortMsgAlert", MWDMngt: "mwdMngt", ShortMsgMTRelay: "shortMsgMT-Relay", 26: "imsiRetrieval", 27: "msPurging",
	28: "subscriberInfoEnquiry", 29: "anyTimeInfoEnquiry", 32: "gprsLocationUpdate", 33: "gprsLocationInfoRetrieval",
	ShortMsgMTRelayVGCS: "shortMsgMT-Relay-VGCS",
}

// String is the name with the version, as in shortMsgMT-Relay-v3, or the last
// two arcs when the name is not known.
func (c Context) String() string {
	name, ok := contextNames[c.Family]
	if c == (Context{ShortMsgMORelay, 1}) {
		name = "shortMsgRelay"
	}
	if !ok {
		return strconv.Itoa(int(c.Family)) + "." + strconv.Itoa(int(c.Version))
	}
	return name + "-v" + strconv.Itoa(int(c.Version))
}

// AppendContextOID appends the dotted form of any application context name.
func AppendContextOID(dst, oid []byte) []byte { return ber.AppendOID(dst, oid) }
