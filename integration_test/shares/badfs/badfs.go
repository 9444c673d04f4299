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
	fault  Fault
	struck bool
}

// A Fault makes an operation fail.
type Fault struct {
	Operation string
	Errno     syscall.Errno
	From      int  // how often it still succeeds
	Times     int  // how often it fails then
	After     bool // it is carried out first: the reply gets lost
}

// Operations are what can fail: reading ones first.
var (
	Reading = []string{"lookup", "getattr", "list", "open", "read"}
	Writing = []string{"create", "write", "fsync", "flush", "link", "unlink", "rename", "mkdir", "rmdir", "syncdir"}
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

// Fail brings a fault, in place of the one before.
func (f *FS) Fail(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

// Mend ends the fault, and reports whether it has struck.
func (f *FS) Mend() (struck bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	struck, f.struck, f.fault = f.struck, false, Fault{}
	return struck
}

// strikes reports whether an operation is to fail now.
func (f *FS) strikes(operation string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fault.Operation != operation || f.fault.Times == 0 {
		return Fault{}, false
	}
	if f.fault.From > 0 {
		f.fault.From--
		return Fault{}, false
	}
	f.fault.Times--
	f.struck = true
	return f.fault, true
}

// do carries out an operation, or fails it.
func (f *FS) do(operation string, carryOut func() syscall.Errno) syscall.Errno {
	fault, strikes := f.strikes(operation)
	if !strikes {
		return carryOut()
	}
	if fault.After {
		if errno := carryOut(); errno != 0 {
			return errno
		}
	}
	return fault.Errno
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

func (n *node) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (inode *fs.Inode, errno syscall.Errno) {
	if n.fs.Lying && strings.HasSuffix(name, ".claim") {
		return nil, syscall.ENOENT // else the kernel would find out
	}
	errno = n.fs.do("lookup", func() (errno syscall.Errno) {
		inode, errno = n.LoopbackNode.Lookup(ctx, name, out)
		return errno
	})
	return inode, errno
}

func (n *node) Getattr(ctx context.Context, h fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	return n.fs.do("getattr", func() syscall.Errno { return n.LoopbackNode.Getattr(ctx, unwrap(h), out) })
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

// unwrap is the reverse.
func unwrap(h fs.FileHandle) fs.FileHandle {
	if f, ok := h.(*file); ok {
		return f.LoopbackFile
	}
	return nil
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

func (n *node) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (inode *fs.Inode, errno syscall.Errno) {
	errno = n.fs.do("mkdir", func() (errno syscall.Errno) {
		inode, errno = n.LoopbackNode.Mkdir(ctx, name, mode, out)
		return errno
	})
	return inode, errno
}

func (n *node) Rmdir(ctx context.Context, name string) syscall.Errno {
	return n.fs.do("rmdir", func() syscall.Errno { return n.LoopbackNode.Rmdir(ctx, name) })
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
