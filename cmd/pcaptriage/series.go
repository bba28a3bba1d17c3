package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"pcaptriage/decoders/capture"
)

// orderSeries puts the files of a series into the order of their first
// timestamps. Files without any packet that has one come last. Files that
// cannot be read are returned apart. That the files do not overlap is the
// engine's to check, which sees their last timestamps.
func orderSeries(names []string) (ordered []string, failed []failedInput, err error) {
	type member struct {
		name  string
		file  os.FileInfo // nil: unknown
		first int64
		known bool
	}
	var members []member
	for _, n := range names {
		if n == stdinName {
			return nil, nil, errors.New("--series: standard input (-) is one stream and has no place in a series of files")
		}
		if !isPlain(n) {
			failed = append(failed, failedInput{n, fmt.Errorf("%s: %w", n, errReadTwice)})
			continue
		}
		first, known, err := firstTime(n)
		if err != nil {
			failed = append(failed, failedInput{n, err})
			continue
		}
		file, _ := os.Stat(n)
		for _, m := range members {
			if file != nil && m.file != nil && os.SameFile(file, m.file) {
				return nil, nil, fmt.Errorf("--series: %s and %s are the same file", m.name, n)
			}
		}
		members = append(members, member{n, file, first, known})
	}
	slices.SortStableFunc(members, func(a, b member) int {
		switch {
		case a.known != b.known && a.known, a.known && b.known && a.first < b.first:
			return -1
		case a.known != b.known, a.first > b.first:
			return 1
		}
		return 0
	})
	for _, m := range members {
		ordered = append(ordered, m.name)
	}
	return ordered, failed, nil
}

// firstTime is the timestamp of a capture's first record that has one.
func firstTime(name string) (ns int64, known bool, err error) {
	r, err := capture.Open(name, capture.Options{SlabSize: 64 << 10})
	if err != nil {
		return 0, false, err
	}
	defer r.Close()
	for {
		slab, err := r.Next()
		if errors.Is(err, io.EOF) {
			return 0, false, nil
		}
		if err != nil {
			return 0, false, err
		}
		for i := range slab.Recs {
			if slab.Recs[i].Flags&capture.HasTime != 0 {
				ns = slab.Recs[i].Time
				slab.Release()
				return ns, true, nil
			}
		}
		slab.Release()
	}
}
