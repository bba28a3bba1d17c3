package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// sample is what one run of a process took.
type sample struct {
	wall, cpu time.Duration
	peak      int64 // bytes resident at most
}

// measure runs a process to its end. What it says on standard error goes to a file: a pipe would need a reader, which
// would compete with what is measured.
func measure(c *exec.Cmd, tolerate int, tmp string) (sample, error) {
	said, err := os.CreateTemp(tmp, "stderr-")
	if err != nil {
		return sample{}, err
	}
	defer os.Remove(said.Name())
	defer said.Close()
	c.Stderr = said

	begin := time.Now()
	err = c.Run()
	wall := time.Since(begin)
	if err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != tolerate {
			return sample{}, fmt.Errorf("%w: %s", err, tail(said))
		}
	}
	use, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return sample{}, errors.New("this system tells no resource usage")
	}
	return sample{wall: wall, cpu: c.ProcessState.UserTime() + c.ProcessState.SystemTime(), peak: peak(use)}, nil
}

// peak is in KiB on Linux and the BSDs.
func peak(use *syscall.Rusage) int64 {
	if runtime.GOOS == "darwin" {
		return int64(use.Maxrss)
	}
	return int64(use.Maxrss) << 10
}

// ownPeak is the least peak that a child can show: between fork and exec it has this process's memory, and Linux
// remembers.
func ownPeak() int64 {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		return 0
	}
	return peak(&use)
}

func tail(f *os.File) string {
	size, _ := f.Seek(0, io.SeekEnd)
	f.Seek(max(0, size-300), io.SeekStart)
	b, _ := io.ReadAll(f)
	return lastLine(string(b), errors.New("no message"))
}

// enough is the time after which a program that is slow gets no further run.
const enough = time.Minute

// race runs the contenders in turn, so that a burst of other work on the machine falls on all of them.
func race(ctx context.Context, all []*contender, runs int, tmp string) error {
	if len(all) == 0 {
		return errors.New("nothing to run")
	}
	if err := warm(all[0].in.path); err != nil {
		return err
	}
	progress := onTerminal(os.Stderr)
	for round := range runs + 1 {
		for _, c := range all {
			var spent time.Duration
			for _, s := range c.runs {
				spent += s.wall
			}
			if c.missing != nil || spent > enough {
				continue
			}
			if progress {
				fmt.Fprintf(os.Stderr, "\r\033[Kround %d/%d: %s", round, runs, c.name)
			}
			tolerate := 0
			if c.findings {
				tolerate = 1
			}
			s, err := measure(exec.CommandContext(ctx, c.args[0], c.args[1:]...), tolerate, tmp)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				c.missing = fmt.Errorf("failed: %w", err)
				continue
			}
			if round > 0 || s.wall > enough { // the first round warms up the programs themselves
				c.runs = append(c.runs, s)
			}
		}
	}
	if progress {
		fmt.Fprint(os.Stderr, "\r\033[K")
	}
	return nil
}

func onTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// warm reads a file once, so that all find it in the page cache.
func warm(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{f}, make([]byte, 1<<20))
	return err
}

// median is the run in the middle by wall time, with the highest peak of all runs.
func (c *contender) median() sample {
	runs := slices.SortedFunc(slices.Values(c.runs), func(a, b sample) int { return int(a.wall - b.wall) })
	m := runs[len(runs)/2]
	for _, r := range runs {
		m.peak = max(m.peak, r.peak)
	}
	return m
}

// perPacket is in seconds.
func (c *contender) perPacket() float64 {
	return c.median().wall.Seconds() / float64(c.in.packets)
}
