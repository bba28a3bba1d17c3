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

var messageNames = map[uint8]string{
	1: "DISCONNECT", 2: "IGNORE", 3: "UNIMPLEMENTED", 4: "DEBUG", 5: "SERVICE_REQUEST",
	6: "SERVICE_ACCEPT", 7: "EXT_INFO", 8: "NEWCOMPRESS", 20: "KEXINIT", 21: "NEWKEYS",
}

// kexNames are the names of messages 30 and up by method.
var kexNames = map[KexKind]map[uint8]string{
	KexDH:     {30: "KEXDH_INIT", 31: "KEXDH_REPLY"},
	KexECDH:   {30: "KEX_ECDH_INIT", 31: "KEX_ECDH_REPLY"},
	KexHybrid: {30: "KEX_HYBRID_INIT", 31: "KEX_HYBRID_REPLY"},
	KexGEX: {30: "KEX_DH_GEX_REQUEST_OLD", 31: "KEX_DH_GEX_GROUP", 32: "KEX_DH_GEX_INIT",
		33: "KEX_DH_GEX_REPLY", 34: "KEX_DH_GEX_REQUEST"},
	KexRSA:    {30: "KEXRSA_PUBKEY", 31: "KEXRSA_SECRET", 32: "KEXRSA_DONE"},
	KexGSS:    gssNames,
	KexGSSGEX: gssNames,
}

var gssNames = map[uint8]string{30: "KEXGSS_INIT", 31: "KEXGSS_CONTINUE", 32: "KEXGSS_COMPLETE",
	33: "KEXGSS_HOSTKEY", 34: "KEXGSS_ERROR", 40: "KEXGSS_GROUPREQ", 41: "KEXGSS_GROUP"}

// MessageName returns the RFCs' name of a message, without SSH_MSG_; the method
// decides on those from 30 on. It is "" for what is not known.
func MessageName(typ uint8, k KexKind) string {
	if typ >= MsgKexFirst {
		return kexNames[k][typ]
	}
	return messageNames[typ]
}

// Message1Name returns the name of an SSH-1 message that can occur in clear.
func Message1Name(typ uint8) string {
	switch typ {
	case Msg1Disconnect:
		return "DISCONNECT"
	case Msg1PublicKey:
		return "PUBLIC_KEY"
	case Msg1SessionKey:
		return "SESSION_KEY"
	case Msg1Ignore:
		return "IGNORE"
	case Msg1Debug:
		return "DEBUG"
	}
	return ""
}

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
