package engine

import (
	"math"
	"slices"
	"testing"
	"time"
)

const s = int64(time.Second)

// untimed stands for a record without a timestamp in the tables below.
const untimed = math.MinInt64

func TestClock(t *testing.T) {
	year := 365 * 24 * 3600 * s
	// from lays n times one second apart.
	from := func(start int64, n int) (out []int64) {
		for i := range n {
			out = append(out, start+int64(i)*s)
		}
		return out
	}
	for _, tt := range []struct {
		name             string
		times            []int64
		clocks           []int64
		epochs           []uint32 // by record; nil: all 0
		outliers, resets uint64
	}{
		{name: "never runs backwards", times: []int64{10 * s, 12 * s, 11 * s, 13 * s}, clocks: []int64{10 * s, 12 * s, 12 * s, 13 * s}},
		{name: "follows a step of a day", times: []int64{0, 24 * 3600 * s}, clocks: []int64{0, 24 * 3600 * s}},
		{name: "one time years ahead", times: []int64{s, 2 * s, year, 3 * s}, clocks: []int64{s, 2 * s, 2 * s, 3 * s}, outliers: 1},
		{name: "one time in the past", times: []int64{year, s, year + s}, clocks: []int64{year, year, year + s}, outliers: 1},
		{name: "60 s back is jitter", times: []int64{100 * s, 40 * s, 101 * s}, clocks: []int64{100 * s, 100 * s, 101 * s}},
		{name: "15 records do not restart it", times: append(from(year, 2), from(0, 15)...),
			clocks: append([]int64{year, year + s}, slices.Repeat([]int64{year + s}, 15)...), outliers: 15},
		{name: "16 do, from the first of them", times: append([]int64{0}, from(year, 17)...), clocks: append([]int64{0}, from(year, 17)...),
			epochs: append([]uint32{0}, slices.Repeat([]uint32{1}, 17)...), resets: 1},
		{name: "outliers that disagree", times: []int64{0, year, 3 * year, s}, clocks: []int64{0, 0, 0, s}, outliers: 2},
		{name: "records without a time follow", times: []int64{untimed, 5 * s, untimed, 6 * s}, clocks: []int64{0, 5 * s, 5 * s, 6 * s}},
		{name: "both ends of int64", times: []int64{math.MaxInt64, math.MinInt64 + 1, math.MaxInt64}, clocks: []int64{math.MaxInt64, math.MaxInt64, math.MaxInt64}, outliers: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var c clock
			var got []stamp
			for _, x := range tt.times {
				got = c.feed(x, x != untimed, got)
			}
			got = c.giveUp(got)
			if len(got) != len(tt.times) {
				t.Fatalf("%d stamps for %d records", len(got), len(tt.times))
			}
			for i, st := range got {
				want := stamp{clock: tt.clocks[i]}
				if tt.epochs != nil {
					want.epoch = tt.epochs[i]
				}
				if st != want {
					t.Errorf("record %d: %+v, want %+v", i, st, want)
				}
			}
			if c.outliers != tt.outliers || c.resets != tt.resets {
				t.Errorf("outliers %d, resets %d; want %d, %d", c.outliers, c.resets, tt.outliers, tt.resets)
			}
		})
	}
}
