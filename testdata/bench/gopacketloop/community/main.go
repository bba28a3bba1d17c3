// Command community is the same loop as its neighbour, with the maintained fork gopacket/gopacket.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
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
