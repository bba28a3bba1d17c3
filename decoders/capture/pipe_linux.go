package capture

import (
	"io"
	"os"
	"syscall"
)

// pipeSize is what a pipe is asked to hold: four pieces, and as much as anybody may
// ask for (/proc/sys/fs/pipe-max-size). Of the usual 64 KiB each read brings little,
// and whoever writes waits for whoever reads at every turn.
const pipeSize = 4 * pieceSize

// widenPipe lets src hold more, if it is a pipe. Where that is refused it does as
// it is.
func widenPipe(src io.Reader) {
	const setSize, getSize = 1031, 1032 // F_SETPIPE_SZ and F_GETPIPE_SZ, fcntl(2), which package syscall lacks
	f, ok := src.(*os.File)
	if !ok {
		return
	}
	conn, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) {
		if n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, fd, getSize, 0); errno == 0 && n < pipeSize {
			_, _, _ = syscall.Syscall(syscall.SYS_FCNTL, fd, setSize, pipeSize)
		}
	})
}
