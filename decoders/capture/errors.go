package capture

import "errors"

// ErrNotCapture: the input is empty, text, or anything else without the magic
// number of a capture file.
var ErrNotCapture = errors.New("not a capture file")

// ErrUnsupported: the input is a capture or archive of a known format that the
// reader does not read; the error that wraps it names the format.
var ErrUnsupported = errors.New("unsupported capture format")
