package sshwire

import "encoding/binary"

// SSH-1 packets (draft-ylonen-ssh-protocol-00): length, 1 to 8 bytes of padding
// so that what follows the length is a multiple of 8, type, data, CRC-32. The
// length counts type, data and CRC.

const (
	ssh1CRC       = 4
	ssh1MinLength = 1 + ssh1CRC
)

// SSH-1 message types that matter while packets are in clear.
const (
	Msg1PublicKey  = 2 // from the server
	Msg1SessionKey = 3 // from the client; encrypted from then on
)

// readHeader1 reads an SSH-1 packet's header; need is how many bytes it takes.
func readHeader1(b []byte) (h header, need int) {
	if len(b) < 4 {
		return header{ssh1: true}, 5
	}
	h = header{length: binary.BigEndian.Uint32(b), ssh1: true}
	h.pad = uint8(8 - h.length%8)
	need = 4 + int(h.pad) + 1
	if h.fault() != 0 {
		return h, 4
	}
	if len(b) >= need {
		h.typ = b[need-1]
	}
	return h, need
}
