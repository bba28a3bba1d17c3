package httpwire

import (
	"strings"
	"testing"
)

// TestNumber reads all numbers of up to nine digits' length that end with any byte,
// with eight bytes to read at a time and without.
func TestNumber(t *testing.T) {
	for n := range 10 {
		for c := range 256 {
			for _, behind := range []string{"", "\r\n", "\r\nDate: x", "1234567890"} {
				b := append([]byte("987654321"[:n]), byte(c))
				b = append(b, behind...)
				want, digits := int64(0), 0
				for _, c := range b {
					if c < '0' || c > '9' {
						break
					}
					want = want*10 + int64(c-'0')
					digits++
				}
				if digits > maxSize {
					want, digits = 0, 0
				}
				if v, got := number(b); v != want && digits > 0 || got != digits {
					t.Fatalf("number(%q) = %d, %d digits; want %d, %d", b, v, got, want, digits)
				}
			}
		}
	}
	if v, n := number([]byte(strings.Repeat("1", maxSize+1))); v != 0 || n != 0 {
		t.Errorf("%d of %d digits", v, n)
	}
}
