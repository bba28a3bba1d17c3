// Package stats tells a change from chance: two-sample rank tests on small
// samples of integers, and what becomes of their p-values when there are many
// of them. It knows nothing of latencies or reports.
//
// The tests make no assumption about the shape of a distribution, which for
// latencies is never normal. Ties are the rule with timestamps of a microsecond,
// so the exact distributions are those under ties (permutation of the pooled
// sample as it is), not the tabulated ones for continuous data; without ties the
// two are the same.
package stats

// Alpha is the level below which a change counts as more than chance.
const Alpha = 0.05
