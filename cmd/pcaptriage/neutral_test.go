package main

import (
	"maps"
	"slices"
	"testing"

	"pcaptriage/analyzers/all"
)

// The metrics of which more is no worse, named: one that is added here by
// mistake would never be a regression.
func TestNeutralMetrics(t *testing.T) {
	a := &app{analyzers: all.Analyzers()}
	got := slices.Sorted(maps.Keys(a.neutralMetrics()))
	if want := []string{"conn.idle_before_reuse", "ssh.login"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
