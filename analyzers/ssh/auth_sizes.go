package ssh

import "pcaptriage/decoders/sshwire"

// assumedAccepts are the sizes of SERVICE_ACCEPT with the algorithms that OpenSSH
// prefers: chacha20-poly1305 and umac-64-etm, gcm and hmac-sha1 and umac-128-etm,
// hmac-sha2-256-etm, hmac-sha2-512-etm, umac-64, hmac-sha2-256. SUCCESS is 16
// bytes shorter with each of them.
var assumedAccepts = [...]int{44, 52, 68, 100, 40, 64}

const assumedShorter = 16

// acceptSize returns the size of SERVICE_ACCEPT if a unit of that size begins
// with it, 0 if not, and how many bytes are behind it.
func (fp *flowPart) acceptSize(s *session, size int) (accept, more int) {
	u := fp.suite(s, 1-s.client)
	if u == nil {
		for _, n := range assumedAccepts {
			if size == n {
				s.auth.assumed = uint16(n - assumedShorter)
				return n, 0
			}
		}
		return 0, 0
	}
	n, alt := u.Wire(sshwire.ServiceAcceptLen)
	switch {
	case size == n || size == alt:
		return size, 0
	case u.ClearLength:
		return 0, 0
	}
	if more = size - n; more > 0 && u.Valid(more) && (fp.isSuccess(s, more) || more <= fp.maxFailure(u)) {
		return n, more
	}
	return 0, 0
}

// isSuccess reports whether a unit can be SUCCESS alone.
func (fp *flowPart) isSuccess(s *session, size int) bool {
	a := &s.auth
	if a.failSize != 0 && size == int(a.failSize) {
		return false
	}
	u := fp.suite(s, 1-s.client)
	if u == nil {
		return a.assumed != 0 && size == int(a.assumed)
	}
	n, alt := u.Wire(sshwire.AuthSuccessLen)
	return size == n || size == alt && s.serverSide().software1 != openSSH
}

// maxFailure bounds the size of FAILURE: a list of all methods that there are.
func (fp *flowPart) maxFailure(u *sshwire.Suite) int {
	const methods = len("publickey,gssapi-keyex,gssapi-with-mic,password,keyboard-interactive,hostbased")
	n, _ := u.Wire(1 + 4 + methods + 1)
	return n
}

// followed settles sizes that could be a FAILURE without methods too: then the
// client must go on at once, as it does behind SUCCESS.
func (fp *flowPart) followed(s *session, u *unit, next mark) bool {
	suite := fp.suite(s, 1-s.client)
	if suite == nil {
		return true
	}
	n, _ := suite.Wire(sshwire.AuthSuccessLen)
	empty, _ := suite.Wire(1 + 4 + 1)
	if int(u.size) == n && n != empty {
		return true
	}
	if s.serverSide().software1 != otherSoftware {
		return true // these list their methods
	}
	return next.seen() && fp.soon(s, &u.mark, &next)
}

// soon reports whether the client's next packet came within two round trips.
func (fp *flowPart) soon(s *session, from, to *mark) bool {
	rtt := fp.near(s, s.client) + fp.near(s, 1-s.client)
	return to.time-from.time <= max(2*rtt, 50e6)
}

func (fp *flowPart) canFail(s *session, size int) bool {
	u := fp.suite(s, 1-s.client)
	if u == nil {
		return size < int(s.auth.assumed)+100
	}
	return u.Valid(size) && size <= fp.maxFailure(u)
}

// offersKey reports whether a request of that size is about a public key. prompt
// says that the client sent it sooner than anybody types.
//
// Ed25519 keys make the shortest such request, of 107 bytes and the user's name;
// most passwords are shorter, and OpenSSH pads them to a multiple of 64 bytes.
// With ciphers of 16-byte blocks its requests for Ed25519 keys are such a
// multiple too, for all users of 3 to 16 letters: then the clock has to tell.
func (fp *flowPart) offersKey(s *session, size int, prompt bool) bool {
	const shortest = 108
	u := fp.suite(s, s.client)
	if u == nil {
		padded := size - (int(s.auth.assumed) - 16)
		eight := s.auth.assumed == 28 // chacha20-poly1305 pads to 8 bytes, not to 16
		if eight {
			padded -= 8
		}
		return padded > shortest && (padded%64 != 0 || prompt && !eight)
	}
	_, most, ok := u.Payload(size)
	if !ok || most < shortest {
		return false
	}
	padded := size - u.Tag
	if u.LengthApart {
		padded -= 4
	}
	return padded%64 != 0 || s.clientSide().software1 != openSSH || prompt && u.Block == 16
}
