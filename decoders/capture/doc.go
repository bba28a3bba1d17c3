// Package capture reads capture files: pcap (both byte orders, microsecond and
// nanosecond, versions 2.2 to 2.4, and the modified format 0xa1b2cd34), pcapng
// (draft-ietf-opsawg-pcapng, several sections, per-section byte order, per-
// interface link type, snaplen, if_tsresol and if_tsoffset) and snoop
// (RFC 1761), from a file, standard input or a pipe, plain or compressed with
// gzip, zstd, lz4, xz or bzip2, recognised by magic bytes whatever the file is
// called.
//
// Reading is done in large blocks into reference counted slabs; a packet is
// never copied and nothing is allocated per packet. Damage does not end a
// read: it is recorded (file, frame, offset, reason) and reading goes on at
// the next place that can be trusted.
package capture
