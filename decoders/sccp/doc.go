// Package sccp reads the connectionless messages of the Signalling Connection
// Control Part (ITU-T Q.713, ANSI T1.112): UDT, XUDT, LUDT and their service
// messages UDTS, XUDTS, LUDTS, with their addresses, and puts segmented ones
// together (Q.714 4.1.1.2).
package sccp
