package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// askpassEnv makes this program answer ssh's prompts, as SSH_ASKPASS: it names
// the directory with the answers.
const askpassEnv = "PCAPTRIAGE_LAB_ASKPASS"

// An answer is what the user does at a prompt, after thinking for a while.
type answer struct {
	after time.Duration
	text  string
}

// Prompts ssh asks about, and the files with the answers to come.
const (
	hostKeyAnswers  = "hostkey"
	passwordAnswers = "password"
)

func writeAnswers(dir, kind string, answers []answer) error {
	var b strings.Builder
	for _, a := range answers {
		fmt.Fprintf(&b, "%s %s\n", a.after, a.text)
	}
	return os.WriteFile(filepath.Join(dir, kind), []byte(b.String()), 0o600)
}

// askpass answers one prompt with the first answer that is left, and takes it
// off the list: ssh starts the program anew for each prompt.
func askpass(dir string) int {
	kind := passwordAnswers
	if len(os.Args) > 1 && strings.Contains(os.Args[1], "continue connecting") {
		kind = hostKeyAnswers
	}
	name := filepath.Join(dir, kind)
	b, err := os.ReadFile(name)
	if err != nil {
		return 1
	}
	line, rest, _ := strings.Cut(string(b), "\n")
	after, text, ok := strings.Cut(line, " ")
	if !ok {
		return 1 // no answer left: as if the user pressed ^C
	}
	if err := os.WriteFile(name, []byte(rest), 0o600); err != nil {
		return 1
	}
	d, err := time.ParseDuration(after)
	if err != nil {
		return 1
	}
	time.Sleep(d)
	fmt.Println(text)
	return 0
}
