package capture

// Format names a capture file format.
type Format string

// The formats that the reader understands.
const (
	FormatPcap         Format = "pcap"          // 0xa1b2c3d4
	FormatPcapNS       Format = "pcap-ns"       // 0xa1b23c4d
	FormatPcapModified Format = "pcap-modified" // 0xa1b2cd34, Kuznetzov's patch
	FormatPcapNG       Format = "pcapng"
	FormatSnoop        Format = "snoop" // RFC 1761
)

// Info is what is known about a capture file. It grows while the file is read
// and is complete once Next has returned an error.
type Info struct {
	Name        string // as the user named it; "-" is standard input
	Format      Format
	Compression string // none, gzip, zstd, lz4, xz, bzip2
	BigEndian   bool   // byte order of the (first) section
	// Version is the file's major.minor version.
	VersionMajor, VersionMinor uint16
	Sections                   int // pcapng sections; 1 for the other formats

	// Packets counts packet records, as capinfos does. Frames counts records
	// that Wireshark numbers, which adds pcapng custom and systemd journal
	// blocks.
	Packets, Frames uint64
	// Bytes is the sum of the packets' lengths on the wire.
	Bytes uint64
	// FileBytes is the number of decompressed bytes read so far.
	FileBytes int64

	// FirstTime and LastTime are the smallest and largest timestamps, valid if
	// HasTime.
	FirstTime, LastTime int64
	HasTime             bool
	// OutOfOrder counts records whose time lies before the largest one so far.
	OutOfOrder uint64
	// SnapCut counts records with fewer bytes than were on the wire.
	SnapCut uint64

	Interfaces []Interface
	// Blocks counts pcapng blocks by type name (SHB, IDB, EPB, ...).
	Blocks map[string]uint64
	// Comments counts the comments in the file's options (file, interface, packet).
	Comments uint64

	// BytesSkipped counts bytes passed over to resynchronise after damage.
	BytesSkipped int64
	// EndedEarly: the file stops inside a header, record or block.
	EndedEarly bool
	// Damages lists what was wrong, at most maxDamages of them; DamageCount is
	// their true number.
	Damages     []Damage
	DamageCount uint64

	fields   []linkField // by interface: where its link type is stated
	overflow Damage      // takes what is written to damages past maxDamages
	cut      *Damage     // the one that tells where the file stops too early
}

// Interface is one capture interface: a pcapng interface description block, or
// the file header of the other formats.
type Interface struct {
	LinkType    uint16 // LINKTYPE_ value, upper bits removed
	LinkTypeRaw uint32 // the header field whole (pcap: FCS length and other upper bits)
	Section     int    // from 0
	SnapLen     uint32 // 0: no limit stated
	Name        string // if_name
	Description string // if_description
	OS          string // if_os
	Filter      string // if_filter, when it is a text
	TSResol     uint8  // if_tsresol byte as stored (draft 4.2); 6 when absent
	TSOffset    int64  // if_tsoffset in seconds
	Packets     uint64
	// FirstTime is the interface's first timestamp, valid if HasTime.
	FirstTime int64
	HasTime   bool
	// Dropped is what the capture itself says was lost (isb_ifdrop, isb_osdrop,
	// epb_dropcount, snoop's cumulative drops); valid if HasDrops.
	Dropped  uint64
	HasDrops bool
}

// Damage is one thing that was wrong with a capture file.
type Damage struct {
	Name   string // file
	Frame  uint64 // the last frame read before the damage, 0 if none
	Offset int64  // offset in the decompressed stream
	Reason string // lower case, no trailing full stop
	Skip   int64  // bytes passed over because of it
	Fatal  bool   // nothing after it could be read
}
