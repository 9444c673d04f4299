#!/bin/sh
# Prepares a directory for the keys of a service: owned by its account, closed to
# everybody else. It does what `sealring provision directory` does, for those who
# want to read first what is going to happen to their machine.
#
#   provision.sh [--shared] [--what-if] [--remove] ACCOUNT DIRECTORY
#
#   --shared   the directory is on a mount that several machines use
#   --what-if  only say what would be done
#   --remove   remove the directory, with all keys in it: everybody is logged out
set -eu
umask 022 # the account has to get through what is made above the directory

usage() {
  sed -n 's/^#  *\(provision.sh .*\)/usage: \1/p' "$0" >&2
  exit 2
}

shared='' what_if='' remove=''
while [ $# -gt 0 ]; do
  case $1 in
  --shared) shared=yes ;;
  --what-if) what_if=yes ;;
  --remove) remove=yes ;;
  -*) usage ;;
  *) break ;;
  esac
  shift
done
[ $# -eq 2 ] || usage
account=$1 directory=$2
case $directory in
/*) ;;
*) echo "provision: $directory is no absolute path" >&2; exit 2 ;;
esac
id "$account" >/dev/null 2>&1 || { echo "provision: there is no account $account on this machine" >&2; exit 1; }

# run says what is done, and does it.
run() {
  echo "$*"
  [ -n "$what_if" ] || "$@"
}

# mark leaves the file that tells an empty share from one that is not mounted. With
# -C it is a new file, whatever link the account may have put there.
mark() {
  set -C
  printf '%s\n%s\n' \
    'This directory holds a key ring. Programs that share it take this file as the sign' \
    'that the share is mounted; without it they refuse to start. Do not remove it.' >"$1"
  set +C
  sync "$1"
}

if [ -n "$remove" ]; then
  [ -d "$directory" ] && [ ! -L "$directory" ] || { echo "provision: there is no directory $directory" >&2; exit 1; }
  other=$(find "$directory" -mindepth 1 ! -name '.*' ! -name '*.xml' ! -name '*.tmp' -print -quit)
  [ -z "$other" ] || { echo "provision: $other is no key; remove $directory yourself if you mean it" >&2; exit 1; }
  run rm -r "$directory"
  exit 0
fi

[ ! -L "$directory" ] || { echo "provision: $directory is a link; name the directory that it leads to" >&2; exit 1; }
if [ -d "$directory" ] && [ -z "$(find "$directory" -mindepth 1 -maxdepth 1 -type f \( -name '*.xml' -o -name .sealring-store \) -print -quit)" ]; then
  other=$(find "$directory" -mindepth 1 -maxdepth 1 ! -name lost+found \( -type d -o ! -name '.*' ! -name '*.tmp' \) -print -quit)
  [ -z "$other" ] || { echo "provision: $directory has no keys, but holds $other; name a directory for keys alone" >&2; exit 1; }
fi
run mkdir -p -m 700 "$directory"
# As long as the directory is ours, nobody can put a link, or another file, in the
# place of what is looked at, to have root change that. Whatever happens, the account
# has it in the end.
trap 'run chown -h "$account:" "$directory"' EXIT
run chown -h "$(id -u)" "$directory"
run chmod 700 "$directory"
marker=$directory/.sealring-store
[ -z "$shared" ] || [ -e "$marker" ] || run mark "$marker"
other=''
[ ! -d "$directory" ] || other=$(find "$directory" -maxdepth 1 -type f -links +1 ! -user "$account" -print | head -n 1)
[ -z "$other" ] || { echo "provision: $other has another name elsewhere, and would be changed there, too; remove it, or put a copy in its place" >&2; exit 1; }
run find "$directory" -maxdepth 1 -type f -exec chmod 600 {} + -exec chown -h "$account:" {} +
