package golden

import (
	"bytes"
	"encoding/json"
	"errors"
)

// findingLines finds the lines of the findings in a golden's text, by id. It
// relies on how goldens are written, a member a line; who has formatted one
// otherwise gets no lines.
func findingLines(raw []byte) map[string]int {
	out := map[string]int{}
	for n, line := range bytes.Split(raw, []byte("\n")) {
		rest, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte(`"id": "`))
		if id, _, end := bytes.Cut(rest, []byte(`"`)); ok && end {
			out[string(id)] = n + 1
		}
	}
	return out
}

// coverageNames are the counts that a golden's text has.
func coverageNames(raw []byte) (map[string]bool, error) {
	var doc struct {
		Captures []struct {
			Coverage map[string]json.RawMessage `json:"coverage"`
		} `json:"captures"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil || len(doc.Captures) == 0 {
		return nil, errors.New("its coverage cannot be read")
	}
	out := map[string]bool{}
	for name := range doc.Captures[0].Coverage {
		out[name] = true
	}
	return out, nil
}
