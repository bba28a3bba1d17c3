package fragneeded

import "pcaptriage/analyzers"

// Codes of the rules; they are permanent.
const (
	ruleRecovered = "pmtu-recovered"
	ruleStall     = "pmtu-stall"
	ruleBlackhole = "pmtu-blackhole"
	ruleSilent    = "pmtu-blackhole-silent"
	ruleSuspected = "pmtu-stall-suspected"
	ruleRepeat    = "pmtu-repeat"
	ruleMismatch  = "pmtu-mss-mismatch"
	ruleInvalid   = "icmp-frag-needed-invalid"
	ruleProbe     = "frag-needed-to-probe"
	ruleHop       = "proxy-hop-delay"
)

// remedies are what helps against all pauses of path MTU discovery.
const remedies = `Make the two ends agree on segments that fit, so that nobody has to be told.

- Lower the MTU of the route or interface on either side ("ip route change ... mtu 1480", or "advmss 1440"): the handshake's MSS follows.

- Or clamp the MSS on the balancer, tunnel endpoint or router ("iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu", nftables "tcp option maxseg size set rt mtu").

- Or raise the MTU of the links that carry the tunnel by what it costs, so that 1500 bytes fit inside.

net.ipv4.tcp_mtu_probing=1 lets a sender find a smaller size by itself after several timeouts, 2 lets it start small. Do not filter ICMP type 3 code 4 and ICMPv6 type 2: IPv6 routers never fragment, so without them large packets just vanish.`

const confirm = `Look at the sender: "ip route get DESTINATION" shows "mtu 1480 expires 598sec" while the exception is cached, "ip route flush cache" forgets it; "nstat -az IpFragFails Ip6FragFails IcmpMsgInType3 IcmpMsgOutType3 Icmp6InPktTooBigs TcpExtTCPMTUPFail TcpExtTCPMTUPSuccess" counts: FragFails on a host that routes nothing means that its own kernel refused packets. Capture with "tcpdump -ni any '(icmp[0]=3 and icmp[1]=4) or (icmp6 and ip6[40]=2) or tcp port 443'": on one interface alone, what a kernel sends to itself is not to be seen.`

