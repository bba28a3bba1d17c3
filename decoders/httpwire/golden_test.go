package httpwire

import (
	"fmt"
	"path/filepath"
	"testing"
)

// goldens are where the lab's captures are.
const goldens = "../../testdata/pcaps"

// TestGoldensAgainstNetHTTP compares what was read from the packets of the lab's
// captures, lost, repeated and reordered segments included, with what net/http
// reads from each whole stream: how many messages, method or status, body length.
func TestGoldensAgainstNetHTTP(t *testing.T) {
	messages, streams, holes := 0, 0, 0
	for _, area := range []string{"keepalive", "connect", "fragneeded"} {
		files, err := filepath.Glob(filepath.Join(goldens, area, "*.pcap"))
		if err != nil || len(files) == 0 {
			t.Fatal("no captures of", area, err)
		}
		for _, path := range files {
			for _, c := range readHTTP(t, path) {
				var req, resp *tap
				for i := range c.sinks {
					switch c.dirs[i].Kind() {
					case Request:
						req = &c.sinks[i]
					case Response:
						resp = &c.sinks[i]
					}
				}
				if req == nil || resp == nil || req.holes+resp.holes > 0 {
					holes++
					continue
				}
				name := filepath.Base(path) + " " + c.ends[0]
				methods := []string{}
				for _, m := range c.msgs {
					if m.Kind == Request {
						methods = append(methods, m.Method.String())
					}
				}
				n := sameMessages(t, name+" requests", c, Request, req.b, nil)
				if !c.q.Tunnelled() {
					n += sameMessages(t, name+" responses", c, Response, resp.b, methods)
				}
				if messages += n; n > 0 {
					streams++
				}
			}
		}
	}
	t.Logf("%d messages of %d connections; %d connections with holes", messages, streams, holes)
	if messages < 500 {
		t.Error("too few to mean anything")
	}
}

// sameMessages compares the messages of one kind with those in b, which net/http
// must accept to the end, or to where an upgraded connection speaks something else.
func sameMessages(t *testing.T, name string, c *wireConn, kind Kind, b []byte, methods []string) int {
	t.Helper()
	want, err := askNetHTTP(b, methods)
	var got []Message
	for _, m := range c.msgs {
		if m.Kind == kind {
			got = append(got, m)
		}
	}
	if err != nil && !c.q.Tunnelled() && (len(want) == 0 || want[len(want)-1].whole) {
		t.Errorf("%s: net/http refuses message %d: %v", name, len(want), err)
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d, net/http reads %d", name, len(got), len(want))
		return 0
	}
	for i, w := range want {
		m := &got[i]
		said := w.method
		if kind == Response {
			said = fmt.Sprint(w.status)
		}
		is := m.Method.String()
		if kind == Response {
			is = fmt.Sprint(m.Status)
		}
		if is != said || m.Body != w.body || (m.Flags&Partial == 0) != w.whole {
			t.Errorf("%s: message %d is %s with %d bytes (partial: %v), net/http says %s with %d (whole: %v)", name, i, is, m.Body, m.Flags&Partial != 0, said, w.body, w.whole)
		}
	}
	return len(want)
}
