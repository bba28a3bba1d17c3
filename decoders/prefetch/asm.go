//go:build amd64 || arm64

package prefetch

import "unsafe"

// Packet prefetches two cache lines of a packet's data, the line of an index
// slot, five lines of a flow, and the line of a set of the memory of copies. The
// pointers are never followed: any value will do, nil as well.
//
//go:noescape
func Packet(data, slot, flow, set unsafe.Pointer)

// Lines prefetches the two cache lines at p and q, on the same terms.
//
//go:noescape
func Lines(p, q unsafe.Pointer)
