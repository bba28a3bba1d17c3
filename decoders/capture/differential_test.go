package capture

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/pcapgo"
)

// pcapgoAll reads b with pcapgo; ok is false when it does not read all of it
// without an error.
func pcapgoAll(b []byte) (infos []gopacket.CaptureInfo, data []string, ok bool) {
	var read func() ([]byte, gopacket.CaptureInfo, error)
	if len(b) > 4 && b[0] == 0x0a {
		r, err := pcapgo.NewNgReader(bytes.NewReader(b), pcapgo.NgReaderOptions{WantMixedLinkType: true})
		if err != nil {
			return nil, nil, false
		}
		read = r.ReadPacketData
	} else {
		r, err := pcapgo.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, nil, false
		}
		r.SetSnaplen(0)
		read = r.ReadPacketData
	}
	for {
		d, ci, err := read()
		if err != nil {
			return infos, data, err == io.EOF
		}
		infos, data = append(infos, ci), append(data, string(d))
	}
}

// sameAsPcapgo compares every record with pcapgo's, where that is right.
func sameAsPcapgo(t *testing.T, name string, b []byte) bool {
	infos, data, ok := pcapgoAll(b)
	if !ok {
		return false
	}
	recs, in, err := readAll(t, bytes.NewReader(b), Options{})
	if err != nil || in.DamageCount > 0 {
		return false
	}
	if len(recs) != len(infos) {
		t.Errorf("%s: %d records, pcapgo has %d", name, len(recs), len(infos))
		return true
	}
	for i, r := range recs {
		ci := infos[i]
		ifc := in.Interfaces[r.Iface]
		switch {
		case r.Data != data[i] || int(r.Len) != ci.CaptureLength || int(r.Orig) != ci.Length && r.Flags&BadOrig == 0:
			t.Errorf("%s: record %d: %d of %d bytes, pcapgo has %d of %d", name, i, r.Len, r.Orig, ci.CaptureLength, ci.Length)
			return true
		case r.Flags&HasTime == 0, ifc.TSResol&0x80 != 0: // pcapgo invents a time, or reads the unit wrongly
		case in.Format != FormatPcapNG && fraction(b, r, in) >= 1e6: // pcapgo lets it overflow
		case r.Time != ci.Timestamp.UnixNano():
			t.Errorf("%s: record %d: time %d, pcapgo has %d", name, i, r.Time, ci.Timestamp.UnixNano())
			return true
		}
	}
	return true
}

// fraction is the field behind the seconds in r's header in a plain pcap file.
func fraction(b []byte, r got, in *Info) uint32 {
	if h := b[r.Offset-12:]; in.Format == FormatPcapNS {
		return 0
	} else if in.BigEndian {
		return binary.BigEndian.Uint32(h)
	} else {
		return binary.LittleEndian.Uint32(h)
	}
}

func TestDifferential(t *testing.T) {
	for name, b := range samples() {
		sameAsPcapgo(t, name, b)
	}
}

func TestDifferentialCorpus(t *testing.T) {
	compared := 0
	for name := range manifest(t) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if sniffCompression(b) == noCompression && sameAsPcapgo(t, name, b) {
			compared++
		}
	}
	t.Logf("%d files compared", compared)
	if compared < 500 {
		t.Errorf("only %d files compared", compared)
	}
}
