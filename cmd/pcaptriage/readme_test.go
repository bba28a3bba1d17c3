package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The report that README shows is the one that the program prints. make update
// rewrites it.
func TestGoldenInReadme(t *testing.T) {
	const capture = "testdata/pcaps/fragneeded/stall-any.pcap"
	t.Setenv("NO_COLOR", "")
	t.Chdir("../..")
	var stdout, stderr bytes.Buffer
	if code := run([]string{"analyze", capture}, strings.NewReader(""), &stdout, &stderr); code != exitOK || stderr.Len() > 0 {
		t.Fatalf("exit code %d, %s", code, &stderr)
	}
	want := indented(stdout.String())

	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(raw)
	from := strings.Index(readme, "\n    "+capture+":") + 1
	if from == 0 {
		t.Fatalf("README shows no report of %s", capture)
	}
	to := from
	for _, line := range strings.SplitAfter(readme[from:], "\n") {
		if line != "\n" && !strings.HasPrefix(line, "    ") {
			break
		}
		to += len(line)
	}
	got := strings.TrimRight(readme[from:to], "\n")
	switch {
	case got == want:
	case *update && os.Getenv("CI") == "":
		if err := os.WriteFile("README.md", []byte(readme[:from]+want+readme[from+len(got):]), 0o666); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("README shows another report than the program prints (make update):\n%s", cmp.Diff(got, want))
	}
}

// indented makes a code block of Markdown.
func indented(s string) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i, l := range lines {
		if l != "" {
			lines[i] = "    " + l
		}
	}
	return strings.Join(lines, "\n")
}
