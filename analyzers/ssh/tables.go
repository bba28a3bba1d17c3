package ssh

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"pcaptriage/analyzers"
	"pcaptriage/decoders"
	"pcaptriage/decoders/sshwire"
)

// Indexes into tables.
const (
	tableSessions = iota
	tablePhases
	tableSoftware
)

var tables = []analyzers.TableSpec{
	tableSessions: {Name: "ssh_sessions", Text: true,
		Doc:     "Own time in ms, client/server, without round trip and loss; * longest; > not over.",
		Columns: sessionColumns(),
	},
	tablePhases: {Name: "ssh_phases", Text: true,
		Doc: "The only session's phases (filter to one): █ its side, ░ round trip and loss; > not over.",
		Columns: []analyzers.Column{
			{Name: "phase", Type: analyzers.ColString, Doc: "phase; authentication requests are numbered; the one that the session ended in has a > before it"},
			{Name: "took", Type: analyzers.ColDuration, Doc: "the owner's own time"},
			{Name: "network", Type: analyzers.ColDuration, Doc: "round trip and loss within the phase"},
			{Name: "owner", Type: analyzers.ColString, Doc: "who was waited for: client, server, network, user"},
			{Name: "frames", Type: analyzers.ColFrames, Doc: "the frames that begin and end the phase; for the end of the TCP handshake stands its first"},
			{Name: "begin", Type: analyzers.ColTime, Doc: "when it began at the capture point", Only: analyzers.Programs},
			{Name: "end", Type: analyzers.ColTime, Doc: "when it ended", Only: analyzers.Programs},
			{Name: "bar", Type: analyzers.ColString, Doc: "the phase in the time from the first to the last", Only: analyzers.People},
		}},
	tableSoftware: {Name: "ssh_software", Text: true,
		Doc: "By identification and HASSH, the MD5 of what is proposed.",
		Columns: []analyzers.Column{
			{Name: "role", Type: analyzers.ColString, Doc: "client or server"},
			{Name: "name", Type: analyzers.ColString, Doc: "from the identification", Only: analyzers.People},
			{Name: "software", Type: analyzers.ColString, Doc: "from the identification, with its comment", Only: analyzers.Programs},
			{Name: "hassh", Type: analyzers.ColString, Doc: "HASSH, or hasshServer; empty when the proposal is not whole in the capture"},
			{Name: "sessions", Type: analyzers.ColCount, Doc: "sessions"},
			{Name: "hosts", Type: analyzers.ColCount, Doc: "addresses"},
			{Name: "first_frame", Type: analyzers.ColFrame, Doc: "first frame of the first of them"},
		}},
}

