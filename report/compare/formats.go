package compare

import (
	"fmt"
	"io"

	"pcaptriage/report"
)

// Formats lists the formats that Write knows.
func Formats() []string { return []string{"text", "json", "csv", "markdown"} }

// Write writes a comparison in a format. tool is the one that compared, percent
// that of Regressions, below 0 when nobody asked.
func Write(w io.Writer, format string, c *Comparison, tool report.Tool, percent float64, opt report.Options) error {
	switch format {
	case "text":
		return WriteText(w, c, percent, opt)
	case "json":
		return WriteJSON(w, c, tool, percent)
	case "csv":
		return WriteCSV(w, c)
	case "markdown":
		return WriteMarkdown(w, c, percent, opt)
	}
	return fmt.Errorf("unknown format %q", format)
}
