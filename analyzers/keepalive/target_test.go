package keepalive

import (
	"strings"
	"testing"

	"pcaptriage/decoders/httpwire"
)

// The query does not matter, wherever it begins, and each byte before it does.
func TestTargetHash(t *testing.T) {
	hash := func(s string) uint32 { return targetHash(httpwire.GET, []byte(s)) }
	seen := map[uint32]string{}
	for n := range 40 {
		path := strings.Repeat("/ab>@\xbf", 7)[:n]
		h := hash(path)
		if other, is := seen[h]; is {
			t.Errorf("%q and %q have the same hash", path, other)
		}
		seen[h] = path
		for m := range 20 {
			if q := path + "?" + strings.Repeat("x?y", 7)[:m]; hash(q) != h {
				t.Errorf("%q and %q differ", q, path)
			}
		}
		for i := range n {
			if other := path[:i] + "z" + path[i+1:]; hash(other) == h {
				t.Errorf("%q and %q have the same hash", path, other)
			}
		}
	}
	if hash("/") == targetHash(httpwire.POST, []byte("/")) {
		t.Error("the method does not matter")
	}
}
