package registrystore

import (
	"context"
	"errors"
	"runtime"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

func (h *windowsHive) watch(ctx context.Context, above bool, changed func()) error {
	if err := h.checkAbove(above); err != nil {
		return err
	}
	k, err := registry.OpenKey(h.root, h.path, registry.NOTIFY)
	if errors.Is(err, registry.ErrNotExist) { // an empty key says what none does
		k, _, err = registry.CreateKey(h.root, h.path, registry.NOTIFY)
	}
	if err != nil {
		return err
	}
	defer k.Close()
	event, err := windows.CreateEvent(nil, 0, 0, nil)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(event)
	runtime.LockOSThread() // a notification ends with the thread that asked for it
	defer runtime.UnlockOSThread()
	woken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(woken)
		_ = windows.SetEvent(event) // a handle that is open until woken is closed
	})
	defer func() {
		if !stop() {
			<-woken
		}
	}()
	for {
		err := windows.RegNotifyChangeKeyValue(windows.Handle(k), false, windows.REG_NOTIFY_CHANGE_LAST_SET, event, true)
		if err != nil {
			return err
		}
		changed() // what has changed up to now is looked at after listening has begun
		if _, err := windows.WaitForSingleObject(event, windows.INFINITE); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
