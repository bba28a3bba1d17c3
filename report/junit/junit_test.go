package junit_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"pcaptriage/report/junit"
	"pcaptriage/report/junit/junittest"
)

const hostile = "a\x1b[31mb\u202ec\xff]]>\x00<b>&\u2028\ufffe"

func write(t *testing.T, suites ...junit.Suite) string {
	t.Helper()
	var b strings.Builder
	if err := junit.Write(&b, "all", suites); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteIsValid(t *testing.T) {
	doc := write(t,
		junit.Suite{Name: "one", File: "a.pcap", Cases: []junit.Case{
			{Class: "c", Name: "passes", Output: "line\n\tline\n"},
			{Class: "c", Name: "fails", Problem: &junit.Problem{Kind: junit.Failure, Type: "rule", Message: "m", Text: "a\nb\n"}},
			{Class: "c", Name: "errs", Problem: &junit.Problem{Kind: junit.Error, Type: "x", Message: "only a message"}},
			{Class: "c", Name: "skips", Problem: &junit.Problem{Kind: junit.Skipped, Message: "no data"}},
		}},
		junit.Suite{Name: "two", Output: "remarks"})
	if err := junittest.Check([]byte(doc)); err != nil {
		t.Errorf("%v\n%s", err, doc)
	}
	for _, want := range []string{
		`<testsuites name="all" tests="4" failures="1" errors="1">`,
		`<testsuite name="one" file="a.pcap" tests="4" failures="1" errors="1" skipped="1">`,
		`<failure message="m" type="rule"><![CDATA[a` + "\nb\n]]></failure>",
		`<error message="only a message" type="x"><![CDATA[only a message]]></error>`,
		`<skipped message="no data">`,
	} {
		if !strings.Contains(doc, want) {
			t.Errorf("no %s in\n%s", want, doc)
		}
	}
	if err := junittest.Check([]byte(write(t))); err != nil {
		t.Errorf("nothing at all: %v", err)
	}
}

// What XML has no form for, and what a terminal would obey, becomes visible; the
// rest arrives as it was.
func TestHostileText(t *testing.T) {
	doc := write(t, junit.Suite{Name: hostile, Cases: []junit.Case{{Class: hostile, Name: hostile,
		Problem: &junit.Problem{Kind: junit.Failure, Type: "t", Message: hostile, Text: hostile}}}})
	want := "a\\x1b[31mb\\u202ec\\xff]]>\\x00<b>&\\u2028\\ufffe"
	found, text := 0, ""
	d := xml.NewDecoder(strings.NewReader(doc))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, doc)
		}
		switch v := token.(type) {
		case xml.StartElement:
			text = ""
			for _, a := range v.Attr {
				if a.Value == want {
					found++
				}
			}
		case xml.CharData: // of several CDATA sections, where "]]>" was parted
			text += string(v)
		case xml.EndElement:
			if text == want {
				found++
			}
			text = ""
		}
	}
	if found != 5 {
		t.Errorf("%d of 5 texts arrive:\n%s", found, doc)
	}
	if err := junittest.Check([]byte(doc)); err != nil {
		t.Error(err)
	}
}

// The checker has to refuse what it should, or the tests above prove nothing.
func TestCheckRefuses(t *testing.T) {
	const head = `<testsuites name="a" tests="1" failures="0" errors="0"><testsuite name="s" tests="1" failures="0" errors="0">`
	const tail = `</testsuite></testsuites>`
	if err := junittest.Check([]byte(head + `<testcase name="x"></testcase>` + tail)); err != nil {
		t.Fatalf("a plain document: %v", err)
	}
	for name, doc := range map[string]string{
		"no case":           head + tail,
		"unknown element":   head + `<testcase name="x"><note/></testcase>` + tail,
		"unknown attribute": head + `<testcase name="x" file="y"></testcase>` + tail,
		"no name":           head + `<testcase></testcase>` + tail,
		"a time":            head + `<testcase name="x" time="0"></testcase>` + tail,
		"text outside":      head + `<testcase name="x">text</testcase>` + tail,
		"two outcomes":      head + `<testcase name="x"><error type="t" message="m">m</error><error type="t" message="m">m</error></testcase>` + tail,
		"uncounted failure": head + `<testcase name="x"><failure type="t" message="m">m</failure></testcase>` + tail,
		"control character": head + "<testcase name=\"x\u0085\"></testcase>" + tail,
		"not closed":        head + `<testcase name="x">`,
		"other root":        `<testsuite name="s" tests="0" failures="0" errors="0"></testsuite>`,
		"same name twice": `<testsuites name="a" tests="2" failures="0" errors="0"><testsuite name="s" tests="2" failures="0" errors="0">` +
			`<testcase name="x"></testcase><testcase name="x"></testcase>` + tail,
	} {
		if junittest.Check([]byte(doc)) == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
