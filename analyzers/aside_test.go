package analyzers

import "testing"

// Asides come out as they went in, with their marks, in runs that need not end
// where a batch does; and a chunk is used again once its last run was released,
// not before.
func TestAsides(t *testing.T) {
	var pool AsidePool
	out := Out{Asides: NewAsides(&pool)}
	var written, read uint64
	var kept []AsideRun
	for batch := range 300 {
		for i := range batch % 90 {
			if mark := written%5 == 0; i%3 < 2 {
				*out.Aside(mark) = Aside{written}
			} else {
				*out.WideAside(mark) = [2]Aside{{written}, {written, 1}}
			}
			written++
		}
		before := len(kept)
		if kept = out.Asides.Take(kept); batch%90 == 0 && len(kept) != before {
			t.Fatal("a run of a batch without asides")
		}
		if batch%4 != 0 {
			continue
		}
		for _, r := range kept {
			for i, a := range r.Asides {
				if a[1] == 0 {
					r.N--
				}
				if a[0] != read-a[1] || a[1] > 1 || r.Marked>>i&1 == 1 != (a[0]%5 == 0 && a[1] == 0) {
					t.Fatalf("batch %d: aside %v with marks %x, %d were read", batch, a, r.Marked>>i, read)
				}
				read += 1 - a[1]
			}
			if r.N != 0 {
				t.Fatalf("batch %d: the number of calls is off by %d", batch, r.N)
			}
		}
		pool.Release(kept)
		kept = kept[:0]
	}
	if n := len(pool.free); n > 16 {
		t.Errorf("%d chunks for 4 batches of 120 asides each at most", n)
	}
}
