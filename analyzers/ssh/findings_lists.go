package ssh

import (
	"fmt"
	"strings"

	"pcaptriage/analyzers"
	"pcaptriage/decoders/sshwire"
)

// slotWords name the lists of a KEXINIT in sentences.
var slotWords = [sshwire.NumSlots]string{"key exchange method", "host key algorithm", "cipher from client to server", "cipher from server to client",
	"MAC from client to server", "MAC from server to client", "compression from client to server", "compression from server to client", "", ""}

func (x *draft) noCommon() {
	x.Measure = &analyzers.Measure{Name: "connections", Value: int64(x.n.count), Unit: "count"}
	slot := sshwire.Slot(x.d.n[0])
	c, s := x.d.agreed.client.Lists[slot], x.d.agreed.server.Lists[slot]
	x.Attrs["client_offers"], x.Attrs["server_offers"] = allNames(c), allNames(s)
	x.message("%s and %s have no %s in common: the client offers %s, the server %s.", x.client, x.server, slotWords[slot], fewNames(c), fewNames(s))
}

func (x *draft) noPQ() {
	a := x.d.agreed
	x.Measure = &analyzers.Measure{Name: "connections", Value: int64(x.n.count), Unit: "count"}
	x.Attrs["kex"] = a.Kex
	offers := func(o *offer) bool {
		for name := range sshwire.Names(o.Lists[sshwire.Kex]) {
			if sshwire.IsPostQuantum(string(name)) {
				return true
			}
		}
		return false
	}
	c, s := offers(a.client), offers(a.server)
	x.Attrs["client_offers"], x.Attrs["server_offers"] = c, s
	why := "neither offers a post-quantum method"
	switch {
	case c && s:
		why = "both offer post-quantum methods, but none in common or not first in the client's list"
	case s:
		why = "the client offers no post-quantum method"
	case c:
		why = "the server offers no post-quantum method"
	}
	x.Message = fmt.Sprintf("%s and %s agreed on %s: %s.%s", x.client, x.server, a.Kex, why, x.also())
}

// also says on how many connections.
func (x *draft) also() string {
	if x.n.count == 1 {
		return ""
	}
	return fmt.Sprintf(" So on %d connections.", x.n.count)
}

func (x *draft) weak() {
	x.Measure = &analyzers.Measure{Name: "connections", Value: int64(x.n.count), Unit: "count"}
	x.Attrs["algorithms"] = x.d.agreed.weak
	x.Message = fmt.Sprintf("%s and %s agreed on weak algorithms: %s.%s", x.client, x.server, strings.Join(x.d.agreed.weak, ", "), x.also())
}

func (x *draft) terrapin() {
	a := x.d.agreed
	x.Measure = &analyzers.Measure{Name: "connections", Value: int64(x.n.count), Unit: "count"}
	missing := "both sides"
	switch {
	case a.client.Strict():
		missing = "the server"
	case a.server.Strict():
		missing = "the client"
	}
	x.Attrs["missing"], x.Attrs["cipher"] = missing, both(a.CipherC2S, a.CipherS2C)
	x.Message = fmt.Sprintf("%s and %s use %s, and strict key exchange is missing on %s: Terrapin (CVE-2023-48795) is not mitigated.%s",
		x.client, x.server, both(a.CipherC2S, a.CipherS2C), missing, x.also())
}
