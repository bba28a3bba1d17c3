package capture

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// The loop for plain records reads what the other reads: a big-endian file, which
// has none that are plain, gives the same as its little-endian twin.
func TestPlainAgrees(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for round := range 300 {
		var files [2]*file
		for i, o := range []binary.AppendByteOrder{le, be} {
			files[i] = pcapFile(o, magicPcap, 2, 4, 200, 1)
		}
		for range rnd.IntN(120) {
			sec, frac := 1700000000+rnd.Uint32N(100), rnd.Uint32N(1100000)
			n, orig := 1+rnd.IntN(150), 0
			switch orig = n; rnd.IntN(12) {
			case 0:
				n = 0
			case 1:
				sec, frac, n, orig = 0, 0, 0, 0
			case 2, 3, 4:
				orig += rnd.IntN(50)
			case 5:
				orig = rnd.IntN(n)
			}
			for _, f := range files {
				f.rec(sec, frac, n, orig)
			}
		}
		cut := rnd.IntN(20)
		var want string
		for i, f := range files {
			recs, in, err := readAll(t, bytes.NewReader(f.Bytes()[:max(pcapHeaderLen, f.Len()-cut)]), Options{SlabSize: minSlabSize << rnd.IntN(6)})
			if in == nil {
				t.Fatal(err)
			}
			for k := range recs { // these tell of the slabs' sizes
				recs[k].Off, recs[k].Record.Frame = 0, 0
			}
			in.BigEndian, in.fields = false, nil
			if got := facts(recs, in, err); i == 0 {
				want = got
			} else if got != want {
				t.Fatalf("round %d: big-endian\n%s\nlittle-endian\n%s", round, got, want)
			}
		}
	}
}
