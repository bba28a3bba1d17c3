package gsmmap

import "pcaptriage/decoders/ber"

// DecideCompanion says which version an operation on short messages other than
// forwardSM has (45, 47, 48, 49, 63, 64, 66, 21), by the rules of Decide. param
// is its argument. Forward is true when it is that operation; the direction is
// not told, except for the group's mt-forwardSM-VGCS.
func DecideCompanion(code int32, d Dialogue, param []byte) (v Verdict) {
	only := companionVersions(code)
	if only == 0 || d.Foreign {
		return v
	}
	if d.HasContext {
		if !operationFamily(code, d.Context.Family) {
			return v
		}
	} else if !companionShape(code, param) {
		// The code means other things in INAP and CAP.
		return v
	}
	v.Forward, v.Candidates = true, only
	if code == OpMTForwardSMVGCS {
		v.Direction = MT
	}
	switch {
	case d.HasContext:
		v.Basis, v.Candidates = BasisContext, versionSet(d.Context.Version)
		if d.Context.Version == 1 {
			v.Conflicts |= ConflictExplicitV1
		}
	case d.BeginSeen && d.NoPortion:
		v.Basis, v.Candidates = BasisNoDialogue, V1
	case only.Only() != 0:
		v.Basis = BasisOpcode
	}
	if v.Version = v.Candidates.Only(); v.Version == 0 {
		v.Basis = BasisUnknown
	}
	return v
}

// companionVersions are the versions that have the operation (TS 29.002 and GSM
// 09.02), 0 for a code that is none of them.
func companionVersions(code int32) Versions {
	switch code {
	case OpSendRoutingInfoForSM, OpReportSMDeliveryStatus:
		return AllVersions
	case OpInformServiceCentre, OpReadyForSM:
		return V2 | V3
	case OpAlertServiceCentre:
		return V2
	case OpNoteSubscriberPresent, OpAlertServiceCentreWithoutResult:
		return V1
	case OpMTForwardSMVGCS:
		return V3
	}
	return 0
}

// companionShape reports whether the argument begins as the operation's does.
func companionShape(code int32, param []byte) bool {
	e, _, err := ber.Read(param)
	if err != nil && e.Raw == nil {
		return false
	}
	if code == OpNoteSubscriberPresent {
		return e.Tag == ber.OctetString
	}
	if e.Tag != ber.Sequence {
		return false
	}
	r := ber.NewReader(e.Content)
	if !r.Next() {
		return false
	}
	first := r.E.Tag
	switch code {
	case OpSendRoutingInfoForSM:
		_, ok := ReadRoutingArg(param)
		return ok
	case OpReportSMDeliveryStatus, OpAlertServiceCentre, OpAlertServiceCentreWithoutResult, OpMTForwardSMVGCS:
		return first == ber.OctetString && r.Next() && r.E.Tag == ber.OctetString
	case OpInformServiceCentre:
		// storedMSISDN or mw-Status, both optional.
		return first == ber.OctetString || first == 0x03
	case OpReadyForSM:
		return first == 0x80
	}
	return false
}
