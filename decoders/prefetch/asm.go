//go:build amd64 || arm64

package prefetch

import "unsafe"

// Packet prefetches two cache lines of a packet's data, the line of an index
// slot, and four lines of a flow. The pointers are never followed: any value
// will do, nil as well.
//
//go:noescape
func Packet(data, slot, flow unsafe.Pointer)
