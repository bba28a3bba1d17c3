package linktype

import "pcaptriage/analyzers"

const ruleMislabelled = "linktype-mislabelled"

var rules = []analyzers.Rule{{
	Code: ruleMislabelled, Severity: analyzers.Warning, Title: "the file's link type is wrong",
	Explanation: `A capture file says once, in its header (pcap) or once an interface (pcapng), which link-layer header its packets begin with. If that number is wrong every tool misreads every packet: Wireshark shows "Raw packet data" or nonsense protocols, filters match nothing, statistics are empty. The packets themselves are intact.

The usual cause: OpenBSD's tcpdump on lo0 writes 12, which is OpenBSD's own number for its loopback header (DLT_LOOP). Everybody else reads 12 as raw IP; the number for that header in files is 108 (LINKTYPE_LOOP). OpenBSD's 13 (enc) stands for 109. Other causes are tools that wrote packets with a fixed header over captures of another kind, and conversions in which the header was taken from another file.

What other tools print: tshark and Wireshark list "Raw packet data" without any IP; tcpdump prints "IP0" or "unknown ip"; tcprewrite and filters refuse or match nothing.`,
	Recognised: `The first packets of the interface (up to 200) are read under the declared link type and under each of some thirty others, strictly: does a sane IPv4, IPv6, ARP or SS7 header follow; do version, header length, total length, captured length and the IPv4 header checksum agree; does the 4-byte address family mean something. The finding stands when at least four packets can tell, the declared type explains at most one in twenty, and exactly one other type at least nine in ten. Types that read this file identically (12, 14 and 101 for raw IP; 0 and 108 for a loopback header in network order) count as one.

If packets disagree among themselves, or several types would do, nothing is reported, and the table link_types in the JSON report says so. User-defined types (147 to 162) and types that cannot be decoded are never called wrong.`,
	Remedy: `The report is made as if the header were right, so nothing needs doing for it. To open the file elsewhere: "pcaptriage fix-dlt FILE" shows what it would change, "pcaptriage fix-dlt --in-place FILE" changes the two bytes of the link type and nothing else, "--output" writes a repaired copy. If the header is right after all, "--trust-linktype" takes the file at its word.

At the source: OpenBSD's tcpdump has no option for it; capture on another interface, or repair the files.`,
}}
