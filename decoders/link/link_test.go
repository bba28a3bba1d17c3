package link

import (
	"strings"
	"testing"
)

func TestTableIsSortedAndNamesAreUnique(t *testing.T) {
	names := map[string]uint16{}
	for i, e := range types {
		if i > 0 && types[i-1].Number >= e.Number {
			t.Errorf("%d after %d: the table must ascend", e.Number, types[i-1].Number)
		}
		if e.Name != strings.ToUpper(e.Name) || e.Description == "" {
			t.Errorf("%d: bad name %q or no description", e.Number, e.Name)
		}
		if o, dup := names[e.Name]; dup {
			t.Errorf("%s is the name of %d and %d", e.Name, o, e.Number)
		}
		names[e.Name] = e.Number
	}
	for _, a := range aliases {
		if o, dup := names[a.name]; dup {
			t.Errorf("alias %s of %d is also a name of %d", a.name, a.number, o)
		}
		names[a.name] = a.number
		if _, ok := Lookup(a.number); !ok {
			t.Errorf("alias %s: no type %d", a.name, a.number)
		}
	}
}

func TestNameAndByName(t *testing.T) {
	for _, c := range []struct {
		in   string
		want uint16
		ok   bool
	}{
		{"EN10MB", 1, true}, {"ethernet", 1, true}, {"DLT_LOOP", 108, true}, {"LINKTYPE_LINUX_SLL2", 276, true},
		{"raw", 101, true}, {"12", 12, true}, {" 65535 ", 65535, true}, {"65536", 0, false},
		{"RADIOTAP", 127, true}, {"no such", 0, false}, {"", 0, false},
	} {
		if got, ok := ByName(c.in); got != c.want || ok != c.ok {
			t.Errorf("ByName(%q) = %d, %v; want %d, %v", c.in, got, ok, c.want, c.ok)
		}
	}
	for n, want := range map[uint16]string{0: "NULL", 1: "EN10MB", 105: "IEEE802_11", 290: "ETW", 11: "11", 9999: "9999"} {
		if got := Name(n); got != want {
			t.Errorf("Name(%d) = %q, want %q", n, got, want)
		}
	}
	for _, e := range Table() {
		if n, ok := ByName(Name(e.Number)); !ok || n != e.Number {
			t.Errorf("ByName(Name(%d)) = %d, %v", e.Number, n, ok)
		}
	}
}

// A caller that sorts or edits what it got must not change the table.
func TestTableIsACopy(t *testing.T) {
	Table()[0].Name = "X"
	if Name(0) != "NULL" {
		t.Error("Table handed out the table itself")
	}
}
