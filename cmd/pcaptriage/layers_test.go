package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// The shape of the project as a test. Imports run one way,
// decoders <- analyzers <- report <- cmd, and some things are done in one
// place only. Each ban says why: whoever meets it should be able to judge
// whether the reason still holds.

// importBan forbids packages below from to import packages below to.
type importBan struct {
	from, to string
	except   []string // importing packages that may
	why      string
}

var importBans = []importBan{
	{from: "decoders", to: "analyzers", why: "decoders turn bytes into facts and judge nothing; analyzers change more often"},
	{from: "decoders", to: "report", why: "facts do not depend on how they are printed"},
	{from: "analyzers", to: "report", why: "an analyzer hands over values; words for terminals, CSV and HTML are the renderers'"},
	{from: "decoders", to: "cmd", why: "a library does not know its command line"},
	{from: "analyzers", to: "cmd", why: "a library does not know its command line"},
	{from: "report", to: "cmd", why: "a library does not know its command line"},
	{from: "report", to: "analyzers/engine", why: "a report is made of a result, wherever it came from: tests and merge make their own"},
	{from: "report", to: "analyzers/all", why: "renderers know no single analyzer, so that adding one changes none of them"},
	{from: "analyzers", to: "analyzers/engine", except: []string{"analyzers/engine", "analyzers/analyzertest"},
		why: "an analyzer is called, it does not call; only so can the engine decide about order and goroutines"},
	{from: "analyzers", to: "analyzers/all", except: []string{"analyzers/all"},
		why: "the list names the analyzers; nobody below may need the whole list"},
	{from: "decoders/capture", to: "decoders/flow", why: "reading files needs no flows"},
	{from: "decoders/link", to: "", why: "the table of link types is to be usable from everywhere"},
}

// callBan forbids a call (or a declaration, or a statement) outside some places.
type callBan struct {
	what   string
	except []string // packages, or files with their directory
	why    string
}

var (
	banExit = callBan{"os.Exit", []string{"cmd/pcaptriage/main.go"},
		"only main exits: anywhere else deferred work (temporary files, the report of an interrupted run) would be lost"}
	banInit = callBan{"func init", nil,
		"no registration behind the reader's back: what exists is listed in analyzers/all and in the tables of report"}
	banBlankImport = callBan{"blank import", []string{"report/schema.go"},
		"an import for its side effects is registration by another name (embed has no other form)"}
	banGo = callBan{"go statement", []string{"analyzers/engine", "decoders/capture", "report/together.go"},
		"order is the engine's: a goroutine elsewhere makes output depend on chance (capture decompresses beside reading and waits for pipes, report converts rows each to its place)"}
	banNow = callBan{"time.Now", []string{"cmd/pcaptriage"},
		"the capture's clock is the only one; with the wall clock the same file would give another report tomorrow"}
	banPackageFlags = callBan{"package flag", []string{"analyzers/analyzertest"},
		"flags belong to the verbs in cmd, not to packages (the test kit adds -update to go test's)"}
	banLog = callBan{"package log", nil, "libraries return errors; the command line alone writes to standard error"}
)

const module = "pcaptriage"

// goPackage is what go list says of a package, tests apart.
type goPackage struct {
	ImportPath, Dir string
	GoFiles         []string
	Imports         []string
}

// rel is a package's directory inside the module.
func (p *goPackage) rel() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

func packages(t *testing.T) []*goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports", "./...")
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		var ee *exec.ExitError
		if errors.As(err, &ee) {
			t.Fatalf("go list: %s", ee.Stderr)
		}
		t.Fatal(err)
	}
	var list []*goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		p := new(goPackage)
		err := dec.Decode(p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	if len(list) < 5 {
		t.Fatalf("go list found only %d packages", len(list))
	}
	return list
}

// within says whether a package's directory is at or below dir.
func within(rel, dir string) bool { return rel == dir || dir == "" || strings.HasPrefix(rel, dir+"/") }

func withinAny(rel string, dirs []string) bool {
	for _, d := range dirs {
		if within(rel, d) {
			return true
		}
	}
	return false
}

func TestImportsRunOneWay(t *testing.T) {
	for _, v := range importViolations(packages(t), importBans) {
		t.Error(v)
	}
}

func importViolations(list []*goPackage, bans []importBan) (out []string) {
	for _, p := range list {
		for _, imp := range p.Imports {
			if imp != module && !strings.HasPrefix(imp, module+"/") {
				continue
			}
			to := strings.TrimPrefix(imp, module+"/")
			for _, b := range bans {
				if within(p.rel(), b.from) && within(to, b.to) && !withinAny(p.rel(), b.except) {
					out = append(out, fmt.Sprintf("%s imports %s: %s", p.rel(), to, b.why))
				}
			}
			if isAnalyzer(p.rel()) && isAnalyzer(to) && p.rel() != to {
				out = append(out, fmt.Sprintf("%s imports %s: an analyzer sees another one's finished results only (Requires), "+
					"so that each can be disabled, tested and removed alone", p.rel(), to))
			}
		}
	}
	sort.Strings(out)
	return out
}

