package report

import (
	"runtime"
	"sync"
)

// A report is made when all packets have been read, and nothing else runs then.
// So the rows of long tables are encoded in parts side by side; as each part has
// its place, the report is the same whatever the processors do.

// partRows is the length of a part: long enough that a goroutine is no expense,
// and no longer, as its text takes memory.
const partRows = 128

// partText is what the text of such a part takes, as a rule.
const partText = 48 << 10

// parts is the number of parts of n rows.
func parts(n int) int { return (n + partRows - 1) / partRows }

// part returns where part i of n rows begins and ends.
func part(i, n int) (lo, hi int) { return i * partRows, min((i+1)*partRows, n) }

// sideBySide calls f(0) to f(n-1), all at a time.
func sideBySide(n int, f func(i int)) {
	if n == 1 || runtime.GOMAXPROCS(0) == 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}
