package linkscore

import "encoding/binary"

// familyOf reports the IP version that address family f stands for: 2 is IPv4
// everywhere; IPv6 is 24 on NetBSD and OpenBSD, 28 FreeBSD, 30 macOS, 10 Linux,
// 23 Windows, 26 Solaris. 0: neither.
func familyOf(f uint32) byte {
	switch f {
	case 2:
		return 4
	case 10, 23, 24, 26, 28, 30:
		return 6
	}
	return 0
}

// familyIP reads the IP packet behind a header that named its address family.
func familyIP(version byte, f frame) reading {
	if len(f.b) > 0 && f.b[0]>>4 != version {
		return reading{}
	}
	return ip(f)
}

// loop reads OpenBSD's loopback header: a family in network order.
func loop(f frame) reading {
	if len(f.b) < 4 {
		return f.short(4)
	}
	v := familyOf(be.Uint32(f.b))
	if v == 0 {
		return reading{}
	}
	return familyIP(v, f.from(4)).moved(4)
}

// openBSDFamily reports whether b begins as OpenBSD's loopback packets do: 2 or
// 24, in network order.
func openBSDFamily(b []byte) bool {
	return len(b) >= 4 && (be.Uint32(b) == 2 || be.Uint32(b) == 24)
}

// null reads a BSD loopback header: a family in the order of the host, which
// need not be the machine that wrote the file.
func null(f frame) reading {
	if len(f.b) < 4 {
		return f.short(4)
	}
	v := familyOf(binary.LittleEndian.Uint32(f.b))
	if v == 0 {
		return loop(f)
	}
	return familyIP(v, f.from(4)).moved(4)
}

// enc reads the header of OpenBSD's IPsec interface (if_enc.h): family in host
// order, SPI, flags.
func enc(f frame) reading {
	if len(f.b) < 12 {
		return f.short(12)
	}
	v := familyOf(min(binary.LittleEndian.Uint32(f.b), be.Uint32(f.b)))
	if v == 0 {
		return reading{}
	}
	return familyIP(v, f.from(12)).moved(12)
}

// pflog reads the header of OpenBSD's packet filter log (if_pflog.h): length,
// family, action, reason, interface name; the packet at the next multiple of 4.
func pflog(f frame) reading {
	const minLen, maxAction, nameAt, nameEnd = 45, 20, 4, 20
	if len(f.b) < nameEnd {
		return f.short(nameEnd)
	}
	n := (int(f.b[0]) + 3) &^ 3
	v := familyOf(uint32(f.b[1]))
	if f.b[0] < minLen || v == 0 || f.b[2] > maxAction || !interfaceName(f.b[nameAt:nameEnd]) {
		return reading{}
	}
	if len(f.b) < n {
		return f.short(n)
	}
	return familyIP(v, f.from(n)).moved(n)
}

// interfaceName: printable characters, then zeros.
func interfaceName(b []byte) bool {
	n := 0
	for n < len(b) && b[n] > 0x20 && b[n] < 0x7f {
		n++
	}
	for _, c := range b[n:] {
		if c != 0 {
			return false
		}
	}
	return n > 0
}

// ipnet reads the header of Solaris' ipnet device (dlpi's ipnet.h): version,
// family (Solaris' numbers), hook, length of the packet.
func ipnet(f frame) reading {
	const size = 24
	if len(f.b) < size {
		return f.short(size)
	}
	v := familyOf(uint32(f.b[1]))
	if f.b[0] != 1 || v == 0 || be.Uint16(f.b[2:]) > 4 {
		return reading{}
	}
	return familyIP(v, f.from(size)).moved(size)
}
