// Package stream turns the segments of one direction of a TCP connection into
// its bytes in order, each exactly once, within bounded memory.
//
// A Stream is the small state of one direction: no pointers, so that it can be
// part of an analyzer's per-flow state. A Pool, one for each virtual shard,
// keeps what arrived ahead of a hole. Bytes go to a Sink. In-order segments are
// handed over where they lie, without a copy and without an allocation.
//
// What is missing is told, never papered over: bytes that the capture does not
// hold reach the Sink as a Gap with their number.
//
// The first arrival of a byte wins, as in most TCP stacks; that includes an
// arrival which the snaplen cut, whose bytes are then missing for good.
//
// Scratch is a bounded store for messages that are not complete yet, for the
// parsers that read such streams.
package stream
