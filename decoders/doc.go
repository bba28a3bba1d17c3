// Package decoders turns the bytes of one captured record into typed facts: a
// flat Packet with addresses, ports, lengths and flags of the innermost IP
// packet, the tunnel path that led to it, and a set that says which of its
// fields are valid. Nothing here allocates, keeps state between packets, or
// knows what an analyzer is.
package decoders
