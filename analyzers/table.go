package analyzers

// TableSpec declares a table of an analyzer.
type TableSpec struct {
	Name    string // snake_case
	Doc     string
	Columns []Column
	// Text: the text report shows it (the JSON report shows all).
	Text bool
	// Lead: the text report opens with it, before the findings: it says what the
	// findings rest on.
	Lead bool
}

// Column is one typed column of a table.
type Column struct {
	Name string // snake_case, key in the JSON rows
	Type ColumnType
	Doc  string
	// Only says for whom the column is: a row that has more than a line of text
	// holds sums it up for people, and programs get the parts.
	Only Readers
}

// Readers are those whom a column is for.
type Readers uint8

const (
	Everyone Readers = iota
	People           // text reports
	Programs         // JSON and what is made of it
)

// ColumnType says what a cell holds, and so how it is shown.
type ColumnType string

const (
	ColString   ColumnType = "string"   // string
	ColCount    ColumnType = "count"    // int64 or uint64
	ColDuration ColumnType = "duration" // int64 ns, nil: none
	ColTime     ColumnType = "time"     // int64 ns since 1970, nil: none
	ColFrame    ColumnType = "frame"    // decoders.FrameRef, nil: none
	ColFrames   ColumnType = "frames"   // []decoders.FrameRef
	ColRatio    ColumnType = "ratio"    // float64 0..1, nil: none
	ColNumber   ColumnType = "number"   // float64, nil: none
	ColFlow     ColumnType = "flow"     // *FlowRef
	ColBool     ColumnType = "bool"     // bool
	ColStrings  ColumnType = "strings"  // []string
)

// Table is a filled table; each row has a cell a column. Truncated counts the
// rows that a cap left out.
type Table struct {
	Spec      *TableSpec
	Rows      [][]any
	Truncated uint64
	Aside     bool // has nothing to say about what the analyzer is for: does not lead
}
