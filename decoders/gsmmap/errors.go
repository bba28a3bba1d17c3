package gsmmap

// Error codes (TS 29.002 17.5) that forwardSM may be answered with.
const (
	ErrCodeUnknownSubscriber      = 1
	ErrCodeUnidentifiedSubscriber = 5
	ErrCodeAbsentSubscriberSM     = 6
	ErrCodeIllegalSubscriber      = 9
	ErrCodeIllegalEquipment       = 12
	ErrCodeCallBarred             = 13
	ErrCodeFacilityNotSupported   = 21
	ErrCodeAbsentSubscriber       = 27
	ErrCodeSubscriberBusyForMTSMS = 31
	ErrCodeSMDeliveryFailure      = 32
	ErrCodeMessageWaitingListFull = 33
	ErrCodeSystemFailure          = 34
	ErrCodeDataMissing            = 35
	ErrCodeUnexpectedDataValue    = 36
)

// ErrorName is the name of an error code, or "" when it is none that an
// operation on short messages meets.
func ErrorName(code int32) string {
	switch code {
	case ErrCodeUnknownSubscriber:
		return "unknownSubscriber"
	case ErrCodeUnidentifiedSubscriber:
		return "unidentifiedSubscriber"
	case ErrCodeAbsentSubscriberSM:
		return "absentSubscriberSM"
	case ErrCodeIllegalSubscriber:
		return "illegalSubscriber"
	case ErrCodeIllegalEquipment:
		return "illegalEquipment"
	case ErrCodeCallBarred:
		return "callBarred"
	case ErrCodeFacilityNotSupported:
		return "facilityNotSupported"
	case ErrCodeAbsentSubscriber:
		return "absentSubscriber"
	case ErrCodeSubscriberBusyForMTSMS:
		return "subscriberBusyForMT-SMS"
	case ErrCodeSMDeliveryFailure:
		return "sm-DeliveryFailure"
	case ErrCodeMessageWaitingListFull:
		return "messageWaitingListFull"
	case ErrCodeSystemFailure:
		return "systemFailure"
	case ErrCodeDataMissing:
		return "dataMissing"
	case ErrCodeUnexpectedDataValue:
		return "unexpectedDataValue"
	}
	return ""
}

// ErrorMeaning is what an error says, as a phrase for people, or "".
func ErrorMeaning(code int32) string {
	switch code {
	case ErrCodeUnknownSubscriber:
		return "not an answer that forwardSM may have"
	case ErrCodeUnidentifiedSubscriber:
		return "the MSC or VLR does not know the IMSI (stale routing)"
	case ErrCodeAbsentSubscriberSM, ErrCodeAbsentSubscriber:
		return "the mobile cannot be reached"
	case ErrCodeIllegalSubscriber:
		return "authentication was refused"
	case ErrCodeIllegalEquipment:
		return "the IMEI is barred"
	case ErrCodeCallBarred:
		return "short messages are barred"
	case ErrCodeFacilityNotSupported:
		return "the node does not support short messages"
	case ErrCodeSubscriberBusyForMTSMS:
		return "another short message to the mobile is in progress"
	case ErrCodeSMDeliveryFailure:
		return "the short message could not be delivered"
	case ErrCodeSystemFailure:
		return "a node could not do its task"
	case ErrCodeDataMissing:
		return "a parameter is missing (fault of the sender)"
	case ErrCodeUnexpectedDataValue:
		return "the value of a parameter was refused (fault of the sender)"
	}
	return ""
}

// Class says where to look for the reason of an error.
type Class uint8

// The classes.
const (
	OtherClass   Class = iota // not an error that forwardSM may have
	Subscriber                // the subscriber or the handset: normal in any amount
	Network                   // a node or the service centre is in trouble
	Interworking              // the two sides do not understand each other

	NumClasses = 4
)

