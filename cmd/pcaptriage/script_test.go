package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"pcaptriage/report"
	"pcaptriage/report/junit/junittest"
	"pcaptriage/report/sarif/sariftest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"pcaptriage": main})
}

// TestScript runs the scenarios of the command line. Besides testscript's own
// commands there are:
//
//	exits CODE ARGS...     run pcaptriage and compare its exit code
//	schema NAME FILE       validate a JSON file against a schema of package report
//	junit FILE             check JUnit XML against the rules of its schema
//	sarif FILE             check a SARIF log against the standard's rules
//	cutfile FROM TO BYTES  copy the first BYTES bytes of a file
//	splitpcap FROM A B N   cut a little-endian pcap file in two behind N records
//	handshakes FILE ...    make a capture of handshakes that take a random time
//	asroot                 condition: permissions do not hold for us
//
// $PCAPS is the directory of the golden captures.
func TestScript(t *testing.T) {
	pcaps, err := filepath.Abs("../../testdata/pcaps")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PCAPS", pcaps)
			env.Setenv("NO_COLOR", "")
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond == "asroot" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %s", cond)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": cmdExits, "schema": cmdSchema, "junit": cmdCheck(junittest.Check), "sarif": cmdCheck(sariftest.Check),
			"cutfile": cmdCutFile, "splitpcap": cmdSplitPcap, "handshakes": cmdHandshakes,
		},
	})
}

// cmdExits compares the exit code, which testscript's exec does not tell.
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: exits CODE ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	// sh reports the code of what it ran, and keeps stdout, stderr and stdin.
	script := `"$@"; code=$?; echo "$code" > "$WORK/.code"`
	err = ts.Exec("sh", append([]string{"-c", script, "sh", "pcaptriage"}, args[1:]...)...)
	ts.Check(err)
	got, err := strconv.Atoi(string(bytes.TrimSpace([]byte(ts.ReadFile(".code")))))
	ts.Check(err)
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func cmdSchema(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: schema NAME FILE")
	}
	raw, err := report.Schemas.ReadFile("schema/" + args[0])
	ts.Check(err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	ts.Check(err)
	c := jsonschema.NewCompiler()
	ts.Check(c.AddResource("mem:///s", doc))
	s, err := c.Compile("mem:///s")
	ts.Check(err)
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(ts.ReadFile(args[1]))))
	ts.Check(err)
	if err := s.Validate(v); (err != nil) != neg {
		ts.Fatalf("%s: %v", args[1], err)
	}
}

// cmdCheck makes a command that holds a file against rules.
func cmdCheck(check func([]byte) error) func(ts *testscript.TestScript, neg bool, args []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if len(args) != 1 {
			ts.Fatalf("usage: junit FILE, sarif FILE")
		}
		if err := check([]byte(ts.ReadFile(args[0]))); (err != nil) != neg {
			ts.Fatalf("%s: %v", args[0], err)
		}
	}
}

func cmdCutFile(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: cutfile FROM TO BYTES")
	}
	raw, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	if n > len(raw) {
		ts.Fatalf("%s has only %d bytes", args[0], len(raw))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), raw[:n], 0o666))
}

func cmdSplitPcap(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 4 {
		ts.Fatalf("usage: splitpcap FROM A B N")
	}
	raw, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	n, err := strconv.Atoi(args[3])
	ts.Check(err)
	const fileHeader, recordHeader, caplen = 24, 16, 8
	at := fileHeader
	for range n {
		if at+recordHeader > len(raw) {
			ts.Fatalf("%s has fewer than %d records", args[0], n)
		}
		at += recordHeader + int(binary.LittleEndian.Uint32(raw[at+caplen:]))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), raw[:at], 0o666))
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), slices.Concat(raw[:fileHeader], raw[at:]), 0o666))
}