func rules() []analyzers.Rule {
	return []analyzers.Rule{
		{Code: ruleRecovered, Severity: analyzers.Info, Title: "path MTU learned, data sent again at once",
			Explanation: `A packet with DF set (or any in IPv6) did not fit into the next link. Whoever noticed dropped it and told the sender with ICMP type 3 code 4 (RFC 792, RFC 1191) or ICMPv6 type 2 (RFC 4443) how large a packet may be. The sender's kernel wrote a route exception for the destination, made its segments smaller and sent the quoted data again, usually within a millisecond.

That is path MTU discovery at work, and costs one round trip to the reporter. But the exception is kept for all connections of the same hosts: one that negotiated its MSS before may now stall for 200 ms in its own kernel (pmtu-stall).`,
			Recognised: `An ICMP error that quotes a TCP segment of a flow in the capture, and a later segment of the same direction with each quoted byte less than 100 ms after it (option recovered-below), less the round trip between capture point and sender as the handshake showed it. Errors about one direction and MTU that come before the last quoted byte was sent again are one event. measure is the reaction; attrs.delay_ns counts from the dropped segment, attrs.events lists each message.`,
			Remedy:     "None is needed for this connection. To spare others the pause:\n\n" + remedies},

		{Code: ruleStall, Severity: analyzers.Warning, Title: "connection stood still for path MTU discovery",
			Explanation: `The sender took 100 ms or more to send again what was too large. The classic case is a load balancer that forwards in IPIP with an MTU of 1500 everywhere:

1. A request of 1500 bytes on connection A meets the balancer, which answers frag-needed with MTU 1480. The kernel stores a route exception and sends again at once.

2. Connection B to the same address was established before, with an MSS for 1500 bytes. On its next large write TCP still builds 1500 bytes, and the IP layer of its own host finds the lowered route MTU, drops the segment and sends frag-needed to itself: outer source and destination are both the sender.

3. That ICMP arrives in the middle of the same system call, while the socket is owned by the user. The kernel may only note the new MTU (deferred MTU reduction, TSQ flag TCP_MTU_REDUCED_DEFERRED); it cannot retransmit. When the socket is released it adapts its MSS, but nothing of the flow has left the host, so nothing is outstanding and no acknowledgement will drive it on.

4. The probe timer does: after max(RTO, 200 ms), the floor being HZ/5, it sends the first segment in the new size.

The route exception expires after 600 s (net.ipv4.route.mtu_expires), and it begins again. IPv6 is a little different: a short tail behind a refused segment is sent, its duplicate ACK leads to an immediate recovery; a lone full segment waits as in IPv4, without any ICMP.

Without self-sourced messages the usual cause is a sender that did not get or not accept the ICMP error and waited for its retransmission timer instead.`,
			Recognised: `As pmtu-recovered, with a reaction of 100 ms or more until the last quoted byte was sent. attrs.reporter_kind is self when the message's source is its own destination or the quoted sender; such messages are only seen on the "any" or loopback interface. A self-sourced event that lasted 180 to 300 ms beyond the round trip is the probe timer (attrs.mechanism), three, seven, ... times as much its backoff. caused_by leads to the message that lowered the MTU of the route. measure is the delay: from the dropped segment where it was captured, else from the message.`,
			Remedy:     remedies + "\n\n" + confirm},

		{Code: ruleBlackhole, Severity: analyzers.Error, Title: "ICMP says the packets are too large, and the sender goes on",
			Explanation: `A router tells the sender, often again and again, that its packets do not fit; the sender sends the same large segments again on its retransmission timer. Small packets pass, so the handshake and short requests work, and the first large transfer hangs until somebody gives up.

The message does not reach the socket that it is for: a firewall on the host or before it drops ICMP, a balancer delivers it to another server than the one that holds the connection (anycast, ECMP hashing of ICMP), NAT does not translate the quoted packet, a tunnel's own sender is told and passes nothing on, or a policy (IP_PMTUDISC_PROBE, a quoted sequence number outside the window, net.ipv4.ip_no_pmtu_disc=3) ignores it.`,
			Recognised: `The quoted range was sent again at least twice and stayed unacknowledged for at least 3 s (option blackhole-after), or it was never sent again although the flow ended later than that, or the capture ran on for twice as long.`,
			Remedy:     `Let ICMP type 3 code 4 and ICMPv6 type 2 through to the host that owns the connection: check its firewall ("nft list ruleset", "iptables -L -v -n"), "nstat -az IcmpMsgInType3" while it hangs, and how balancers and NAT pass ICMP errors on.` + "\n\n" + remedies},

		{Code: ruleSilent, Severity: analyzers.Error, Title: "large segments vanish, small ones pass",
			Explanation: `A path MTU black hole: a link on the way is too small, and no ICMP error says so, because a router does not send one (or rate limits it), or a firewall filters all ICMP. The handshake, small requests and ACKs get through; every full-size segment is lost, however often it is sent. The connection looks established and hangs: typical reports are "ssh hangs after the banner", "TLS handshake never ends", "small pages load, large uploads do not".

Linux with net.ipv4.tcp_mtu_probing=1 notices after several timeouts and tries smaller segments (packetization layer path MTU discovery, RFC 4821); then the transfer goes on after some seconds.`,
			Recognised: `On the sender's side: the first unacknowledged segment is sent again at least three times over at least a second, no segment of that size was ever acknowledged on the flow, and the receiver reports (SACK) only ranges shorter than it, or smaller segments with the same bytes get through at last. On the receiver's side (confidence possible): a full segment or more stays missing for seconds, a short one behind it has come, and no full-size segment of the flow ever did. Where nothing small was behind the large segments, it takes four retransmissions and a receiver that still talks (a warning, confidence possible): another one-way fault looks the same. Plain loss takes segments of all sizes and is repaired at the first or second attempt. Flows and hosts that an ICMP error told of an MTU are left out.`,
			Remedy:     `Find the link: "tracepath -n DESTINATION" or "ping -M do -s 1472 DESTINATION" with falling sizes. Then stop filtering ICMP there.` + "\n\n" + remedies},

		{Code: ruleSuspected, Severity: analyzers.Warning, Title: "connection probably waited for the probe timer",
			Explanation: `The same pause as pmtu-stall, on a connection whose ICMP error is not in this capture. When the sender's own kernel refuses a segment because the MTU of the route was lowered by another connection's frag-needed, it tells itself; that message goes over the loopback interface, and in IPv6 there may be none at all for a single segment. A capture on the Ethernet side shows only that the host sent nothing, and then, about 200 ms late, a first segment in the lowered size.`,
			Recognised:  `Another flow between the same hosts got an ICMP error with a valid MTU before (option suspect-within), this flow is older than that and was quoted by none. Then either the request was seen on its way in at a proxy and left 180 to 300 ms late (delay is measured), or this side sent nothing at all between that error and a first segment that came at least 180 ms later, is exactly one lowered MTU long, has PSH, and was followed by the rest of the data only after its acknowledgement: what the probe timer sends. A write that was merely cut into the new size is followed by its tail at once. The delay itself began inside the host and cannot be measured from this capture; it is about max(RTO, 200 ms).`,
			Remedy:      confirm + "\n\n" + remedies},

		{Code: ruleRepeat, Severity: analyzers.Warning, Title: "the same MTU is told again and again",
			Explanation: `A sender that had already adapted to the path's MTU sends packets that are too large again, and is told the same again. Either its route exception expired: Linux keeps it for 600 s (net.ipv4.route.mtu_expires; IPv6 net.ipv6.route.mtu_expires), then new connections start with the interface's MTU and each period begins with a dropped packet and, for older connections, perhaps a pause of 200 ms. Or it does not keep what it learned: it ignores the message, or several hosts behind one NAT address each learn for themselves.`,
			Recognised:  `Another event with the same reporter, sender, destination and MTU at least 1 s (option repeat-after) after the earlier one was resumed; reporters of kind self are not counted. measure is the average period; intervals near 600 s, or very regular ones, point at the cache.`,
			Remedy:      `A longer net.ipv4.route.mtu_expires only makes it rarer.` + "\n\n" + remedies},

		{Code: ruleMismatch, Severity: analyzers.Info, Title: "MSS of the handshake does not fit the path",
			Explanation: `Each side announces the largest segment it can take from the MTU of its own interface (RFC 9293 3.7.1); neither knows of a tunnel in between. When an encapsulation on the way costs bytes, full segments of these connections cannot pass, and every new connection depends on ICMP to learn it. The number of missing bytes often names the tunnel: 8 PPPoE, 20 IPIP (6in4 for IPv6), 24 GRE, 28 GRE with key, 50 VXLAN, 60 or 80 WireGuard, IPsec varies.`,
			Recognised:  `The smaller of the MSS options of SYN and SYN-ACK, plus 40 bytes of headers (IPv6: 60), is more than the MTU that an ICMP error told for one of the flow's segments.`,
			Remedy:      remedies},

		{Code: ruleInvalid, Severity: analyzers.Warning, Title: "frag-needed that cannot be right",
			Explanation: `The message contradicts itself or the connection: its MTU is not smaller than the packet that it quotes, is smaller than any link may have (68 bytes in IPv4, 1280 in IPv6) or 0 (routers older than RFC 1191 send that, and the sender has to guess), or it quotes bytes that the flow never sent. Broken routers and NAT devices do this; and forged messages of this kind are an old attack that makes a server send tiny segments or nothing (RFC 5927 7). Linux raises MTUs that are too small to net.ipv4.route.min_pmtu (552), and ignores quotes outside the window.`,
			Recognised:  `From the message alone, and for bytes that were never sent from flows followed from their SYN: before the initial sequence number, or behind the receiver's window. The quoted length is not held against messages from the sender's own kernel, which quotes the short tail of a refused burst, too.`,
			Remedy:      `Find out whether the reporter exists and is on the path (TTL of the message, traceroute). If it is yours, look at the MTU of its interfaces and at its software; if it is not, drop such messages at the border: valid ones quote data in flight.`},

		{Code: ruleProbe, Severity: analyzers.Warning, Title: "frag-needed answers a traceroute probe",
			Explanation: `A router answered a packet whose TTL had run out, or a tiny probe, with frag-needed instead of time exceeded (ICMP type 11). Routers that encapsulate check the size before the TTL, and some forwarding planes get the order wrong. traceroute and mtr take the answer for the end of the path: mtr stops with "no route to host", and the hops behind stay hidden.`,
			Recognised:  `The quoted packet has a TTL of at most 1, or is less than half as long as the MTU that it is said to exceed.`,
			Remedy:      `Start the trace beyond that hop ("mtr -f N", "traceroute -f N") or use smaller probes without DF; the path itself is not broken by this. If the router is yours, report it to its vendor.`},

		{Code: ruleHop, Severity: analyzers.Warning, Title: "proxy passed a request on late",
			Explanation: `A proxy (sidecar, TLS passthrough, connection pool) received a request and sent the same bytes on a connection of its own only after 100 ms or more. The client sees a slow server, the server sees a fast answer, and only the two connections together show where the time went: inside the proxy's host. Often its kernel held the segment back (pmtu-stall); else the proxy was busy, had no connection in its pool, or waited for more data.`,
			Recognised:  `The beginning of a client's message arrives on one flow and leaves on another within 2 s (option hop-window): the same bytes, and the second flow starts at the address where the first one ended, or the first one uses a loopback address. Equal sequence numbers or TCP timestamps mean one segment behind a NAT and do not count. Nor does a message that was answered before the second one left (so it is another request with the same bytes), one that was lost on its way and sent again (nobody knows when it arrived), or one on a connection of which only the requests were captured. A pair of flows needs three such messages (option hop-matches) or one of at least 256 bytes that nothing else fits. The delay counts from the arrival, or from the moment when the outbound connection stood, if that was later. Only messages of clients are compared.`,
			Remedy:      `If caused_by names a stall of path MTU discovery, see there. Else look at the proxy: its event loop, pool limits, buffering of request bodies, Nagle's algorithm, and CPU throttling of its container. Table proxy_pairs shows what is normal for the pair.`},
	}
}
