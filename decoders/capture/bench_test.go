package capture

import (
	"bytes"
	"io"
	"os"
	"testing"
)

// readPackets reads all of src and returns the number of packets.
func readPackets(b *testing.B, src io.Reader) (n int) {
	r, err := NewReader(src, "bench", Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	for {
		s, err := r.Next()
		if err != nil {
			if err != io.EOF {
				b.Fatal(err)
			}
			return n
		}
		n += len(s.Recs)
		s.Release()
	}
}

func benchmark(b *testing.B, data []byte) {
	b.SetBytes(int64(len(data)))
	n := 0
	for b.Loop() {
		n += readPackets(b, bytes.NewReader(data))
	}
	b.ReportMetric(float64(n)/1e6/b.Elapsed().Seconds(), "Mpps")
}

const benchBytes = 64 << 20

func BenchmarkReadPcap(b *testing.B) {
	for _, c := range []struct {
		name string
		size int
	}{{"64B", 64}, {"500B", 500}, {"1500B", 1500}} {
		b.Run(c.name, func(b *testing.B) {
			f := pcapFile(le, magicPcap, 2, 4, 262144, 1)
			for i := 0; f.Len() < benchBytes; i++ {
				f.rec(uint32(1700000000+i/1000), uint32(i%1000), c.size, c.size)
			}
			benchmark(b, f.Bytes())
		})
	}
}

func BenchmarkReadPcapBigEndian(b *testing.B) {
	f := pcapFile(be, magicPcap, 2, 4, 262144, 1)
	for i := 0; f.Len() < benchBytes; i++ {
		f.rec(uint32(1700000000+i/1000), uint32(i%1000), 500, 500)
	}
	benchmark(b, f.Bytes())
}

func BenchmarkReadPcapNG(b *testing.B) {
	f := &file{o: le}
	f.shb(1, 0).idb(1, 0, nil)
	for i := 0; f.Len() < benchBytes; i++ {
		f.epb(0, uint64(1700000000000000+i), 500, 500, nil)
	}
	benchmark(b, f.Bytes())
}

// BenchmarkReadFile reads the file that PCAPTRIAGE_BENCH_FILE names.
func BenchmarkReadFile(b *testing.B) {
	name := os.Getenv("PCAPTRIAGE_BENCH_FILE")
	if name == "" {
		b.Skip("PCAPTRIAGE_BENCH_FILE is not set")
	}
	n := 0
	for b.Loop() {
		f, err := os.Open(name)
		if err != nil {
			b.Fatal(err)
		}
		st, _ := f.Stat()
		b.SetBytes(st.Size())
		n += readPackets(b, f)
		f.Close()
	}
	b.ReportMetric(float64(n)/1e6/b.Elapsed().Seconds(), "Mpps")
}
