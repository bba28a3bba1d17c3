package ssh

import (
	"slices"
	"strings"

	"pcaptriage/decoders/sshwire"
)

// nameID, offerID and agreedID name entries of names; 0 is none.
type (
	nameID   uint32
	offerID  uint32
	agreedID uint32
)

// names keeps each string, KEXINIT and negotiation of a shard once, so that
// sessions hold numbers, and a repeated one costs no allocation. What is beyond
// the limits becomes otherName, or is not kept.
type names struct {
	ids    map[string]nameID
	texts  []string
	offers map[string]offerID // by payload without the cookie
	kept   []*offer
	pairs  map[[2]offerID]agreedID
	agreed []*agreement
}

const (
	maxNames  = 4096
	maxOffers = 512
	maxAgreed = 2048
	otherName = "(other)"
	maxText   = 80 // columns of a text from the wire
)

func newNames() *names {
	return &names{ids: map[string]nameID{}, offers: map[string]offerID{}, pairs: map[[2]offerID]agreedID{}}
}

// of returns b's number. b is borrowed; what is not printable ASCII becomes '?',
// and what is longer than maxText is cut.
func (n *names) of(b []byte) nameID {
	b = b[:min(len(b), maxText)]
	if id, ok := n.ids[string(b)]; ok {
		return id
	}
	if len(n.texts) >= maxNames {
		return n.static(otherName)
	}
	return n.add(string(b), printable(b))
}

// static is of for a string of ours.
func (n *names) static(s string) nameID {
	if id, ok := n.ids[s]; ok {
		return id
	}
	return n.add(s, s)
}

func (n *names) add(raw, text string) nameID {
	n.texts = append(n.texts, text)
	id := nameID(len(n.texts))
	n.ids[raw] = id
	return id
}

func printable(b []byte) string {
	out := slices.Clone(b)
	for i, c := range out {
		if c < ' ' || c > '~' {
			out[i] = '?'
		}
	}
	return strings.TrimSpace(string(out))
}

// text returns a name; "" for 0.
func (n *names) text(id nameID) string {
	if id == 0 {
		return ""
	}
	return n.texts[id-1]
}

// offer is a KEXINIT.
type offer struct {
	*sshwire.KexInit
	hassh [2]string // as client, as server
}

// offerOf returns the number of a whole KEXINIT's payload; 0 when it is cut, or
// there are too many different ones.
func (n *names) offerOf(payload []byte) (id offerID, cut bool) {
	const cookie = 1 + 16
	if len(payload) < cookie {
		return 0, true
	}
	if id, ok := n.offers[string(payload[cookie:])]; ok {
		return id, false
	}
	k, err := sshwire.ParseKexInit(payload)
	if err != nil {
		return 0, true
	}
	if len(n.kept) >= maxOffers {
		return 0, false
	}
	n.kept = append(n.kept, &offer{k.Clone(), [2]string{k.HASSH(sshwire.Client), k.HASSH(sshwire.Server)}})
	id = offerID(len(n.kept))
	n.offers[string(payload[cookie:])] = id
	return id, false
}

func (n *names) offer(id offerID) *offer {
	if id == 0 {
		return nil
	}
	return n.kept[id-1]
}

// agreement is what two KEXINITs come to.
type agreement struct {
	sshwire.Negotiated
	kind          sshwire.KexKind
	client        *offer
	server        *offer
	suites        [2]sshwire.Suite // of client to server, server to client
	sized         bool             // suites are valid
	weak          []string
	terrapin      bool
	clientGuessed bool // wrongly: its first key exchange message is to be ignored
}

// agree returns the number of what the two offers come to, 0 when that is not
// known.
func (n *names) agree(client, server offerID) agreedID {
	if client == 0 || server == 0 {
		return 0
	}
	key := [2]offerID{client, server}
	if id, ok := n.pairs[key]; ok {
		return id
	}
	if len(n.agreed) >= maxAgreed {
		return 0
	}
	n.agreed = append(n.agreed, newAgreement(n.offer(client), n.offer(server)))
	id := agreedID(len(n.agreed))
	n.pairs[key] = id
	return id
}

func (n *names) agreement(id agreedID) *agreement {
	if id == 0 {
		return nil
	}
	return n.agreed[id-1]
}

func newAgreement(client, server *offer) *agreement {
	a := &agreement{Negotiated: sshwire.Negotiate(client.KexInit, server.KexInit), client: client, server: server}
	a.kind = sshwire.KexOf(a.Kex)
	c, ok1 := sshwire.SuiteOf(a.CipherC2S, a.MACC2S, a.CompC2S)
	s, ok2 := sshwire.SuiteOf(a.CipherS2C, a.MACS2C, a.CompS2C)
	a.suites, a.sized = [2]sshwire.Suite{c, s}, ok1 && ok2
	if len(a.Failed) == 0 {
		a.weak = weakNames(&a.Negotiated)
		a.terrapin = sshwire.Terrapin(client.KexInit, server.KexInit, &a.Negotiated)
	}
	a.clientGuessed = client.FirstFollows && !sshwire.GuessRight(client.KexInit, server.KexInit, client.KexInit)
	return a
}

// weakNames lists the negotiated methods that should no longer be used.
func weakNames(n *sshwire.Negotiated) (out []string) {
	for _, m := range []struct {
		slot sshwire.Slot
		name string
	}{{sshwire.Kex, n.Kex}, {sshwire.HostKey, n.HostKey}, {sshwire.CipherC2S, n.CipherC2S}, {sshwire.CipherS2C, n.CipherS2C},
		{sshwire.MACC2S, n.MACC2S}, {sshwire.MACS2C, n.MACS2C}} {
		if m.name != "" && sshwire.IsWeak(m.slot, m.name) && !slices.Contains(out, m.name) {
			out = append(out, m.name)
		}
	}
	return out
}
