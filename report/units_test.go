package report

import (
	"math"
	"testing"
)

func TestDuration(t *testing.T) {
	for ns, want := range map[int64]string{
		0: "0 ns", 999: "999 ns", 1000: "1.0 µs", 1234: "1.2 µs", 84_000: "84 µs", 84_499: "84 µs",
		999_499: "999 µs", 999_500: "1.00 ms", 1_234_567: "1.23 ms", 9_996_000: "10.0 ms", 206_534_350: "206.5 ms",
		999_949_999: "999.9 ms", 999_960_000: "1.00 s", 1_030_000_000: "1.03 s", 12_440_000_000: "12.4 s",
		59_940_000_000: "59.9 s", 59_960_000_000: "1 min", 60_000_000_000: "1 min", 125_000_000_000: "2 min 5 s",
		3_599_600_000_000: "1 h", 7_500_000_000_000: "2 h 5 min", 90_000_000_000_000: "1 d 1 h",
		-1_030_000_000: "-1.03 s", math.MinInt64: "-292 y", math.MaxInt64: "292 y 171 d",
	} {
		if got := Duration(ns); got != want {
			t.Errorf("Duration(%d) = %q, want %q", ns, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234", 100: "100"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
	if got := Count(uint64(math.MaxUint64)); got != "18,446,744,073,709,551,615" {
		t.Errorf("largest uint64 is %q", got)
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 bytes", 1: "1 byte", 9097: "9,097 bytes", 12_400: "12.4 kB", 999_600: "1.00 MB",
		1_300_000_000: "1.30 GB", 123_456_789: "123 MB"} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestPercentHidesNothing(t *testing.T) {
	for _, c := range []struct {
		part, whole uint64
		want        string
	}{{0, 0, "0 %"}, {0, 5, "0 %"}, {1, 1e6, "< 0.1 %"}, {999_999, 1e6, "> 99.9 %"}, {5, 5, "100 %"}, {1, 2, "50 %"}, {1, 30, "3.3 %"}} {
		if got := percent(c.part, c.whole); got != c.want {
			t.Errorf("percent(%d, %d) = %q, want %q", c.part, c.whole, got, c.want)
		}
	}
}
