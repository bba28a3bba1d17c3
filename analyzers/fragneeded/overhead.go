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

// costOf names the tunnel that costs n bytes.
func costOf(n uint32) string {
	if name, ok := overheads[n]; ok {
		return fmt.Sprintf("%d bytes is what %s costs", n, name)
	}
	if n > 50 && n < 100 {
		return fmt.Sprintf("%d bytes fits no common plain tunnel; IPsec varies between about 50 and 80", n)
	}
	return fmt.Sprintf("%d bytes fits no common tunnel; IPsec varies, and tunnels may be nested", n)
}
