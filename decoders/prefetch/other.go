//go:build !amd64 && !arm64

package prefetch

import "unsafe"

// Packet does nothing on this architecture.
func Packet(data, slot, flow, set unsafe.Pointer) {}

// Lines does nothing on this architecture.
func Lines(p, q unsafe.Pointer) {}
