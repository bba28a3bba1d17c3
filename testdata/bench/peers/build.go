package main

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// builder builds programs of this checkout into a folder.
type builder struct {
	ctx context.Context
	dir string
}

// program is a command's path, or why there is none.
type program struct {
	path, version string
	err           error
}

func (b *builder) build(pkg string) program {
	path := filepath.Join(b.dir, strings.ReplaceAll(strings.TrimPrefix(pkg, "./"), "/", "-"))
	out, err := exec.CommandContext(b.ctx, "go", "build", "-o", path, pkg).CombinedOutput()
	if err != nil {
		return program{err: fmt.Errorf("%s is not built: %s", pkg, lastLine(string(out), err))}
	}
	return program{path: path}
}

// subject is the pcaptriage to measure.
func (b *builder) subject(path string) program {
	p := program{path: path}
	if path == "" {
		p = b.build("./cmd/pcaptriage")
	}
	if p.err != nil {
		return p
	}
	p.version = "?"
	if info, err := buildinfo.ReadFile(p.path); err == nil {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision" && len(s.Value) >= 7:
				p.version = s.Value[:7]
			case s.Key == "vcs.modified" && s.Value == "true":
				p.version += "+"
			}
		}
	}
	return p
}

// loop is a PacketSource loop; its version is that of the library.
func (b *builder) loop(pkg, module string) program {
	p := b.build(pkg)
	if p.err != nil {
		return p
	}
	if info, err := buildinfo.ReadFile(p.path); err == nil {
		for _, d := range info.Deps {
			if d.Path == module {
				p.version = strings.TrimPrefix(d.Version, "v")
			}
		}
	}
	return p
}

func lastLine(s string, err error) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return last
	}
	return err.Error()
}
