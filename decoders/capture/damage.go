package capture

import (
	"errors"
	"fmt"
	"io"
)

// maxDamages bounds Info.Damages; further ones are only counted.
const maxDamages = 64

// String gives the damage in one line: file, frame, offset, reason.
func (d Damage) String() string {
	s := fmt.Sprintf("%s: frame %d, offset %d: %s", d.Name, d.Frame, d.Offset, d.Reason)
	switch {
	case d.Fatal:
		s += "; nothing after it could be read"
	case d.Skip > 0:
		s += fmt.Sprintf("; %d bytes skipped", d.Skip)
	}
	return s
}

// Error is String, so that a Damage can be wrapped as an error.
func (d Damage) Error() string { return d.String() }

// damage records that something is wrong at offset off of the decompressed
// stream, and returns where it is kept so that its outcome can be added later.
// Past maxDamages a throw-away is returned.
func (in *Info) damage(off int64, format string, args ...any) *Damage {
	in.DamageCount++
	if len(in.Damages) >= maxDamages {
		return &in.overflow
	}
	if in.Damages == nil {
		in.Damages = make([]Damage, 0, maxDamages) // pointers into it stay good
	}
	in.Damages = append(in.Damages, Damage{
		Name: in.Name, Frame: in.Frames, Offset: off, Reason: fmt.Sprintf(format, args...),
	})
	return &in.Damages[len(in.Damages)-1]
}

// endedEarly records that the file stops inside something.
func (in *Info) endedEarly(off int64, format string, args ...any) {
	in.EndedEarly = true
	in.cut = in.damage(off, format, args...)
}

// brokenStream records that the compressed stream is damaged or cut at byte raw
// of the file. When that also cut a record, it is told once, by its cause.
func (in *Info) brokenStream(err error, raw int64) {
	reason := fmt.Sprintf("%s data is damaged near byte %d of the compressed file: %v", in.Compression, raw, err)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		in.EndedEarly = true
		reason = fmt.Sprintf("%s data is cut short at byte %d of the compressed file", in.Compression, raw)
	}
	if in.cut == nil {
		in.cut = in.damage(in.FileBytes, "")
	}
	in.cut.Reason = reason
	in.cut.Fatal = !errors.Is(err, io.ErrUnexpectedEOF)
}

// skipped adds n passed-over bytes to d and to the total.
func (in *Info) skipped(d *Damage, n int64) {
	d.Skip += n
	in.BytesSkipped += n
}
