package main

// Addresses of the lab: documentation ranges, so that no capture can be mistaken
// for somebody's network.
const (
	clientIP  = "192.0.2.1"
	client6   = "2001:db8:1::1"
	nearIP    = "192.0.2.2" // server on the client's own wire
	near6     = "2001:db8:1::2"
	serverIP  = "198.51.100.2" // server behind the router
	server6   = "2001:db8:2::2"
	tickIP    = "198.51.100.9" // second server: shows that the capture runs on
	nearTick  = "192.0.2.9"
	voidNet   = "203.0.113" // nobody: routes of the router decide its fate
	void6     = "2001:db8:3::"
	tickPort  = 8080
	httpPort  = 80
	tickReply = "alive\n"
)

// wired is a client and a server on one wire that a forwarder tampers with.
type wired struct {
	client, server, wire *netns
	fwd                  *forwarder
}

// wired joins client (c0) and server (s0) through the user-space forwarder.
func (l *lab) wired() *wired {
	w := &wired{client: l.host("c"), server: l.host("s"), wire: l.host("w")}
	w.wire.sysctl("net/ipv6/conf/default/disable_ipv6", "1")
	l.link(w.client, "c0", w.wire, "w0")
	l.link(w.server, "s0", w.wire, "w1")
	w.client.addr("c0", clientIP+"/24", client6+"/64")
	w.server.addr("s0", nearIP+"/24", near6+"/64", nearTick+"/24")
	w.fwd = l.forward(w.wire, "w0", "w1")
	l.settle()
	w.server.serveTick(nearTick)
	return w
}

// routed is a client and a server with a router between them.
type routed struct{ client, router, server *netns }

func (l *lab) routed() *routed {
	r := &routed{client: l.host("c"), router: l.host("r"), server: l.host("s")}
	l.link(r.client, "c0", r.router, "r0")
	l.link(r.server, "s0", r.router, "r1")
	r.router.addr("r0", "192.0.2.254/24", "2001:db8:1::fe/64")
	r.router.addr("r1", "198.51.100.254/24", "2001:db8:2::fe/64")
	r.router.sysctl("net/ipv4/ip_forward", "1")
	r.router.sysctl("net/ipv6/conf/all/forwarding", "1")
	// Every error counts here; the kernel would send one a second and peer.
	r.router.sysctl("net/ipv4/icmp_ratelimit", "0")
	r.router.sysctl("net/ipv6/icmp/ratelimit", "0")
	r.client.addr("c0", clientIP+"/24", client6+"/64")
	r.client.gateway("192.0.2.254", "2001:db8:1::fe")
	r.server.addr("s0", serverIP+"/24", server6+"/64", tickIP+"/24")
	r.server.gateway("198.51.100.254", "2001:db8:2::fe")
	l.settle()
	r.server.serveTick(tickIP)
	return r
}