// isAnalyzer says whether a directory is that of a single analyzer.
func isAnalyzer(rel string) bool {
	name, ok := strings.CutPrefix(rel, "analyzers/")
	name, _, _ = strings.Cut(name, "/")
	return ok && name != "engine" && name != "all" && name != "analyzertest"
}

func TestNothingIsDoneInTheWrongPlace(t *testing.T) {
	for _, p := range packages(t) {
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range placeViolations(p.rel(), name, fset, f) {
				t.Error(v)
			}
		}
	}
}

// placeViolations looks through one file.
func placeViolations(rel, file string, fset *token.FileSet, f *ast.File) (out []string) {
	report := func(n ast.Node, b *callBan) {
		if withinAny(rel, b.except) || withinAny(rel+"/"+file, b.except) {
			return
		}
		out = append(out, fmt.Sprintf("%s/%s:%d: %s: %s", rel, file, fset.Position(n.Pos()).Line, b.what, b.why))
	}
	names := importNames(f)
	for _, imp := range f.Imports {
		if imp.Name != nil && imp.Name.Name == "_" {
			report(imp, &banBlankImport)
		}
		switch strings.Trim(imp.Path.Value, `"`) {
		case "flag":
			report(imp, &banPackageFlags)
		case "log", "log/slog":
			report(imp, &banLog)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			report(n, &banGo)
		case *ast.CallExpr: // sync.WaitGroup's method, or errgroup's
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Go" && len(n.Args) == 1 {
				report(n, &banGo)
			}
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				report(n, &banInit)
			}
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok {
				switch names[x.Name] + "." + n.Sel.Name {
				case "os.Exit":
					report(n, &banExit)
				case "time.Now", "time.Since", "time.Until", "time.After", "time.Tick", "time.NewTimer", "time.NewTicker", "time.AfterFunc", "time.Sleep":
					report(n, &banNow)
				}
			}
		}
		return true
	})
	return out
}

// importNames maps the names that a file uses for packages to their paths.
func importNames(f *ast.File) map[string]string {
	out := map[string]string{}
	for _, imp := range f.Imports {
		path := strings.Trim(imp.Path.Value, `"`)
		name := path[strings.LastIndex(path, "/")+1:]
		if imp.Name != nil {
			name = imp.Name.Name
		}
		out[name] = path
	}
	return out
}

// The bans themselves must bite: what they forbid is put before them.
func TestBansBite(t *testing.T) {
	list := []*goPackage{
		{ImportPath: module + "/decoders/x", Imports: []string{module + "/analyzers"}},
		{ImportPath: module + "/analyzers/a", Imports: []string{module + "/analyzers", module + "/analyzers/b", module + "/report"}},
		{ImportPath: module + "/analyzers/b", Imports: []string{module + "/analyzers/engine"}},
		{ImportPath: module + "/analyzers/analyzertest", Imports: []string{module + "/analyzers/engine"}},
		{ImportPath: module + "/report", Imports: []string{module + "/analyzers", "os"}},
		{ImportPath: module + "/decoders/link", Imports: []string{module + "/decoders"}},
	}
	got := importViolations(list, importBans)
	want := []string{"analyzers/a imports analyzers/b", "analyzers/a imports report", "analyzers/b imports analyzers/engine",
		"decoders/link imports decoders", "decoders/x imports analyzers"}
	if len(got) != len(want) {
		t.Fatalf("violations:\n%s", strings.Join(got, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]+":") {
			t.Errorf("%q, want %q", got[i], want[i])
		}
	}

	const src = `package x
import ("os"; clock "time"; _ "embed"; "flag"; "log/slog")
func init() { go func() { os.Exit(1) }(); _ = clock.Now(); flag.Parse(); slog.Info(""); wg.Go(f) }`
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "x.go", src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	if got := placeViolations("decoders/x", "x.go", fset, f); len(got) != 8 {
		t.Errorf("%d of 8 violations found:\n%s", len(got), strings.Join(got, "\n"))
	}
	// In cmd the clock is allowed, as an exception would be.
	if got := placeViolations("cmd/pcaptriage", "main.go", fset, f); len(got) != 6 {
		t.Errorf("%d of 6 violations found:\n%s", len(got), strings.Join(got, "\n"))
	}
}
