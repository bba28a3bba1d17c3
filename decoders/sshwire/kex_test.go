package sshwire

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func parseInit(t testing.TB, lists ...string) *KexInit {
	k, err := ParseKexInit([]byte("\x14" + kexInit(false, lists...)))
	if err != nil {
		t.Fatal(err)
	}
	return k.Clone()
}

func TestParseKexInit(t *testing.T) {
	whole := []byte("\x14" + kexInit(true, "kex1,kex2", "hk", "c1", "c2,,c3", "m1", "m2", "none", "zlib", "", "de"))
	k, err := ParseKexInit(whole)
	if err != nil || k.N != int(NumSlots) || !k.FirstFollows || string(k.Lists[CompS2C]) != "zlib" || k.Cookie[15] != 7 {
		t.Fatalf("%+v, %v", k, err)
	}
	if !k.Has(CipherS2C, "c3") || k.Has(CipherS2C, "c") || k.Has(CipherS2C, "") || k.Has(LangC2S, "") {
		t.Error("Has")
	}
	c := k.Clone()
	for i := range whole {
		whole[i] = 0
	}
	if string(c.Lists[Kex]) != "kex1,kex2" || string(c.Lists[LangS2C]) != "de" {
		t.Error("the clone borrows")
	}
	whole = []byte("\x14" + kexInit(false, "kex1", "hk", "c1"))
	for n := range whole {
		k, err := ParseKexInit(whole[:n])
		want := ErrShort
		if n == 0 {
			want = ErrType
		}
		if !errors.Is(err, want) {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if n == 17+4+4+4+2+3 && (k.N != 2 || string(k.Lists[HostKey]) != "hk") {
			t.Errorf("cut: %+v", k)
		}
	}
	for _, long := range []string{strings.Repeat("x", MaxList+1), strings.Repeat("x,", MaxNames)} {
		if _, err := ParseKexInit([]byte("\x14" + kexInit(false, "a", long))); !errors.Is(err, ErrLimits) {
			t.Errorf("%d bytes: %v", len(long), err)
		}
	}
}

func TestNegotiate(t *testing.T) {
	client := parseInit(t, "ext-info-c,a,b,"+strictClient, "h1,h2", "chacha20-poly1305@openssh.com,x", "aes128-ctr", "m1", "m2,m3", "none,zlib", "none")
	server := parseInit(t, "ext-info-c,b,a,"+strictServer, "h2,h1", "chacha20-poly1305@openssh.com", "aes256-ctr,aes128-ctr", "m9", "m3,m2", "zlib", "none")
	n := Negotiate(client, server)
	want := Negotiated{Kex: "a", HostKey: "h1", CipherC2S: "chacha20-poly1305@openssh.com", CipherS2C: "aes128-ctr", MACS2C: "m2", CompC2S: "zlib", CompS2C: "none"}
	if fmt.Sprint(n) != fmt.Sprint(want) {
		t.Errorf("%+v", n)
	}
	if client.Role() != Client || server.Role() != Client { // the server's list begins with the client's marker
		t.Error("roles", client.Role(), server.Role())
	}
	if Terrapin(client, server, &n) {
		t.Error("both are strict")
	}
	server = parseInit(t, "c", "", "y", "aes128-cbc", "m1", "m2")
	n = Negotiate(client, server)
	for _, s := range []Slot{Kex, HostKey, CipherC2S, CipherS2C, CompC2S, CompS2C} {
		if !slices.Contains(n.Failed, s) {
			t.Errorf("%v has nothing in common", s)
		}
	}
	if slices.Contains(n.Failed, MACC2S) || n.MACC2S != "m1" {
		t.Errorf("MAC %v", n.Failed)
	}
}

func TestTerrapin(t *testing.T) {
	for _, c := range []struct {
		kex, cipher, mac string
		want             bool
	}{
		{"a", "chacha20-poly1305@openssh.com", "", true},
		{"a," + strictServer, "chacha20-poly1305@openssh.com", "", true},
		{"a", "aes128-cbc", "hmac-sha1-etm@openssh.com", true},
		{"a", "aes128-cbc", "hmac-sha1", false},
		{"a", "aes128-ctr", "hmac-sha1-etm@openssh.com", false},
		{"a", "aes128-gcm@openssh.com", "", false},
	} {
		client, server := parseInit(t, "a"), parseInit(t, c.kex)
		if got := Terrapin(client, server, &Negotiated{CipherC2S: "aes128-ctr", CipherS2C: c.cipher, MACS2C: c.mac}); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestGuess(t *testing.T) {
	g := "," + guess2
	for _, c := range []struct {
		client, clientKey, server, serverKey string
		byClient, byServer                   bool
	}{
		{"a,b", "h", "a,c", "h", true, true},
		{"a,b", "h", "b,a", "h", false, false},
		{"a,b", "h", "a", "i,h", false, false},
		{"ext-info-c,a", "h", "a", "h", true, true},
		{"a,b" + g, "h", "b,a" + g, "i,h", true, false},
		{"a,b" + g, "h", "b" + g, "h", false, true},
	} {
		client, server := parseInit(t, c.client, c.clientKey), parseInit(t, c.server, c.serverKey)
		if GuessRight(client, server, client) != c.byClient || GuessRight(client, server, server) != c.byServer {
			t.Errorf("%+v", c)
		}
	}
}

// TestNegotiateCost: lists as long as the limits allow cost no quadratic time.
func TestNegotiateCost(t *testing.T) {
	var a, b []string
	for i := range MaxNames {
		a, b = append(a, fmt.Sprintf("client-%d", i)), append(b, fmt.Sprintf("server-%d", i))
	}
	client, server := parseInit(t, strings.Join(a, ",")), parseInit(t, strings.Join(b, ","))
	if n := Negotiate(client, server); n.Kex != "" {
		t.Error(n.Kex)
	}
}

func TestKexOf(t *testing.T) {
	for name, want := range map[string]KexKind{
		"diffie-hellman-group1-sha1": KexDH, "diffie-hellman-group18-sha512": KexDH, "diffie-hellman-group14-sha256@ssh.com": KexDH,
		"diffie-hellman-group-exchange-sha256": KexGEX, "ecdh-sha2-nistp256": KexECDH, "curve25519-sha256@libssh.org": KexECDH,
		"sntrup761x25519-sha512@openssh.com": KexHybrid, "sntrup761x25519-sha512": KexHybrid, "mlkem768x25519-sha256": KexHybrid,
		"sntrup4591761x25519-sha512@tinyssh.org": KexHybrid, "rsa2048-sha256": KexRSA, "gss-group14-sha256-toWM5Slw5Ew8Mqkay+al2g==": KexGSS,
		"gss-gex-sha1-x": KexGSSGEX, "ext-info-c": KexUnknown, strictClient: KexUnknown, guess2: KexUnknown, "something@else": KexUnknown,
	} {
		if got := KexOf(name); got != want {
			t.Errorf("%s: %d", name, got)
		}
	}
	for _, c := range []struct {
		typ  uint8
		kex  KexKind
		role Role
	}{
		{30, KexDH, Client}, {31, KexECDH, Server}, {34, KexGEX, Client},
		{31, KexGEX, Server}, {32, KexGEX, Client}, {33, KexGEX, Server},
		{30, KexRSA, Server}, {31, KexRSA, Client}, {30, KexHybrid, Client},
		{31, KexGSS, RoleUnknown}, {33, KexGSSGEX, Server}, {30, KexUnknown, RoleUnknown},
		{21, KexDH, RoleUnknown}, {200, KexDH, RoleUnknown},
	} {
		if got := SenderRole(c.typ, c.kex); got != c.role {
			t.Errorf("%d of %d: %d, want %d", c.typ, c.kex, got, c.role)
		}
	}
}

func TestWeak(t *testing.T) {
	for _, c := range []struct {
		s    Slot
		name string
		want bool
	}{
		{Kex, "diffie-hellman-group14-sha1", true}, {Kex, "diffie-hellman-group-exchange-sha1", true}, {Kex, "diffie-hellman-group14-sha256", false},
		{Kex, "gss-group1-sha1-abc==", true}, {Kex, "curve25519-sha256", false}, {HostKey, "ssh-rsa", true}, {HostKey, "rsa-sha2-256", false},
		{HostKey, "ssh-ed25519", false}, {CipherC2S, "3des-cbc", true}, {CipherS2C, "arcfour256", true}, {CipherS2C, "aes128-ctr", false},
		{MACC2S, "hmac-md5-etm@openssh.com", true}, {MACC2S, "hmac-sha1-96", true}, {MACC2S, "hmac-sha1", false}, {CompC2S, "none", false},
	} {
		if IsWeak(c.s, c.name) != c.want {
			t.Errorf("%v %s", c.s, c.name)
		}
	}
}

func str(s string) string { return string([]byte{0, 0, byte(len(s) >> 8), byte(len(s))}) + s }

func TestExchangeMessages(t *testing.T) {
	blob := str("ssh-ed25519") + str(strings.Repeat("k", 32))
	reply := []byte("\x1f" + str(blob) + str("value") + str("signature"))
	for _, n := range []int{len(reply), 1 + 4 + len(blob)} {
		if got := HostKeyBlob(reply[:n], KexECDH); string(got) != blob || KeyType(got) != "ssh-ed25519" {
			t.Errorf("%q", got)
		}
	}
	if HostKeyBlob(reply, KexGEX) != nil || HostKeyBlob(reply[:20], KexECDH) != nil || HostKeyBlob(nil, KexDH) != nil || HostKeyBlob([]byte("\x1f"+str("x")), KexDH) != nil {
		t.Error("a key where none is")
	}
	if got := Fingerprint(sha256.Sum256(nil)); got != "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU" {
		t.Error(got)
	}
	for n, want := range map[string]int{"\x00" + strings.Repeat("\xff", 256): 2048, "\x00\xff": 8, "\x01": 1, "\x00": 0, "": 0, "\x7f" + strings.Repeat("x", 127): 1023} {
		if got := GroupBits([]byte("\x1f" + str(n) + str("\x02"))); got != want {
			t.Errorf("%d bits, want %d", got, want)
		}
	}
	if GroupBits([]byte("\x1e\x00\x00\x00\x01\x01")) != 0 || GroupBits([]byte("\x1f\x00")) != 0 {
		t.Error("bits where no group is")
	}
	d, ok := ParseDisconnect([]byte("\x01\x00\x00\x00\x02" + str("bye") + str("")))
	if !ok || d.Reason != 2 || string(d.Description) != "bye" || DisconnectReason(d.Reason) != "protocol error" || DisconnectReason(99) != "" {
		t.Errorf("%+v", d)
	}
	if d, ok = ParseDisconnect([]byte("\x01\x00\x00\x00\x0b\x00\x00\x00\x20cut off")); !ok || string(d.Description) != "cut off" {
		t.Errorf("%+v", d)
	}
	if _, ok = ParseDisconnect([]byte("\x01\x00\x00\x00")); ok {
		t.Error("too short")
	}
}

func FuzzKexInit(f *testing.F) {
	f.Add([]byte("\x14"+kexInit(true, "a,b,"+guess2, "h", "aes128-ctr", "aes128-ctr", "m", "m", "none", "none")), []byte("\x14"+kexInit(false, "b", "h")))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		client, err1 := ParseKexInit(a)
		server, err2 := ParseKexInit(b)
		n := Negotiate(&client, &server)
		for _, c := range []struct {
			s    Slot
			name string
		}{{Kex, n.Kex}, {HostKey, n.HostKey}, {CipherC2S, n.CipherC2S}, {CipherS2C, n.CipherS2C}, {MACC2S, n.MACC2S}, {MACS2C, n.MACS2C}, {CompC2S, n.CompC2S}, {CompS2C, n.CompS2C}} {
			if c.name != "" && (!client.Has(c.s, c.name) || !server.Has(c.s, c.name)) {
				t.Fatalf("%v: %q was not offered by both", c.s, c.name)
			}
			if c.name != "" && slices.Contains(n.Failed, c.s) {
				t.Fatalf("%v: chosen and failed", c.s)
			}
		}
		if err1 == nil && client.N != int(NumSlots) || err2 != nil && server.N == int(NumSlots) && !errors.Is(err2, ErrShort) {
			t.Fatal("lists", client.N, server.N)
		}
		if len(client.HASSH(Client)) != 32 || client.Clone().HASSH(Server) != client.HASSH(Server) {
			t.Fatal("fingerprint")
		}
		GuessRight(&client, &server, &server)
		Terrapin(&client, &server, &n)
		for _, k := range []KexKind{KexDH, KexGEX, KexRSA, KexGSS} {
			HostKeyBlob(a, k)
		}
		GroupBits(a)
		ParseDisconnect(a)
	})
}
