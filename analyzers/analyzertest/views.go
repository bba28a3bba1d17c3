package analyzertest

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/link"
)

// A View is what another capture point, switch or option would have recorded of
// the same traffic. Whatever a capture lacks, or holds twice, is no fault of the
// network: a view brings no new trouble.
type View struct {
	Name string
	// Same: it holds the same packets in another dress, so that the same
	// rules speak, as often. Otherwise it lacks some, and fewer may.
	Same bool
	// Cut: it ends early, so that verdicts with confidence possible may come.
	Cut bool
	// Make returns the view, nil where it does not apply.
	Make func(f *File) *File
}

// Views is the list of views.
func Views() []View {
	return []View{
		{Name: "years later", Same: true, Make: later},
		{Name: "on a VLAN", Same: true, Make: onVLAN},
		{Name: "without link layer", Same: true, Make: withoutLink},
		{Name: "mirrored twice", Same: true, Make: mirrored},
		{Name: "mirrored with a delay", Same: true, Make: lagged},
		{Name: "before and behind a router", Same: true, Make: routed},
		{Name: "in a tunnel", Same: true, Make: tunnelled},
		{Name: "inside and outside a tunnel", Same: true, Make: aroundTunnel},
		{Name: "snaplen 96", Make: snaplen(96)},
		{Name: "snaplen 64", Make: snaplen(64)},
		{Name: "clock of 10 ms", Make: coarse},
		{Name: "neighbours swapped", Make: swapped},
		{Name: "tap with two clocks", Make: skewed},
		{Name: "clients only", Make: side(0)},
		{Name: "servers only", Make: side(1)},
		{Name: "no handshakes", Make: midStream},
		{Name: "second half", Make: half(1)},
		{Name: "first half", Cut: true, Make: half(0)},
		{Name: "every 9th missing", Make: missing},
	}
}

// with is a file of the same kind with other records.
func (f *File) with(records []Record) *File { return &File{f.Link, records} }

// each changes every record.
func (f *File) each(change func(r Record) Record) *File {
	out := make([]Record, len(f.Records))
	for i, r := range f.Records {
		out[i] = change(r)
	}
	return f.with(out)
}

// keep leaves out records.
func (f *File) keep(match func(i int) bool) *File {
	var out []Record
	for i, r := range f.Records {
		if match(i) {
			out = append(out, r)
		}
	}
	return f.with(out)
}

func later(f *File) *File {
	return f.each(func(r Record) Record { r.Time += 400 * 24 * 3600e9; return r })
}

func onVLAN(f *File) *File {
	if f.Link != link.EN10MB {
		return nil
	}
	return f.each(func(r Record) Record {
		if len(r.Data) >= 12 {
			r.Data = slices.Concat(r.Data[:12], []byte{0x81, 0, 0, 42}, r.Data[12:])
			r.Wire += 4
		}
		return r
	})
}

// withoutLink is the capture on a tunnel device: raw IP. Frames with tags are
// left alone, since those may tell networks apart.
func withoutLink(f *File) *File {
	if f.Link != link.EN10MB {
		return nil
	}
	var out []Record
	for _, r := range f.Records {
		if len(r.Data) < 14 {
			continue
		}
		switch binary.BigEndian.Uint16(r.Data[12:]) {
		case 0x0800, 0x86dd:
			out = append(out, Record{r.Time, r.Wire - 14, r.Data[14:]})
		case 0x8100, 0x88a8:
			return nil
		}
	}
	return &File{link.Raw, out}
}

// mirrored is a switch that copies a frame where it enters and where it leaves.
func mirrored(f *File) *File {
	var out []Record
	for _, r := range f.Records {
		out = append(out, r, Record{r.Time + 3000, r.Wire, r.Data})
	}
	return f.with(out)
}

// lagged is a mirror port whose second copy comes 1 ms later, behind other packets.
func lagged(f *File) *File {
	return f.merged(f.each(func(r Record) Record { r.Time += 1e6; return r }))
}

// merged puts the records of two captures in the order of their times.
func (f *File) merged(other *File) *File {
	out := slices.Concat(f.Records, other.Records)
	slices.SortStableFunc(out, func(a, b Record) int { return cmp.Compare(a.Time, b.Time) })
	return f.with(out)
}

// skewed is a tap whose two halves have clocks of their own, 300 us apart.
func skewed(f *File) *File {
	dirs := f.directions()
	out := slices.Clone(f.Records)
	for i := range out {
		if dirs[i].known && dirs[i].dir == 1 {
			out[i].Time += 300_000
		}
	}
	return f.with(nil).merged(f.with(out))
}

// tunnelled is the capture between the ends of an IPIP or SIT tunnel (RFC 2003,
// RFC 4213) that carries everything.
func tunnelled(f *File) *File {
	if f.Link != link.EN10MB || slices.ContainsFunc(f.Records, func(r Record) bool { return r.Data == nil || innerProtocol(r.Data) == 0 }) {
		return nil
	}
	return f.each(encapsulated)
}

// aroundTunnel sees each packet as it enters the tunnel's end, and as it leaves it.
func aroundTunnel(f *File) *File {
	in := tunnelled(f)
	if in == nil {
		return nil
	}
	return f.merged(in.each(func(r Record) Record { r.Time += 5000; return r }))
}

