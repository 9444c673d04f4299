package filestore

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/internal/friendly"
	"github.com/sealring/sealring/internal/diskfile"
)

// tempAge is how old a temporary file is when nobody can be about to publish it.
const tempAge = time.Hour

// device matches the names that Windows keeps for itself. SMB servers list files of
// such names under others, and without their ".xml".
var device = regexp.MustCompile(`^(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])$`)

// add writes e and publishes it, if the directory still is in the state of ifVersion.
func (s *Store) add(ctx context.Context, e dataprotection.Element, ifVersion dataprotection.Version) error {
	if err := checkSize(e.XML); err != nil {
		return err
	}
	name := fileName(e.Name)
	l, err := s.list(ctx)
	switch {
	case err != nil:
		return err
	case ifVersion != "" && l.state() != stateOf(ifVersion):
		return dataprotection.ErrConflict
	case l.has(name):
		return taken(name)
	}
	w, err := s.writer(ctx, name, e.XML)
	if err != nil {
		return s.failed("add", err)
	}
	defer w.close()
	w.sweep(l)
	if ifVersion == "" {
		err = w.publish(ctx)
	} else {
		err = w.publishIf(ctx, l.state())
	}
	if err == nil || errors.Is(err, dataprotection.ErrConflict) || errors.Is(err, fs.ErrExist) {
		return err
	}
	return s.failed("add", err)
}

func checkSize(xml []byte) error {
	if len(xml) == 0 || len(xml) > maxSize {
		return fmt.Errorf("filestore: an element has %d bytes; 1 to %d can be stored", len(xml), maxSize)
	}
	return nil
}

// fileName is the name of the file for an element: its friendly name, or else a GUID.
func fileName(name string) string {
	name = friendly.Name(name)
	if device.MatchString(name) {
		name = friendly.Random()
	}
	return name + elementSuffix
}

func taken(name string) error { return &fs.PathError{Op: "add", Path: name, Err: fs.ErrExist} }

// A writer brings one element into the directory.
type writer struct {
	*Store
	root *os.Root
	name string // of the element's file
	temp string // of its temporary file; whoever can see that may publish the element
	xml  []byte
}

// writer writes xml to a temporary file for the element called name.
func (s *Store) writer(ctx context.Context, name string, xml []byte) (*writer, error) {
	open := s.openOrMakeRoot
	if s.shared {
		open = s.openRoot
	}
	root, err := open(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{Store: s, root: root, name: name, xml: xml}
	if w.temp, err = w.writeTemp(ctx, stem(name), xml); err != nil {
		root.Close()
		return nil, err
	}
	return w, nil
}

// writeTemp makes a temporary file, on the disk when it returns. What fails in passing
// is tried again with another one: nobody has heard of the first.
func (w *writer) writeTemp(ctx context.Context, stem string, data []byte) (name string, err error) {
	err = diskfile.Patiently(ctx, func() error {
		name = tempName(stem)
		err := writeFile(w.root, name, data, w.at)
		if errors.Is(err, fs.ErrExist) { // nobody else has that name: the network has repeated the request
			return diskfile.Passing(err.Error())
		}
		return err
	})
	return name, err
}

// close takes the temporary file away, should it still be there.
func (w *writer) close() {
	w.root.Remove(w.temp)
	w.root.Close()
}

func tempName(stem string) string { return stem + "." + rand.Text() + tempSuffix }

// stemOfTemp undoes tempName. It returns "" for names of other make, such as the
// "{GUID}.tmp" of ASP.NET Core.
func stemOfTemp(name string) string {
	rest, isTemp := strings.CutSuffix(name, tempSuffix)
	dot := strings.LastIndexByte(rest, '.')
	if !isTemp || dot < 0 || len(rest)-dot-1 != len(rand.Text()) {
		return ""
	}
	return rest[:dot]
}

func writeSynced(root *os.Root, name string, data []byte) error {
	return writeFile(root, name, data, func(string) {})
}

// writeFile makes a new file of mode 0600, on the disk when it returns.
func writeFile(root *os.Root, name string, data []byte, at func(step string)) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	giveToOwner(root, f)
	at("temp created")
	_, err = f.Write(data)
	at("temp written")
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr // some network file systems report a full disk only here
	}
	if err != nil {
		root.Remove(name)
		return err
	}
	at("temp synced")
	return nil
}

// publish gives the element its name and makes that durable.
func (w *writer) publish(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := w.place(ctx, w.temp, w.name); err != nil && !w.isOurs(ctx, err) {
		if errors.Is(err, fs.ErrExist) {
			return taken(w.name)
		}
		return err
	}
	w.at("published")
	if err := syncRoot(ctx, w.root); err != nil {
		return err
	}
	w.at("directory synced")
	return nil
}

// place gives temp its final name, atomically and without replacing. Afterwards
// temp is gone, and it is gone only if the final name was there before.
func (w *writer) place(ctx context.Context, temp, name string) error {
	err := w.disk.link(w.root, temp, name)
	switch {
	case err == nil:
		w.at("linked")
		w.root.Remove(temp) // if that fails, a second name is left to be swept
		return nil
	case errors.Is(err, fs.ErrExist), errors.Is(err, fs.ErrNotExist):
		return err
	}
	// File systems without hard links give all kinds of errors, EIO among them.
	err = diskfile.Patiently(ctx, func() error { return w.disk.renameNew(w.root, temp, name) })
	if !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	l, err := w.list(ctx)
	if err != nil {
		return err
	}
	if l.has(name) {
		return fs.ErrExist
	}
	return diskfile.Patiently(ctx, func() error { return w.disk.rename(w.root, temp, name) })
}

