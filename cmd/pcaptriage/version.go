package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"pcaptriage/report"
)

// Set by -ldflags "-X main.version=... -X main.commit=..."; otherwise taken
// from what the go command has written into the binary.
var version, commit string

// build says what this binary was made from.
func build() (v, c string) {
	v, c = version, commit
	info, ok := debug.ReadBuildInfo()
	if ok && v == "" && info.Main.Version != "" && info.Main.Version != "(devel)" {
		v = info.Main.Version
	}
	if ok && c == "" {
		dirty := false
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				c = s.Value
			case "vcs.modified":
				dirty = s.Value == "true"
			}
		}
		if c != "" && dirty {
			c += " (modified)"
		}
	}
	if v == "" {
		v = "devel"
	}
	return v, c
}

// tool names the program in reports.
func tool() report.Tool {
	v, _ := build()
	return report.Tool{Name: "pcaptriage", Version: v}
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Prints version, commit and Go version",
		Example: "  pcaptriage version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v, c := build()
			if c == "" {
				c = "unknown"
			}
			return a.print(fmt.Sprintf("pcaptriage %s\ncommit %s\n%s %s/%s\n", v, c, runtime.Version(), runtime.GOOS, runtime.GOARCH))
		},
	}
}

// print writes to standard output.
func (a *app) print(s string) error {
	if _, err := fmt.Fprint(a.stdout, s); err != nil {
		return outputFailure("to standard output", err)
	}
	return nil
}
