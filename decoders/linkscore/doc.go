// Package linkscore tells whether the link type that a capture file states is
// the one that its packets have.
//
// A Scorer looks at the first packets of one capture interface. Under each
// candidate link type it reads the link-layer header and checks that an IP, ARP
// or SS7 header follows which holds together: version, header length, total
// length against the record's length, checksum, an address family that fits.
// The Verdict compares the declared type with the candidates.
//
// The readers here are stricter than package decoders, which makes the best of
// what a file claims; here a claim is what is in doubt. They work on one record
// at a time, allocate nothing, and keep nothing of it.
package linkscore