// ErrorClass is the class of an error. cause is that of sm-DeliveryFailure, -1
// when it is not known.
func ErrorClass(code int32, cause int) Class {
	switch code {
	case ErrCodeUnidentifiedSubscriber, ErrCodeAbsentSubscriberSM, ErrCodeIllegalSubscriber, ErrCodeIllegalEquipment,
		ErrCodeCallBarred, ErrCodeAbsentSubscriber, ErrCodeSubscriberBusyForMTSMS:
		return Subscriber
	case ErrCodeSMDeliveryFailure:
		// An unknown service centre or a wrong address is what the handset was
		// set to.
		if cause == CauseSCCongestion {
			return Network
		}
		return Subscriber
	case ErrCodeSystemFailure:
		return Network
	case ErrCodeFacilityNotSupported, ErrCodeDataMissing, ErrCodeUnexpectedDataValue:
		return Interworking
	}
	return OtherClass
}

// ErrorDefined reports whether TS 29.002 lets a forwardSM of the version (0 when
// unknown) and direction be answered with the error. Before version 3 the errors
// are those of either direction, with absentSubscriber in the place of
// absentSubscriberSM; version 1 has neither illegalEquipment nor dataMissing
// (GSM 09.02, notes to forwardSM).
func ErrorDefined(code int32, version uint8, d Direction) bool {
	switch code {
	case ErrCodeFacilityNotSupported, ErrCodeSMDeliveryFailure, ErrCodeSystemFailure, ErrCodeUnexpectedDataValue:
		return true
	case ErrCodeDataMissing:
		// Before version 3 it is in the one list for both directions.
		return version != 1 && (d != MO || version != 3)
	case ErrCodeIllegalEquipment:
		return d != MO && version != 1
	case ErrCodeUnidentifiedSubscriber, ErrCodeIllegalSubscriber, ErrCodeSubscriberBusyForMTSMS:
		return d != MO
	case ErrCodeAbsentSubscriberSM:
		return d != MO && (version == 3 || version == 0)
	case ErrCodeAbsentSubscriber:
		return d != MO && version != 3
	}
	return false
}

// Causes of sm-DeliveryFailure (TS 29.002 17.7.6).
const (
	CauseMemoryCapacityExceeded    = 0
	CauseEquipmentProtocolError    = 1
	CauseEquipmentNotSMEquipped    = 2
	CauseUnknownServiceCentre      = 3
	CauseSCCongestion              = 4
	CauseInvalidSMEAddress         = 5
	CauseSubscriberNotSCSubscriber = 6
)

var causeNames = [...]string{"memoryCapacityExceeded", "equipmentProtocolError", "equipmentNotSM-Equipped", "unknownServiceCentre",
	"sc-Congestion", "invalidSME-Address", "subscriberNotSC-Subscriber"}

var diagnosticNames = [...]string{"no paging response via the MSC", "IMSI detached", "roaming restriction",
	"deregistered in the HLR for non GPRS", "MS purged for non GPRS", "no paging response via the SGSN", "GPRS detached",
	"deregistered in the HLR for GPRS", "MS purged for GPRS", "unidentified subscriber via the MSC",
	"unidentified subscriber via the SGSN", "deregistered in the HSS/HLR for IMS", "no response via the IP-SM-GW",
	"the MS is temporarily unavailable"}

var resourceNames = [...]string{"plmn", "hlr", "vlr", "pvlr", "controllingMSC", "vmsc", "eir", "rss"}

// DeliveryFailureCause is the name of a cause of sm-DeliveryFailure, or "".
func DeliveryFailureCause(cause int) string { return nameOf(causeNames[:], cause) }

// AbsentDiagnostic is the text of an absent subscriber diagnostic (TS 23.040
// 3.3.2), or "".
func AbsentDiagnostic(diagnostic int) string { return nameOf(diagnosticNames[:], diagnostic) }

// NetworkResource is the name of the resource that a systemFailure names, or "".
func NetworkResource(resource int) string { return nameOf(resourceNames[:], resource) }

func nameOf(names []string, i int) string {
	if i < 0 || i >= len(names) {
		return ""
	}
	return names[i]
}
