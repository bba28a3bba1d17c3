//go:build !linux

package main

import "runtime"

// confine can confine nothing here.
func confine(int) (int, error) { return runtime.NumCPU(), nil }
