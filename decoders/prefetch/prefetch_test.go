package prefetch

import (
	"testing"
	"unsafe"
)

// Addresses may be 0, or that of the last byte of what there is: nothing is
// followed, so nothing faults and nothing changes.
func TestNothingIsFollowed(t *testing.T) {
	b := []byte{1, 2, 3}
	at := [Group]uintptr{0, 1, ^uintptr(0), uintptr(unsafe.Pointer(&b[2]))}
	want := at
	Lines1(&at)
	Lines2(&at)
	Lines5(&at)
	if at != want || b[0] != 1 || b[1] != 2 || b[2] != 3 {
		t.Errorf("addresses changed to %v, bytes to %v", at, b)
	}
}
