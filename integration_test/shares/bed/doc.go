//go:build linux

// Package bed is a small network of real machines for tests, on one computer and
// without leaving a trace: file servers, and two hosts with a Linux kernel of
// their own that mount what the servers export.
//
//	                 the test, NFS servers, smbd
//	                 10.77.0.1          10.78.0.1
//	storage network      │                  │      control network
//	         ────┬───────┴──┬──       ──┬───┴──┬──
//	        10.77.0.11  10.77.0.12   10.78.0.11 10.78.0.12
//	             └── host a │ ──────────┘      │
//	                        └── host b ────────┘
//
// How it is made, in the order of events:
//
//  1. [Main] starts the test binary once more in namespaces of its own
//     (namespace.go): its network is empty but for what is built here, its mounts
//     are invisible to everybody else, and all its processes die with it. That is
//     the whole of cleaning up, whatever goes wrong.
//  2. [New] builds the two networks (network.go) and boots the hosts: User Mode
//     Linux, a kernel that runs as an ordinary process (host.go). The host's disk is
//     this machine's, read-only, and its first process is again the test binary
//     (init.go), which listens on the control network for programs to run.
//  3. Servers (ganesha.go, knfsd.go, samba.go) export a directory on the storage
//     network. Tests cut that, or slow it down; the control network stays.
package bed
