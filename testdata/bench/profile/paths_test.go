package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// A profile of this test loses the paths of its sources and of its program, and nothing else.
func TestRewrite(t *testing.T) {
	var cpu bytes.Buffer
	if err := pprof.StartCPUProfile(&cpu); err != nil {
		t.Fatal(err)
	}
	n := 0
	for end := time.Now().Add(50 * time.Millisecond); time.Now().Before(end); {
		n += len(strings.Repeat("x", 1000)) // something to be seen in the profile
	}
	pprof.StopCPUProfile()
	t.Logf("%d bytes", n)
	before := stringsOf(t, cpu.Bytes())
	file := filepath.Join(t.TempDir(), "p.pgo")
	if err := rewrite(&cpu, file); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	after := stringsOf(t, b)
	if len(after) != len(before) {
		t.Fatalf("%d strings of %d", len(after), len(before))
	}
	paths := 0
	for i, s := range before {
		want := s
		if strings.HasPrefix(s, "/") {
			paths++
			want = ""
		}
		if after[i] != want {
			t.Errorf("%q became %q", s, after[i])
		}
	}
	if paths == 0 {
		t.Error("the profile had no path to begin with")
	}
}

// stringsOf are the strings of a compressed profile.
func stringsOf(t *testing.T, b []byte) (list []string) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	p, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	for len(p) > 0 {
		num, kind, tag := protowire.ConsumeTag(p)
		n := protowire.ConsumeFieldValue(num, kind, p[tag:])
		if tag < 0 || n < 0 {
			t.Fatal("not a profile")
		}
		if num == stringTable {
			s, _ := protowire.ConsumeBytes(p[tag:])
			list = append(list, string(s))
		}
		p = p[tag+n:]
	}
	return list
}
