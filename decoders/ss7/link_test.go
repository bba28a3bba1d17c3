package ss7

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"pcaptriage/decoders/exportpdu"
	"pcaptriage/decoders/mtp3"
	"pcaptriage/decoders/sccp"
	"pcaptriage/decoders/sigtran"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const (
	// A UDT from SSN 6 to SSN 8 with an empty Begin, and one to be connected.
	udt     = "09 00 03 05 07 02 42 08 02 42 06 02 62 00"
	request = "01 00 00 00"
	itu     = "83 45 23 8d 54"          // SIO and label: DPC 0x2345, OPC 0x1234, SLS 5
	ansi    = "83 03 02 01 06 05 04 f5" // DPC 1-2-3, OPC 4-5-6
	ttc     = "83 45 23 34 12 05"
	isup    = "85 45 23 8d 54 01 00"
)

// message puts a SIGTRAN header with the right length before a body.
func message(t testing.TB, class, typ byte, body string) []byte {
	b := append([]byte{1, 0, class, typ, 0, 0, 0, 0}, unhex(t, body)...)
	binary.BigEndian.PutUint32(b[4:], uint32(len(b)))
	return b
}

func param(tag uint16, value string) string {
	n := len(strings.ReplaceAll(value, " ", ""))/2 + 4
	s := hex.EncodeToString([]byte{byte(tag >> 8), byte(tag), byte(n >> 8), byte(n)}) + value
	for ; n%4 != 0; n++ {
		s += "00"
	}
	return s
}

func TestDecode(t *testing.T) {
	m3ua := func(si, user string) []byte {
		return message(t, 1, 1, param(0x210, "00001234 00002345"+si+"020005"+user))
	}
	m2pa := func(msu string) []byte { return message(t, 11, 1, "00000001 00000002"+msu) }
	for _, c := range []struct {
		name    string
		from    Layer
		b       []byte
		result  Result
		err     error
		opc     uint32
		variant mtp3.Variant
	}{
		{"M3UA", M3UA, m3ua("03", udt), Message, nil, 0x1234, mtp3.Unknown},
		{"M3UA with ISUP", M3UA, m3ua("05", "00"), OtherUser, nil, 0x1234, mtp3.Unknown},
		{"M3UA with connection-oriented SCCP", M3UA, m3ua("03", request), OtherUser, nil, 0x1234, mtp3.Unknown},
		{"M3UA heartbeat", M3UA, message(t, 3, 3, ""), Management, nil, 0, mtp3.Unknown},
		{"M3UA without data", M3UA, message(t, 1, 1, ""), Failed, sigtran.ErrMissing, 0, mtp3.Unknown},
		{"M2UA", M2UA, message(t, 6, 1, param(0x300, itu+udt)), Message, nil, 0x1234, mtp3.ITU},
		{"M2UA of TTC", M2UA, message(t, 6, 1, param(0x301, "00"+ttc+udt)), Message, nil, 0x1234, mtp3.Japan},
		{"M2UA establish", M2UA, message(t, 6, 2, ""), Management, nil, 0, mtp3.Unknown},
		{"M2PA, ITU", M2PA, m2pa("00" + itu + udt), Message, nil, 0x1234, mtp3.ITU},
		{"M2PA, ANSI", M2PA, m2pa("00" + ansi + udt), Message, nil, 0x040506, mtp3.Label24},
		{"M2PA, Japan", M2PA, m2pa("00" + ttc + udt), Message, nil, 0x1234, mtp3.Japan},
		{"M2PA acknowledgement", M2PA, m2pa(""), Management, nil, 0, mtp3.Unknown},
		{"M2PA with ISUP", M2PA, m2pa("00" + isup), OtherUser, nil, 0, mtp3.Unknown},
		{"M2PA, variant not known", M2PA, m2pa("00" + itu + "09"), Failed, ErrVariant, 0, mtp3.Unknown},
		{"SUA", SUA, message(t, 7, 1, param(0x10b, "6200")), Message, nil, 0, mtp3.Unknown},
		{"SUA management", SUA, message(t, 3, 1, ""), Management, nil, 0, mtp3.Unknown},
		{"MTP2", MTP2, unhex(t, "80 80 13"+itu+udt+"aabb"), Message, nil, 0x1234, mtp3.ITU},
		{"MTP2 fill-in", MTP2, unhex(t, "80 80 00"), Management, nil, 0, mtp3.Unknown},
		{"MTP2 with header", MTP2Header, unhex(t, "00 00 0001 80 80 13"+itu+udt), Message, nil, 0x1234, mtp3.ITU},
		{"MTP2 with header, annex A", MTP2Header, unhex(t, "00 01 0001 8000 8000 1300"+itu+udt), Message, nil, 0x1234, mtp3.ITU},
		{"MTP3", MTP3, unhex(t, itu+udt), Message, nil, 0x1234, mtp3.ITU},
		{"MTP3, empty", MTP3, nil, Failed, mtp3.ErrShort, 0, mtp3.Unknown},
		{"SCCP", SCCP, unhex(t, udt), Message, nil, 0, mtp3.Unknown},
		{"SCCP, damaged", SCCP, unhex(t, udt)[:9], Failed, sccp.ErrShort, 0, mtp3.Unknown},
		{"IP", NoLayer, nil, Failed, ErrLayer, 0, mtp3.Unknown},
	} {
		var l Link
		u, r, err := l.Decode(c.from, c.b)
		if r != c.result || err != c.err || u.OPC != c.opc || u.Variant != c.variant {
			t.Errorf("%s: %v %v, OPC %#x, %v; want %v %v, %#x, %v", c.name, r, err, u.OPC, u.Variant, c.result, c.err, c.opc, c.variant)
		}
		if r == Message && len(u.SCCP.Data) != 2 {
			t.Errorf("%s: data %x", c.name, u.SCCP.Data)
		}
	}
}

