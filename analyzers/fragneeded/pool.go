package fragneeded

// pool is an arena of T, which holds no pointers; freed entries are reused.
// Handles count from 1.
type pool[T any] struct {
	chunks [][]T
	free   []uint32
	used   uint32
	max    uint32
}

const poolChunk = 64

func newPool[T any](limit int) pool[T] { return pool[T]{max: uint32(limit)} }

// get returns a zeroed entry, or 0 and nil when all are in use.
func (p *pool[T]) get() (uint32, *T) {
	var h uint32
	if n := len(p.free); n > 0 {
		h = p.free[n-1]
		p.free = p.free[:n-1]
	} else {
		if p.used == p.max {
			return 0, nil
		}
		if int(p.used) == len(p.chunks)*poolChunk {
			p.chunks = append(p.chunks, make([]T, poolChunk))
		}
		p.used++
		h = p.used
	}
	t := p.at(h)
	var zero T
	*t = zero
	return h, t
}

func (p *pool[T]) at(h uint32) *T { return &p.chunks[(h-1)/poolChunk][(h-1)%poolChunk] }

func (p *pool[T]) put(h uint32) { p.free = append(p.free, h) }
