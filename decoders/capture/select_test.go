package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// selected writes a selection of a file's bytes.
func selected(t testing.TB, b []byte, sel Selection) ([]byte, SelectionStats, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(name, b, 0o666); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	st, err := WriteSelection(&out, name, sel)
	return out.Bytes(), st, err
}

// smallFiles are files of every kind, without damage.
func smallFiles() map[string][]byte {
	le, be := binary.LittleEndian, binary.BigEndian
	return map[string][]byte{
		"pcap":          smallPcap(le, 0xa1b2c3d4),
		"pcap big":      smallPcap(be, 0xa1b2c3d4),
		"pcap ns":       smallPcap(le, 0xa1b23c4d),
		"pcap with FCS": pcapFile(le, 0xa1b2c3d4, 2, 4, 65535, 1|1<<26|2<<28).rec(1, 2, 64, 64).Bytes(),
		"empty pcap":    pcapFile(le, 0xa1b2c3d4, 2, 4, 65535, 1).Bytes(),
		"pcapng":        smallNG(le),
		"pcapng big":    smallNG(be),
		"snoop":         smallSnoop(),
	}
}

// bare is what has to stay the same about a record, whatever its number.
func bare(g got) string {
	return fmt.Sprintf("%d %d %d %d %s", g.Time, g.Len, g.Orig, g.Flags, g.Data)
}

func bares(recs []got, keep func(uint64) bool) (out []string) {
	for _, g := range recs {
		if keep(g.Frame) {
			out = append(out, bare(g))
		}
	}
	return out
}

func everyFrame(uint64) bool { return true }

// Whatever is kept stays as it is, also where the file is written anew.
func TestSelectionKeepsRecords(t *testing.T) {
	odd := func(frame uint64) bool { return frame%2 == 1 }
	for name, b := range smallFiles() {
		recs, before := mustRead(t, b)
		for _, rebuilt := range []bool{false, true} {
			for what, keep := range map[string]func(uint64) bool{"all": everyFrame, "odd": odd, "none": func(uint64) bool { return false }} {
				out, _, err := selected(t, b, Selection{Keep: keep, Rebuild: rebuilt})
				if err != nil {
					t.Fatalf("%s, %s: %v", name, what, err)
				}
				again, after := mustRead(t, out)
				if after.DamageCount > 0 || after.EndedEarly {
					t.Errorf("%s, %s: damage %v", name, what, after.Damages)
				}
				if !slices.Equal(bares(again, everyFrame), bares(recs, keep)) {
					t.Errorf("%s, %s, rebuilt %v:\n%q\nwant\n%q", name, what, rebuilt, bares(again, everyFrame), bares(recs, keep))
				}
				if before.Format == FormatPcapNG && len(after.Interfaces) != len(before.Interfaces) {
					t.Errorf("%s, %s: %d interfaces of %d", name, what, len(after.Interfaces), len(before.Interfaces))
				}
				for i := range after.Interfaces {
					x, y := after.Interfaces[i], before.Interfaces[i]
					if x.LinkType != y.LinkType || x.SnapLen != y.SnapLen || x.Name != y.Name {
						t.Errorf("%s, %s: interface %d is %+v, want %+v", name, what, i, x, y)
					}
				}
			}
		}
	}
}

// Keeping everything copies pcap to the byte, and of pcapng all but the lengths
// of sections, which are unknown in these files anyway.
func TestSelectionIsLossless(t *testing.T) {
	for name, b := range smallFiles() {
		out, _, err := selected(t, b, Selection{})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out, b) && name != "snoop" {
			t.Errorf("%s: %d bytes, other than the %d of the original", name, len(out), len(b))
		}
	}
}

// A section's stated length no longer holds when blocks have gone or grown.
func TestSectionLengthIsGivenUp(t *testing.T) {
	for _, o := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		b := smallNG(o)
		if o == binary.AppendByteOrder(binary.LittleEndian) {
			binary.LittleEndian.PutUint64(b[16:], 4242)
		} else {
			binary.BigEndian.PutUint64(b[16:], 4242)
		}
		out, _, err := selected(t, b, Selection{Keep: func(f uint64) bool { return f == 1 }})
		if err != nil {
			t.Fatal(err)
		}
		if got := binary.LittleEndian.Uint64(out[16:]); got != 1<<64-1 {
			t.Errorf("section length %d", got)
		}
	}
}

