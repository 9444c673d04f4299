package registrystore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// turnPause is how long a writer waits for its turn before it looks whether it
// is still wanted.
const turnPause = 100 * time.Millisecond

// mutexName is the same for all writers to a key, in all sessions of the machine.
func mutexName(path string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(path)))
	return `Global\sealring-registry-` + hex.EncodeToString(sum[:8])
}

func (h *windowsHive) change(ctx context.Context, above bool, do func(writer) error) error {
	if err := h.checkAbove(above); err != nil {
		return err
	}
	return h.inTurn(ctx, func() error {
		k, _, err := registry.CreateKey(h.root, h.path, registry.QUERY_VALUE|registry.SET_VALUE)
		if err != nil {
			return err
		}
		defer k.Close()
		return do(keyWriter(k))
	})
}

// inTurn calls do while no other writer of this account is at work.
func (h *windowsHive) inTurn(ctx context.Context, do func() error) error {
	name, err := windows.UTF16PtrFromString(h.turn)
	if err != nil {
		return err
	}
	runtime.LockOSThread() // which a mutex belongs to
	defer runtime.UnlockOSThread()
	mutex, err := windows.CreateMutex(nil, false, name)
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return do() // another account made it; the package comment says what that means
	}
	if mutex == 0 {
		return err
	}
	defer windows.CloseHandle(mutex)
	if err := wait(ctx, mutex); err != nil {
		return err
	}
	defer windows.ReleaseMutex(mutex)
	return do()
}

// wait waits until the mutex is ours. One that was abandoned is: its holder was
// killed, and left whole values behind.
func wait(ctx context.Context, mutex windows.Handle) error {
	for {
		event, err := windows.WaitForSingleObject(mutex, uint32(turnPause/time.Millisecond))
		switch {
		case event == windows.WAIT_OBJECT_0 || event == windows.WAIT_ABANDONED:
			return nil
		case event != uint32(windows.WAIT_TIMEOUT):
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}

// A keyWriter changes the values of a key.
type keyWriter registry.Key

func (w keyWriter) set(name, text string) error {
	if err := registry.Key(w).SetStringValue(name, text); err != nil {
		return err
	}
	return w.flush()
}

func (w keyWriter) remove(name string) error {
	if err := registry.Key(w).DeleteValue(name); err != nil && !errors.Is(err, registry.ErrNotExist) {
		return err
	}
	return w.flush()
}

// flush has the registry written to the disk.
func (w keyWriter) flush() error {
	proc := windows.NewLazySystemDLL("advapi32.dll").NewProc("RegFlushKey")
	if err := proc.Find(); err != nil {
		return err
	}
	if code, _, _ := proc.Call(uintptr(w)); code != 0 {
		return windows.Errno(code)
	}
	return nil
}
