package main

import (
	"bufio"
	"fmt"

	"pcaptriage/testdata/bench/savefile"
)

// synflood writes one SYN each of n flows to one server, a million a second: none of the flows gets idle before the
// end, so only eviction keeps a flow table small.
func synflood(path string, n int) error {
	if n < 0 || n > 1<<24 {
		return fmt.Errorf("%d flows: there are addresses for %d", n, 1<<24)
	}
	return savefile.Create(path, func(w *bufio.Writer) error {
		target := endpoint{addr: 10<<24 | 77<<16 | 1, port: 80, mac: [6]byte{2, 0, 0, 77, 0, 1}}
		buf := make([]byte, 0, 128)
		for i := range uint32(n) {
			// An odd factor permutes the numbers below 2^24: every SYN has an address of its own in 10/8, and they come
			// in no order that a hash could profit from.
			spoofed := endpoint{
				addr: 10<<24 | i*0x9e3779b1&0xffffff,
				port: uint16(1024 + i*0x85ebca6b>>16%64512),
				mac:  [6]byte{2, 0, 0, 77, 2, 1},
				next: i * 0xc2b2ae35, ipID: uint16(i),
			}
			buf = appendFrame(buf[:savefile.RecordHeaderLen], &segment{from: &spoofed, to: &target, flags: syn, window: 1024})
			savefile.PutHeader(buf, start+int64(i), len(buf)-savefile.RecordHeaderLen)
			if _, err := w.Write(buf); err != nil {
				return err
			}
		}
		return nil
	})
}
