package main

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// confine keeps this thread, and with it every process started from it, to n of the processors: the targets are for
// two.
func confine(n int) (int, error) {
	runtime.LockOSThread()
	var have, want unix.CPUSet
	if err := unix.SchedGetaffinity(0, &have); err != nil {
		return 0, err
	}
	if n <= 0 || have.Count() <= n {
		return have.Count(), nil
	}
	for cpu := 0; want.Count() < n; cpu++ {
		if have.IsSet(cpu) {
			want.Set(cpu)
		}
	}
	return n, unix.SchedSetaffinity(0, &want)
}
