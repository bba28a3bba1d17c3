package recency

import (
	"fmt"
	"slices"
	"testing"
)

func TestTable(t *testing.T) {
	var gone []string
	table := NewTable(3, func(k int, v *string) { gone = append(gone, fmt.Sprint(k, " ", *v)) })
	keys := func() (all []int) {
		for k := range table.All {
			all = append(all, k)
		}
		return all
	}
	for k, v := range []string{"a", "b", "c"} {
		*table.Get(k) = v
	}
	if table.Peek(7) != nil || table.Find(7) != nil || *table.Peek(0) != "a" || !slices.Equal(keys(), []int{0, 1, 2}) {
		t.Errorf("looking changed something: %v", keys())
	}
	if *table.Find(0) != "a" || *table.Get(1) != "b" || !slices.Equal(keys(), []int{2, 0, 1}) {
		t.Errorf("not in the order of use: %v", keys())
	}
	held := table.Find(2)
	table.Get(1)
	table.Get(0)
	if v := table.Get(3); *v != "" || !slices.Equal(gone, []string{"2 c"}) || table.Len() != 3 || table.Peek(2) != nil {
		t.Errorf("%q in a new entry, gone %v, left %v", *v, gone, keys())
	}
	if *held != "c" || *table.Get(2) != "" || *held != "c" {
		t.Error("a value that has gone is another's")
	}
	for k := range table.All {
		if k == 0 {
			break
		}
	}
	if table.Empty(); table.Len() != 0 || len(keys()) != 0 || !slices.Equal(gone[1:], []string{"1 b", "0 a", "3 ", "2 "}) {
		t.Errorf("%v left, gone %v", keys(), gone)
	}
	if *table.Get(1) = "new"; table.Len() != 1 {
		t.Error("the emptied table takes nothing")
	}
}

func TestTableTellsNobody(t *testing.T) {
	table := NewTable[int, int](1, nil)
	table.Get(1)
	table.Get(2)
	if table.Empty(); table.Len() != 0 {
		t.Error("not empty")
	}
}
