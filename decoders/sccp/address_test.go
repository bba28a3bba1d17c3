package sccp

import "testing"

func TestReadAddress(t *testing.T) {
	for _, c := range []struct {
		name, in, digits string
		want             Address
	}{
		{name: "none", in: ""},
		{name: "SSN only", in: "42 08", want: Address{RouteOnSSN: true, HasSSN: true, SSN: 8}},
		{name: "point code and SSN", in: "43 05 40 08", want: Address{RouteOnSSN: true, HasPC: true, PC: 5, HasSSN: true, SSN: 8}},
		{name: "point code of 14 bits", in: "41 ff 3f", want: Address{RouteOnSSN: true, HasPC: true, PC: 0x3fff}},
		{name: "full title, even", in: "12 08 00 12 04 44 21 43 65", digits: "44123456",
			want: Address{HasSSN: true, SSN: 8, GTI: 4, Plan: 1, Encoding: 2, Nature: 4}},
		{name: "full title, odd", in: "12 06 00 11 04 44 21 03", digits: "44123",
			want: Address{HasSSN: true, SSN: 6, GTI: 4, Plan: 1, Encoding: 1, Nature: 4}},
		{name: "filler", in: "12 06 00 12 04 44 f1", digits: "441",
			want: Address{HasSSN: true, SSN: 6, GTI: 4, Plan: 1, Encoding: 2, Nature: 4}},
		{name: "code digits", in: "12 06 00 12 04 ba dc 0e", digits: "*#abc0",
			want: Address{HasSSN: true, SSN: 6, GTI: 4, Plan: 1, Encoding: 2, Nature: 4}},
		{name: "nature only, odd", in: "06 08 84 21 03", digits: "123",
			want: Address{HasSSN: true, SSN: 8, GTI: 1, Nature: 4}},
		{name: "translation type only", in: "0a 08 07 21 43", digits: "1234", want: Address{HasSSN: true, SSN: 8, GTI: 2, TT: 7}},
		{name: "type, plan, encoding", in: "0e 08 07 61 21 03", digits: "123",
			want: Address{HasSSN: true, SSN: 8, GTI: 3, TT: 7, Plan: 6, Encoding: 1}},
		{name: "ANSI: SSN before point code", in: "c3 08 03 02 01",
			want: Address{National: true, ANSI: true, RouteOnSSN: true, HasSSN: true, SSN: 8, HasPC: true, PC: 0x010203}},
		{name: "ANSI: title with plan", in: "85 08 0a 12 21 43", digits: "1234",
			want: Address{National: true, ANSI: true, HasSSN: true, SSN: 8, GTI: 1, TT: 10, Plan: 1, Encoding: 2}},
		{name: "ANSI: title with type only", in: "89 08 0a 21 43", digits: "1234",
			want: Address{National: true, ANSI: true, HasSSN: true, SSN: 8, GTI: 2, TT: 10}},
		{name: "national bit, ITU-T all the same", in: "92 06 00 12 04 44 21 43", digits: "441234",
			want: Address{National: true, HasSSN: true, SSN: 6, GTI: 4, Plan: 1, Encoding: 2, Nature: 4}},
		{name: "national bit, ITU-T without a title", in: "c3 05 40 08",
			want: Address{National: true, RouteOnSSN: true, HasPC: true, PC: 5, HasSSN: true, SSN: 8}},
		{name: "cut", in: "12 08 00", want: Address{HasSSN: true, SSN: 8, GTI: 4, Bad: true}},
	} {
		a := ReadAddress(unhex(t, c.in))
		if got := a.Digits(); got != c.digits {
			t.Errorf("%s: digits %q, want %q", c.name, got, c.digits)
		}
		if a.HasGT() != (c.digits != "") {
			t.Errorf("%s: HasGT %v", c.name, a.HasGT())
		}
		a.Raw, a.gt, a.odd = nil, nil, false
		if !equal(a, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, a, c.want)
		}
	}
}

func equal(a, b Address) bool {
	return a.Bad == b.Bad && a.National == b.National && a.ANSI == b.ANSI && a.RouteOnSSN == b.RouteOnSSN && a.HasPC == b.HasPC && a.HasSSN == b.HasSSN &&
		a.SSN == b.SSN && a.PC == b.PC && a.GTI == b.GTI && a.TT == b.TT && a.Plan == b.Plan && a.Encoding == b.Encoding && a.Nature == b.Nature
}
