// Package engine runs analyzers over captures: it reads slabs of records,
// dispatches each packet to the virtual shard of its flow, lets workers decode
// and track and feed the analyzers' flow parts, merges the shards' events in
// frame order for the correlators, and at the end merges results in shard
// order. It is the only package with goroutines. What it computes does not
// depend on the number of workers, the slab size or the sweep interval.
package engine

import (
	"pcaptriage/analyzers"
	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/flow"
)

// Shards is the constant number of virtual shards. Results are merged in the
// order of shards, so it must not depend on the machine.
const Shards = 16

// Options of a run.
type Options struct {
	Analyzers []*analyzers.Analyzer
	// Set holds analyzer options by "analyzer.option", values as typed by the user.
	Set map[string]string
	// Filter is an expression in pcap-filter syntax (see decoders/filter); only
	// packets that it lets pass are analyzed. Frame numbers stay those of the file.
	Filter string
	// TrustLinkType reads every interface as the file declares it; otherwise one
	// that is mislabelled is read as what its packets are (see decoders/linkscore).
	TrustLinkType bool
	// Workers is the number of goroutines that decode and analyze; 0: one more than
	// GOMAXPROCS.
	Workers int
	// SlabSize is the read block in bytes; 0: capture's default.
	SlabSize int
	// SweepSlabs is the number of slabs between two expiry sweeps; 0: default.
	SweepSlabs int
	// MaxMemory bounds flow tables, reassembly and the like, in bytes; 0: default.
	MaxMemory int64
	// Flow overrides the flow table's limits when not nil (tests).
	Flow *flow.Config
	// Open opens an input; nil: capture.Open (tests read from memory).
	Open func(name string, opt capture.Options) (*capture.Reader, error)
	// Progress, when not nil, is called from the reading goroutine now and then
	// with what has been read so far of the given input.
	Progress func(Progress)
}

// Progress is how far a run has come.
type Progress struct {
	File    int // index in the series
	Name    string
	Bytes   int64 // of the file as stored (compressed bytes when compressed), as far as known
	Size    int64 // of the file; 0 when unknown (a pipe)
	Packets uint64
}

// Result is what one run over one capture, or over the files of one series, gives.
type Result struct {
	analyzers.Capture
	// Files describes what was read, one an input in the order read.
	Files []*capture.Info
	// Err is the I/O error that ended the reading of the last file, nil at a
	// normal end. Damage inside a file is in Files[i].Damages.
	Err error
}
