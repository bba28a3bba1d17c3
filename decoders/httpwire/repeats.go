package httpwire

import "encoding/binary"

// repeats remembers the fields of requests without a body: a client that keeps a
// connection sends the same ones again and again, and comparing them takes a
// tenth of the time that reading them does.
//
// A block is everything behind the start line. It is found by its length and its
// first bytes, which as a rule are the Host.
type repeats struct{ slots [repeatSlots]knownFields }

const (
	repeatSlots = 32
	maxRepeat   = 1024 // bytes of a block
	minRepeat   = 16
)

// knownFields is what a block says.
type knownFields struct {
	block   []byte // own memory
	fields  fields // its slices point into block
	head    Head   // likewise, but for those of the start line
	Message        // only what fields say of one
}

func slotOf(block []byte) uint64 {
	x := binary.LittleEndian.Uint64(block[8:]) ^ uint64(len(block))
	return x * 0x9e3779b97f4a7c15 >> 59
}

// find returns what is known of a block, nil if it is not known.
func (r *repeats) find(block []byte) *knownFields {
	if len(block) < minRepeat || len(block) > maxRepeat {
		return nil
	}
	k := &r.slots[slotOf(block)]
	if string(k.block) != string(block) {
		return nil
	}
	return k
}

// learn remembers the block of the request at b, all of b, that s describes.
func (r *repeats) learn(s *quick, b []byte) {
	begin := s.first + 2
	block := b[begin:]
	if len(block) < minRepeat || len(block) > maxRepeat {
		return
	}
	k := &r.slots[slotOf(block)]
	*k = knownFields{block: append(k.block[:0], block...)}
	k.Message = Message{Kind: Request, KeepAliveTimeout: -1, KeepAliveMax: -1}
	for i := range s.fields[:s.n] {
		at := &s.fields[i]
		k.fields.take(k.block[at.name-begin:at.colon-begin], blankless(k.block[at.colon+1-begin:at.end-begin]), &k.Message, &k.head)
	}
}

// addTo adds what the fields say to a message that has just begun.
func (k *knownFields) addTo(m *Message) {
	m.Flags |= k.Flags
	m.Host, m.Agent = k.Host, k.Agent
	m.KeepAliveTimeout, m.KeepAliveMax = k.KeepAliveTimeout, k.KeepAliveMax
}
