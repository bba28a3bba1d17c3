package reframe_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"pcaptriage/decoders"
	"pcaptriage/decoders/capture"
	"pcaptriage/decoders/link"
	"pcaptriage/decoders/reframe"
)

const dir = "../../testdata/pcaps/linktype"

// packets reads a capture as link types readAs says, nil: as declared.
type packet struct {
	time             int64
	src, dst         decoders.Addr
	proto            uint8
	ipLen            uint32
	ip               []byte
	wire             uint32
	ifaceType, iface int
}

func packets(t *testing.T, name string, readAs func(iface int, ifc *capture.Interface) uint16) (out []packet, info *capture.Info) {
	t.Helper()
	r, err := capture.Open(name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var p decoders.Packet
	for {
		slab, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, r.Info()
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range slab.Recs {
			rec := &slab.Recs[i]
			ifc := &r.Info().Interfaces[rec.Iface]
			lt := ifc.LinkType
			if readAs != nil {
				lt = readAs(int(rec.Iface), ifc)
			}
			p.Has = 0
			p.Decode(lt, slab.Data(rec), rec.Orig)
			k := packet{time: rec.Time, wire: rec.Orig, ifaceType: int(ifc.LinkType), iface: int(rec.Iface)}
			if p.Has&decoders.HasIP != 0 {
				k.src, k.dst, k.proto, k.ipLen, k.ip = p.Src, p.Dst, p.Proto, p.IPLen, bytes.Clone(p.IPHdr)
			}
			out = append(out, k)
		}
		slab.Release()
	}
}

func convert(t *testing.T, name string, target uint16, readAs func(int, *capture.Interface) uint16) (string, capture.ReencapStats) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "out")
	f, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	stats, err := capture.Reencapsulate(f, name, reframe.New(target, readAs))
	if err != nil {
		t.Fatal(err)
	}
	return to, stats
}

// Every IP packet is the same to the byte behind its new header, at the same
// time, whatever the old header and the new one are; and the lengths agree.
func TestEveryTargetFromEverySource(t *testing.T) {
	asDeclared := func(_ int, ifc *capture.Interface) uint16 { return ifc.LinkType }
	asLoop := func(_ int, ifc *capture.Interface) uint16 {
		if ifc.LinkType == link.Raw12 {
			return link.Loop
		}
		return ifc.LinkType
	}
	for name, readAs := range map[string]func(int, *capture.Interface) uint16{
		"loopback-ethernet.pcap": asDeclared, "loopback-ethernet-nano.pcap": asDeclared, "loopback-sll.pcap": asDeclared,
		"loopback-sll2.pcap": asDeclared, "loopback-nflog.pcap": asDeclared, "tun-raw.pcap": asDeclared,
		"null-be-netbsd.pcap": asDeclared, "openbsd-lo0.pcap": asLoop, "openbsd-lo0-bigendian.pcap": asLoop,
		"openbsd-lo0-snaplen-116.pcap": asLoop, "mixed.pcapng": asLoop, "sections.pcapng": asLoop,
	} {
		file := filepath.Join(dir, name)
		before, infoBefore := packets(t, file, readAs)
		for _, target := range reframe.Targets {
			to, stats := convert(t, file, target.LinkType, readAs)
			after, info := packets(t, to, nil)
			if stats.LeftOut != 0 || len(after) != len(before) {
				t.Errorf("%s to %s: %d packets became %d, %+v", name, target.Name, len(before), len(after), stats)
				continue
			}
			if info.DamageCount != 0 || info.Comments != infoBefore.Comments || info.Frames != infoBefore.Frames {
				t.Errorf("%s to %s: %v, %d comments, %d frames", name, target.Name, info.Damages, info.Comments, info.Frames)
			}
			for i := range after {
				a, b := &after[i], &before[i]
				if a.ifaceType != int(target.LinkType) || a.iface != b.iface {
					t.Fatalf("%s to %s: packet %d is of type %d", name, target.Name, i+1, a.ifaceType)
				}
				if a.time != b.time || a.src != b.src || a.dst != b.dst || a.proto != b.proto || a.ipLen != b.ipLen || !bytes.Equal(a.ip, b.ip) {
					t.Fatalf("%s to %s: packet %d: %+v, was %+v", name, target.Name, i+1, a, b)
				}
			}
		}
	}
}

// There and back again gives the original's packets; ARP has no form in raw IP.
func TestLeftOut(t *testing.T) {
	arp := append(append(bytes.Repeat([]byte{0xff}, 6), 2, 0, 0, 0, 0, 1, 8, 6), make([]byte, 28)...)
	c := reframe.New(link.Raw, func(int, *capture.Interface) uint16 { return link.EN10MB })
	if _, ok := c.LinkType(0, &capture.Interface{LinkType: link.EN10MB}); !ok {
		t.Fatal("Ethernet is not converted")
	}
	if _, ok := c.Frame(0, arp, uint32(len(arp))); ok {
		t.Error("ARP became raw IP")
	}
	c = reframe.New(link.LinuxSLL, func(int, *capture.Interface) uint16 { return link.EN10MB })
	c.LinkType(0, &capture.Interface{LinkType: link.EN10MB})
	f, ok := c.Frame(0, arp, uint32(len(arp)))
	if !ok || f.Skip != 14 || f.Wire != 28 || !bytes.Equal(f.Header, []byte{0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 6}) {
		t.Errorf("ARP in a cooked header: %+v", f)
	}
}

func TestUnsupported(t *testing.T) {
	for _, lt := range []uint16{link.MTP2, link.SCCP, link.User0, link.FDDI} {
		if reframe.Supports(lt) {
			t.Errorf("%s", link.Name(lt))
		}
	}
	c := reframe.New(link.EN10MB, func(_ int, i *capture.Interface) uint16 { return i.LinkType })
	if _, ok := c.LinkType(0, &capture.Interface{LinkType: link.EN10MB}); ok {
		t.Error("Ethernet to Ethernet is a change")
	}
}

// A cut end is left out, other damage refused, the rest converted.
func TestCutAndDamaged(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(dir, "loopback-ethernet.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	declared := func(_ int, ifc *capture.Interface) uint16 { return ifc.LinkType }
	cut := filepath.Join(t.TempDir(), "cut.pcap")
	if err := os.WriteFile(cut, b[:len(b)-3], 0o600); err != nil {
		t.Fatal(err)
	}
	to, stats := convert(t, cut, link.Raw, declared)
	after, info := packets(t, to, nil)
	if len(after) != 44 || stats.Packets != 44 || info.DamageCount != 0 {
		t.Errorf("%d packets, %+v, %v", len(after), stats, info.Damages)
	}
	copy(b[24+16+74+8:], "\xff\xff\xff\x7f") // an absurd length in the second record
	if err := os.WriteFile(cut, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := capture.Reencapsulate(io.Discard, cut, reframe.New(link.Raw, declared)); !errors.Is(err, capture.ErrDamaged) {
		t.Errorf("damaged: %v", err)
	}
}
