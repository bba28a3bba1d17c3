// Package prefetch asks the processor to fetch what will be needed soon.
//
// A capture's packets are read once each, and the flows of a busy capture lie
// all over memory, so that most of a packet's time goes into waiting for both.
// Which packets come next is known well ahead. Reading a byte of theirs early
// does not help, since the processor waits for that as well; only its prefetch
// instructions do not wait, and the language has none, hence the assembly.
package prefetch

// Group is the number of addresses that a function takes: a call costs more than
// a prefetch. They are numbers, which are never followed: any will do, 0 as well.
const Group = 8