func TestComments(t *testing.T) {
	comments := func(frame uint64) []string {
		return []string{fmt.Sprintf("frame %d", frame), "ü, of two bytes"}
	}
	for name, b := range smallFiles() {
		recs, before := mustRead(t, b)
		out, st, err := selected(t, b, Selection{Comments: comments})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, after := mustRead(t, out)
		if after.Format != FormatPcapNG || after.DamageCount > 0 {
			t.Errorf("%s: format %s, damage %v", name, after.Format, after.Damages)
		}
		if !slices.Equal(bares(again, everyFrame), bares(recs, everyFrame)) {
			t.Errorf("%s: the records changed", name)
		}
		if st.Commented+st.Unplaced != before.Packets || after.Comments != before.Comments+2*st.Commented {
			t.Errorf("%s: %+v of %d packets, %d comments", name, st, before.Packets, after.Comments)
		}
		if want := before.Blocks["SPB"]; st.Unplaced != want {
			t.Errorf("%s: %d comments without a place, want %d", name, st.Unplaced, want)
		}
		for _, g := range again {
			text := fmt.Sprintf("frame %d", g.Frame)
			if g.Flags&HasTime != 0 && !bytes.Contains(out, []byte(text)) {
				t.Errorf("%s: no comment %q", name, text)
			}
		}
	}
	long, _, err := selected(t, smallPcap(binary.LittleEndian, 0xa1b2c3d4), Selection{Comments: func(uint64) []string { return []string{strings.Repeat("x", 100_000)} }})
	if _, info := mustRead(t, long); err != nil || info.Comments != 6 || info.DamageCount > 0 {
		t.Errorf("long comments: %v, %d of them, damage %v", err, info.Comments, info.Damages)
	}
}

// A file that is cut keeps what is whole; one that is damaged inside has to be
// rebuilt.
func TestSelectionOfBadFiles(t *testing.T) {
	for name, b := range smallFiles() {
		if name == "empty pcap" || name == "pcap with FCS" {
			continue
		}
		for _, cut := range []int{1, 5, 9} {
			short := b[:len(b)-cut]
			recs, _ := mustRead(t, short)
			out, _, err := selected(t, short, Selection{Comments: func(uint64) []string { return []string{"c"} }})
			if err != nil {
				t.Fatalf("%s cut by %d: %v", name, cut, err)
			}
			if again, _ := mustRead(t, out); !slices.Equal(bares(again, everyFrame), bares(recs, everyFrame)) {
				t.Errorf("%s cut by %d: %d records of %d", name, cut, len(again), len(recs))
			}
		}
	}
	var f file
	f.o = binary.LittleEndian
	f.shb(1, 0).idb(1, 0, nil)
	for i := range 50 {
		f.epb(0, uint64(1700000000_000000+i), 60, 60, nil)
	}
	b := f.Bytes()
	copy(b[len(b)/2:], bytes.Repeat([]byte{0xee}, 100))
	recs, info := mustRead(t, b)
	if info.DamageCount == 0 || len(recs) < 40 {
		t.Fatalf("no case: %d records, damage %v", len(recs), info.Damages)
	}
	if _, _, err := selected(t, b, Selection{}); !errors.Is(err, ErrDamaged) {
		t.Errorf("damage inside: %v", err)
	}
	out, _, err := selected(t, b, Selection{Rebuild: true})
	if err != nil {
		t.Fatal(err)
	}
	again, after := mustRead(t, out)
	if after.DamageCount > 0 || len(again) != len(recs) {
		t.Errorf("rebuilt: %d records of %d, damage %v", len(again), len(recs), after.Damages)
	}
}

// Any bytes: no panic, and what comes out can be read.
func FuzzSelection(f *testing.F) {
	for _, b := range smallFiles() {
		f.Add(b, uint64(2), false)
		f.Add(b, uint64(1), true)
	}
	f.Fuzz(func(t *testing.T, b []byte, every uint64, rebuilt bool) {
		every = max(every, 1)
		out, _, err := selected(t, b, Selection{Rebuild: rebuilt, Keep: func(n uint64) bool { return n%every == 0 },
			Comments: func(n uint64) []string { return []string{"comment"} }})
		if err != nil {
			return
		}
		recs, info, _ := readAll(t, bytes.NewReader(b), Options{})
		again, _, err := readAll(t, bytes.NewReader(out), Options{})
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if info.DamageCount > 0 && !rebuilt {
			return // the reader resynchronises, the copy stops at a cut end
		}
		if want := len(bares(recs, func(n uint64) bool { return n%every == 0 })); len(again) != want {
			t.Fatalf("%d records, want %d", len(again), want)
		}
	})
}

// tshark reads what was written: the same frames, each with its comments.
func TestPeersComments(t *testing.T) {
	if os.Getenv("PCAPTRIAGE_PEERS") == "" {
		t.Skip("make test-peers")
	}
	for name, b := range smallFiles() {
		if strings.HasPrefix(name, "empty") {
			continue
		}
		out, _, err := selected(t, b, Selection{Comments: func(frame uint64) []string {
			if frame%2 == 0 {
				return nil
			}
			return []string{fmt.Sprintf("this is %d", frame), "second"}
		}})
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "out.pcapng")
		if err := os.WriteFile(file, out, 0o666); err != nil {
			t.Fatal(err)
		}
		text, err := exec.Command("tshark", "-r", file, "-T", "fields", "-e", "frame.number", "-e", "frame.comment").Output()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		seen := 0
		for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
			number, comment, _ := strings.Cut(line, "\t")
			n, err := strconv.Atoi(number)
			if err != nil {
				t.Fatalf("%s: %q", name, line)
			}
			if strings.Contains(comment, "this is") {
				seen++
				if !strings.Contains(comment, fmt.Sprintf("this is %d,second", n)) {
					t.Errorf("%s: frame %d has the comment %q", name, n, comment)
				}
			}
		}
		if seen < 1 {
			t.Errorf("%s: no comments in\n%s", name, text)
		}
	}
}
