package engine

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"pcaptriage/analyzers"
)

// identify sorts each analyzer's findings and gives all of them their ids.
//
// An id is a hash of rule, client address, server address and port, protocol,
// tunnel kinds and an ordinal among the findings that share these: no
// ephemeral port and no time, so that a second capture of the same trouble
// gives the same id.
func identify(results []*analyzers.AnalyzerResult) {
	ordinals := map[string]int{}
	for _, r := range results {
		fs := r.Outcome.Findings
		subjects := make(map[*analyzers.Finding]string, len(fs))
		for _, f := range fs {
			subjects[f] = subject(f)
		}
		slices.SortStableFunc(fs, func(a, b *analyzers.Finding) int {
			if x, y := a.Evidence[0].Frame, b.Evidence[0].Frame; x != y {
				return cmp.Compare(x, y)
			}
			return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(subjects[a], subjects[b]))
		})
		for _, f := range fs {
			s := subjects[f]
			ordinals[s]++
			sum := sha256.Sum256([]byte(fmt.Sprintf("%s|%d", s, ordinals[s])))
			f.ID = hex.EncodeToString(sum[:8])
		}
	}
}

// subject is what a finding is about, as its id sees it.
func subject(f *analyzers.Finding) string {
	if f.Flow == nil {
		return f.Rule
	}
	kinds := make([]string, len(f.Flow.Tunnel))
	for i, t := range f.Flow.Tunnel {
		kinds[i], _, _ = strings.Cut(t, " ")
	}
	return fmt.Sprintf("%s|%s|%s|%s|%s", f.Rule, f.Flow.Src, f.Flow.Dst.HostPort(f.Flow.DPort), f.Flow.Proto, strings.Join(kinds, ","))
}
