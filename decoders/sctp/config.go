package sctp

// Config bounds what an Assoc remembers. The zero value of a field takes the
// default.
type Config struct {
	MaxPartials  int   // messages under reassembly in one direction, 64
	MaxMessage   int   // octets of one message, 65536
	MaxFragments int   // fragments of one message, 1024
	MaxAge       int64 // ns of the capture clock after which an incomplete message is dropped, 30 s
	// Window is how many TSNs back a duplicate is recognised, 4096; a power of two.
	Window int
	// CopyGap is the time in ns within which the same TSN with the same octets
	// is a second capture of one packet rather than a retransmission, 5 ms.
	CopyGap int64
	// Budget, when not nil, is shared by all associations of one owner.
	Budget *Budget
}

// Budget bounds the octets that several associations hold together. It belongs
// to one goroutine.
type Budget struct {
	Max  int // octets
	used int
}

// Used is how many octets are held now.
func (b *Budget) Used() int { return b.used }

func (b *Budget) take(n int) bool {
	if b == nil {
		return true
	}
	if b.used+n > b.Max {
		return false
	}
	b.used += n
	return true
}

func (b *Budget) give(n int) {
	if b != nil {
		b.used -= n
	}
}

func (c Config) withDefaults() Config {
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&c.MaxPartials, 64)
	def(&c.MaxMessage, 64<<10)
	def(&c.MaxFragments, 1024)
	if c.MaxAge <= 0 {
		c.MaxAge = 30e9
	}
	if c.CopyGap <= 0 {
		c.CopyGap = 5e6
	}
	if c.Window <= 0 || c.Window&(c.Window-1) != 0 {
		c.Window = 4096
	}
	return c
}
