package stream

import "time"

// Config limits what the Pool of one virtual shard holds back.
type Config struct {
	// MaxBytes is the memory for held-back payload of all directions together.
	MaxBytes int
	// MaxStream is the payload that one direction may hold back, at most 1 MiB.
	// When it is reached, the stream gives up its first hole.
	MaxStream int
	// MaxSegments is the number of segments that one direction may hold back.
	MaxSegments int
	// MaxWait gives up a hole, at the next segment of its direction, when no
	// byte was handed over for longer; 0: wait until a limit, Acked or Close.
	// A sender's retransmission timer can reach minutes (RFC 6298).
	MaxWait time.Duration
}

// DefaultConfig returns the defaults for one of n virtual shards.
func DefaultConfig(n int) Config {
	return Config{
		MaxBytes:    (64 << 20) / n,
		MaxStream:   512 << 10,
		MaxSegments: 512,
	}
}
