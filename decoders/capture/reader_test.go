package capture

import (
	"bytes"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// samples are small files of every format, and damaged ones.
func samples() map[string][]byte {
	hole := pcapFile(le, magicPcap, 2, 4, 65535, 1)
	for i := range 40 {
		if i == 17 {
			hole.raw(bytes.Repeat([]byte{0xee}, 1001)...)
		}
		hole.rec(1700000000+uint32(i), 5, 50+i, 50+i)
	}
	ngHole := &file{o: be}
	ngHole.shb(1, 0).idb(1, 0, nil)
	for i := range 40 {
		if i == 17 {
			ngHole.raw(bytes.Repeat([]byte{0xee}, 1001)...)
		}
		ngHole.epb(0, uint64(i), 50+i, 50+i, nil)
	}
	return map[string][]byte{
		"pcap":       smallPcap(le, magicPcap),
		"pcap BE ns": smallPcap(be, magicPcapNS),
		"modified":   modified(le, magicPcapMod, 0),
		"pcapng":     smallNG(le),
		"pcapng BE":  smallNG(be),
		"snoop":      smallSnoop(),
		"hole":       hole.Bytes(),
		"ng hole":    ngHole.Bytes(),
		"large":      pcapFile(le, magicPcap, 2, 4, 262144, 1).rec(1, 1, 5, 5).rec(1, 2, 200000, 200000).rec(1, 3, 5, 5).Bytes(),
	}
}

// Which records are found must not depend on the slab size nor on how many bytes
// a read brings.
func TestSlabSizes(t *testing.T) {
	for name, b := range samples() {
		t.Run(name, func(t *testing.T) {
			recs, in, err := readAll(t, bytes.NewReader(b), Options{})
			want := facts(recs, in, err)
			if len(recs) < 3 {
				t.Fatalf("%d records", len(recs))
			}
			for _, size := range []int{1, 64, 65, 67, 80, 100, 127, 256, 1000, 4096, 65536} {
				if got := facts(readAll(t, bytes.NewReader(b), Options{SlabSize: size})); got != want {
					t.Errorf("slab size %d:\n%s\nwant\n%s", size, got, want)
				}
				for _, n := range []int{1, 7, 50} {
					if len(b) > 10000 && n < 50 {
						continue
					}
					if got := facts(readAll(t, &drip{b, n}, Options{SlabSize: size})); name != "modified" && got != want {
						t.Errorf("slab size %d, %d bytes a read:\n%s\nwant\n%s", size, n, got, want)
					}
				}
			}
		})
	}
}

// Every file cut after every byte: no panic, the records before the cut are
// there, and the cut is told unless it falls between records.
func TestTruncated(t *testing.T) {
	for name, b := range samples() {
		if len(b) > 20000 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			whole, _ := mustRead(t, b)
			// What lies in a hole may become the end of the file; and variants of the
			// modified format can be told apart only by complete records.
			vague := strings.Contains(name, "hole") || name == "modified"
			count := -1
			for n := len(b); n >= 0; n-- {
				recs, in, err := readAll(t, bytes.NewReader(b[:n]), Options{SlabSize: 128})
				if err != nil {
					if !errors.Is(err, ErrNotCapture) || n > 12 {
						t.Fatalf("%d bytes: %v", n, err)
					}
					continue
				}
				if count >= 0 && len(recs) > count && !vague {
					t.Fatalf("%d bytes: %d records, more than with a byte more", n, len(recs))
				}
				count = len(recs)
				for i := range min(len(recs), len(whole)) {
					if recs[i] != whole[i] && !vague {
						t.Fatalf("%d bytes: record %d is %+v", n, i, recs[i])
					}
				}
				if in.EndedEarly && in.DamageCount == 0 {
					t.Fatalf("%d bytes: ended early without damage", n)
				}
			}
		})
	}
}

func TestTruncatedPlaces(t *testing.T) {
	b := pcapFile(le, magicPcap, 2, 4, 96, 1).rec(1, 2, 10, 10).rec(2, 2, 10, 10).Bytes()
	for _, c := range []struct {
		n, packets int
		want       string
	}{
		{len(b), 2, ""},
		{len(b) - 1, 1, "test: frame 1, offset 50: file ends inside a packet (9 of 10 bytes)"},
		{len(b) - 12, 1, "test: frame 1, offset 50: file ends inside a packet record's header (14 of 16 bytes)"},
		{50, 1, ""},
		{24, 0, ""},
		{23, 0, "test: frame 0, offset 23: file ends inside the file header (23 of 24 bytes)"},
	} {
		recs, in := mustRead(t, b[:c.n])
		got := ""
		if in.DamageCount > 0 {
			got = in.Damages[0].Error()
		}
		if len(recs) != c.packets || got != c.want || in.EndedEarly != (c.want != "") {
			t.Errorf("%d bytes: %d records, %q", c.n, len(recs), got)
		}
	}
}

