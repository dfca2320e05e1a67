# shellcheck shell=bash
# What comes from Debian: tools installed on this machine, and programs of other releases that are
# unpacked beside and never installed.  Both are authenticated by apt with Debian's own archive key,
# and both come from the mirror that this machine already uses.

# Tools for the scripts themselves.  rsync is for the Kubernetes build, gcc and libc6-dev for the pause
# program, iptables and iproute2 for dockerd and its bridge, util-linux for flock and setsid.
HOST_PACKAGES=(
  ca-certificates debian-archive-keyring debootstrap gcc golang-1.19-go iproute2 iptables libc6-dev
  make openssh-client procps rsync util-linux xz-utils
)

installed() { dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed; }

# docker.io only where nothing answers as docker: a client alone (/usr/local/bin/docker) is no daemon.
install_host_packages() {
  local p missing=()
  for p in "${HOST_PACKAGES[@]}"; do installed "$p" || missing+=("$p"); done
  daemon_answers || command -v dockerd >/dev/null || missing+=(docker.io)
  ((${#missing[@]})) || return 0
  say "installing Debian packages: ${missing[*]}"
  update_lists
  DEBIAN_FRONTEND=noninteractive logged apt-install \
    apt-get -y --no-install-recommends -o DPkg::Lock::Timeout=600 install "${missing[@]}"
}

update_lists() { logged apt-update apt-get -o DPkg::Lock::Timeout=600 update; }
bookworm_uri() { apt-get indextargets --format "\$(REPO_URI)" 'Created-By: Packages' 'Codename: bookworm' | sed -n 1p; }

# The URI of the machine's Debian mirror, as its own sources name it.  apt knows which release a source is
# only after it has read the lists, and an image of Debian comes without them.
mirror() {
  local uri
  uri=$(bookworm_uri)
  if [[ -z $uri ]]; then
    update_lists
    uri=$(bookworm_uri)
  fi
  [[ -n $uri ]] || die "apt knows no source of Debian bookworm here; is this Debian 12?"
  printf '%s\n' "${uri%/}"
}

# own_apt TOOL ARGS...: apt with sources, lists and caches of its own, so that the machine's apt never
# learns of trixie.  As root without the _apt user, who cannot enter a cache under /root.
own_apt() {
  local tool=$1 dir=$CACHE/apt
  shift
  "$tool" -q -o Dir::State="$dir/state" -o Dir::Cache="$dir/cache" -o Dir::Etc::SourceList="$dir/sources.list" \
    -o Dir::Etc::SourceParts=- -o APT::Sandbox::User=root "$@"
}

# Reads the package lists of both releases, once a run and only when something must be fetched.
read_own_lists() {
  local uri by='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
  [[ -z ${own_lists_read-} ]] || return 0
  uri=$(mirror)
  mkdir -p "$CACHE"/apt/{state/lists/partial,cache/archives/partial}
  printf '%s\n' "deb $by $uri bookworm main" "deb-src $by $uri bookworm main" \
    "deb $by $uri trixie main" >"$CACHE/apt/sources.list"
  logged own-apt-update own_apt apt-get update
  own_lists_read=yes
}

# fetch_programs PACKAGE/RELEASE... DIR: the programs of these packages, flat in DIR.
fetch_programs() {
  local dir=${*: -1}
  say "fetching ${*:1:$#-1}"
  read_own_lists
  mkdir "$dir/deb"
  (cd "$dir/deb" && logged own-apt-download own_apt apt-get download "${@:1:$#-1}")
  find "$dir/deb" -name '*.deb' -exec dpkg -x {} "$dir/deb" \;
  mv "$dir"/deb/usr/bin/* "$dir/"
  rm -rf "$dir/deb"
}

# kind, and both etcd versions.  A release could one day carry another version than its name here says.
fetch_tools() {
  cached "${KIND%/*}" fetch_programs kind/trixie
  cached "$ETCD_BIN" fetch_programs etcd-server/trixie etcd-client/trixie
  cached "$ETCD34_BIN" fetch_programs etcd-server/bookworm etcd-client/bookworm
  # not `| grep -q`: that ends early, and under pipefail the program's SIGPIPE would count
  [[ $("$KIND" version) == *" v$KIND_VERSION."* ]] || die "$KIND is not version $KIND_VERSION"
  local dir
  for dir in "$ETCD_BIN" "$ETCD34_BIN"; do
    [[ $("$dir/etcd" --version) == "etcd Version: ${dir##*-}"$'\n'* ]] || die "$dir/etcd is not version ${dir##*-}"
  done
}