// isOurs reports whether a change of names has failed because the element had already
// been published, by a helper or by a request that the network repeated.
func (w *writer) isOurs(ctx context.Context, err error) bool {
	if !errors.Is(err, fs.ErrExist) && !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	temp, err := w.lstat(ctx, w.temp)
	if err == nil { // it has its final name too, or has not been published
		published, err := w.lstat(ctx, w.name)
		return err == nil && os.SameFile(temp, published)
	}
	xml, err := w.readText(ctx, w.name)
	return err == nil && bytes.Equal(xml, w.xml)
}

// sweep removes what killed processes have left: temporary files, which hold key
// material, and claims of other states. Ages are reckoned by the time that the
// directory gave our own temporary file, as clocks of client and server differ.
// Nothing depends on its success.
func (w *writer) sweep(l listing) {
	own, err := w.root.Lstat(w.temp)
	if err != nil {
		return
	}
	removeOlder := func(name string, age time.Duration) {
		info, err := w.root.Lstat(name)
		if err == nil && own.ModTime().Sub(info.ModTime()) > age {
			w.root.Remove(name)
		}
	}
	for _, name := range l.temps {
		if stemOfTemp(name) != "" {
			removeOlder(name, tempAge)
		}
	}
	for _, name := range l.claims {
		if !strings.HasPrefix(name, claimPrefix+l.state()) {
			removeOlder(name, claimAge)
		}
	}
}

// lstat describes a file of the directory.
func (w *writer) lstat(ctx context.Context, name string) (info fs.FileInfo, err error) {
	err = diskfile.Patiently(ctx, func() error {
		info, err = w.root.Lstat(name)
		return err
	})
	return info, err
}

// readText reads a file of the directory.
func (w *writer) readText(ctx context.Context, name string) (content []byte, err error) {
	err = diskfile.Patiently(ctx, func() error {
		f, err := w.disk.open(filepath.Join(w.dir, name))
		if err != nil {
			return err
		}
		defer f.Close()
		content, err = io.ReadAll(io.LimitReader(f, maxSize+1))
		return err
	})
	return content, err
}

// discard removes a file that nothing depends on.
func (w *writer) discard(ctx context.Context, name string) {
	_ = diskfile.Patiently(ctx, func() error { return w.root.Remove(name) })
}

// replace writes new to a temporary file and renames that over the old one.
func (s *Store) replace(ctx context.Context, old, new dataprotection.Element) error {
	if err := checkSize(new.XML); err != nil {
		return err
	}
	if err := checkRef(old.Ref); err != nil {
		return err
	}
	l, err := s.list(ctx)
	if err != nil {
		return err
	}
	if !l.has(old.Ref) {
		return dataprotection.ErrConflict
	}
	w, err := s.writer(ctx, old.Ref, new.XML)
	if err != nil {
		return s.failed("replace", err)
	}
	defer w.close()
	w.sweep(l)
	err = w.exchange(ctx, old.XML)
	if err == nil || errors.Is(err, dataprotection.ErrConflict) {
		return err
	}
	return s.failed("replace", err)
}

// exchange renames the temporary file over the old one if that still holds old.
func (w *writer) exchange(ctx context.Context, old []byte) error {
	now, err := w.readText(ctx, w.name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !bytes.Equal(now, old) {
		return dataprotection.ErrConflict
	}
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	w.at("compared")
	err = diskfile.Patiently(ctx, func() error { return w.disk.rename(w.root, w.temp, w.name) })
	// Without the temporary file either somebody has removed the element, and that
	// first, or an attempt has succeeded of which the network said that it had failed.
	if errors.Is(err, fs.ErrNotExist) && !w.isOurs(ctx, err) {
		return dataprotection.ErrConflict
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	w.at("replaced")
	return syncRoot(ctx, w.root)
}

// remove deletes files one after the other.
func (s *Store) remove(ctx context.Context, refs []string) error {
	for _, ref := range refs {
		if err := checkRef(ref); err != nil {
			return err
		}
	}
	l, err := s.list(ctx)
	if err != nil {
		return err
	}
	root, err := s.openRoot(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return s.failed("remove", err)
	}
	defer root.Close()
	for _, ref := range refs {
		if err = removeOne(ctx, root, l, ref); err != nil {
			break
		}
	}
	if err := cmp.Or(err, syncRoot(ctx, root)); err != nil {
		return s.failed("remove", err)
	}
	return nil
}

// removeOne deletes the file ref, and before it the temporary files from which
// somebody could publish it once more.
func removeOne(ctx context.Context, root *os.Root, l listing, ref string) error {
	names := []string{ref}
	for _, temp := range l.temps {
		if stemOfTemp(temp) == stem(ref) {
			names = append([]string{temp}, names...)
		}
	}
	for _, name := range names {
		err := diskfile.Patiently(ctx, func() error { return root.Remove(name) })
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// checkRef refuses what Load cannot have given out.
func checkRef(ref string) error {
	if !isElement(ref) || filepath.Base(ref) != ref {
		return fmt.Errorf("filestore: %q is not the name of an element's file", ref)
	}
	return nil
}
