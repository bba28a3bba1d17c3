package sccp

// SSNName is the short name of a subsystem number (Q.713 3.4.2.2, TS 23.003
// 8.2), or "". It is for display: captures hold MAP under any number.
func SSNName(ssn uint8) string {
	switch ssn {
	case 1:
		return "SCMG"
	case 6:
		return "HLR"
	case 7:
		return "VLR"
	case 8:
		return "MSC"
	case 9:
		return "EIR"
	case 10:
		return "AuC"
	case 145:
		return "GMLC"
	case 146:
		return "CAP"
	case 147:
		return "gsmSCF"
	case 149:
		return "SGSN"
	case 150:
		return "GGSN"
	}
	return ""
}