// A pipe's records come out while the writer still holds it open.
func TestPipe(t *testing.T) {
	for name, b := range map[string][]byte{"pcap": smallPcap(le, magicPcap), "pcapng": smallNG(le), "snoop": smallSnoop()} {
		t.Run(name, func(t *testing.T) {
			whole, _ := mustRead(t, b)
			pr, pw, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer pr.Close()
			defer pw.Close()
			step := make(chan int64)
			go func() {
				// Write up to the end of each packet, then wait until it came out.
				from := int64(0)
				for to := range step {
					pw.Write(b[from:to])
					from = to
				}
				pw.Write(b[from:])
				pw.Close()
			}()
			ends := func(i int) int64 {
				end := whole[i].Offset + int64(whole[i].Len)
				if name != "pcap" && i+1 < len(whole) {
					end = whole[i+1].Offset - 32 // to the end of the block or record
				}
				return min(max(end, whole[i].Offset+int64(whole[i].Len)+3), int64(len(b)))
			}
			if name == "pcap" {
				ends = func(i int) int64 { return whole[i].Offset + int64(whole[i].Len) }
			}
			first := make(chan struct{})
			go func() {
				select {
				case <-first:
				case <-time.After(10 * time.Second):
					t.Error("the first record did not come out")
					pw.Close()
				}
			}()
			step <- ends(0)
			r, err := NewReader(pr, "-", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if name != "pcap" {
				step <- ends(1) // padding and trailers make the first end vague
			}
			s, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			close(first)
			n := len(s.Recs)
			s.Release()
			close(step)
			for {
				s, err := r.Next()
				if err == io.EOF {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				n += len(s.Recs)
				s.Release()
			}
			if n != len(whole) {
				t.Errorf("%d records of %d", n, len(whole))
			}
		})
	}
}

// failing gives its bytes, then an error.
type failing struct {
	b   []byte
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	if len(f.b) == 0 {
		return 0, f.err
	}
	n := copy(p, f.b)
	f.b = f.b[n:]
	return n, nil
}

func TestSourceError(t *testing.T) {
	disk := errors.New("input/output error")
	b := smallPcap(le, magicPcap)
	for _, src := range []io.Reader{
		&failing{b[:len(b)-3], disk},
		&failing{pack(t, "gzip", b), disk}, // fails where the next member would begin
	} {
		recs, in, err := readAll(t, src, Options{SlabSize: 64})
		if !errors.Is(err, disk) || len(recs) < 5 || !strings.HasPrefix(err.Error(), "test: frame ") {
			t.Errorf("%d records, %v, %v", len(recs), err, in.Damages)
		}
	}
	if _, err := NewReader(&failing{nil, disk}, "x", Options{}); !errors.Is(err, disk) {
		t.Error(err)
	}
	if _, _, err := readAll(t, &failing{b, nil}, Options{}); !errors.Is(err, io.ErrNoProgress) {
		t.Error(err)
	}
}

// Next waits when all slabs are out, and Close ends the wait.
func TestSlabsOut(t *testing.T) {
	f := pcapFile(le, magicPcap, 2, 4, 96, 1)
	for i := range 100 {
		f.rec(uint32(i), 0, 60, 60)
	}
	r, err := NewReader(bytes.NewReader(f.Bytes()), "x", Options{SlabSize: 128, MaxSlabs: 2})
	if err != nil {
		t.Fatal(err)
	}
	a, _ := r.Next()
	data := string(a.Data(&a.Recs[0]))
	if b, err := r.Next(); err != nil || b == a {
		t.Fatal(err)
	}
	got := make(chan *Slab)
	go func() {
		s, _ := r.Next()
		got <- s
		_, err := r.Next() // both are out again
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
		close(got)
	}()
	select {
	case <-got:
		t.Fatal("a third slab was handed out")
	case <-time.After(20 * time.Millisecond):
	}
	if string(a.Data(&a.Recs[0])) != data {
		t.Error("slab was overwritten while it was out")
	}
	a.Retain(1)
	a.Release()
	select {
	case <-got:
		t.Fatal("handed out in spite of a reference")
	case <-time.After(20 * time.Millisecond):
	}
	a.Release()
	s := <-got
	r.Close()
	<-got
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	s.Release() // after Close: no panic, no wait
	defer func() {
		if recover() == nil {
			t.Error("one Release too many did not panic")
		}
	}()
	s.Release()
}

// Reading more packets must not allocate more.
func TestAllocations(t *testing.T) {
	build := map[string]func(n int) []byte{
		"pcap": func(n int) []byte {
			f := pcapFile(le, magicPcap, 2, 4, 96, 1)
			for i := range n {
				f.rec(uint32(i), 0, 60, 90)
			}
			return f.Bytes()
		},
		"pcapng": func(n int) []byte {
			f := &file{o: le}
			f.shb(1, 0).idb(1, 0, nil)
			for i := range n {
				f.epb(0, uint64(i), 60, 60, func(b *file) { b.opt(optComment, []byte("x")) })
			}
			return f.Bytes()
		},
		"snoop": func(n int) []byte {
			f := snoopFile(2, 4)
			for i := range n {
				f.srec(uint32(i), 0, 60, 60, 0, 0)
			}
			return f.Bytes()
		},
	}
	for name, build := range build {
		t.Run(name, func(t *testing.T) {
			cost := func(b []byte) (mallocs uint64) {
				var m0, m1 runtime.MemStats
				src := bytes.NewReader(b)
				runtime.GC()
				runtime.ReadMemStats(&m0)
				r, err := NewReader(src, "x", Options{SlabSize: 16 << 10})
				if err != nil {
					t.Fatal(err)
				}
				for {
					s, err := r.Next()
					if err != nil {
						break
					}
					s.Release()
				}
				runtime.ReadMemStats(&m1)
				return m1.Mallocs - m0.Mallocs
			}
			few, many := build(2000), build(200000)
			if a, b := cost(few), cost(many); b > a+20 {
				t.Errorf("%d allocations for 2000 packets, %d for 200000", a, b)
			}
		})
	}
}
