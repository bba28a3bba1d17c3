package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"

	"google.golang.org/protobuf/encoding/protowire"
)

// rewrite writes a profile to a file, without the paths of the machine on which it was made: of a function the compiler
// looks at the name and the line.
func rewrite(in io.Reader, file string) error {
	z, err := gzip.NewReader(in)
	if err != nil {
		return err
	}
	p, err := io.ReadAll(z)
	if err != nil {
		return err
	}
	if p, err = withoutPaths(p); err != nil {
		return err
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(p); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o666)
}

// stringTable is the number of that field in a profile (perftools.profiles.Profile, profile.proto).
const stringTable = 6

// withoutPaths empties the strings that begin with a slash in a profile.
func withoutPaths(p []byte) (out []byte, err error) {
	for len(p) > 0 {
		num, kind, n := protowire.ConsumeField(p)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		field := p[:n]
		p = p[n:]
		_, _, tag := protowire.ConsumeTag(field)
		if num == stringTable && kind == protowire.BytesType {
			if s, _ := protowire.ConsumeBytes(field[tag:]); len(s) > 0 && s[0] == '/' {
				field = protowire.AppendBytes(field[:tag:tag], nil)
			}
		}
		out = append(out, field...)
	}
	return out, nil
}
