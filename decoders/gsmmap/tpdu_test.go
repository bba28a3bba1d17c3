package gsmmap

import (
	"encoding/hex"
	"strings"
	"testing"
)

// A DELIVER as TS 23.040 9.2.2.1 lays it out: first octet, originating address
// +491234567890, PID, DCS, timestamp, length and "hello" in GSM-7.
const deliverHead = "0c91 19 32 54 76 98 09 00 00 42 21 82 61 24 64 80"

func TestReadTPDU(t *testing.T) {
	for _, c := range []struct {
		name string
		in   string
		d    Direction
		by   Carrier
		want TPDU
		text string
	}{
		{"deliver", "04" + deliverHead + "05 e8329bfd06", MT, InInvoke, TPDU{Type: Deliver, HasAddress: true, UDL: 5}, "hello"},
		{"deliver, more to come", "00" + deliverHead + "05 e8329bfd06", MT, InInvoke, TPDU{Type: Deliver, More: true, HasAddress: true, UDL: 5}, "hello"},
		{"reserved to a mobile is a deliver", "07" + deliverHead + "05 e8329bfd06", MT, InInvoke, TPDU{Type: Deliver, HasAddress: true, UDL: 5}, "hello"},
		{"reserved from a mobile", "33 04", MO, InInvoke, TPDU{Type: InvalidTPDU}, ""},
		{"deliver, part 2 of 3", "44" + deliverHead + "0c 050003aa0302 d06536fb0d", MT, InInvoke,
			TPDU{Type: Deliver, UDHI: true, HasAddress: true, UDL: 12, Concat: Concat{0xaa, 3, 2}}, "hello"},
		{"deliver, 16 bit reference, ports", "44" + strings.Replace(deliverHead, "00 00 42", "00 08 42", 1) + "10 0c 0804aabb0201 050400010002 0041 41", MT, InInvoke,
			TPDU{Type: Deliver, UDHI: true, HasAddress: true, DCS: 8, Alphabet: UCS2, UDL: 16, Concat: Concat{0xaabb, 2, 1}, Ports: true}, "A"},
		{"submit, relative validity", "31 07 0b 91 44 21 43 65 87 f9 00 00 ff 05 e8329bfd06", MO, InInvoke,
			TPDU{Type: Submit, Ref: 7, Report: true, HasAddress: true, UDL: 5}, "hello"},
		{"submit, no validity", "81 07 00 81 00 04 02 abcd", MO, InInvoke, TPDU{Type: Submit, Ref: 7, Reply: true, HasAddress: true, DCS: 4, Alphabet: Octets8, UDL: 2}, ""},
		{"submit, absolute validity", "19 07 00 81 00 f5 42218261246480 00", MO, InInvoke, TPDU{Type: Submit, Ref: 7, HasAddress: true, DCS: 0xf5, Alphabet: Octets8}, ""},
		{"status report", "06 2a 0b 91 44 21 43 65 87 f9 42218261246480 42218261246480 00", MT, InInvoke,
			TPDU{Type: StatusReport, Ref: 0x2a, HasAddress: true, HasStatus: true}, ""},
		{"status report with user data", "02 2a 00 81 42218261246480 42218261246480 46 07 00 04 01 ab", MT, InInvoke,
			TPDU{Type: StatusReport, More: true, Ref: 0x2a, HasAddress: true, HasStatus: true, Status: 0x46, DCS: 4, Alphabet: Octets8, UDL: 1}, ""},
		{"command", "22 2a 00 00 01 00 81", MO, InInvoke, TPDU{Type: Command, Report: true, Ref: 0x2a, HasAddress: true}, ""},
		{"deliver report in an error", "00 d0 00", MT, InError, TPDU{Type: DeliverReport, FCS: 0xd0, HasFCS: true}, ""},
		{"deliver report in a result", "00 00", MT, InResult, TPDU{Type: DeliverReport}, ""},
		{"submit report in a result", "01 00 42218261246480", MO, InResult, TPDU{Type: SubmitReport}, ""},
		{"submit report in an error", "01 c5 00 42218261246480", MO, InError, TPDU{Type: SubmitReport, FCS: 0xc5, HasFCS: true}, ""},
		{"a submit has no place in a result", "01 00", MT, InResult, TPDU{Type: InvalidTPDU}, ""},
		{"compressed", "04" + strings.Replace(deliverHead, "00 00 42", "00 20 42", 1) + "02 abcd", MT, InInvoke,
			TPDU{Type: Deliver, HasAddress: true, DCS: 0x20, Compressed: true, UDL: 2}, ""},
		{"nothing", "", MT, InInvoke, TPDU{Cut: true}, ""},
		{"cut in the text", "04" + deliverHead + "05 e832", MT, InInvoke, TPDU{Type: Deliver, HasAddress: true, UDL: 5, Cut: true}, "he"},
		{"cut in the address", "04 0c 91 19", MT, InInvoke, TPDU{Type: Deliver, Cut: true}, ""},
		{"header beyond the data", "44" + deliverHead + "02 ff00", MT, InInvoke, TPDU{Type: Deliver, UDHI: true, HasAddress: true, UDL: 2, Cut: true}, "?"},
	} {
		g := ReadTPDU(unhex(t, c.in), c.d, c.by)
		text, _ := g.AppendText(nil)
		if c.text != "?" && string(text) != c.text {
			t.Errorf("%s: text %q, want %q", c.name, text, c.text)
		}
		w := c.want
		if g.Type != w.Type || g.More != w.More || g.UDHI != w.UDHI || g.Reply != w.Reply || g.Report != w.Report || g.Ref != w.Ref || g.HasAddress != w.HasAddress ||
			g.DCS != w.DCS || g.Alphabet != w.Alphabet || g.Compressed != w.Compressed || g.UDL != w.UDL || g.Concat != w.Concat || g.Ports != w.Ports ||
			g.FCS != w.FCS || g.HasFCS != w.HasFCS || g.Status != w.Status || g.HasStatus != w.HasStatus || g.Cut != w.Cut {
			t.Errorf("%s: %+v", c.name, g)
		}
	}
	a := ReadTPDU(unhex(t, "04"+deliverHead+"00"), MT, InInvoke).Address
	if a.Digits != 12 || a.TON != 1 || a.NPI != 1 || hex.EncodeToString(a.Value) != "193254769809" {
		t.Errorf("address %+v", a)
	}
}

