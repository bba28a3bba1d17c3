package analyzertest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/analyzers/engine"
	"pcaptriage/decoders/capture"
)

// File is a capture in memory: records of one link type, for tests that change
// what a capture holds, or make one.
type File struct {
	Link    uint16 // LINKTYPE_ value
	Records []Record
}

// Record is one packet of a File.
type Record struct {
	Time int64  // ns since 1970
	Wire uint32 // length on the wire, at least len(Data)
	Data []byte // as captured; may be shared with other files, so replaced, not changed
}

// ReadFile reads a capture. ok is false when it has several interfaces, or
// records without a time: those are not the business of these tests.
func ReadFile(t testing.TB, name string) (f *File, ok bool) {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := capture.NewReader(bytes.NewReader(raw), name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f = &File{}
	for {
		slab, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range slab.Recs {
			rec := &slab.Recs[i]
			if rec.Flags&capture.HasTime == 0 {
				return nil, false
			}
			f.Records = append(f.Records, Record{rec.Time, rec.Orig, bytes.Clone(slab.Data(rec))})
		}
		slab.Release()
	}
	if len(r.Info().Interfaces) != 1 {
		return nil, false
	}
	f.Link = r.Info().Interfaces[0].LinkType
	return f, true
}

// Bytes is the capture as a pcap file with nanoseconds.
func (f *File) Bytes() []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0xa1b23c4d)
	b = le.AppendUint16(b, 2)
	b = le.AppendUint16(b, 4)
	b = append(b, make([]byte, 8)...)
	b = le.AppendUint32(b, 262144)
	b = le.AppendUint32(b, uint32(f.Link))
	for _, r := range f.Records {
		b = le.AppendUint32(b, uint32(r.Time/1e9))
		b = le.AppendUint32(b, uint32(r.Time%1e9))
		b = le.AppendUint32(b, uint32(len(r.Data)))
		b = le.AppendUint32(b, r.Wire)
		b = append(b, r.Data...)
	}
	return b
}

// Analyze runs analyzers on a capture held in memory, with opt's other fields as
// they are, and fails the test when a part fails.
func Analyze(t testing.TB, name string, data []byte, opt engine.Options) *engine.Result {
	t.Helper()
	return sound(t, name, run(t, name, data, opt))
}

// AnalyzeFile is Analyze for a capture on disk.
func AnalyzeFile(t testing.TB, name string, opt engine.Options) *engine.Result {
	t.Helper()
	res, err := engine.Run(context.Background(), []string{name}, opt)
	if err != nil {
		t.Fatal(err)
	}
	return sound(t, name, res)
}

// sound fails the test when a part failed.
func sound(t testing.TB, name string, res *engine.Result) *engine.Result {
	t.Helper()
	for _, r := range res.Results {
		if r.Failed {
			t.Fatalf("%s: %s", name, r.Failure)
		}
	}
	if len(res.Internal) > 0 {
		t.Fatalf("%s: %v", name, res.Internal)
	}
	return res
}

// SeverityOf is a finding's severity, the rule's where it states none.
func SeverityOf(list []*analyzers.Analyzer, f *analyzers.Finding) analyzers.Severity {
	if f.Severity != analyzers.SeverityDefault {
		return f.Severity
	}
	for _, a := range list {
		for i := range a.Rules {
			if a.Rules[i].Code == f.Rule {
				return a.Rules[i].Severity
			}
		}
	}
	return analyzers.SeverityDefault
}
