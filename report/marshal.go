package report

import (
	"bytes"
	"encoding/json"
)

// marshalPlain is json.Marshal without the HTML escapes, which would print the
// ">" of a tunnel hop as \u003e.
func marshalPlain(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
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
