package main

import (
	"os"
	"runtime"
	"syscall"
)

// hugeRoom is how much of the heap is asked to be in huge pages: what the tables
// of a busy capture take, and half of heapLimit.
const hugeRoom = heapLimit / 2

// askHugePages makes the kernel back the memory that the heap grows into with huge
// pages, where it does so on request only (transparent_hugepage "madvise", what
// most distributions ship). A page fault for every 4 KB was a thirtieth of all
// time, and the tables are read at random, each time by way of the page tables.
//
// The runtime has no setting for it (Go 1.26), and maps the heap piece by piece as
// it grows, so the request is made for a piece that is as large as it will get.
// Nobody writes to it: it takes addresses, no memory. Given back, it is where the
// next allocations come from.
func askHugePages() {
	adviseHuge()
	runtime.GC() // gives it back
}

// adviseHuge is a function of its own so that no stack frame holds the memory on.
// Where the kernel knows no huge pages, small ones do.
//
//go:noinline
func adviseHuge() {
	const madvHugepage = 14 // MADV_HUGEPAGE, which package syscall lacks on some architectures
	_ = syscall.Madvise(make([]byte, hugeRoom), madvHugepage)
}

// manyFrom is the size of input from which the two cycles of the collector that
// asking takes (1 ms) are less than the faults.
const manyFrom = 64 << 20

// manyPackets reports whether the inputs are large, or may be: streams.
func manyPackets(names []string) bool {
	total := int64(0)
	for _, n := range names {
		if n == stdinName {
			return true
		}
		if info, err := os.Stat(n); err == nil {
			if !info.Mode().IsRegular() {
				return true
			}
			total += info.Size()
		}
	}
	return total >= manyFrom
}
