package gsmmap

// Operation codes of short messages (TS 29.002 17.5).
const (
	OpMTForwardSMVGCS                 = 21
	OpMTForwardSM                     = 44
	OpSendRoutingInfoForSM            = 45
	OpForwardSM                       = 46 // version 3: mo-forwardSM
	OpReportSMDeliveryStatus          = 47
	OpNoteSubscriberPresent           = 48
	OpAlertServiceCentreWithoutResult = 49
	OpInformServiceCentre             = 63
	OpAlertServiceCentre              = 64
	OpReadyForSM                      = 66
)

// OperationName is the name of an operation on short messages, or "" for
// another. Code 46 is mo-forwardSM in version 3 only; before, and when the
// version is not known (0), it is forwardSM, which tells no direction.
func OperationName(code int32, version uint8) string {
	switch code {
	case OpMTForwardSMVGCS:
		return "mt-forwardSM-VGCS"
	case OpMTForwardSM:
		return "mt-forwardSM"
	case OpSendRoutingInfoForSM:
		return "sendRoutingInfoForSM"
	case OpForwardSM:
		if version == 3 {
			return "mo-forwardSM"
		}
		return "forwardSM"
	case OpReportSMDeliveryStatus:
		return "reportSM-DeliveryStatus"
	case OpNoteSubscriberPresent:
		return "noteSubscriberPresent"
	case OpAlertServiceCentreWithoutResult:
		return "alertServiceCentreWithoutResult"
	case OpInformServiceCentre:
		return "informServiceCentre"
	case OpAlertServiceCentre:
		return "alertServiceCentre"
	case OpReadyForSM:
		return "readyForSM"
	}
	return ""
}

// families of the contexts in which an operation on short messages is defined,
// besides version 1, which names no context.
func operationFamily(code int32, family uint8) bool {
	switch code {
	case OpForwardSM, OpMTForwardSM:
		return family == ShortMsgMORelay || family == ShortMsgMTRelay
	case OpMTForwardSMVGCS:
		return family == ShortMsgMTRelayVGCS
	case OpSendRoutingInfoForSM, OpReportSMDeliveryStatus, OpInformServiceCentre:
		return family == ShortMsgGateway
	case OpAlertServiceCentre, OpAlertServiceCentreWithoutResult:
		return family == ShortMsgAlert
	case OpReadyForSM, OpNoteSubscriberPresent:
		return family == MWDMngt
	}
	return false
}

// Expects reports whether the operation is answered at all: class 4 operations
// are not (TS 29.002 17.6.5).
func Expects(code int32) bool {
	switch code {
	case OpInformServiceCentre, OpAlertServiceCentreWithoutResult, OpNoteSubscriberPresent:
		return false
	}
	return true
}