// A variant that was told or found serves messages that do not tell it.
func TestVariantIsKept(t *testing.T) {
	var l Link
	l.Decode(MTP3, unhex(t, ansi+udt))
	if u, r, _ := l.Decode(MTP3, unhex(t, "85 03 02 01 06 05 04 f5 01 00")); r != OtherUser || u.DPC != 0x010203 || u.SI != 5 {
		t.Errorf("%v %+v", r, u)
	}
	l = Link{Guess: mtp3.Guesser{Told: mtp3.China}}
	if u, r, _ := l.Decode(MTP3, unhex(t, ansi+udt)); r != Message || u.Variant != mtp3.China {
		t.Errorf("%v %+v", r, u)
	}
}

// Some stacks fill the segmentation parameter with zeroes.
func TestZeroSegmentation(t *testing.T) {
	for data, segmented := range map[string]bool{"6200": false, "6205": true, "0000": true} {
		var l Link
		u, r, err := l.Decode(SUA, message(t, 7, 1, param(0x117, "0000000c")+param(0x10b, data)))
		if r != Message || err != nil || u.SCCP.Segmented() != segmented {
			t.Errorf("%s: %v %v segmented %v", data, r, err, u.SCCP.Segmented())
		}
	}
}

func TestLayers(t *testing.T) {
	for name, want := range map[string]Layer{"m3ua": M3UA, "sccp": SCCP, "tcap": TCAP, "gsm_map": GSMMAP, "mtp2": MTP2, "http": NoLayer, "": NoLayer} {
		if got := OfExported(&exportpdu.PDU{Name: []byte(name)}); got != want {
			t.Errorf("exported %q: %v, want %v", name, got, want)
		}
	}
	for link, want := range map[uint16]Layer{139: MTP2Header, 140: MTP2, 141: MTP3, 142: SCCP, 248: SCTP, 1: NoLayer, 252: NoLayer} {
		if got := OfLinkType(link); got != want {
			t.Errorf("link type %d: %v, want %v", link, got, want)
		}
	}
	for ppid, want := range map[uint32]Layer{2: M2UA, 3: M3UA, 4: SUA, 5: M2PA, 46: NoLayer, 0: NoLayer} {
		if got := OfMessage(ppid, 1, 2, nil); got != want {
			t.Errorf("PPID %d: %v, want %v", ppid, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(uint8(M3UA), message(f, 1, 1, param(0x210, "00001234 00002345 03020005"+udt)))
	f.Add(uint8(M2UA), message(f, 6, 1, param(0x301, "00"+ttc+udt)))
	f.Add(uint8(M2PA), message(f, 11, 1, "00000001 00000002 00"+ansi+udt))
	f.Add(uint8(SUA), message(f, 7, 1, param(0x117, "0000000c")+param(0x10b, "6200")))
	f.Add(uint8(MTP2Header), unhex(f, "00 01 0001 8000 8000 1300"+itu+udt))
	f.Add(uint8(MTP3), unhex(f, itu+udt))
	f.Fuzz(func(t *testing.T, layer uint8, b []byte) {
		var l Link
		for range 2 {
			u, r, err := l.Decode(Layer(layer%uint8(len(LayerNames))), b)
			if (err != nil) != (r == Failed) {
				t.Fatalf("%v with %v", r, err)
			}
			if r == Message && !u.SCCP.Type.Connectionless() || len(u.SCCP.Data) > len(b) {
				t.Fatalf("%+v", u)
			}
		}
	})
}

func TestDecodeDoesNotAllocate(t *testing.T) {
	b := message(t, 1, 1, param(0x210, "00001234 00002345 03020005"+udt))
	var l Link
	if n := testing.AllocsPerRun(100, func() { l.Decode(M3UA, b) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// ERF records of HDLC channels are told from those of Ethernet by their type,
// whatever its extension bit.
func TestERFChannel(t *testing.T) {
	rec := func(typ byte) []byte { return []byte{0, 0, 0, 0, 0, 0, 0, 0, typ, 4, 0, 20} }
	for _, c := range []struct {
		link uint16
		rec  []byte
		want bool
	}{{197, rec(5), true}, {197, rec(0x85), true}, {197, rec(12), true}, {197, rec(2), false}, {197, rec(1), false},
		{1, rec(5), false}, {197, rec(5)[:8], false}} {
		if got := ERFChannel(c.link, c.rec); got != c.want {
			t.Errorf("link type %d, %x: %v", c.link, c.rec, got)
		}
	}
}
