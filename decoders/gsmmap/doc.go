// Package gsmmap reads the Mobile Application Part (3GPP TS 29.002) as far as
// the transfer of short messages needs it: application contexts, the MAP
// dialogue PDU, the forwardSM operations with their arguments, results and
// errors, the short message TPDU (TS 23.040) within, and the decision which
// version and direction an operation has, with the grounds for it.
//
// It gives facts of one message. Which messages belong to one dialogue is for
// the caller to know; Decide takes what the caller knows of it.
//
// Subscribers' identities and texts are views of the message here; the Append
// functions of mask.go write them in a form that may be shown.
package gsmmap
