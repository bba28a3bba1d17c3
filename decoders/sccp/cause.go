package sccp

// maxCause is the highest return cause that is not reserved for national use.
const maxCause = 0x0f

var causeNames = [...]string{
	"no translation for an address of such nature",
	"no translation for this specific address",
	"subsystem congestion",
	"subsystem failure",
	"unequipped user",
	"MTP failure",
	"network congestion",
	"unqualified",
	"error in message transport",
	"error in local processing",
	"destination cannot perform reassembly",
	"SCCP failure",
	"hop counter violation",
	"segmentation not supported",
	"segmentation failure",
}

// CauseName is the text of a return cause (Q.713 3.12), or "" for one that is
// not defined there.
func CauseName(cause uint8) string {
	if int(cause) < len(causeNames) {
		return causeNames[cause]
	}
	return ""
}
