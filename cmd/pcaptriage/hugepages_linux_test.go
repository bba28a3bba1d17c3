package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// The request reaches the heap's memory, and the heap is no larger for it.
func TestAskHugePages(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage/enabled"); err != nil {
		t.Skip("this kernel has no transparent huge pages")
	}
	askHugePages()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapInuse >= hugeRoom {
		t.Errorf("%d MB of heap in use", m.HeapInuse>>20)
	}
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skip(err)
	}
	for _, l := range strings.Split(string(maps), "\n") {
		if strings.HasPrefix(l, "VmFlags:") && strings.Contains(l+" ", " hg ") {
			return
		}
	}
	t.Error("no mapping has the flag of MADV_HUGEPAGE")
}

func TestManyPackets(t *testing.T) {
	file := func(name string, size int64) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, size); err != nil { // a hole takes no space
			t.Fatal(err)
		}
		return path
	}
	small, half := file("small", 1000), file("half", manyFrom/2)
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	for _, c := range []struct {
		names []string
		want  bool
	}{
		{[]string{small}, false},
		{[]string{half, small}, false},
		{[]string{half, half}, true},
		{[]string{small, stdinName}, true},
		{[]string{pipe}, true},
		{[]string{filepath.Join(t.TempDir(), "missing")}, false},
	} {
		if got := manyPackets(c.names); got != c.want {
			t.Errorf("%v: %v, want %v", c.names, got, c.want)
		}
	}
}
