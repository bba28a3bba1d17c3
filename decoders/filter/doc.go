// Package filter compiles the part of tcpdump's pcap-filter(7) language that
// people type by hand, and matches packets of capture files with it: host, net,
// port and portrange with src and dst, protocol names, vlan, less and greater,
// comparisons of tcp[..], udp[..], icmp[..], ip[..], ip6[..], icmp6[..],
// ether[..] and len with arithmetic, and, or, not, parentheses.
//
// The meaning is libpcap's, quirks included: "and" and "or" bind equally and
// from the left; an id without a keyword takes the last one's; "vlan" moves
// what follows it behind the tag; only the outermost IP header is looked at;
// ports are not found behind IPv6 extension headers; a load beyond what was
// captured rejects the packet, even under "not".
//
// Names of hosts and networks are not resolved: a file says nothing of the
// names of its time.
package filter
