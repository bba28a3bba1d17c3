package report

import (
	"fmt"
	"sort"
	"strings"

	"pcaptriage/decoders/link"
)

// coverage prints what the report could not see, if there is anything: no
// verdict may hide missing data. Each remark is a sentence with its number.
func (r *textRenderer) coverage(c *Capture) {
	remarks := coverageSentences(c)
	if len(remarks) == 0 && len(c.Coverage.Damages) == 0 {
		return
	}
	r.heading("Coverage", "what this report could not see, or had to take with care")
	for _, s := range remarks {
		r.bullet(s)
	}
	r.damages(c)
}

// bullet prints a remark with a hanging indentation.
func (r *textRenderer) bullet(s string) {
	r.p.hanging("- "+s, 2, 4, r.opt.Width)
}

// damages lists the damage of the file, a few of it, without the file's name
// unless there are several.
func (r *textRenderer) damages(c *Capture) {
	const most = 5
	cov := c.Coverage
	for i, d := range cov.Damages {
		if i == most {
			break
		}
		if len(c.Files) == 0 {
			d = strings.TrimPrefix(d, c.Path+": ")
		}
		r.bullet(d)
	}
	if n := cov.DamageCount; n > most && len(cov.Damages) > most {
		r.more(int(n)-most, 4)
	}
}

func coverageSentences(c *Capture) (out []string) {
	cov := c.Coverage
	add := func(n uint64, one, many string) {
		if n > 0 {
			out = append(out, plural(n, one, many))
		}
	}
	if cov.Interrupted {
		out = append(out, "interrupted: what follows in the capture was not read")
	}
	if cov.Error != "" && (len(cov.Damages) == 0 || cov.Error != cov.Damages[0]) {
		out = append(out, "reading ended: "+cov.Error)
	}
	for _, f := range cov.AnalyzersFailed {
		out = append(out, f.Error)
	}
	out = append(out, cov.InternalErrors...)
	if s := undecodedSentence(cov); s != "" {
		out = append(out, s)
	}
	if cov.UnknownLinkType > 0 {
		s := fmt.Sprintf("%s (%s) of a link type that is not decoded", plural(cov.UnknownLinkType, "packet", "packets"),
			percent(cov.UnknownLinkType, cov.Records))
		if names := linkNames(c.LinkTypes); names != "" {
			s += " (" + names + ")"
		}
		out = append(out, s)
	}
	add(cov.FilteredOut, "packet kept out by the filter", "packets kept out by the filter")
	if cov.TruncatedBySnaplen > 0 {
		out = append(out, fmt.Sprintf("%s (%s) cut by the capture's snap length",
			plural(cov.TruncatedBySnaplen, "packet", "packets"), percent(cov.TruncatedBySnaplen, cov.Records)))
	}
	if cov.Drops != nil {
		add(*cov.Drops, "packet dropped by the capture itself, as the file tells", "packets dropped by the capture itself, as the file tells")
	}
	add(cov.Duplicates, "packet is a copy of another one (captured twice), not counted as a retransmission",
		"packets are copies of others (captured twice), not counted as retransmissions")
	add(cov.OutOfOrder, "packet out of time order", "packets out of time order")
	add(cov.TimestampOutliers, "packet with a timestamp far off those before it", "packets with a timestamp far off those before them")
	add(cov.ClockResets, "jump of the capture's clock: no time was measured across it", "jumps of the capture's clock: no time was measured across them")
	add(cov.FragmentsIncomplete, "IP datagram whose fragments are not all in the capture", "IP datagrams whose fragments are not all in the capture")
	add(cov.FlowsEvicted, "flow given up because the flow table was full (see --max-memory)", "flows given up because the flow table was full (see --max-memory)")
	add(cov.VerdictsWithheld, "verdict withheld because the flow was not watched to its end", "verdicts withheld because the flows were not watched to their end")
	add(cov.LabelsFolded, "latency folded into (other): too many servers or peers", "latencies folded into (other): too many servers or peers")
	add(cov.NegativeLatencies, "latency dropped because time ran backwards", "latencies dropped because time ran backwards")
	add(cov.TunnelsFolded, "tunnel path beyond those kept apart", "tunnel paths beyond those kept apart")
	if cov.BytesSkipped > 0 {
		out = append(out, Bytes(cov.BytesSkipped)+" of the file skipped to find the next packet")
	}
	if cov.EndedEarly && len(cov.Damages) == 0 {
		out = append(out, "the file stops inside a packet")
	}
	for _, t := range sortedKeys(cov.TableRowsCut) {
		add(cov.TableRowsCut[t], "row of table "+t+" not kept", "rows of table "+t+" not kept")
	}
	return out
}

// undecodedSentence says how much could not be decoded and why, most first.
func undecodedSentence(cov *Coverage) string {
	var sum uint64
	reasons := sortedKeys(cov.Undecoded)
	for _, k := range reasons {
		sum += cov.Undecoded[k]
	}
	if sum == 0 {
		return ""
	}
	sort.SliceStable(reasons, func(i, j int) bool { return cov.Undecoded[reasons[i]] > cov.Undecoded[reasons[j]] })
	parts := make([]string, len(reasons))
	for i, k := range reasons {
		parts[i] = Count(cov.Undecoded[k]) + " " + undecodedWords(k)
	}
	return fmt.Sprintf("%s (%s) not decoded: %s", plural(sum, "packet", "packets"), percent(sum, cov.Records), strings.Join(parts, ", "))
}

// undecodedWords says for people what a name of decoders.UndecodedNames means.
func undecodedWords(name string) string {
	switch name {
	case "truncated_link":
		return "cut within the link header"
	case "bad_link":
		return "with an impossible link header"
	case "unknown_ethertype":
		return "of a protocol (EtherType) that is not read"
	case "truncated_ip":
		return "cut within the IP header"
	case "bad_ip":
		return "with an impossible IP header"
	case "truncated_l4":
		return "cut within the header behind IP's"
	case "bad_l4":
		return "with an impossible header behind IP's"
	case "too_deep":
		return "in more tunnels than are followed"
	}
	return strings.ReplaceAll(name, "_", " ")
}

// linkNames lists the link types that are not decoded, once each.
func linkNames(links []LinkType) string {
	var out []string
	seen := map[uint16]bool{}
	for _, l := range links {
		if t, known := link.Lookup(l.ReadAs); known && t.Support != link.Undecoded {
			continue
		}
		if l.Packets > 0 && !seen[l.LinkType] {
			seen[l.LinkType] = true
			out = append(out, fmt.Sprintf("%s, %d", l.Name, l.LinkType))
		}
	}
	return strings.Join(out, "; ")
}
