package capture

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// corpus is a collection of public captures that may lie beside the repository.
// It is never required.
func corpus(t testing.TB) string {
	dir := filepath.Join("..", "..", "..", "shared", "pcaps")
	if _, err := os.Stat(filepath.Join(dir, "MANIFEST.tsv")); err != nil {
		t.Skip("no corpus beside the repository")
	}
	return dir
}

// manifest returns the paths of the corpus' captures with the number of packets
// that is stated for them, -1 when none is.
func manifest(t testing.TB) map[string]int64 {
	dir := corpus(t)
	b, err := os.ReadFile(filepath.Join(dir, "MANIFEST.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]int64{}
	for _, line := range strings.Split(string(b), "\n")[1:] {
		f := strings.Split(strings.TrimRight(line, "\r"), "\t")
		if len(f) < 9 {
			continue
		}
		n, err := strconv.ParseInt(f[8], 10, 64)
		if err != nil {
			n = -1
		}
		files[filepath.Join(dir, f[0], f[1])] = n
	}
	return files
}

// drain reads all of a capture, checking what holds of any.
func drain(t testing.TB, r *Reader) *Info {
	t.Helper()
	var packets, frame uint64
	for {
		s, err := r.Next()
		if err != nil {
			if s != nil {
				t.Error("slab with an error")
			}
			if err != io.EOF {
				t.Errorf("%s: %v", r.info.Name, err)
			}
			break
		}
		if len(s.Recs) == 0 {
			t.Error("slab without records")
		}
		for i := range s.Recs {
			rec := &s.Recs[i]
			if n := s.FrameNumber(rec); n <= frame {
				t.Fatalf("%s: frame %d after %d", r.info.Name, n, frame)
			}
			frame = s.FrameNumber(rec)
			if len(s.Data(rec)) != int(rec.Len) || rec.Orig < rec.Len {
				t.Fatalf("%s: bad record %+v", r.info.Name, rec)
			}
			if int(rec.Iface) >= len(r.Info().Interfaces) {
				t.Fatalf("%s: record of interface %d", r.info.Name, rec.Iface)
			}
		}
		packets += uint64(len(s.Recs))
		s.Release()
	}
	in := r.Info()
	if in.Packets != packets || in.Frames < frame || in.Frames < packets {
		t.Errorf("%s: %d records, info says %d packets, %d frames, last frame %d", in.Name, packets, in.Packets, in.Frames, frame)
	}
	return in
}

// TestCorpusManifest compares packet counts with those that were found by tshark
// and by independent decoders. Where a file is damaged, at least what came before
// the damage must be found.
func TestCorpusManifest(t *testing.T) {
	read := 0
	for name, want := range manifest(t) {
		r, err := Open(name, Options{SlabSize: 64 << 10})
		if err != nil {
			if !errors.Is(err, ErrNotCapture) && !errors.Is(err, ErrUnsupported) {
				t.Error(err)
			}
			continue
		}
		in := drain(t, r)
		r.Close()
		read++
		// tshark also counts the blocks that it numbers and that are no packets.
		if want < 0 || in.Packets == uint64(want) || in.Frames == uint64(want) {
			continue
		}
		if in.DamageCount > 0 && in.Packets >= uint64(want) {
			continue
		}
		if strings.HasSuffix(name, "bug-6875-01_fuzz.pcap") {
			continue // wiretap takes this damaged file for Nokia's variant and counts garbage
		}
		t.Errorf("%s: %d packets, %d expected; %v", name, in.Packets, want, in.Damages)
	}
	t.Logf("%d files read", read)
}

// TestCorpusTruth compares packet counts with the TRUTH.json of two areas.
func TestCorpusTruth(t *testing.T) {
	dir := corpus(t)
	for _, area := range []string{"pcapng", "malformed"} {
		b, err := os.ReadFile(filepath.Join(dir, area, "TRUTH.json"))
		if err != nil {
			t.Fatal(err)
		}
		var truth map[string]struct {
			Pkts *uint64
			Rc   int `json:"capinfos_rc"`
			Info struct {
				Blocks map[string]uint64
			}
		}
		if err := json.Unmarshal(b, &truth); err != nil {
			t.Fatal(err)
		}
		for file, want := range truth {
			r, err := Open(filepath.Join(dir, area, file), Options{})
			if err != nil {
				if !errors.Is(err, ErrNotCapture) && !errors.Is(err, ErrUnsupported) {
					t.Error(err)
				}
				continue
			}
			in := drain(t, r)
			r.Close()
			// The truth counts packets with a time: without simple packets.
			var timed uint64
			for _, i := range in.Interfaces {
				timed += i.Packets
			}
			timed -= in.Blocks["SPB"]
			if want.Pkts != nil && timed != *want.Pkts && in.Packets != *want.Pkts && in.DamageCount == 0 && want.Rc == 0 {
				t.Errorf("%s: %d packets (%d with a time), %d expected", file, in.Packets, timed, *want.Pkts)
			}
			if len(want.Info.Blocks) == 0 {
				continue
			}
			for typ, name := range map[string]string{"0x1": "IDB", "0x6": "EPB", "0x3": "SPB", "0xa0d0d0a": "SHB", "0x5": "ISB", "0x4": "NRB", "0xa": "DSB", "0x2": "PB"} {
				if want.Info.Blocks[typ] != in.Blocks[name] && in.DamageCount == 0 {
					t.Errorf("%s: %d blocks of type %s, %d expected", file, in.Blocks[name], name, want.Info.Blocks[typ])
				}
			}
		}
	}
}

// TestPeersCapinfos compares packet counts with capinfos on every file of the
// corpus. It runs only when PCAPTRIAGE_PEERS=1 and capinfos is installed.
func TestPeersCapinfos(t *testing.T) {
	files := manifest(t)
	if _, err := exec.LookPath("capinfos"); err != nil || os.Getenv("PCAPTRIAGE_PEERS") != "1" {
		t.Skip("set PCAPTRIAGE_PEERS=1 and install capinfos")
	}
	after := regexp.MustCompile(`after reading (\d+) packets`)
	same := 0
	for name := range files {
		var msg bytes.Buffer
		cmd := exec.Command("capinfos", "-TrMc", name)
		cmd.Stderr = &msg
		out, err := cmd.Output()
		peer := int64(-1)
		f := strings.Split(strings.TrimSpace(string(out)), "\t")
		if n, perr := strconv.ParseInt(f[len(f)-1], 10, 64); perr == nil {
			peer = n
		} else if m := after.FindStringSubmatch(msg.String()); m != nil {
			peer, _ = strconv.ParseInt(m[1], 10, 64)
		}
		what := strings.ReplaceAll(strings.TrimSpace(msg.String()), name, "")
		r, oerr := Open(name, Options{})
		if oerr != nil {
			if peer >= 0 && !errors.Is(oerr, ErrUnsupported) {
				t.Errorf("not opened (%v), capinfos counts %d", oerr, peer)
			} else {
				same++
			}
			continue
		}
		in := drain(t, r)
		r.Close()
		switch {
		case peer == int64(in.Packets) && (err != nil) == (in.DamageCount > 0):
			same++
		case err != nil:
			t.Logf("%s: %d packets, damages %v; capinfos fails after %d: %.200s", filepath.Base(name), in.Packets, in.Damages, peer, what)
		default:
			t.Errorf("%s: %d packets, damages %v; capinfos %d", filepath.Base(name), in.Packets, in.Damages, peer)
		}
	}
	t.Logf("%d of %d files alike", same, len(files))
}
