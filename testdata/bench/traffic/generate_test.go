package main

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"testing"

	"pcaptriage/testdata/bench/savefile"
)

// TestGenerated holds the generators to what the benchmarks take for granted: the same bytes each time, right
// checksums, clocks that never step back, and no connection twice.
func TestGenerated(t *testing.T) {
	dir := t.TempDir()
	http, again, grown, syns := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "c"), filepath.Join(dir, "d")
	o := options{seed: 1, packets: 20_000}
	for _, err := range []error{generate(http, o), generate(again, o), grow(http, grown, 3), synflood(syns, 100_000)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	a, err := os.ReadFile(http)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(again)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Error("the generator wrote other bytes the second time")
	}

	one, three := inspect(t, http), inspect(t, grown)
	if three != 3*one {
		t.Errorf("%d connections became %d in three repeats", one, three)
	}
	if n := inspect(t, syns); n != 100_000 {
		t.Errorf("%d flows in the flood", n)
	}
}

// inspect checks every frame and counts the connections.
func inspect(t *testing.T, path string) int {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := savefile.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	opened := map[[12]byte]bool{}
	last := int64(0)
	for n := 1; ; n++ {
		rec, err := r.Next()
		if err == io.EOF {
			return len(opened)
		}
		if err != nil {
			t.Fatal(err)
		}
		ip := rec.Frame()[ethernetLen:]
		tcp := ip[ipv4Len:]
		pseudo := sum(ip[12:ipv4Len]) + 6 + uint32(len(tcp))
		if fold(sum(ip[:ipv4Len])) != 0xffff || fold(pseudo+sum(tcp)) != 0xffff {
			t.Fatalf("%s: frame %d: wrong checksum", path, n)
		}
		if int(binary.BigEndian.Uint16(ip[2:])) != len(ip) {
			t.Fatalf("%s: frame %d: wrong length", path, n)
		}
		if rec.Micros() < last {
			t.Fatalf("%s: frame %d: the clock steps back", path, n)
		}
		last = rec.Micros()
		if tcp[13] == syn {
			key := [12]byte(ip[12:24]) // both addresses and both ports
			if opened[key] {
				t.Fatalf("%s: frame %d: a connection for the second time", path, n)
			}
			opened[key] = true
		}
	}
}
