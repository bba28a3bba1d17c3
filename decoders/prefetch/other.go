//go:build !amd64 && !arm64

package prefetch

// Lines1 does nothing on this architecture.
func Lines1(at *[Group]uintptr) {}

// Lines2 does nothing on this architecture.
func Lines2(at *[Group]uintptr) {}

// Lines5 does nothing on this architecture.
func Lines5(at *[Group]uintptr) {}
