package report

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"

	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/link"
)

// InfoReport says what is in capture files (schema/info-v1.schema.json).
type InfoReport struct {
	SchemaVersion int     `json:"schema_version"`
	Tool          Tool    `json:"tool"`
	Files         []*Info `json:"files"`
}

// Info describes one file. What is null in an unreadable one is a pointer.
type Info struct {
	Path               string            `json:"path"`
	Format             *string           `json:"format"`
	Compression        *string           `json:"compression"`
	ByteOrder          *string           `json:"byte_order"`
	Version            *string           `json:"version"`
	Sections           *uint64           `json:"sections"`
	Interfaces         []InfoInterface   `json:"interfaces"`
	Packets            *uint64           `json:"packets"`
	Frames             *uint64           `json:"frames"`
	Bytes              *uint64           `json:"bytes"`
	FileBytes          *uint64           `json:"file_bytes"`
	FirstTime          Time              `json:"first_time"`
	LastTime           Time              `json:"last_time"`
	OutOfOrder         uint64            `json:"out_of_order"`
	TruncatedBySnaplen uint64            `json:"truncated_by_snaplen"`
	Comments           uint64            `json:"comments"`
	Blocks             map[string]uint64 `json:"blocks"`
	Drops              *uint64           `json:"drops"`
	BytesSkipped       uint64            `json:"bytes_skipped"`
	EndedEarly         bool              `json:"ended_early"`
	Interrupted        bool              `json:"interrupted"`
	Damages            []string          `json:"damages"`
	DamageCount        uint64            `json:"damage_count"`
	Error              string            `json:"error"`
}

// InfoInterface describes one capture interface.
type InfoInterface struct {
	Interface   int      `json:"interface"`
	LinkType    uint16   `json:"linktype"`
	Name        string   `json:"name"`
	Decoded     string   `json:"decoded"`
	IfName      string   `json:"if_name,omitempty"`
	Description string   `json:"description,omitempty"`
	OS          string   `json:"os,omitempty"`
	Filter      string   `json:"filter,omitempty"`
	Section     int      `json:"section"`
	SnapLen     uint32   `json:"snaplen"`
	Resolution  *float64 `json:"resolution_ns"` // null: not representable
	Packets     uint64   `json:"packets"`
	FirstTime   Time     `json:"first_time"`
	Drops       *uint64  `json:"drops"`
}

// NewInfo describes a file. info is nil when nothing could be read, and err
// says why; with both, err ended the reading.
func NewInfo(path string, info *capture.Info, interrupted bool, err error) *Info {
	out := &Info{Path: Escape(path), Interfaces: []InfoInterface{}, Blocks: map[string]uint64{}, Damages: []string{}, Interrupted: interrupted}
	if err != nil {
		out.Error = Escape(strings.TrimPrefix(err.Error(), path+": "))
	}
	if info == nil {
		return out
	}
	format, order := string(info.Format), "little"
	if info.BigEndian {
		order = "big"
	}
	version := fmt.Sprintf("%d.%d", info.VersionMajor, info.VersionMinor)
	sections, fileBytes := uint64(max(info.Sections, 0)), uint64(max(info.FileBytes, 0))
	compression, packets, frames, wire := info.Compression, info.Packets, info.Frames, info.Bytes
	out.Format, out.Compression, out.ByteOrder, out.Version = &format, &compression, &order, &version
	out.Sections, out.Packets, out.Frames, out.Bytes, out.FileBytes = &sections, &packets, &frames, &wire, &fileBytes
	if info.HasTime {
		out.FirstTime, out.LastTime = At(info.FirstTime), At(info.LastTime)
	}
	out.OutOfOrder, out.TruncatedBySnaplen, out.Comments = info.OutOfOrder, info.SnapCut, info.Comments
	for k, n := range info.Blocks {
		out.Blocks[Escape(k)] = n
	}
	out.BytesSkipped, out.EndedEarly, out.DamageCount = uint64(max(info.BytesSkipped, 0)), info.EndedEarly, info.DamageCount
	for i := range info.Damages {
		out.Damages = append(out.Damages, Escape(info.Damages[i].String()))
	}
	if out.Error == "" && len(out.Damages) > 0 {
		out.Error = out.Damages[0]
	}
	for i := range info.Interfaces {
		out.Interfaces = append(out.Interfaces, infoInterface(i, &info.Interfaces[i]))
		if d := out.Interfaces[i].Drops; d != nil {
			if out.Drops == nil {
				out.Drops = new(uint64)
			}
			*out.Drops += *d
		}
	}
	return out
}

func infoInterface(i int, ifc *capture.Interface) InfoInterface {
	out := InfoInterface{Interface: i, LinkType: ifc.LinkType, Name: link.Name(ifc.LinkType), Decoded: link.Undecoded.String(),
		IfName: Escape(ifc.Name), Description: Escape(ifc.Description), OS: Escape(ifc.OS), Filter: Escape(ifc.Filter),
		Section: ifc.Section, SnapLen: ifc.SnapLen, Packets: ifc.Packets}
	if t, ok := link.Lookup(ifc.LinkType); ok {
		out.Decoded = t.Support.String()
	}
	base, exp := 10.0, float64(ifc.TSResol)
	if ifc.TSResol&0x80 != 0 { // draft-ietf-opsawg-pcapng 4.2: powers of two
		base, exp = 2, float64(ifc.TSResol&0x7f)
	}
	if ns := 1e9 * math.Pow(base, -exp); ns > 0 {
		out.Resolution = &ns
	}
	if ifc.HasTime {
		out.FirstTime = At(ifc.FirstTime)
	}
	if ifc.HasDrops {
		n := ifc.Dropped
		out.Drops = &n
	}
	return out
}

// Health is one word on the state of a file.
func (i *Info) Health() string {
	switch {
	case i.Packets == nil:
		return "not readable"
	case i.Interrupted:
		return "interrupted: not read to its end"
	case i.EndedEarly:
		return "cut short"
	case i.DamageCount > 0:
		return "damaged"
	case i.Error != "":
		return "reading failed"
	}
	return "good"
}

// WriteInfoJSON prints the files as JSON.
func WriteInfoJSON(w io.Writer, tool Tool, files []*Info) error {
	raw, err := marshalPlain(InfoReport{SchemaVersion, tool, files})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	indentJSON(&b, raw, 0)
	b.WriteByte('\n')
	_, err = w.Write(b.Bytes())
	return err
}
