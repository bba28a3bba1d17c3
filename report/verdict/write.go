package verdict

import (
	"fmt"
	"io"
)

// Formats lists the formats that Write knows.
func Formats() []string { return []string{"text", "json", "junit", "sarif", "markdown"} }

// Write writes a verdict in a format.
func Write(w io.Writer, format string, v *Verdict, opt TextOptions) error {
	switch format {
	case "text":
		return WriteText(w, v, opt)
	case "json":
		return WriteJSON(w, v)
	case "junit":
		return WriteJUnit(w, v)
	case "sarif":
		return WriteSARIF(w, v)
	case "markdown":
		return WriteMarkdown(w, v)
	}
	return fmt.Errorf("unknown format %q", format)
}
