package ssh

import (
	"pcaptriage/decoders"
	"pcaptriage/decoders/recency"
	"pcaptriage/decoders/sshwire"
	"pcaptriage/decoders/stream"
)

// conn is what a flow has: the handle of its session. All else is in the arena,
// so that flows that are no SSH cost nothing.
type conn struct{ h, gen uint32 }

// mark is when a message was complete, and what was known of the connection
// then. Its zero value is a message that was not seen.
type mark struct {
	time  int64 // capture clock of the segment that completed it
	frame decoders.FrameRef
	// loss is the time that retransmissions had cost until then.
	loss int64
	// acked is when its sender had acknowledged the other side's last data; 0:
	// it had not.
	acked int64
	// nagle is when the other side had acknowledged its sender's data before it:
	// small segments wait for that (RFC 9293 3.7.4). 0: no such data.
	nagle int64
}

func (m *mark) seen() bool { return m.frame != 0 }

// kexMessages is how many message numbers from 30 on are kept apart.
const kexMessages = 5

// side is one direction of a session.
type side struct {
	stream stream.Stream
	parser sshwire.Parser

	version   mark // identification string
	kexInit   mark
	kex       [kexMessages]mark // by message number - 30; the last of a number
	newKeys   mark
	encrypted mark // first bytes behind NEWKEYS

	lineFirst, lineLast mark // text lines before the identification string
	ended               mark // its first FIN or RST

	sentEnd   uint32 // behind its last new data; valid if sentAt is not 0
	sentAt    int64  // when that was sent
	sentFrame decoders.FrameRef
	resentEnd uint32 // valid if resending
	ackedAt   int64  // when the other side acknowledged it; 0: not yet
	ackedPrev int64  // when it had acknowledged data before those
	near      int64  // shortest time in which it acknowledged something, -1: none
	zero      int64  // when it last announced a zero window; 0: never

	software nameID // version string behind "SSH-2.0-"
	line     nameID // first line of text
	after    nameID // text where a packet should be
	offer    offerID
	group    uint32 // bits of the group that it sent (GEX)
	reason   uint32 // of its DISCONNECT
	said     nameID // description of it

	lines     uint32
	fault     sshwire.Fault
	software1 software
	flags     sideFlags
}

type sideFlags uint8

const (
	unclean      sideFlags = 1 << iota // data was sent again since sentAt: no round trip can be taken from its ACK
	sentRST                            // ended was an RST
	disconnected                       // sent DISCONNECT in clear
	offerCut                           // its KEXINIT is not whole in the capture
	hasGaps                            // bytes of it are not in the capture before authentication was decided
	snapped                            // bytes of it were cut by the snaplen
	resending                          // what it sent again last, up to resentEnd, is not acknowledged yet
)

// software is the family of an implementation, as far as its habits matter.
type software uint8

const (
	otherSoftware software = iota
	openSSH
	dropbear
	scanner // fetches keys or banners and never logs in
)

// session is one connection that carries SSH, or should.
type session struct {
	gen   uint32
	links recency.Links[uint32] // the arena's list

	sides  [2]side // by direction
	client uint8   // direction of the client
	flags  sessionFlags

	agreed  agreedID
	hostKey [32]byte // SHA-256 of the server's key; valid if hasKey
	keyType nameID

	loss      int64 // time that retransmissions have cost
	lossUntil int64
	resent    uint32
	lossAt    [2]mark // first and last retransmission
	lossDir   uint8   // direction of the last

	begun      int64 // clock of the first segment that was looked at
	lastData   int64 // clock of the last payload
	enterDir   uint8 // direction of the client when evEnter was sent
	firstClose uint8 // direction of the first FIN or RST; valid if closed
	closed     mark  // the first FIN or RST
	bytes      [2]uint64

	auth auth
}

type sessionFlags uint16

const (
	roleKnown sessionFlags = 1 << iota // the messages told who the client is
	hasKey                             // hostKey is valid
	entered                            // evEnter was sent, evLeave was not
	isClosed                           // closed is valid
	decided                            // nothing more is to be learned
	fromSYN                            // the connection's first byte is in the capture
	portOnly                           // opened for its port, not for what it carries
)

func (s *session) clientSide() *side { return &s.sides[s.client] }
func (s *session) serverSide() *side { return &s.sides[1-s.client] }
