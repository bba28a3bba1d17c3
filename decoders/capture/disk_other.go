//go:build !unix

package capture

import "io/fs"

// copyOwner does nothing where files have no numeric owner.
func copyOwner(string, fs.FileInfo) {}
