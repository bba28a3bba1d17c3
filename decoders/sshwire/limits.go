package sshwire

const (
	// MaxLine is the longest line that is read, in bytes; OpenSSH's limit before
	// the identification string is 8192 too.
	MaxLine = 8192
	// MaxLines is how many lines may precede the identification string, as in
	// OpenSSH.
	MaxLines = 1024
	// MaxText bounds all text of a direction.
	MaxText = 64 << 10
	// MaxVersion is the longest identification string that RFC 4253 4.2 allows,
	// CR LF included.
	MaxVersion = 255

	// MinLength and MaxLength bound packet_length (RFC 4253 6.1: 35000 bytes in
	// all).
	MinLength = 5
	MaxLength = 35000
	// MinPad is the least padding (RFC 4253 6).
	MinPad = 4

	// MaxList bounds a name-list in bytes, MaxNames its entries.
	MaxList  = 20 << 10
	MaxNames = 1000

	// MaxLength1 bounds an SSH-1 packet's length (its section 1.3).
	MaxLength1 = 262144
)
