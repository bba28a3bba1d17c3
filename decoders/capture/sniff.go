package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// fileKind is what the magic bytes say.
type fileKind uint8

const (
	kindOther fileKind = iota
	kindPcapFile
	kindPcapNG
	kindSnoop
	kindKnown // a known format that is not read
)

// IsCapture says whether the file called name begins, behind compression if any,
// like a capture that Open reads. It reads no more than the beginning. An error
// means that the file could not be read.
func IsCapture(name string) (bool, error) {
	f, err := openFile(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	r, err := NewReader(f, name, Options{})
	switch {
	case err == nil:
		return true, r.Close()
	case errors.Is(err, ErrNotCapture), errors.Is(err, ErrUnsupported):
		return false, nil
	}
	return false, err
}

func sniffCompression(head []byte) compression {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return gzipped
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return zstandard
	case len(head) >= 4 && binary.LittleEndian.Uint32(head)&^0xf == 0x184d2a50:
		return skippable(head)
	case bytes.HasPrefix(head, []byte{0x04, 0x22, 0x4d, 0x18}), bytes.HasPrefix(head, []byte{0x02, 0x21, 0x4c, 0x18}):
		return lz4Frame
	case bytes.HasPrefix(head, []byte{0xfd, '7', 'z', 'X', 'Z', 0}):
		return xzStream
	case len(head) >= 10 && bytes.HasPrefix(head, []byte("BZh")) && head[3] >= '1' && head[3] <= '9' &&
		(bytes.Equal(head[4:10], []byte{0x31, 0x41, 0x59, 0x26, 0x53, 0x59}) ||
			bytes.Equal(head[4:10], []byte{0x17, 0x72, 0x45, 0x38, 0x50, 0x90})):
		return bzip2ed
	}
	return noCompression
}

// skippable looks behind a skippable frame, which zstd and lz4 share.
func skippable(head []byte) compression {
	if len(head) >= 8 {
		if n := uint64(binary.LittleEndian.Uint32(head[4:])) + 8; n < uint64(len(head)) {
			if c := sniffCompression(head[n:]); c == lz4Frame {
				return c
			}
		}
	}
	return zstandard
}

// sniffFormat tells the format of a file by its beginning, and, when it is not
// one that is read, what it is in words.
func sniffFormat(head []byte) (fileKind, string) {
	if len(head) == 0 {
		return kindOther, "it is empty"
	}
	if len(head) >= 4 {
		if isPcapMagic(binary.LittleEndian.Uint32(head)) || isPcapMagic(binary.BigEndian.Uint32(head)) {
			return kindPcapFile, ""
		}
		if binary.LittleEndian.Uint32(head) == blockSHB {
			if len(head) < 12 {
				return kindPcapNG, "" // cut; the parser says so
			}
			if m := head[8:12]; binary.LittleEndian.Uint32(m) == byteOrderMagic || binary.BigEndian.Uint32(m) == byteOrderMagic {
				return kindPcapNG, ""
			}
		}
	}
	if bytes.HasPrefix(head, []byte(snoopMagic)) {
		return kindSnoop, ""
	}
	for _, m := range knownMagics {
		if len(head) >= m.at && bytes.HasPrefix(head[m.at:], []byte(m.magic)) {
			return kindKnown, m.name
		}
	}
	switch {
	case isLANalyzer(head):
		return kindKnown, "novell lanalyzer"
	case isNetScreen(head):
		return kindKnown, "netscreen snoop text"
	case isText(head):
		return kindOther, "it is text"
	case isERF(head):
		return kindKnown, "endace erf"
	}
	return kindOther, fmt.Sprintf("unknown magic bytes % x", head[:min(len(head), 4)])
}

// knownMagics are formats that are named but not read (wiretap's file_access.c
// and the formats' own documents).
var knownMagics = []struct {
	at          int
	magic, name string
}{
	{0, "RTSS", "microsoft network monitor 1"},
	{0, "GMBU", "microsoft network monitor 2"},
	{0, "TRSNIFF data    \x1a", "network general sniffer"},
	{0, "XCP\x00", "sniffer for windows (netxray)"},
	{0, "VL\x00\x00", "netxray 1"},
	{0, "\x7fver", "wildpackets etherpeek"},
	{0, "ObserverPktBuffe", "network instruments observer"},
	{0, "btsnoop\x00", "btsnoop"},
	{0, "iptrace 1.0", "aix iptrace"},
	{0, "iptrace 2.0", "aix iptrace"},
	{0, "\x05VNF", "visual networks"},
	{0, "\xaa\xaa\xaa\xaa", "accellent 5views"},
	{0, "\x54\x52\x00\x64\x00", "hp-ux nettl"},
	{0, "\x00\x00\x02\x00\x12\x05\x00\x10", "tektronix k12"},
	{0, "Session Transcript", "catapult dct2000"},
	{0, "\xd4\x52\x7f\x45", "daintree sna"},
	{0, "ASNIFR", "network associates sniffer"},
	{0, "PK\x03\x04", "zip archive"},
	{0, "7z\xbc\xaf\x27\x1c", "7z archive"},
	{0, "Rar!\x1a\x07", "rar archive"},
	{0, "MSCF", "cabinet archive"},
	{0, "\x1f\x9d", "compress (.Z)"},
	{0, "\x1f\xa0", "compress (lzh)"},
	{0, "\x1f\x1e", "pack (.z)"},
	{0, "LZIP", "lzip"},
	{0, "\x89LZO\x00", "lzop"},
	{0, "\x5d\x00\x00\x80\x00", "lzma"},
	{0, "\xff\x06\x00\x00sNaPpY", "snappy"},
	{257, "ustar", "tar archive"},
}

// isText says whether the beginning of a file holds nothing but text.
func isText(head []byte) bool {
	for _, c := range head[:min(len(head), 512)] {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b || c == 0x7f {
			return false
		}
	}
	return true
}

// isLANalyzer: a record of type 0x1001 or 0x1007 with a small length.
func isLANalyzer(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	typ, n := binary.LittleEndian.Uint16(head), binary.LittleEndian.Uint16(head[2:])
	return (typ == 0x1001 || typ == 0x1007) && n > 0 && n < 512
}

// isNetScreen: one of the first lines is like "12.0: ethernet1(i) len=98:".
func isNetScreen(head []byte) bool {
	lines := bytes.SplitN(head[:min(len(head), 4096)], []byte("\n"), 21)
	for _, l := range lines {
		if i := bytes.Index(l, []byte(") len=")); i >= 2 && (l[i-1] == 'i' || l[i-1] == 'o') && l[i-2] == '(' {
			return true
		}
	}
	return false
}

// isERF: three records in a row, or all there are, have a known type, a length
// that holds their header, and times that do not run back by much. The format
// has no magic number.
func isERF(head []byte) bool {
	const header = 16
	var prev uint64
	for i := range 3 {
		if len(head) < header {
			return i > 0 && len(head) == 0
		}
		ts := binary.LittleEndian.Uint64(head)
		typ, n := head[8]&0x7f, int(binary.BigEndian.Uint16(head[10:]))
		if typ == 0 || typ > 48 || n < header || ts>>32 == 0 {
			return false
		}
		if d := int64(ts>>32) - int64(prev>>32); i > 0 && (d < -3600 || d > 7*86400) {
			return false
		}
		prev = ts
		if n > len(head) {
			return i > 0
		}
		head = head[n:]
	}
	return true
}
