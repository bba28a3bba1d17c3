package httpwire

// Method is a request method that is known by name.
type Method uint8

// The methods of RFC 9110 9.3 and RFC 5789; the others are Other.
const (
	Unknown Method = iota
	GET
	HEAD
	POST
	PUT
	DELETE
	CONNECT
	OPTIONS
	TRACE
	PATCH
	Other
)

var methodNames = [...]string{"", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "other"}

func (m Method) String() string { return methodNames[m] }

// methodOf returns the method called name, which is case-sensitive (RFC 9110 9.1).
func methodOf(name []byte) Method {
	for m := GET; m < Other; m++ {
		if string(name) == methodNames[m] {
			return m
		}
	}
	return Other
}
