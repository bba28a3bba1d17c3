package connect

// outcome is what became of an attempt. The order of the constants is the
// order in which they are tried: the first that matches wins.
type outcome uint8

const (
	answered       outcome = iota + 1 // handshake completed, or the client reset it after the SYN-ACK
	answeredUnseen                    // the client went on, but its answer is not in the capture
	refused                           // RST that acknowledges the SYN
	rejected                          // ICMP error that quotes the SYN
	synackIgnored                     // SYN repeated after a captured SYN-ACK, no final ACK
	incomplete                        // SYN-ACK, no final ACK
	stalePeer                         // bare ACK with an unrelated number, then client RST, never more
	droppedSome                       // dropped while others were answered
	dropped                           // SYN repeated, no answer
	unanswered                        // one SYN, no answer
	undecided                         // the flow was evicted, or the clock restarted: nothing can be said
	numOutcomes
)

// outcomeNames are the values of column outcome in table connect_attempts. A
// name that is not answered, answered-unseen or undecided is that of the rule
// without its prefix.
var outcomeNames = [numOutcomes]string{
	answered: "answered", answeredUnseen: "answered-unseen",
	refused: "refused", rejected: "rejected", synackIgnored: "synack-ignored", incomplete: "handshake-incomplete",
	stalePeer: "stale-peer", droppedSome: "dropped-selectively", dropped: "dropped", unanswered: "unanswered",
	undecided: "undecided",
}

func (o outcome) String() string { return outcomeNames[o] }

// restsOnAbsence reports whether o is concluded from what was not seen.
func (o outcome) restsOnAbsence() bool {
	switch o {
	case synackIgnored, incomplete, stalePeer, droppedSome, dropped, unanswered:
		return true
	}
	return false
}

// flags of an attempt, as they travel in its event.
const (
	flagCut         uint16 = 1 << iota // the capture ended before the silence was long enough
	flagSuperseded                     // a SYN with another ISN took over the 4-tuple
	flagAborted                        // the client sent RST
	flagServerReset                    // the server sent RST after its SYN-ACK
	flagStale                          // challenge ACK, then client RST
	flagFirstSYN                       // the answer's timestamp echo is that of the first SYN
	flagLastSYN                        // ... of a repeated SYN
	flagHalfOpen                       // the client reset after the SYN-ACK, without a final ACK
	flagBroadcast                      // sent to a broadcast or multicast address
	flagSYNData                        // data in the SYN (TCP Fast Open)
	flagSimul                          // simultaneous open
	flagICMP                           // an ICMP error quotes the SYN
	flagBadRST                         // an RST came that does not acknowledge the SYN
	flagReused                         // the 4-tuple was in use before
	flagRefused                        // a valid RST came
	flagV6                             // IPv6 (for the meaning of ICMP types)
)
