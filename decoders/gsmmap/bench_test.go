package gsmmap_test

import (
	"os"
	"path/filepath"
	"testing"

	"pcaptriage/decoders/gsmmap"
	"pcaptriage/decoders/ss7"
	"pcaptriage/decoders/tcap"
)

// BenchmarkMessage is the way from an M3UA message with a forwardSM to the
// verdict on it.
func BenchmarkMessage(b *testing.B) {
	file := filepath.Join(corpusDir, "map_v3_mo_m3ua.pcap")
	if _, err := os.Stat(file); err != nil {
		b.Skip("no corpus beside the repository")
	}
	var msg []byte
	eachRecord(b, file, func(_ uint16, frame uint64, _ int64, data []byte, _ uint32) {
		if frame == 1 {
			msg = append([]byte(nil), data[14+20+12+16:]...) // Ethernet, IPv4, SCTP, DATA
		}
	})
	var l ss7.Link
	b.ReportAllocs()
	b.SetBytes(int64(len(msg)))
	for b.Loop() {
		u, r, err := l.Decode(ss7.M3UA, msg)
		if r != ss7.Message {
			b.Fatal(r, err)
		}
		m, err := tcap.Decode(u.SCCP.Data)
		if err != nil {
			b.Fatal(err)
		}
		c, ok := gsmmap.ParseContext(m.Dialogue.Context)
		w := tcap.NewComponents(m.Components)
		for w.Next() {
			f, err := gsmmap.ReadForward(w.C.Param)
			if err != nil {
				b.Fatal(err)
			}
			if v := gsmmap.Decide(w.C.Code, gsmmap.Dialogue{Context: c, HasContext: ok, BeginSeen: true}, &f); v.Direction != gsmmap.MO {
				b.Fatalf("%+v", v)
			}
			gsmmap.ReadTPDU(f.UI, gsmmap.MO, gsmmap.InInvoke)
		}
	}
}
