// Package ss7 leads from any place where SS7 signalling is captured to the SCCP
// message in it: from an SCTP user message through M3UA, M2UA, M2PA or SUA, from
// MTP2, MTP3 or SCCP link types, and from exported PDUs. It composes the
// packages of the layers and knows nothing above SCCP.
package ss7
