package analyzers

// Sink makes keys a heap again, the largest by compare on top, after another key
// was put there. A table that keeps the first rows of many finds with it the one
// that has to go.
func Sink[K any](keys []K, compare func(a, b K) int) {
	for i := 0; ; {
		largest := i
		for c := 2*i + 1; c <= 2*i+2 && c < len(keys); c++ {
			if compare(keys[c], keys[largest]) > 0 {
				largest = c
			}
		}
		if largest == i {
			return
		}
		keys[i], keys[largest] = keys[largest], keys[i]
		i = largest
	}
}
