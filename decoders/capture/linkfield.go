package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Where link types stand: in the last word of a pcap file header, and behind
// the type and length of an interface description block (draft 4.2).
const (
	pcapLinkType = 20
	idbLinkType  = 8
)

// linkField is where a file states the link type of an interface: 16 bits. Of
// pcap's 32-bit field these are the low ones; the upper ones tell the length of
// the frame check sequence and the like.
type linkField struct {
	at    int64 // offset in the decompressed file
	big   bool
	fixed string // why it cannot be changed, "" if it can
}

// pcapField is the field of a pcap file; linkType says that it holds a
// LINKTYPE_ value, as it does in all but AIX's files.
func pcapField(big, linkType bool) linkField {
	f := linkField{at: pcapLinkType, big: big}
	if big {
		f.at += 2
	}
	if !linkType {
		f.fixed = "a file of aix states an interface type in place of a link type"
	}
	return f
}

// ErrFixedLinkType: the format has no field that could take another link type.
var ErrFixedLinkType = errors.New("the link type cannot be changed")

// LinkTypeEdit returns the edit of the decompressed file that gives interface
// iface the link type to: two bytes. Its error wraps ErrFixedLinkType.
func (in *Info) LinkTypeEdit(iface int, to uint16) (Edit, error) {
	f := in.fields[iface]
	if f.fixed != "" {
		return Edit{}, fmt.Errorf("%s: %w: %s", in.Name, ErrFixedLinkType, f.fixed)
	}
	put := make([]byte, 2)
	if f.big {
		binary.BigEndian.PutUint16(put, to)
	} else {
		binary.LittleEndian.PutUint16(put, to)
	}
	return Edit{At: f.at, Drop: len(put), Put: put}, nil
}
