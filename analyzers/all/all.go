// Package all is the list of analyzers: an analyzer is its directory plus one
// line here.
package all

import (
	"pcaptriage/analyzers"
	"pcaptriage/analyzers/connect"
	"pcaptriage/analyzers/fragneeded"
	"pcaptriage/analyzers/gsmmap"
	"pcaptriage/analyzers/keepalive"
	"pcaptriage/analyzers/linktype"
	"pcaptriage/analyzers/ssh"
)

// Analyzers returns every analyzer, in the order of the report.
func Analyzers() []*analyzers.Analyzer {
	return []*analyzers.Analyzer{
		connect.Analyzer,
		fragneeded.Analyzer,
		gsmmap.Analyzer,
		keepalive.Analyzer,
		linktype.Analyzer,
		ssh.Analyzer,
	}
}
