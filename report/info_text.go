package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteInfoText prints one file's description for people.
func WriteInfoText(w io.Writer, i *Info, opt Options) error {
	if opt.Width <= 0 {
		opt.Width = defaultWidth
	}
	t := infoText{p: printer{w: w, colour: opt.Colour}, width: opt.Width}
	t.file(i)
	return t.p.flush()
}

type infoText struct {
	p     printer
	width int
}

const infoIndent = 16

// field prints a name and its value, wrapped behind the names' column.
func (t *infoText) field(name, value string, st style) {
	for n, line := range wrap(value, t.width-infoIndent) {
		head := ""
		if n == 0 && name != "" {
			head = name + ":"
		}
		t.p.text("  ")
		t.p.styled(dim, pad(head, infoIndent-2, false))
		t.p.styled(st, line)
		t.p.text("\n")
	}
}

func (t *infoText) file(i *Info) {
	t.p.styled(bold, i.Path)
	t.p.text("\n")
	if i.Packets == nil {
		t.field("not readable", i.Error, magenta)
		return
	}
	format := *i.Format + " " + *i.Version + ", " + *i.ByteOrder + "-endian"
	if *i.Compression != "none" {
		format += ", compressed with " + *i.Compression
	}
	if *i.Sections > 1 {
		format += ", " + plural(*i.Sections, "section", "sections")
	}
	t.field("format", format, plain)
	packets := Count(*i.Packets)
	if *i.Frames != *i.Packets {
		packets += fmt.Sprintf(" (Wireshark numbers %s frames)", Count(*i.Frames))
	}
	t.field("packets", packets, plain)
	t.field("bytes", Bytes(*i.Bytes)+" on the wire, "+Bytes(*i.FileBytes)+" of file", plain)
	t.times(i)
	t.order(i)
	if i.TruncatedBySnaplen > 0 {
		t.field("cut packets", fmt.Sprintf("%s (%s) hold fewer bytes than were on the wire", Count(i.TruncatedBySnaplen), percent(i.TruncatedBySnaplen, *i.Packets)), plain)
	}
	drops := "the capture does not say"
	if i.Drops != nil {
		drops = Count(*i.Drops)
	}
	t.field("drops", drops, plain)
	if len(i.Blocks) > 0 {
		var parts []string
		for _, k := range sortedKeys(i.Blocks) {
			parts = append(parts, Count(i.Blocks[k])+" "+k)
		}
		t.field("blocks", strings.Join(parts, ", "), plain)
	}
	if i.Comments > 0 {
		t.field("comments", Count(i.Comments), plain)
	}
	t.health(i)
	t.interfaces(i)
}

func (t *infoText) times(i *Info) {
	first, ok := i.FirstTime.Nanos()
	last, _ := i.LastTime.Nanos()
	if !ok {
		t.field("time", "no timestamps", plain)
		return
	}
	t.field("first packet", i.FirstTime.String(), plain)
	t.field("last packet", i.LastTime.String(), plain)
	if d := last - first; d >= 0 {
		s := Duration(d)
		if sec := float64(d) / 1e9; sec > 0 && *i.Packets > 1 {
			s += fmt.Sprintf(" (%s, %sbit/s)", plural(uint64(float64(*i.Packets)/sec+0.5), "packet/s", "packets/s"), rate(8*float64(*i.Bytes)/sec))
		}
		t.field("span", s, plain)
	}
}

// rate prints a number with three digits, a blank and a prefix of the unit.
func rate(v float64) string {
	for _, prefix := range []string{"", "k", "M"} {
		if v < 999.5 {
			return strconv.FormatFloat(v, 'g', 3, 64) + " " + prefix
		}
		v /= 1000
	}
	return strconv.FormatFloat(v, 'f', 2, 64) + " G"
}

func (t *infoText) order(i *Info) {
	if i.OutOfOrder == 0 {
		t.field("order", "in time order", plain)
		return
	}
	t.field("order", fmt.Sprintf("%s (%s) out of time order", plural(i.OutOfOrder, "packet", "packets"), percent(i.OutOfOrder, *i.Packets)), yellow)
}

func (t *infoText) health(i *Info) {
	st := green
	if i.Health() != "good" {
		st = red
	}
	t.field("health", i.Health(), st)
	const most = 10
	for n, d := range i.Damages {
		if n == most {
			t.field("", fmt.Sprintf("... and %s more (see --format json)", Count(i.DamageCount-most)), dim)
			break
		}
		t.field("", strings.TrimPrefix(d, i.Path+": "), plain)
	}
	if i.BytesSkipped > 0 {
		t.field("", Bytes(i.BytesSkipped)+" skipped to find the next packet", plain)
	}
	if len(i.Damages) == 0 && i.Error != "" {
		t.field("", i.Error, plain)
	}
}

func (t *infoText) interfaces(i *Info) {
	g := grid{columns: []column{{head: "if", right: true}, {head: "link type", min: 12}, {head: "decoded"}, {head: "name", min: 8},
		{head: "packets", right: true}, {head: "snaplen", right: true}, {head: "resolution", right: true}, {head: "drops", right: true},
		{head: "filter", min: 12}}}
	for n := range i.Interfaces {
		ifc := &i.Interfaces[n]
		name := ifc.IfName
		if ifc.Description != "" {
			name = strings.TrimSpace(name + " (" + ifc.Description + ")")
		}
		snap, res, drops := "-", "-", "-"
		if ifc.SnapLen > 0 {
			snap = Count(ifc.SnapLen)
		}
		if ifc.Resolution != nil {
			res = resolution(*ifc.Resolution)
		}
		if ifc.Drops != nil {
			drops = Count(*ifc.Drops)
		}
		g.rows = append(g.rows, []string{strconv.Itoa(n), fmt.Sprintf("%s (%d)", ifc.Name, ifc.LinkType), ifc.Decoded, name,
			Count(ifc.Packets), snap, res, drops, ifc.Filter})
	}
	g.dropEmpty(false)
	g.write(&t.p, 2, t.width)
}

// resolution prints ns that may be a fraction.
func resolution(ns float64) string {
	switch {
	case ns >= 1e9:
		return strconv.FormatFloat(ns/1e9, 'g', 4, 64) + " s"
	case ns >= 1e6:
		return strconv.FormatFloat(ns/1e6, 'g', 4, 64) + " ms"
	case ns >= 1e3:
		return strconv.FormatFloat(ns/1e3, 'g', 4, 64) + " µs"
	}
	return strconv.FormatFloat(ns, 'g', 4, 64) + " ns"
}
