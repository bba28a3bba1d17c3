// Package decoders turns the bytes of one captured record into typed facts: a
// flat Packet with addresses, ports, lengths and flags of the innermost IP
// packet, the tunnel path that led to it, and a set that says which of its
// fields are valid. Decoding allocates nothing and keeps no state between
// packets; a Reassembler does both, for IP fragments. Nothing here knows what
// an analyzer is.
package decoders
