package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"pcaptriage/analyzers/all"
	"pcaptriage/report/budget"
)

// TestReadmeYAML: what people copy from the README is YAML, and its budget is
// one that loads.
func TestReadmeYAML(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks, budgets := 0, 0
	for i, part := range strings.Split(string(text), "```yaml\n") {
		block, _, closed := strings.Cut(part, "```")
		if i == 0 {
			continue
		}
		if !closed {
			t.Fatal("a block of YAML has no end")
		}
		blocks++
		var doc map[string]any
		if err := yaml.Unmarshal([]byte(block), &doc); err != nil {
			t.Errorf("%v in\n%s", err, block)
			continue
		}
		if doc["assertions"] == nil {
			continue
		}
		budgets++
		list := all.Analyzers()
		if _, errs := budget.Load("README.md", []byte(block), &budget.Catalogue{All: list, Running: list}); len(errs) > 0 {
			t.Errorf("%v in\n%s", errs, block)
		}
	}
	if blocks < 3 || budgets == 0 {
		t.Errorf("%d blocks of YAML, %d budgets", blocks, budgets)
	}
}
