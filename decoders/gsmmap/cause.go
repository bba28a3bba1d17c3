package gsmmap

// FailureCauseName is the name of a TP-Failure-Cause (TS 23.040 9.2.3.22), or ""
// for a reserved one.
func FailureCauseName(fcs uint8) string {
	if fcs >= 0xe0 && fcs <= 0xfe {
		return "application specific"
	}
	return failureCauses[fcs]
}

var failureCauses = map[uint8]string{
	0x80: "telematic interworking not supported", 0x81: "short message type 0 not supported", 0x82: "cannot replace short message",
	0x8f: "unspecified TP-PID error",
	0x90: "data coding scheme not supported", 0x91: "message class not supported", 0x9f: "unspecified TP-DCS error",
	0xa0: "command cannot be actioned", 0xa1: "command unsupported", 0xaf: "unspecified TP-Command error",
	0xb0: "TPDU not supported",
	0xc0: "SC busy", 0xc1: "no SC subscription", 0xc2: "SC system failure", 0xc3: "invalid SME address",
	0xc4: "destination SME barred", 0xc5: "rejected as a duplicate", 0xc6: "TP-VPF not supported", 0xc7: "TP-VP not supported",
	0xd0: "SIM storage full", 0xd1: "no storage capability in SIM", 0xd2: "error in MS", 0xd3: "memory capacity exceeded",
	0xd4: "SIM application toolkit busy", 0xd5: "SIM data download error",
	0xff: "unspecified error cause",
}

// DeliveryStateNames by value.
var DeliveryStateNames = [...]string{"delivered", "still trying", "failed", "given up", "reserved status"}

func (s DeliveryState) String() string { return DeliveryStateNames[s] }

// ReadReport reads the report in the result or the error of a forwardSM. Which
// report it is tells its message type indicator: the operation's direction is
// not needed (TS 23.040 9.2.3.1).
func ReadReport(b []byte, in Carrier) TPDU {
	if len(b) > 0 && b[0]&3 == 1 {
		return ReadTPDU(b, MO, in)
	}
	return ReadTPDU(b, MT, in)
}
