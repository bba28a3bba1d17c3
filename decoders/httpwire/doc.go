// Package httpwire finds HTTP/1.x messages (RFC 9112) in the bytes of a
// connection, on any port, by content. It reads heads and counts bodies; it
// keeps no content.
//
// A Parser is the state of one direction, a Queue that of the connection: which
// requests wait for a response, since how a response ends depends on the
// request that it answers. Neither holds pointers. A Decoder, one for each
// virtual shard, does the work and owns the heads that are not complete yet.
//
// The bytes come from package stream, holes included: a message with a hole is
// reported as partial, and after a hole that hides where messages begin, the
// next one is looked for at the beginnings of segments.
//
// What a message means follows net/http wherever that reads it. What net/http
// refuses is marked Malformed and read as far as its end is beyond doubt: this
// is an observer, and the peers may have been more lenient.
package httpwire
