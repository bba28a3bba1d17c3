package capture

// Record is one packet record of a capture file.
//
// It holds no pointer: the captured bytes live in the slab that delivered the
// record and are reached with Slab.Data. A slab's records therefore stay
// valid exactly as long as the slab does (see Slab.Release).
type Record struct {
	// Time is the record's timestamp in ns since 1970-01-01 UTC. It is valid
	// only if Flags has HasTime (a pcapng simple packet block has none, and
	// times outside int64 nanoseconds are not representable).
	Time int64
	// Off and Len locate the captured bytes inside Slab.Buf.
	Off, Len uint32
	// Orig is the length of the packet on the wire, in bytes, as the file
	// states it. It is at least Len except in damaged files, where Flags has
	// BadOrig.
	Orig uint32
	// Frame is the record's Wireshark frame number less Slab.FrameBase.
	Frame uint32
	// Iface indexes Reader.Interfaces. Indices run on across the sections of a
	// pcapng file, so that one index always means one interface description.
	Iface uint32
	// Flags is a set of the record flags below.
	Flags RecordFlags
}

// RecordFlags says which fields of a Record are valid and what was odd about it.
type RecordFlags uint32

const (
	// HasTime: Record.Time is valid.
	HasTime RecordFlags = 1 << iota
	// SnapCut: fewer bytes were captured than were on the wire.
	SnapCut
	// BadOrig: the file claims caplen > origlen; Orig was raised to Len.
	BadOrig
	// AfterGap: bytes were skipped between the previous record and this one
	// (the reader resynchronised after damage).
	AfterGap
)

// Slab is a block of file bytes with the records found in it.
//
// The reader hands a slab out with one reference held by the receiver. Whoever
// passes it on to n more owners calls Retain(n) first; every owner calls
// Release when it no longer touches Buf, Recs or any slice of them. After the
// last Release the reader reuses the memory.
type Slab struct {
	// Buf is the memory that the records' Off and Len refer to.
	Buf []byte
	// Recs are the records in file order.
	Recs []Record
	// FrameBase is added to Record.Frame to get the Wireshark frame number,
	// counted from 1.
	FrameBase uint64
	// BufOffset is the offset of Buf[0] in the (decompressed) file, so that
	// BufOffset+Rec.Off is the file offset of a packet's first byte.
	BufOffset int64

	slabState // owner: the reader (reference count, pool link)
}

// Data returns the captured bytes of record i, borrowed until Release.
func (s *Slab) Data(r *Record) []byte {
	end := r.Off + r.Len
	return s.Buf[r.Off:end:end]
}

// FrameNumber returns the Wireshark frame number of r, counted from 1.
func (s *Slab) FrameNumber(r *Record) uint64 { return s.FrameBase + uint64(r.Frame) }
