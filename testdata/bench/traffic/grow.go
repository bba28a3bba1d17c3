package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"os"

	"pcaptriage/testdata/bench/savefile"
)

// grow writes a file n times over. Each repeat begins a second after the one before ends, and its clients have other
// addresses, so that its connections are new ones. It holds one record at a time: what it writes to a pipe takes no
// room anywhere.
func grow(from, to string, n int) error {
	size, err := savefile.Measure(from)
	if err != nil {
		return err
	}
	return savefile.Create(to, func(w *bufio.Writer) error {
		for i := range n {
			if err := repeat(w, from, int64(i)*(size.Last-size.First+1e6), uint16(i)); err != nil {
				return err
			}
		}
		return nil
	})
}

func repeat(w *bufio.Writer, from string, later int64, shift uint16) (err error) {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r, err := savefile.NewReader(f)
	if err != nil {
		return err
	}
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		rec.SetMicros(rec.Micros() + later)
		if shift > 0 {
			shiftClient(rec.Frame(), shift)
		}
		if _, err := w.Write(rec); err != nil {
			return err
		}
	}
}

// shiftClient moves the address of the side with the higher port to another /16, in TCP and UDP over IPv4.
func shiftClient(frame []byte, shift uint16) {
	const ports = ethernetLen + ipv4Len
	if len(frame) < ports+8 || binary.BigEndian.Uint16(frame[12:]) != 0x0800 || frame[ethernetLen] != 0x45 {
		return
	}
	ip := frame[ethernetLen:]
	var checksum []byte
	switch protocol := ip[9]; {
	case protocol == 6 && len(frame) >= ports+tcpLen:
		checksum = frame[ports+16 : ports+18]
	case protocol == 17:
		checksum = frame[ports+6 : ports+8]
	default:
		return
	}
	address := ip[12:14]
	if binary.BigEndian.Uint16(frame[ports+2:]) > binary.BigEndian.Uint16(frame[ports:]) {
		address = ip[16:18]
	}
	old := binary.BigEndian.Uint16(address)
	binary.BigEndian.PutUint16(address, old+shift)
	replaceWord(ip[10:12], old, old+shift)
	if ip[9] == 6 || binary.BigEndian.Uint16(checksum) != 0 { // a UDP checksum of zero is none
		replaceWord(checksum, old, old+shift)
	}
}
