package fragneeded

import "fmt"

// overheads are what common encapsulations take from an MTU of 1500 bytes
// (RFC 2516, 2003, 2784, 2890, 2473, 7348). WireGuard takes 32 bytes of its own
// besides UDP and IP.
var overheads = map[uint32]string{
	8:  "PPPoE",
	20: "IPIP (IP in IPv4)",
	24: "GRE",
	28: "GRE with key",
	40: "IP in IPv6",
	50: "VXLAN",
	60: "WireGuard over IPv4",
	80: "WireGuard over IPv6",
}

// tunnelOf names the tunnel that takes n bytes from the packets of an IP
// version, "" if none is known.
func tunnelOf(n uint32, v6 bool) string {
	if n == 20 && v6 {
		return "IPIP (6in4, IPv6 in IPv4)" // RFC 4213
	}
	return overheads[n]
}

// costOf says which tunnel costs n bytes.
func costOf(n uint32, v6 bool) string {
	if name := tunnelOf(n, v6); name != "" {
		return fmt.Sprintf("%d bytes is what %s costs", n, name)
	}
	if n > 50 && n < 100 {
		return fmt.Sprintf("%d bytes fits no common plain tunnel; IPsec varies between about 50 and 80", n)
	}
	return fmt.Sprintf("%d bytes fits no common tunnel; IPsec varies, and tunnels may be nested", n)
}
