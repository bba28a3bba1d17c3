// Package sigtran reads what the SIGTRAN adaptation layers have in common: the
// message header and its parameters (RFC 4666 3.1, 3.2; the same in RFC 3331,
// 3868 and 4165), and tells which of the layers an SCTP user message belongs to.
package sigtran
