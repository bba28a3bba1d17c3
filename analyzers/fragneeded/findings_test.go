package fragneeded

import "testing"

func TestInSegments(t *testing.T) {
	for _, c := range []struct {
		missing, mss uint32
		want         string
	}{
		{1460, 1460, "1 full segment"},
		{1448, 1460, "1 full segment"},
		{2896, 1460, "2 full segments"},
		{14480, 1460, "10 full segments"},
		{1428, 1440, "1 full segment"},
		{1420, 1460, "about 1 full segment"},
		{2856, 1460, "about 2 full segments"},
		{1470, 1460, "more than a full segment"},
		{2001, 1460, "more than a full segment"},
		{1448 + 532, 1460, "more than a full segment"},
	} {
		if got := inSegments(c.missing, c.mss); got != c.want {
			t.Errorf("%d bytes at an MSS of %d: %s, want %s", c.missing, c.mss, got, c.want)
		}
	}
}