func sessionColumns() []analyzers.Column {
	mark := func(only analyzers.Readers, columns ...analyzers.Column) []analyzers.Column {
		for i := range columns {
			columns[i].Only = only
		}
		return columns
	}
	all := mark(analyzers.People,
		analyzers.Column{Name: "session", Type: analyzers.ColString, Doc: "client and its software, server and its software"},
		analyzers.Column{Name: "tcp", Type: analyzers.ColString, Doc: "TCP handshake"},
		analyzers.Column{Name: "banner", Type: analyzers.ColString, Doc: "identification"},
		analyzers.Column{Name: "kexinit", Type: analyzers.ColString, Doc: "algorithm proposals"},
		analyzers.Column{Name: "kex", Type: analyzers.ColString, Doc: "key exchange messages"},
		analyzers.Column{Name: "newkeys", Type: analyzers.ColString, Doc: "NEWKEYS; the client's has the host key prompt in it"},
		analyzers.Column{Name: "auth", Type: analyzers.ColString, Doc: "from NEWKEYS to success, as inferred; SERVICE_REQUEST and its answer are in it"},
		analyzers.Column{Name: "data", Type: analyzers.ColString, Doc: "from success to the first data; the server opens the user's session in it"},
		analyzers.Column{Name: "total", Type: analyzers.ColString, Doc: "until success, else until the end"},
		analyzers.Column{Name: "result", Type: analyzers.ColString, Doc: "outcome"})
	all = append(all, mark(analyzers.Programs,
		analyzers.Column{Name: "flow", Type: analyzers.ColFlow, Doc: "the client first"},
		analyzers.Column{Name: "first_frame", Type: analyzers.ColFrame, Doc: "first frame of the connection"},
		analyzers.Column{Name: "time", Type: analyzers.ColTime, Doc: "first SYN, else the first segment"},
		analyzers.Column{Name: "client_software", Type: analyzers.ColString, Doc: "from the client's identification"},
		analyzers.Column{Name: "server_software", Type: analyzers.ColString, Doc: "from the server's identification"},
		analyzers.Column{Name: "kex", Type: analyzers.ColString, Doc: "negotiated key exchange method"},
		analyzers.Column{Name: "hostkey", Type: analyzers.ColString, Doc: "negotiated host key algorithm"},
		analyzers.Column{Name: "cipher", Type: analyzers.ColString, Doc: "negotiated cipher; client to server / server to client where they differ"},
		analyzers.Column{Name: "mac", Type: analyzers.ColString, Doc: "negotiated MAC, likewise; empty with AEAD ciphers"},
		analyzers.Column{Name: "hostkey_type", Type: analyzers.ColString, Doc: "type of the key that the server showed"},
		analyzers.Column{Name: "hostkey_fingerprint", Type: analyzers.ColString, Doc: "its fingerprint"})...)
	for p := range numPhases {
		all = append(all, mark(analyzers.Programs, analyzers.Column{Name: phaseColumn(phase(p)), Type: analyzers.ColDuration, Doc: "phase " + phaseNames[p]})...)
	}
	return append(all, mark(analyzers.Programs,
		analyzers.Column{Name: "first_data_client", Type: analyzers.ColDuration, Doc: "from inferred success to the client's first data"},
		analyzers.Column{Name: "first_data_server", Type: analyzers.ColDuration, Doc: "from there to the server's first data: PAM session, home directory"},
		analyzers.Column{Name: "longest_phase", Type: analyzers.ColString, Doc: "the phase that took longest"},
		analyzers.Column{Name: "longest_owner", Type: analyzers.ColString, Doc: "who was waited for in it: client, server, network, user"},
		analyzers.Column{Name: "unfinished_phase", Type: analyzers.ColString, Doc: "the phase that the session ended in; empty when it got through, or the capture cuts it"},
		analyzers.Column{Name: "unfinished", Type: analyzers.ColDuration, Doc: "how long that had been waited for then"},
		analyzers.Column{Name: "total", Type: analyzers.ColDuration, Doc: "until success of authentication, else until the end"},
		analyzers.Column{Name: "rtt", Type: analyzers.ColDuration, Doc: "round trip between client and server"},
		analyzers.Column{Name: "loss", Type: analyzers.ColDuration, Doc: "time that retransmissions cost"},
		analyzers.Column{Name: "outcome", Type: analyzers.ColString, Doc: strings.Join(outcomeNames[:], ", ")},
		analyzers.Column{Name: "confidence", Type: analyzers.ColString, Doc: "certain; high, medium: inferred from sizes; empty: unknown"},
		analyzers.Column{Name: "unknown_because", Type: analyzers.ColString, Doc: "why nothing could be inferred about authentication"},
		analyzers.Column{Name: "disconnect", Type: analyzers.ColString, Doc: "DISCONNECT in clear: who sent it, the reason, and the description"},
		analyzers.Column{Name: "auth_requests", Type: analyzers.ColCount, Doc: "authentication requests that were answered, the first question for the methods included"},
		analyzers.Column{Name: "refused_keys", Type: analyzers.ColCount, Doc: "offered public keys that were refused"},
		analyzers.Column{Name: "refused_others", Type: analyzers.ColCount, Doc: "other requests that were refused: passwords, mostly"},
		analyzers.Column{Name: "hassh_client", Type: analyzers.ColString, Doc: "HASSH of the client's proposal"},
		analyzers.Column{Name: "hassh_server", Type: analyzers.ColString, Doc: "HASSH of the server's proposal"})...)
}

func phaseColumn(p phase) string { return strings.ReplaceAll(phaseNames[p], "-", "_") }

// maxRows bounds the table of sessions.
const maxRows = 2000

func (w *writer) sessionRows(records []record, folded uint64) *analyzers.Table {
	t := &analyzers.Table{Spec: &tables[tableSessions], Truncated: folded}
	for i := range records {
		if len(t.Rows) == maxRows {
			t.Truncated += uint64(len(records) - i)
			break
		}
		t.Rows = append(t.Rows, w.sessionRow(&records[i]))
	}
	return t
}

func (w *writer) sessionRow(r *record) []any {
	took := &r.took
	var kex, hostKey, cipher, mac string
	if a := r.agreed; a != nil {
		kex, hostKey, cipher, mac = a.Kex, a.HostKey, both(a.CipherC2S, a.CipherS2C), both(a.MACC2S, a.MACS2C)
	}
	fingerprint := ""
	if r.hasKey {
		fingerprint = sshwire.Fingerprint(r.hostKey)
	}
	longest, who := "", ""
	if r.owners[r.longest] != noOwner {
		longest, who = phaseNames[r.longest], ownerNames[r.owners[r.longest]]
	}
	row := []any{
		r.client.HostPort(r.cport) + named(r.clientSoftware) + " > " + r.server.HostPort(r.port) + named(r.serverSoftware),
		r.cell(phaseConnect), r.pair(phaseBannerClient, phaseBannerServer),
		r.pair(phaseKexInitClient, phaseKexInitServer), r.pair(phaseKexClient, phaseKexServer),
		r.pair(phaseHostKeyGate, phaseNewKeys), r.authCell(), r.firstData(), millis(r.total), r.result(),

		&analyzers.FlowRef{Proto: "tcp", Src: r.client, SPort: r.cport, Dst: r.server, DPort: r.port, Tunnel: w.c.TunnelPath(r.tunnel)},
		r.frame, r.time, r.clientSoftware, r.serverSoftware, kex, hostKey, cipher, mac, r.keyType, fingerprint,
	}
	for _, ns := range took {
		row = append(row, orNil(ns))
	}
	row = append(row, orNil(r.data[0]), orNil(r.data[1]))
	because := ""
	if r.outcome == outUnknown {
		because = unknownTexts[r.why]
	}
	open, waited := "", any(nil)
	if u := &r.open; u.owner != noOwner {
		open, waited = phaseNames[u.phase], u.waited
	}
	return append(row, longest, who, open, waited, orNil(r.total), orNil(r.rtt), r.loss, outcomeNames[r.outcome], r.confidence, because, r.disconnect(),
		r.auth[0], r.auth[1], r.auth[2], r.hassh[0], r.hassh[1])
}