func TestStateOf(t *testing.T) {
	for status, want := range map[uint8]DeliveryState{0: Delivered, 0x1f: Delivered, 0x20: StillTrying, 0x45: FailedPermanently, 0x60: GivenUp, 0x80: ReservedState, 0xff: ReservedState} {
		if got := StateOf(status); got != want {
			t.Errorf("%#x: %v, want %v", status, got, want)
		}
	}
}

func TestText(t *testing.T) {
	// [ and the euro sign are in the extension table: escape 0x3c, escape 0x65.
	if got := string(appendGSM7(nil, pack(0x1b, 0x3c, 0x1b, 0x65, 0x00, 0x1b, 0x41), 0, 7)); got != "[€@A" {
		t.Errorf("%q", got)
	}
	if got := string(appendUCS2(nil, unhex(t, "00e9 d83dde00 d83d 0041 00"))); got != "é😀\ufffdA" {
		t.Errorf("%q", got)
	}
}

// pack packs septets (TS 23.038 6.1.2.1.1).
func pack(septets ...byte) []byte {
	b := make([]byte, (7*len(septets)+7)/8)
	for i, s := range septets {
		for k := range 7 {
			if s>>k&1 != 0 {
				b[(7*i+k)/8] |= 1 << ((7*i + k) % 8)
			}
		}
	}
	return b
}

