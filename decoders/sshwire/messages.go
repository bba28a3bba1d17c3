package sshwire

// Message numbers of the transport layer (RFC 4250 4.1).
const (
	MsgDisconnect     = 1
	MsgIgnore         = 2
	MsgUnimplemented  = 3
	MsgDebug          = 4
	MsgServiceRequest = 5
	MsgServiceAccept  = 6
	MsgExtInfo        = 7 // RFC 8308
	MsgKexInit        = 20
	MsgNewKeys        = 21
	MsgKexFirst       = 30 // 30 to 49 depend on the key exchange method
)

// Role is a side of an SSH connection; the side that opened the TCP connection
// need not be the client.
type Role uint8

const (
	RoleUnknown Role = iota
	Client
	Server
)

// SenderRole tells who sends a key exchange message: whoever sends 30 or 34
// first is the client, except in RSA key exchange (RFC 4432).
func SenderRole(typ uint8, k KexKind) Role {
	switch {
	case k == KexUnknown || typ < MsgKexFirst:
		return RoleUnknown
	case k == KexRSA:
		if typ == 31 {
			return Client
		}
		return Server
	case k == KexGSS || k == KexGSSGEX:
		switch typ {
		case 30, 40:
			return Client
		case 32, 33, 34, 41:
			return Server
		}
		return RoleUnknown // CONTINUE goes both ways
	case k == KexGEX:
		if typ == 31 || typ == 33 {
			return Server
		}
		return Client
	case typ == 30:
		return Client
	case typ == 31:
		return Server
	}
	return RoleUnknown
}
