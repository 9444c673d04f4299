#!/bin/sh
# Makes a host of the bed an NFS server: the kernel's own, exporting by the lines of
# an exports file. Every directory belongs to the account and has mode 0700.
#
#   knfsd.sh EXPORTS ACCOUNT DIRECTORY...
set -ex
exports=$1 account=$2
shift 2

# NFS 4 shows clients a tree that begins at the server's root, and the disk of a host
# cannot be exported. So the server gets a root of its own, with a file system that can.
truncate -s 64M /run/disk
modprobe -d "$(dirname "$MODPROBE")" -a loop nfsd
mkfs.ext4 -q /run/disk
mkdir /run/root
mount -o loop /run/disk /run/root
cd /run/root
mkdir -p usr dev proc run srv tmp etc var/lib/nfs/v4recovery var/lib/nfs/sm var/lib/nfs/sm.bak
ln -s usr/bin usr/sbin usr/lib usr/lib64 .
for dir in usr dev proc; do mount --bind /$dir $dir; done
mount -t tmpfs tmpfs run
for file in passwd group nsswitch.conf netconfig services rpc protocols ld.so.cache; do cp /etc/$file etc; done
cp "$exports" etc/exports
touch var/lib/nfs/etab var/lib/nfs/rmtab
for dir; do install -d -o "$account" -g "$account" -m 0700 "/run/root$dir"; done

mount -t nfsd nfsd proc/fs/nfsd
chroot . sh -ex <<'END'
rpcbind
exportfs -ra
rpc.mountd
rpc.nfsd --grace-time 10 --lease-time 10 8
exportfs -v
END
