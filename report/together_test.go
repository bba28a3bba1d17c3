package report

import (
	"bytes"
	"runtime"
	"testing"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
)

// A long table reads the same whether its parts are made one after another or
// side by side.
func TestLongTable(t *testing.T) {
	spec := &analyzers.TableSpec{Name: "long", Columns: []analyzers.Column{
		{Name: "number", Type: analyzers.ColCount}, {Name: "flow", Type: analyzers.ColFlow}, {Name: "frame", Type: analyzers.ColFrame}}}
	table := &analyzers.Table{Spec: spec}
	const n = 7*partRows + 3
	for i := range uint64(n) {
		flow := &analyzers.FlowRef{Proto: "tcp", Src: decoders.Addr{Lo: i % 100}, DPort: uint16(i)}
		table.Rows = append(table.Rows, []any{i, flow, decoders.FrameRef(i)})
	}
	print := func(procs int) []byte {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		in := &Input{Names: []string{"x"}, Capture: &analyzers.Capture{Results: []*analyzers.AnalyzerResult{{
			Analyzer: &analyzers.Analyzer{Name: "a"}, Outcome: analyzers.Outcome{Tables: []*analyzers.Table{table}}}}}}
		var out bytes.Buffer
		if err := (&jsonRenderer{w: &out}).Capture(BuildCapture(in)); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	one, four := print(1), print(4)
	if !bytes.Equal(one, four) {
		t.Error("four processors print something else than one")
	}
	if got := bytes.Count(one, []byte(`{"number":`)); got != n {
		t.Errorf("%d rows, want %d", got, n)
	}
}
