package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// isTerminal says whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// mayColour says whether a stream takes colours: a terminal that can, and
// nobody has objected (https://no-color.org).
func mayColour(w io.Writer, noColour bool) bool {
	return !noColour && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(w)
}

const (
	widest    = 100 // columns of the text report: what a ticket shows without scrolling
	narrowest = 60
)

// columns is the width that text on a stream may take.
func columns(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return max(narrowest, min(n, widest))
		}
	}
	return widest
}
