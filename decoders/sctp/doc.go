// Package sctp reads SCTP packets (RFC 9260) and puts user messages together
// from their chunks: DATA, I-DATA (RFC 8260), FORWARD-TSN (RFC 3758), duplicate
// TSNs, fragments in any order.
//
// Chunks are views of the packet. An Assoc holds the little that has to be
// remembered of an association between packets, with a cap on each part; it
// takes the capture's clock and has none of its own.
package sctp
