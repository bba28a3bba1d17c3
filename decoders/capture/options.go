package capture

// Options sets how much a Reader reads at a time. The zero value is good for
// all ordinary uses.
type Options struct {
	// SlabSize is the number of file bytes in a slab, 1 MiB when 0. A record
	// that is larger gets a slab of its own size. It does not change which
	// records are found.
	SlabSize int
	// MaxSlabs is how many slabs may be out at a time, 8 when 0; Next waits
	// for one to be released when all are.
	MaxSlabs int
	// MaxSkip is how many bytes one search for the next trustworthy place may
	// pass over before the rest of the file is given up, 64 MiB when 0. It
	// bounds the time that a decompression bomb can take.
	MaxSkip int64
}

const (
	defaultSlabSize = 1 << 20
	defaultMaxSlabs = 8
	defaultMaxSkip  = 64 << 20

	// minSlabSize holds any record header of any format.
	minSlabSize = 64
)

func (o Options) withDefaults() Options {
	if o.SlabSize == 0 {
		o.SlabSize = defaultSlabSize
	}
	o.SlabSize = max(o.SlabSize, minSlabSize)
	if o.MaxSlabs <= 0 {
		o.MaxSlabs = defaultMaxSlabs
	}
	if o.MaxSkip <= 0 {
		o.MaxSkip = defaultMaxSkip
	}
	return o
}
