# shellcheck shell=bash
# What every script in this folder needs to know: where things are kept, which versions are used, and a
# few helpers.  It is sourced, changes nothing by itself, and works out of any directory.
#
# Everything slow is made once and kept under $CACHE, by a name that holds either a version or a hash
# of what went into it; a name that is there is complete (see `cached`).
# shellcheck disable=SC2034  # the variables are read by the scripts that source this file

KIND_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/kubectl-etcd-backup
CLUSTER=${KIND_CLUSTER:-ha}
RUN=$CACHE/run/$CLUSTER                 # what belongs to one cluster: kubeconfig, known_hosts, env
SSH_KEY=$CACHE/ssh/id_ed25519           # one key for all clusters, made on first use

KIND_VERSION=0.27
KUBERNETES_VERSION=v1.20.2
ETCD_VERSION=${ETCD_VERSION:-3.5.16}    # 3.5.16 or 3.4.23: what Debian's releases carry
PAUSE_VERSION=3.2                       # the tag that kubeadm 1.20 asks for
REPOSITORY=etcd-backup.local            # prefix of every image made here; nothing answers by that name

KIND=$CACHE/kind-$KIND_VERSION/kind
ETCD_BIN=$CACHE/etcd-3.5.16             # for tests on this machine, whatever the cluster runs
ETCD34_BIN=$CACHE/etcd-3.4.23

say() { printf '[%3d s] %s\n' "$SECONDS" "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# One run at a time: two would build into the same names.  Whatever is started to stay (dockerd) must
# close descriptor 9, or the lock would live as long as it does.
take_lock() {
  mkdir -p "$CACHE"
  exec 9>"$CACHE/lock"
  flock -n 9 && return
  say "waiting for another kind/up or kind/down to end"
  flock 9
}

# hash_of TEXT...: 12 hex digits that change when the texts change.
hash_of() { printf '%s\0' "$@" | sha256sum | cut -c1-12; }

# text_of FILE...: what the files say to a program, without comment lines, so that a better comment
# does not rebuild an image.
text_of() { grep -hvE '^[[:space:]]*(# |#$|$)' "$@"; }

# cached DIR COMMAND...: makes DIR by `COMMAND... TEMPORARY`, unless it is there.  It gets its name by a
# rename, so what an interrupted run leaves behind is never taken for finished.
cached() {
  local dir=$1
  shift
  [[ ! -d $dir ]] || return 0
  rm -rf --one-file-system "$dir.part"
  mkdir -p "$dir.part"
  "$@" "$dir.part"
  mv "$dir.part" "$dir"
}

# wait_for SECONDS COMMAND...: tries twice a second until it succeeds; fails when the time is over.
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || return 1
    sleep 0.5
  done
}

# logged NAME COMMAND...: output goes to a file; it is shown only when the command fails.  `set -e` does
# not act inside COMMAND, because its result is asked for: a function called so joins its lines by &&.
logged() {
  local log=$CACHE/log/$1.log
  shift
  mkdir -p "$CACHE/log"
  "$@" >"$log" 2>&1 && return
  tail -n 30 "$log" >&2
  die "failed: $1 (all of its output: $log)"
}
