// Package ber reads the Basic Encoding Rules (ITU-T X.690) as they occur in
// TCAP and MAP: short, long, non-minimal and indefinite lengths, low and
// multi-octet tags. It reads one element at a time, views the bytes it was
// given and allocates nothing.
//
// encoding/asn1 does not serve here: it refuses indefinite and non-minimal
// lengths and gives nothing back for input that a capture cut short.
package ber
