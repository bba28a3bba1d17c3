//go:build amd64 || arm64

package prefetch

// Lines1 prefetches the cache lines at these addresses.
//
//go:noescape
func Lines1(at *[Group]uintptr)

// Lines2 prefetches two cache lines from each address on.
//
//go:noescape
func Lines2(at *[Group]uintptr)

// Lines5 prefetches five cache lines from each address on.
//
//go:noescape
func Lines5(at *[Group]uintptr)
