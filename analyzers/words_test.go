package analyzers

import (
	"math"
	"testing"
)

func TestDuration(t *testing.T) {
	for ns, want := range map[int64]string{0: "0 ns", 999: "999 ns", 41_000: "41 µs", 150_000: "150 µs", 100_000: "100 µs", 1_500: "1.5 µs", 9_000: "9 µs",
		206_534_350: "207 ms", 7_213_000_000: "7.21 s", 9_996_000_000: "10.0 s", 131e9: "2 min 11 s", 7_262e9: "2 h 1 min", -5e6: "-5.00 ms",
		999_499: "999 µs", 999_500: "1.00 ms", 999_499_999: "999 ms", 999_500_000: "1.00 s", math.MinInt64: "-2562047 h 47 min"} {
		if got := Duration(ns); got != want {
			t.Errorf("%d: %q, want %q", ns, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 SYNs", 1: "1 SYN", 2: "2 SYNs", 12345: "12345 SYNs"} {
		if got := Count(n, "SYN", "SYNs"); got != want {
			t.Errorf("Count(%d) is %q, want %q", n, got, want)
		}
	}
}
