package keepalive

import (
	"testing"
	"unsafe"
)

// line is that of the cache, in bytes.
const line = 64

// TestPlaces holds what nearly every segment touches to few lines of the cache.
func TestPlaces(t *testing.T) {
	var c conn
	if at := unsafe.Offsetof(c.data); at != line/2 || unsafe.Sizeof(c)%(line/2) != 0 {
		t.Errorf("conn: data at %d, %d bytes: what all segments need is no half line", at, unsafe.Sizeof(c))
	}
	var h httpPart
	if unsafe.Sizeof(h)%line != 0 {
		t.Errorf("httpPart: %d bytes are no whole number of lines", unsafe.Sizeof(h))
	}
	// A queue's first place is behind 24 bytes and has 56.
	if end := unsafe.Offsetof(h.queue) + 24 + 56; end != 3*line {
		t.Errorf("httpPart: what an exchange needs has %d bytes instead of three lines", end)
	}
	// Of the stream all behind 16 bytes, and 32 of the parser.
	for d := range h.sides {
		at := unsafe.Offsetof(h.sides) + uintptr(d)*unsafe.Sizeof(h.sides[0])
		if from := at + 16; from%line != 0 || unsafe.Offsetof(h.sides[0].parser) != 40 {
			t.Errorf("side %d: what a segment needs begins at %d", d, from)
		}
	}
}

// TestArenaAligned holds the values of an arena to begin where a line does.
func TestArenaAligned(t *testing.T) {
	var a arena[httpPart]
	for range 3 * arenaChunk {
		if at := uintptr(unsafe.Pointer(a.at(a.take()))); at%line != 0 {
			t.Fatalf("a value lies at %#x", at)
		}
	}
}
