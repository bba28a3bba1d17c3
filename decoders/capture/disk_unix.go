//go:build unix

package capture

import (
	"io/fs"
	"os"
	"syscall"
)

// copyOwner tries to give a file the owner that another one has; only root may
// do so for any owner, and without it the file is the caller's.
func copyOwner(name string, like fs.FileInfo) {
	if st, ok := like.Sys().(*syscall.Stat_t); ok {
		_ = os.Chown(name, int(st.Uid), int(st.Gid))
	}
}
