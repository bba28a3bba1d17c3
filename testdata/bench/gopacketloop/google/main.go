// Command google counts the initial SYNs of a capture with the loop from the first page of google/gopacket's manual:
// what most Go programs that read captures do. google/gopacket has not been maintained since 2020; here it is a
// baseline only.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

func main() {
	f, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	r, err := pcapgo.NewReader(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		log.Fatal(err)
	}
	packets, syns := 0, 0
	for packet := range gopacket.NewPacketSource(r, r.LinkType()).Packets() {
		packets++
		if tcp, ok := packet.Layer(layers.LayerTypeTCP).(*layers.TCP); ok && tcp.SYN && !tcp.ACK {
			syns++
		}
	}
	fmt.Println(packets, "packets", syns, "initial SYNs")
}