// innerProtocol is the IPv4 protocol number for an Ethernet frame's packet, 0
// when it is no IP packet.
func innerProtocol(frame []byte) uint8 {
	switch {
	case len(frame) < 14:
	case frame[12] == 8 && frame[13] == 0:
		return 4
	case frame[12] == 0x86 && frame[13] == 0xdd:
		return 41
	}
	return 0
}

func encapsulated(r Record) Record {
	const header = 20
	h := make([]byte, header)
	h[0], h[8], h[9] = 0x45, 64, innerProtocol(r.Data)
	binary.BigEndian.PutUint16(h[2:], uint16(header+r.Wire-14))
	copy(h[12:], []byte{172, 16, 0, 1, 172, 16, 0, 2})
	eth := bytes.Clone(r.Data[:14])
	eth[12], eth[13] = 8, 0
	return Record{r.Time, r.Wire + header, slices.Concat(eth, h, r.Data[14:])}
}

// routed sees each IPv4 or IPv6 packet on both sides of a router.
func routed(f *File) *File {
	if f.Link != link.EN10MB {
		return nil
	}
	var out []Record
	for _, r := range f.Records {
		out = append(out, r)
		if again := hop(r.Data); again != nil {
			out = append(out, Record{r.Time + 20_000, r.Wire, again})
		}
	}
	return f.with(out)
}

// hop does to a frame what a router does; nil when it would drop it.
func hop(frame []byte) []byte {
	b := bytes.Clone(frame)
	switch {
	case len(b) >= 34 && b[12] == 8 && b[13] == 0 && b[22] > 1:
		b[22]--
		// RFC 1624: the checksum of a header whose TTL falls by one.
		sum := uint32(binary.BigEndian.Uint16(b[24:])) + 0x100
		binary.BigEndian.PutUint16(b[24:], uint16(sum+sum>>16))
	case len(b) >= 54 && b[12] == 0x86 && b[13] == 0xdd && b[21] > 1:
		b[21]--
	default:
		return nil
	}
	copy(b, []byte{2, 0, 0, 0, 0xff, 1, 2, 0, 0, 0, 0xff, 2})
	return b
}

func snaplen(n int) func(f *File) *File {
	return func(f *File) *File {
		return f.each(func(r Record) Record { r.Data = r.Data[:min(n, len(r.Data))]; return r })
	}
}

// coarse is a clock that ticks every 10 ms.
func coarse(f *File) *File {
	return f.each(func(r Record) Record { r.Time -= r.Time % 10e6; return r })
}

// swapped records packets of different directions that are close together in
// the wrong order, as network cards with several queues do; their times are
// right.
func swapped(f *File) *File {
	const near = 200_000
	out := slices.Clone(f.Records)
	dirs := f.directions()
	for i := 0; i+1 < len(out); i++ {
		if dirs[i].known && dirs[i+1].known && dirs[i].dir != dirs[i+1].dir && out[i+1].Time-out[i].Time < near {
			out[i], out[i+1] = out[i+1], out[i]
			i++
		}
	}
	return f.with(out)
}

// direction of a record in its flow: 0 from the flow's first sender, 1 towards
// it. ICMP errors go where the flow's answers go.
type direction struct {
	known bool
	dir   uint8
	flags uint8 // TCP's
}

func (f *File) directions() []direction {
	out := make([]direction, len(f.Records))
	first := map[decoders.FlowKey]uint8{}
	var p decoders.Packet
	for i, r := range f.Records {
		p.Decode(f.Link, r.Data, r.Wire)
		if p.Has&decoders.HasIP == 0 {
			continue
		}
		out[i] = direction{known: true, dir: 1}
		if p.Has&decoders.HasPorts == 0 {
			continue
		}
		k, dir := p.Key()
		if _, ok := first[k]; !ok {
			first[k] = dir
		}
		out[i].dir = dir ^ first[k]
		if p.Has&decoders.HasTCP != 0 {
			out[i].flags = p.TCP.Flags
		}
	}
	return out
}

// side sees one direction of every flow only.
func side(dir uint8) func(f *File) *File {
	return func(f *File) *File {
		d := f.directions()
		return f.keep(func(i int) bool { return d[i].known && d[i].dir == dir })
	}
}

// midStream begins after every connection's handshake.
func midStream(f *File) *File {
	d := f.directions()
	return f.keep(func(i int) bool { return d[i].flags&decoders.SYN == 0 })
}

func half(n int) func(f *File) *File {
	return func(f *File) *File {
		return f.keep(func(i int) bool { return min(2*i/max(len(f.Records), 1), 1) == n })
	}
}

// missing is a capture that could not keep up.
func missing(f *File) *File {
	return f.keep(func(i int) bool { return i%9 != 8 })
}

// Trouble counts the findings of severity warning and error by rule, those
// of Conclude's possible ones apart.
func Trouble(list []*analyzers.Analyzer, results []*analyzers.AnalyzerResult) (sure, possible map[string]uint64) {
	sure, possible = map[string]uint64{}, map[string]uint64{}
	for _, r := range results {
		for _, f := range r.Outcome.Findings {
			switch {
			case SeverityOf(list, f) < analyzers.Warning:
			case f.Confidence == analyzers.Possible:
				possible[f.Rule] += f.Count
			default:
				sure[f.Rule] += f.Count
			}
		}
	}
	return sure, possible
}
