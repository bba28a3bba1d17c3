package prefetch

import (
	"testing"
	"unsafe"
)

// Pointers may be nil, or lead to the last byte of what there is: nothing is
// followed, so nothing faults and nothing changes.
func TestNothingIsFollowed(t *testing.T) {
	b := []byte{1, 2, 3}
	Packet(nil, nil, nil, nil)
	last := unsafe.Pointer(&b[2])
	Packet(last, last, last, last)
	Lines(nil, nil)
	Lines(last, last)
	if b[0] != 1 || b[1] != 2 || b[2] != 3 {
		t.Errorf("bytes changed to %v", b)
	}
}
