package main

// The addresses and ports of both kinds of HTTP traffic.
const (
	serverAddr   = "10.77.0.1"
	clientPrefix = "10.77.1." // the clients are .1 to .32, so that no pair of address and port comes back within a capture
	clients      = 32
)

var serverPorts = []int{80, 8000, 8080, 8443}

// bytesPerPacket is what the mix of small and large responses is steered to: 4 million packets are then 2 GiB.
const bytesPerPacket = 525

// size draws a response's length: for the most part an answer of an API, sometimes a page, and a download only when the
// capture needs one to keep its mean.
func size(large bool, intN func(int) int) int {
	switch {
	case large:
		return 60_000 + intN(440_000)
	case intN(10) < 8:
		return 50 + intN(750)
	default:
		return 1_000 + intN(5_000)
	}
}
