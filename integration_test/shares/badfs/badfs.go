//go:build linux

// Package badfs mounts directories through a file system that fails as network
// file systems do, when a test wants it to.
package badfs

import (
	"context"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// A FS shows a directory in another place, and can be told to fail.
type FS struct {
	// Lying makes it like the worst of the FUSE clients of SMB: there are no hard links,
	// no rename that does not replace, and creating a claim exclusively succeeds always.
	Lying bool

	mu     sync.Mutex
	faults map[string]*fault
	struck bool
}

// A fault makes an operation fail so many times.
type fault struct {
	errno syscall.Errno
	times int
	after bool // it is carried out first: the reply gets lost
}

// Operations are what can fail: reading ones first.
var (
	Reading = []string{"list", "open", "read"}
	Writing = []string{"create", "write", "fsync", "flush", "link", "unlink", "rename", "syncdir"}
)

// Mount shows the directory backing at the directory at, until the test ends.
func (f *FS) Mount(t testing.TB, backing, at string) {
	t.Helper()
	root, err := fs.NewLoopbackRoot(backing)
	if err != nil {
		t.Fatal(err)
	}
	n := &node{fs.LoopbackNode{RootData: root.(*fs.LoopbackNode).RootData}, f}
	n.RootData.RootNode = n
	server, err := fs.Mount(at, n, &fs.Options{MountOptions: fuse.MountOptions{DirectMount: true, AllowOther: true, FsName: "badfs"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Unmount(); err != nil {
			t.Error(err)
		}
	})
}

// Fail makes the next operations of a kind fail, so many times. With after, each is
// carried out first.
func (f *FS) Fail(operation string, errno syscall.Errno, times int, after bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = map[string]*fault{operation: {errno, times, after}}
}

// Mend ends all faults, and reports whether one has struck.
func (f *FS) Mend() (struck bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	struck, f.struck, f.faults = f.struck, false, nil
	return struck
}

// do carries out an operation, or fails it.
func (f *FS) do(operation string, carryOut func() syscall.Errno) syscall.Errno {
	f.mu.Lock()
	fault := f.faults[operation]
	strikes := fault != nil && fault.times > 0
	if strikes {
		fault.times--
		f.struck = true
	}
	f.mu.Unlock()
	if !strikes {
		return carryOut()
	}
	if fault.after {
		if errno := carryOut(); errno != 0 {
			return errno
		}
	}
	return fault.errno
}

type node struct {
	fs.LoopbackNode
	fs *FS
}

// WrapChild makes the nodes of the directory's entries ours.
func (n *node) WrapChild(_ context.Context, child fs.InodeEmbedder) fs.InodeEmbedder {
	if l, ok := child.(*fs.LoopbackNode); ok {
		return &node{fs.LoopbackNode{RootData: l.RootData}, n.fs}
	}
	return child
}

func (n *node) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if n.fs.Lying && strings.HasSuffix(name, ".claim") {
		return nil, syscall.ENOENT // else the kernel would find out
	}
	return n.LoopbackNode.Lookup(ctx, name, out)
}

func (n *node) OpendirHandle(ctx context.Context, flags uint32) (h fs.FileHandle, fuseFlags uint32, errno syscall.Errno) {
	errno = n.fs.do("list", func() (errno syscall.Errno) {
		h, fuseFlags, errno = n.LoopbackNode.OpendirHandle(ctx, flags)
		return errno
	})
	if errno != 0 {
		return nil, 0, errno
	}
	return directory{h.(stream), n.fs}, fuseFlags, 0
}

func (n *node) Open(ctx context.Context, flags uint32) (h fs.FileHandle, fuseFlags uint32, errno syscall.Errno) {
	errno = n.fs.do("open", func() (errno syscall.Errno) {
		h, fuseFlags, errno = n.LoopbackNode.Open(ctx, flags)
		return errno
	})
	return n.wrap(h, errno), fuseFlags, errno
}

func (n *node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (inode *fs.Inode, h fs.FileHandle, fuseFlags uint32, errno syscall.Errno) {
	if n.fs.Lying {
		flags &^= syscall.O_EXCL
	}
	errno = n.fs.do("create", func() (errno syscall.Errno) {
		inode, h, fuseFlags, errno = n.LoopbackNode.Create(ctx, name, flags, mode, out)
		return errno
	})
	return inode, n.wrap(h, errno), fuseFlags, errno
}

func (n *node) wrap(h fs.FileHandle, errno syscall.Errno) fs.FileHandle {
	if errno != 0 {
		return nil
	}
	return &file{h.(*fs.LoopbackFile), n.fs}
}

func (n *node) Link(ctx context.Context, target fs.InodeEmbedder, name string, out *fuse.EntryOut) (inode *fs.Inode, errno syscall.Errno) {
	if n.fs.Lying {
		return nil, syscall.EPERM
	}
	errno = n.fs.do("link", func() (errno syscall.Errno) {
		inode, errno = n.LoopbackNode.Link(ctx, target, name, out)
		return errno
	})
	return inode, errno
}

func (n *node) Rename(ctx context.Context, name string, parent fs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	if n.fs.Lying && flags != 0 {
		return syscall.EINVAL
	}
	return n.fs.do("rename", func() syscall.Errno { return n.LoopbackNode.Rename(ctx, name, parent, newName, flags) })
}

func (n *node) Unlink(ctx context.Context, name string) syscall.Errno {
	return n.fs.do("unlink", func() syscall.Errno { return n.LoopbackNode.Unlink(ctx, name) })
}

type file struct {
	*fs.LoopbackFile
	fs *FS
}

// PassthroughFd keeps the kernel from going around Read and Write.
func (f *file) PassthroughFd() (int, bool) { return -1, false }

func (f *file) Read(ctx context.Context, buf []byte, off int64) (result fuse.ReadResult, errno syscall.Errno) {
	errno = f.fs.do("read", func() (errno syscall.Errno) {
		result, errno = f.LoopbackFile.Read(ctx, buf, off)
		return errno
	})
	return result, errno
}

func (f *file) Write(ctx context.Context, data []byte, off int64) (n uint32, errno syscall.Errno) {
	errno = f.fs.do("write", func() (errno syscall.Errno) {
		n, errno = f.LoopbackFile.Write(ctx, data, off)
		return errno
	})
	return n, errno
}

// Writev is what the library calls for Write where it can.
func (f *file) Writev(ctx context.Context, data [][]byte, off int64) (n uint32, errno syscall.Errno) {
	errno = f.fs.do("write", func() (errno syscall.Errno) {
		n, errno = f.LoopbackFile.Writev(ctx, data, off)
		return errno
	})
	return n, errno
}

func (f *file) Flush(ctx context.Context) syscall.Errno {
	return f.fs.do("flush", func() syscall.Errno { return f.LoopbackFile.Flush(ctx) })
}

func (f *file) Fsync(ctx context.Context, flags uint32) syscall.Errno {
	return f.fs.do("fsync", func() syscall.Errno { return f.LoopbackFile.Fsync(ctx, flags) })
}

// A stream is the listing of a directory.
type stream interface {
	fs.DirStream
	fs.FileReaddirenter
	fs.FileReleasedirer
}

type directory struct {
	stream
	fs *FS
}

func (d directory) Fsyncdir(context.Context, uint32) syscall.Errno {
	return d.fs.do("syncdir", func() syscall.Errno { return 0 })
}
