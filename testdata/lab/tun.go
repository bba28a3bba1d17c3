package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// tun makes a point-to-point device without link header in the namespace and
// returns its far end.
func (n *netns) tun(dev string) *os.File {
	var f *os.File
	n.do(func() {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		n.l.must(err)
		req, err := unix.NewIfreq(dev)
		n.l.must(err)
		req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		n.l.must(unix.IoctlIfreq(fd, unix.TUNSETIFF, req))
		f = os.NewFile(uintptr(fd), "tun")
	})
	n.l.onEnd(func() { f.Close() })
	n.ip("link", "set", dev, "up")
	return f
}

// joinTun carries packets between two tunnel devices.
func joinTun(a, b *os.File) {
	carry := func(from, to *os.File) {
		buf := make([]byte, 70_000)
		for {
			n, err := from.Read(buf)
			if err != nil {
				return
			}
			to.Write(buf[:n])
		}
	}
	go carry(a, b)
	go carry(b, a)
}