// cell shows a phase's time, the longest with a star, one that was not over
// with > before it.
func (r *record) cell(p phase) string {
	text := millis(r.took[p])
	if r.isOpen(p) {
		text = ">" + millis(max(r.took[p], 0)+r.open.waited)
	}
	if p == r.longest && r.owners[p] != noOwner {
		text += "*"
	}
	return text
}

// isOpen reports whether the session ended in p.
func (r *record) isOpen(p phase) bool { return r.open.owner != noOwner && r.open.phase == p }

// pair shows the client's and the server's part.
func (r *record) pair(client, server phase) string {
	if r.took[client] < 0 && r.took[server] < 0 && !r.isOpen(client) && !r.isOpen(server) {
		return "-"
	}
	return r.cell(client) + "/" + r.cell(server)
}

// authCell is the pair of authentication, with the service before it, which is
// its owner's.
func (r *record) authCell() string {
	x := record{took: r.took, owners: r.owners, longest: r.longest, open: r.open}
	into := phaseAuthClient
	if r.owners[phaseService] == ownerServer {
		into = phaseAuthServer
	}
	if service := r.took[phaseService]; service >= 0 {
		x.took[into] = max(x.took[into], 0) + service
	}
	if r.isOpen(phaseService) {
		x.open.phase = into
	}
	if r.longest == phaseService && r.owners[phaseService] != noOwner {
		x.longest, x.owners[into] = into, r.owners[phaseService]
	}
	return x.pair(phaseAuthClient, phaseAuthServer)
}

// firstData shows what came behind success, of client and server.
func (r *record) firstData() string {
	if r.data[0] < 0 && r.data[1] < 0 {
		return "-"
	}
	return millis(r.data[0]) + "/" + millis(r.data[1])
}

// disconnect says who disconnected in clear, and why.
func (r *record) disconnect() string {
	var out []string
	for i, who := range [...]string{"client", "server"} {
		b := &r.bye[i]
		if !b.is {
			continue
		}
		why := sshwire.DisconnectReason(b.reason)
		if why == "" {
			why = "reason " + strconv.FormatUint(uint64(b.reason), 10)
		}
		if b.said != "" {
			why += ": " + quote(b.said)
		}
		out = append(out, who+": "+why)
	}
	return strings.Join(out, "; ")
}

// named is the software's name without the comment behind it.
func named(software string) string {
	if software == "" {
		return ""
	}
	name, _, _ := strings.Cut(software, " ")
	return " " + name
}

// result is the outcome for people.
func (r *record) result() string {
	switch {
	case r.outcome == outUnknown && r.why != notUnknown:
		return "unknown: " + unknownTexts[r.why]
	case r.confidence == "medium":
		return "inferred: " + outcomeNames[r.outcome] + "?"
	case r.confidence == "high":
		return "inferred: " + outcomeNames[r.outcome]
	}
	return outcomeNames[r.outcome]
}

// softwareRows counts who spoke, the most frequent first.
func softwareRows(records []record) *analyzers.Table {
	type key struct{ role, software, hassh string }
	type use struct {
		key
		sessions uint64
		hosts    map[decoders.Addr]bool
		frame    decoders.FrameRef
	}
	uses := map[key]*use{}
	var order []*use
	add := func(k key, host decoders.Addr, frame decoders.FrameRef) {
		if k.software == "" && k.hassh == "" {
			return
		}
		u := uses[k]
		if u == nil {
			u = &use{key: k, hosts: map[decoders.Addr]bool{}, frame: frame}
			uses[k] = u
			order = append(order, u)
		}
		u.sessions++
		u.hosts[host] = true
	}
	for i := range records {
		r := &records[i]
		add(key{"client", r.clientSoftware, r.hassh[0]}, r.client, r.frame)
		add(key{"server", r.serverSoftware, r.hassh[1]}, r.server, r.frame)
	}
	slices.SortStableFunc(order, func(a, b *use) int {
		return cmp.Or(cmp.Compare(a.role, b.role), cmp.Compare(b.sessions, a.sessions), cmp.Compare(a.frame, b.frame))
	})
	t := &analyzers.Table{Spec: &tables[tableSoftware]}
	for i, u := range order {
		if i == maxRows {
			t.Truncated = uint64(len(order) - i)
			break
		}
		t.Rows = append(t.Rows, []any{u.role, strings.TrimSpace(named(u.software)), u.software, u.hassh, u.sessions, uint64(len(u.hosts)), u.frame})
	}
	return t
}
