package report

import (
	"bytes"
	"encoding/json"
	"io"
)

// plainEncoder is an encoder without the HTML escapes, which would print the ">" of
// a tunnel hop as \u003e.
func plainEncoder(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}

// marshalPlain is json.Marshal by plainEncoder.
func marshalPlain(v any) ([]byte, error) {
	var b bytes.Buffer
	if err := plainEncoder(&b).Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// marshalOrdered prints a JSON object of n members in the order given, which a
// map would lose.
func marshalOrdered(n int, member func(i int) (key string, value any)) ([]byte, error) {
	b := []byte{'{'}
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		key, value := member(i)
		k, err := marshalPlain(key)
		if err != nil {
			return nil, err
		}
		v, err := marshalPlain(value)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, k...), ':'), v...)
	}
	return append(b, '}'), nil
}