func TestMasks(t *testing.T) {
	tbcd := unhex(t, "62 02 10 32 54 76 98 f0")
	for _, c := range []struct {
		name, got, want string
	}{
		{"IMSI", string(AppendIMSI(nil, tbcd, Show{})), "26200**********"},
		{"IMSI shown", string(AppendIMSI(nil, tbcd, Show{Subscribers: true})), "262001234567890"},
		{"short IMSI", string(AppendIMSI(nil, tbcd[:2], Show{})), "2620"},
		{"appended", string(AppendIMSI([]byte("imsi "), tbcd, Show{})), "imsi 26200**********"},
		{"number", number(t, "91 94 71 32 54 f6", Show{}), "49*******"},
		{"number shown", number(t, "91 94 71 32 54 f6", Show{Subscribers: true}), "491723456"},
		{"number of zone 1", number(t, "91 21 43 65", Show{}), "1*****"},
		{"number, three digits", number(t, "91 53 83 21", Show{}), "353***"},
		{"national number", number(t, "a1 10 32 54", Show{}), "******"},
		{"service centre", string(AppendNode(nil, Number{TBCD: unhex(t, "44 77 58 10 06 50")})), "447785016005"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
	for digits, want := range map[string]string{"447785016005": "44", "12025550100": "1", "353861234567": "353", "4": "4", "": "", "85": "85", "7495": "7"} {
		if got := string(CountryCode([]byte(digits))); got != want {
			t.Errorf("country code of %s: %s, want %s", digits, got, want)
		}
	}
	if Fingerprint([]byte("a")) == Fingerprint([]byte("b")) || Fingerprint(nil) != 0xcbf29ce484222325 {
		t.Error("fingerprints")
	}
}

func number(t *testing.T, in string, show Show) string {
	n, ok := ReadNumber(unhex(t, in))
	if !ok {
		t.Fatal(in)
	}
	return string(AppendNumber(nil, n, show))
}

func TestReadNumber(t *testing.T) {
	n, ok := ReadNumber(unhex(t, "91 44 21"))
	if !ok || n.Nature != 1 || n.Plan != 1 || len(n.TBCD) != 2 {
		t.Errorf("%+v %v", n, ok)
	}
	if _, ok = ReadNumber(nil); ok {
		t.Error("an empty one")
	}
	if _, ok = ReadNumber(make([]byte, 21)); ok {
		t.Error("one of 21 octets")
	}
	if got := string(AppendTBCD(nil, unhex(t, "ba dc fe 21"))); got != "*#abc" { // the filler ends it
		t.Errorf("%q", got)
	}
}

func TestRouting(t *testing.T) {
	a, ok := ReadRoutingArg([]byte(tlv(0x30, tlv(0x80, "\x91\x44\x21"), tlv(0x81, "\xff"), tlv(0x82, "\x91\x44\x77"))))
	if !ok || !a.HasMSISDN || !a.HasServiceCentre || string(a.ServiceCentre.TBCD) != "\x44\x77" {
		t.Errorf("%+v %v", a, ok)
	}
	for _, b := range []string{"", tlv(0x30), tlv(0x04, "x")} {
		if _, ok = ReadRoutingArg([]byte(b)); ok {
			t.Errorf("argument %x", b)
		}
	}
}

func FuzzTPDU(f *testing.F) {
	for _, s := range []string{"04" + deliverHead + "05 e8329bfd06", "44" + deliverHead + "0c 050003aa0302 d06536fb0d", "00 d0 00",
		"31 07 0b 91 44 21 43 65 87 f9 00 00 ff 05 e8329bfd06", "02 2a 00 81 42218261246480 42218261246480 46 07 00 04 01 ab", "01 c5 00 42218261246480"} {
		f.Add(unhex(f, s), uint8(1), uint8(0))
		f.Add(unhex(f, s), uint8(2), uint8(2))
	}
	f.Fuzz(func(t *testing.T, b []byte, d, in uint8) {
		p := ReadTPDU(b, Direction(d%3), Carrier(in%3))
		if len(p.UD) > len(b) || len(p.Header) > len(p.UD) || p.Concat.Seq > p.Concat.Total {
			t.Fatalf("%+v", p)
		}
		p.AppendText(nil)
		for i, o := range AppendIMSI(nil, b, Show{}) {
			if i >= imsiShown && o != maskDigit {
				t.Fatalf("digit %d of an IMSI is shown", i)
			}
		}
	})
}
