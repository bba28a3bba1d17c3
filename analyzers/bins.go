package analyzers

// bins are the counts of a DDSketch by the index that its mapping gives to a
// value. They are integers in pages, found without a search: the library's own
// store keeps floating-point counts and sorts what was added every few dozen
// values, which costs several times as much. Durations in ns, from 1 to 2^63,
// have indexes from 0 to some 2200.
type bins struct{ pages []*binPage }

const binPageSize = 32

type binPage [binPageSize]uint64

// add counts n values of that index, which must not be negative.
func (b *bins) add(index int, n uint64) {
	i := uint(index) // shifts and masks, where a signed division takes more
	at := i / binPageSize
	var p *binPage
	if at < uint(len(b.pages)) {
		p = b.pages[at]
	}
	if p == nil {
		p = b.makePage(int(at))
	}
	p[i%binPageSize] += n
}

func (b *bins) makePage(at int) *binPage {
	if at >= len(b.pages) {
		b.pages = append(b.pages, make([]*binPage, at+1-len(b.pages))...)
	}
	b.pages[at] = new(binPage)
	return b.pages[at]
}

func (b *bins) merge(o *bins) {
	for at, p := range o.pages {
		if p == nil {
			continue
		}
		for i, n := range p {
			if n > 0 {
				b.add(at*binPageSize+i, n)
			}
		}
	}
}

// list returns the bins that count something, by index.
func (b *bins) list() []Bin {
	var out []Bin
	for at, p := range b.pages {
		if p == nil {
			continue
		}
		for i, n := range p {
			if n > 0 {
				out = append(out, Bin{at*binPageSize + i, n})
			}
		}
	}
	return out
}

// atRank is the index of the value that has more than rank values up to it,
// itself included; the last index when there are not so many.
func (b *bins) atRank(rank float64) (index int) {
	sum := uint64(0)
	for at, p := range b.pages {
		if p == nil {
			continue
		}
		for i, n := range p {
			if n == 0 {
				continue
			}
			index = at*binPageSize + i
			if sum += n; float64(sum) > rank {
				return index
			}
		}
	}
	return index
}
