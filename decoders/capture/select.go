package capture

import (
	"fmt"
	"io"
)

// Selection says which records of a capture are written, and with which
// comments.
type Selection struct {
	// Keep says whether a frame is wanted; nil: all are.
	Keep func(frame uint64) bool
	// Comments are those to add to a frame, in UTF-8; nil: none. A capture
	// that gets comments is written as pcapng.
	Comments func(frame uint64) []string
	// Rebuild writes a new pcapng file of the records alone, as for formats that
	// hold no comments. A damaged file cannot be copied otherwise.
	Rebuild bool
}

// SelectionStats counts what became of the records.
type SelectionStats struct {
	Frames uint64 // written
	// Commented frames, and those of which the block has no place for a comment
	// (simple packet blocks).
	Commented, Unplaced uint64
}

// WriteSelection writes the capture file called name to dst with only the frames
// selected, and comments on some of them. The frames' bytes, times and lengths
// stay as they are. pcapng keeps its other blocks too: interfaces, statistics,
// names, secrets, comments, unknown ones; only the length of a section, which no
// longer holds, is given as unknown (draft 4.1). pcap stays pcap unless there are
// comments; snoop becomes pcapng. A file that is damaged other than by a cut end
// is ErrDamaged unless Rebuild is set.
func WriteSelection(dst io.Writer, name string, sel Selection) (SelectionStats, error) {
	if sel.Keep == nil {
		sel.Keep = func(uint64) bool { return true }
	}
	comments := sel.Comments
	if comments == nil {
		sel.Comments = func(uint64) []string { return nil }
	}
	r, err := Open(name, Options{})
	if err != nil {
		return SelectionStats{}, err
	}
	defer r.Close()
	switch f := r.Info().Format; {
	case sel.Rebuild || f == FormatSnoop || f != FormatPcapNG && comments != nil:
		return rebuild(dst, r, sel)
	case f == FormatPcapNG:
		return selectBlocks(dst, name, sel)
	}
	return selectRecords(dst, name, r, sel)
}

// selectRecords copies the header and the wanted records of a pcap file.
func selectRecords(dst io.Writer, name string, r *Reader, sel Selection) (st SelectionStats, err error) {
	head := r.parser.(*pcapParser).recLen
	headed := false
	err = r.Each(func(s *Slab, rec *Record) error {
		if !headed { // all before the first record
			headed = true
			if err := copyHead(dst, name, s.BufOffset+int64(rec.Off)-int64(head)); err != nil {
				return err
			}
		}
		if !sel.Keep(s.FrameNumber(rec)) {
			return nil
		}
		st.Frames++
		_, err := dst.Write(s.Buf[int(rec.Off)-head : rec.Off+rec.Len])
		return err
	})
	if err == nil && !headed {
		if r.Info().FileBytes < pcapHeaderLen {
			return st, fmt.Errorf("%w: %s: no whole file header", ErrDamaged, name)
		}
		err = copyHead(dst, name, pcapHeaderLen)
	}
	if err != nil {
		return st, err
	}
	return st, cutOnly(r.Info())
}

// copyHead copies the first n bytes of a file.
func copyHead(dst io.Writer, name string, n int64) error {
	if n > pcapHeaderLen+4 {
		return fmt.Errorf("%w: %s: no record behind the file header", ErrDamaged, name)
	}
	raw, err := OpenStream(name)
	if err != nil {
		return err
	}
	defer raw.Close()
	_, err = io.CopyN(dst, raw, n)
	return err
}

// cutOnly is ErrDamaged for a file that has other damage than a cut end.
func cutOnly(info *Info) error {
	cut := info.EndedEarly && info.cut != nil
	if n := info.DamageCount; n > 1 || n == 1 && !cut {
		return fmt.Errorf("%w: %s", ErrDamaged, info.Damages[0])
	}
	return nil
}
