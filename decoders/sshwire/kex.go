package sshwire

import "strings"

// KexKind is a family of key exchange methods: those with the same messages.
type KexKind uint8

const (
	KexUnknown KexKind = iota
	KexDH              // RFC 4253 8, 8268
	KexGEX             // RFC 4419
	KexECDH            // RFC 5656, 8731
	KexHybrid          // post-quantum and classical together
	KexRSA             // RFC 4432
	KexGSS             // RFC 4462, 8732
	KexGSSGEX          // its group exchange
)

// KexOf returns the family of a method.
func KexOf(name string) KexKind {
	if IsPseudo(name) {
		return KexUnknown
	}
	name, _, _ = strings.Cut(name, "@")
	switch {
	case strings.HasPrefix(name, "gss-gex-"):
		return KexGSSGEX
	case strings.HasPrefix(name, "gss-"):
		return KexGSS
	case strings.HasPrefix(name, "diffie-hellman-group-exchange-"):
		return KexGEX
	case strings.HasPrefix(name, "diffie-hellman-group"):
		return KexDH
	case IsPostQuantum(name):
		return KexHybrid
	case strings.HasPrefix(name, "ecdh-"), strings.HasPrefix(name, "curve25519-"), strings.HasPrefix(name, "curve448-"):
		return KexECDH
	case name == "rsa1024-sha1", name == "rsa2048-sha256":
		return KexRSA
	}
	return KexUnknown
}

// IsPostQuantum reports whether a key exchange method has a post-quantum part.
func IsPostQuantum(name string) bool {
	for _, s := range []string{"sntrup", "mlkem", "kyber", "ntruprime", "frodokem", "classic-mceliece", "hqc"} {
		if strings.Contains(name, s) {
			return true
		}
	}
	return false
}

// IsPseudo reports whether a name in the list of key exchange methods is a
// marker and no method (RFC 8308 2.1, OpenSSH's strict key exchange, Dropbear's
// kexguess2).
func IsPseudo(name string) bool {
	switch name {
	case "ext-info-c", "ext-info-s", strictClient, strictServer, "kex-strict-c", "kex-strict-s", guess2:
		return true
	}
	return false
}

const (
	strictClient = "kex-strict-c-v00@openssh.com"
	strictServer = "kex-strict-s-v00@openssh.com"
	guess2       = "kexguess2@matt.ucc.asn.au"
)
