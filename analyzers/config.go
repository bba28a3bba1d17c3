package analyzers

import (
	"encoding"
	"fmt"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Option describes one option of an analyzer, as `analyzers` lists it and
// `--set ANALYZER.OPTION=VALUE` changes it.
type Option struct {
	Name, Type, Default, Doc string
}

// Options lists a's options in the order of the Config struct.
func (a *Analyzer) Options() ([]Option, error) {
	if a.Config == nil {
		return nil, nil
	}
	v, err := configStruct(a.Config())
	if err != nil {
		return nil, err
	}
	var out []Option
	for i := range v.NumField() {
		ft := v.Type().Field(i)
		name, doc := ft.Tag.Get("opt"), ft.Tag.Get("doc")
		if name == "" || doc == "" || !ft.IsExported() {
			return nil, fmt.Errorf("config field %s: exported, with opt and doc tags, please", ft.Name)
		}
		typ := ft.Type.String()
		if ft.Type == durationType {
			typ = "duration"
		} else if _, ok := v.Field(i).Addr().Interface().(encoding.TextUnmarshaler); ok {
			typ = "string"
		}
		out = append(out, Option{name, typ, fmt.Sprint(v.Field(i).Interface()), doc})
	}
	return out, nil
}

// NewConfig returns a's config with the values in set (by option name)
// applied, nil when a has none. Unknown names and values of the wrong type are
// errors that name the option and what it takes.
func (a *Analyzer) NewConfig(set map[string]string) (any, error) {
	opts, err := a.Options()
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(set))
	for n := range set {
		names = append(names, n)
	}
	sort.Strings(names)
	if a.Config == nil {
		if len(names) > 0 {
			return nil, fmt.Errorf("unknown option %s.%s (%s has no options)", a.Name, names[0], a.Name)
		}
		return nil, nil
	}
	cfg := a.Config()
	v, err := configStruct(cfg)
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		i := indexOption(opts, n)
		if i < 0 {
			known := make([]string, len(opts))
			for j := range opts {
				known[j] = opts[j].Name
			}
			return nil, fmt.Errorf("unknown option %s.%s (known: %s)", a.Name, n, strings.Join(known, ", "))
		}
		if err := setField(v.Field(i), set[n]); err != nil {
			return nil, fmt.Errorf("option %s.%s=%s: %w", a.Name, n, set[n], err)
		}
	}
	return cfg, nil
}

func indexOption(opts []Option, name string) int {
	for i := range opts {
		if opts[i].Name == name {
			return i
		}
	}
	return -1
}

var durationType = reflect.TypeFor[time.Duration]()

func configStruct(cfg any) (reflect.Value, error) {
	v := reflect.ValueOf(cfg)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return v, fmt.Errorf("config must return a pointer to a struct")
	}
	return v.Elem(), nil
}

func setField(f reflect.Value, s string) error {
	if f.Type() == durationType {
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 {
			return fmt.Errorf("want a duration such as 250ms or 30s")
		}
		f.SetInt(int64(d))
		return nil
	}
	if u, ok := f.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(s)) // its error says what is wanted
	}
	switch f.Kind() {
	case reflect.Bool:
		b, err := strconv.ParseBool(s)
		if err != nil {
			return fmt.Errorf("want true or false")
		}
		f.SetBool(b)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 || f.OverflowInt(n) {
			return fmt.Errorf("want a whole number, 0 or more")
		}
		f.SetInt(n)
	case reflect.Float64:
		x, err := strconv.ParseFloat(s, 64)
		if err != nil || !(x >= 0 && x < 1e18) {
			return fmt.Errorf("want a number, 0 or more")
		}
		f.SetFloat(x)
	case reflect.String:
		f.SetString(s)
	default:
		return fmt.Errorf("options of type %s are not supported", f.Type())
	}
	return nil
}
