package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"pcaptriage/testdata/bench/savefile"
)

// tenfold pipes the capture once, and then ten times over, into pcaptriage: the ten times exist nowhere on disk.
func tenfold(ctx context.Context, b *builder, subject program, in input, tmp string) target {
	const promise = "ten times the capture takes no more memory"
	if subject.err != nil {
		return unmeasured(promise, subject.err)
	}
	traffic := b.build("./testdata/bench/traffic")
	if traffic.err != nil {
		return unmeasured(promise, traffic.err)
	}
	var peaks [2]int64
	for i, n := range []int{1, 10} {
		s, err := piped(ctx, subject.path, traffic.path, in.path, n, tmp)
		if err != nil {
			return unmeasured(promise, err)
		}
		fmt.Printf("%2d times %.2f M packets through a pipe: %.2f s, peak %s MiB\n", n, float64(in.packets)/1e6, s.wall.Seconds(), mib(s.peak))
		peaks[i] = s.peak
	}
	return target{
		promise: promise,
		found:   fmt.Sprintf("%s MiB, then %s MiB", mib(peaks[0]), mib(peaks[1])),
		met:     float64(peaks[1]) <= flatness*float64(peaks[0]) && peaks[1] < memoryLimit,
	}
}

func piped(ctx context.Context, subject, traffic, path string, n int, tmp string) (sample, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return sample{}, err
	}
	grow := exec.CommandContext(ctx, traffic, "--grow", strconv.Itoa(n), "-o", "-", path)
	grow.Stdout = writer
	err = grow.Start()
	writer.Close()
	if err != nil {
		reader.Close()
		return sample{}, err
	}
	analyze := exec.CommandContext(ctx, subject, "analyze", "--format", "json", "-")
	analyze.Stdin = reader
	s, err := measure(analyze, 1, tmp)
	reader.Close() // ends the writer if the reader gave up
	return s, errors.Join(err, grow.Wait())
}

// flood analyzes millions of flows that never end, and looks for the evictions in the report.
func flood(ctx context.Context, subject program, path, tmp string) target {
	promise := fmt.Sprintf("a SYN flood of 5 million flows under %d MiB, evictions counted", floodLimit>>20)
	if subject.err != nil {
		return unmeasured(promise, subject.err)
	}
	size, err := savefile.Measure(path)
	if err != nil {
		return unmeasured(promise, fmt.Errorf("%w (go run ./testdata/bench/traffic --synflood makes it)", err))
	}
	report, err := os.Create(filepath.Join(tmp, "flood.json"))
	if err != nil {
		return unmeasured(promise, err)
	}
	defer report.Close()
	c := exec.CommandContext(ctx, subject.path, "analyze", "--format", "json", path)
	c.Stdout = report
	s, err := measure(c, 1, tmp)
	if err != nil {
		return unmeasured(promise, err)
	}
	evicted, err := evictions(report.Name())
	if err != nil {
		return unmeasured(promise, err)
	}
	fmt.Printf("SYN flood of %.2f M flows: %.2f s, peak %s MiB, %d evicted\n", float64(size.Packets)/1e6, s.wall.Seconds(), mib(s.peak), evicted)
	return target{
		promise: promise,
		found:   fmt.Sprintf("%s MiB, %d evicted", mib(s.peak), evicted),
		met:     s.peak < floodLimit && evicted > 0,
	}
}

// evictions finds the largest number under any name with "evict" in it: where it stands in the report is the report's
// business.
func evictions(path string) (int64, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	var report any
	if err := json.Unmarshal(b, &report); err != nil {
		return 0, fmt.Errorf("the report: %w", err)
	}
	most := int64(0)
	var walk func(v any, evict bool)
	walk = func(v any, evict bool) {
		switch v := v.(type) {
		case map[string]any:
			for name, child := range v {
				walk(child, evict || strings.Contains(name, "evict"))
			}
		case []any:
			for _, child := range v {
				walk(child, evict)
			}
		case float64:
			if evict {
				most = max(most, int64(v))
			}
		}
	}
	walk(report, false)
	return most, nil
}
