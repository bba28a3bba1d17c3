package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v4"
)

// notInConfig are flags that make no sense in a file: a check that always
// updates never fails.
var notInConfig = map[string]bool{"config": true, "help": true, "read": true, "force": true, "update": true}

// applyConfig sets the flags that a YAML file names and the command line does
// not. Options of analyzers are merged one by one: a --set on the command line
// replaces the file's value of that option only.
func applyConfig(flags *pflag.FlagSet, name string) error {
	raw, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("--config %s: %w", name, reason(err))
	}
	doc, err := onlyDocument(raw)
	if err != nil {
		return fmt.Errorf("--config %s: %w", name, err)
	}
	keys := make([]string, 0, len(doc))
	for k := range doc {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		if err := applySetting(flags, k, doc[k]); err != nil {
			return fmt.Errorf("--config %s: %w", name, err)
		}
	}
	return nil
}

// onlyDocument reads a YAML file of one document, or none: a second one would have
// no effect, which nobody would notice.
func onlyDocument(raw []byte) (doc map[string]any, err error) {
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var more any
	switch err := dec.Decode(&more); {
	case err == nil:
		return nil, errors.New("more than one YAML document")
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	return doc, nil
}

func applySetting(flags *pflag.FlagSet, key string, value any) error {
	if isDisclosure(key) {
		return refuseDisclosure(key)
	}
	f := flags.Lookup(key)
	if f == nil || notInConfig[key] {
		var known []string
		flags.VisitAll(func(f *pflag.Flag) {
			if !notInConfig[f.Name] {
				known = append(known, f.Name)
			}
		})
		return fmt.Errorf("unknown option %q%s; known: %s", key, didYouMean(key, known), quoteList(known))
	}
	values, err := configValues(key, value)
	if err != nil {
		return err
	}
	if slice, ok := f.Value.(pflag.SliceValue); ok {
		switch {
		case key == "set": // the command line's come later, and win
			for _, v := range values {
				if name, _, _ := strings.Cut(v, "="); isDisclosure(name[strings.LastIndexByte(name, '.')+1:]) {
					return refuseDisclosure(name)
				}
			}
			return slice.Replace(append(values, slice.GetSlice()...))
		case f.Changed:
			return nil
		}
		return slice.Replace(values)
	}
	if f.Changed {
		return nil
	}
	if len(values) != 1 {
		return fmt.Errorf("option %s takes one value", key)
	}
	if err := f.Value.Set(values[0]); err != nil {
		return fmt.Errorf("option %s: %q: %w", key, values[0], err)
	}
	return nil
}

// configValues turns a YAML value into what would stand on the command line.
// For set, besides the list ANALYZER.OPTION=VALUE, mappings are taken:
// {connect.option: value} and {connect: {option: value}}.
func configValues(key string, value any) ([]string, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case []any:
		var out []string
		for _, e := range v {
			s, err := scalar(key, e)
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		}
		return out, nil
	case map[string]any:
		if key != "set" {
			break
		}
		return settingsOf(key, "", v)
	}
	s, err := scalar(key, value)
	return []string{s}, err
}

// settingsOf flattens a mapping of options.
func settingsOf(key, prefix string, m map[string]any) ([]string, error) {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	sort.Strings(names)
	var out []string
	for _, n := range names {
		if inner, ok := m[n].(map[string]any); ok && prefix == "" {
			more, err := settingsOf(key, n+".", inner)
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
			continue
		}
		s, err := scalar(key, m[n])
		if err != nil {
			return nil, err
		}
		out = append(out, prefix+n+"="+s)
	}
	return out, nil
}

func scalar(key string, v any) (string, error) {
	switch v.(type) {
	case string, bool, int, int64, uint64, float64:
		return fmt.Sprint(v), nil
	}
	return "", fmt.Errorf("option %s: a plain value or a list of them, please", key)
}
