// Package sshwire reads the part of an SSH connection that is in clear (RFC 4253
// 4.2 to 7): text lines, version strings and binary packets up to NEWKEYS, and
// what can be said of the encrypted rest from sizes alone.
//
// A Parser is the state of one direction and holds no pointers. A Decoder, one
// for each virtual shard, feeds it from package stream. Holes do not stop it
// where lengths are known: with a snaplen of 96 bytes the types and sizes of all
// plaintext packets are still there.
//
// The other parts are plain functions on bytes: KEXINIT and what two of them
// agree on, key exchange messages, DISCONNECT, and the sizes of encrypted
// packets by cipher and MAC.
package sshwire
