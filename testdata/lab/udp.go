package main

import (
	"context"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// udpBurst sends datagrams of the given sizes with DF set. Errors are part of
// the game: the kernel refuses what it knows to be too large.
func (n *netns) udpBurst(addr string, sizes ...int) {
	d := net.Dialer{Control: func(_, _ string, c syscall.RawConn) (err error) {
		c.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DO)
		})
		return err
	}}
	n.do(func() {
		c, err := d.DialContext(context.Background(), "udp", addr)
		n.l.must(err)
		defer c.Close()
		for _, size := range sizes {
			c.Write(make([]byte, size))
			time.Sleep(20 * time.Millisecond)
		}
	})
}
