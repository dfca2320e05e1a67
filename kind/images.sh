# shellcheck shell=bash
# The images: a base from debootstrap, the control plane's own small images, the load balancer's, and
# the node image that kind starts.  Each is tagged with a hash of what it was made from, and is made only
# if the daemon has no image of that tag.  `kind/up` calls name_images, then build_images.

# The base of every node and of the load balancer, which kind runs from an image of its own.  A node has
# what kubeadm's documentation asks for, sshd and sudo; no etcdctl, etcdutl or crictl, for an ordinary
# node has none.
BASE_PACKAGES=(
  ca-certificates conntrack containerd containernetworking-plugins ethtool haproxy iproute2 iptables kmod
  openssh-server procps runc socat sudo systemd systemd-sysv
)

# A constant inside kind 0.27: the one name under which it looks for its load balancer.
BALANCER_IMAGE=kindest/haproxy:v20230606-42a2262b

# Every name first, without building anything: whether the running cluster is of the wanted image must
# be known at once.
name_images() {
  local files=$KIND_DIR/files key
  KUBERNETES_BIN=$CACHE/kubernetes-$(hash_of "$(text_of "$KIND_DIR/build-kubernetes")")
  BASE_IMAGE=$REPOSITORY/base:$(hash_of "${BASE_PACKAGES[*]}" "$(declare -f make_base make_root)")
  BALANCER_SOURCE=$REPOSITORY/balancer:$(hash_of "$BASE_IMAGE" "$(text_of "$files"/balancer.Dockerfile "$files"/haproxy.cfg)")
  key=$(hash_of "$KUBERNETES_BIN" "$BASE_IMAGE" "$ETCD_VERSION" \
    "$(declare -f pack make_control_plane preload make_kubernetes_image)" "$(text_of "$files"/*)")
  KUBERNETES_IMAGE=$REPOSITORY/kubernetes:$key
  NODE_IMAGE=$REPOSITORY/node:$(hash_of "${KIND_NODE_IMAGE:-$key}" "$(text_of "$KIND_DIR/node.Dockerfile" "$files/sshd.conf")" \
    "$(cat "$SSH_KEY.pub")")
}

has_image() { docker image inspect "$1" >/dev/null 2>&1; }

# build_image TAG DOCKERFILE CONTEXT [ARGUMENT=VALUE]...: the classic builder, which every daemon has;
# Debian's docker.io brings no other.
build_image() {
  local tag=$1 file=$2 context=$3 arg args=()
  shift 3
  for arg in "$@"; do args+=(--build-arg "$arg"); done
  DOCKER_BUILDKIT=0 logged "image-${tag//[:\/]/-}" docker build "${args[@]}" --tag "$tag" --file "$file" "$context"
}

# make_root DIR: Debian bookworm without what a container never reads.  debootstrap mounts /proc in DIR;
# in a mount namespace of its own that cannot stay behind when it is interrupted.
make_root() {
  local packages uri
  packages=$(IFS=, && echo "${BASE_PACKAGES[*]}")
  uri=$(mirror)
  logged debootstrap unshare --mount debootstrap --variant=minbase \
    --keyring=/usr/share/keyrings/debian-archive-keyring.gpg --include="$packages" bookworm "$1" "$uri"
  rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/* "$1"/usr/share/{doc,man,locale,info} \
    "$1"/etc/ssh/ssh_host_* "$1"/var/log/*.log
}

make_base() {
  local root=$CACHE/root.part
  has_image "$BASE_IMAGE" && return
  say "making the base image (Debian bookworm)"
  rm -rf --one-file-system "$root"
  make_root "$root"
  tar -C "$root" --one-file-system --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' -c . |
    docker import - "$BASE_IMAGE" >/dev/null
  rm -rf --one-file-system "$root"
}

# pack NAME:TAG DIR FILE... [-- CHANGE...]: an image of programs and the libraries they load, nothing
# else.  A FILE under /programs/ is taken from DIR and goes to /usr/local/bin, others are the base's own.
pack() {
  local name=$REPOSITORY/$1 dir=$2 files=() changes=()
  shift 2
  while [[ $# -gt 0 && $1 != -- ]]; do files+=("$1") && shift; done
  [[ $# -eq 0 ]] || shift
  while [[ $# -gt 0 ]]; do changes+=(--change "$1") && shift; done
  docker run --rm --network none -v "$dir:/programs:ro" -v "$KIND_DIR/files:/files:ro" "$BASE_IMAGE" \
    bash /files/pack-image "${files[@]}" | docker import "${changes[@]}" - "$name" >/dev/null
  CONTROL_PLANE+=("$name")
}

# The images that kubeadm's manifests name, and the pause image, which is compiled here: it is the one
# thing every pod needs and Debian does not have.
make_control_plane() {
  local component etcd_dir=$CACHE/etcd-$ETCD_VERSION temp
  CONTROL_PLANE=()
  for component in kube-apiserver kube-controller-manager kube-scheduler; do
    pack "$component:$KUBERNETES_VERSION" "$KUBERNETES_BIN" "/programs/$component"
  done
  # kube-proxy runs iptables, whose extensions are loaded from a directory.
  pack "kube-proxy:$KUBERNETES_VERSION" "$KUBERNETES_BIN" /programs/kube-proxy /usr/sbin/conntrack \
    /usr/sbin/ip{,6}tables{,-save,-restore} /usr/lib/*-linux-gnu/xtables
  # etcdutl exists since 3.5.
  local programs=(/programs/etcd /programs/etcdctl)
  [[ ! -e $etcd_dir/etcdutl ]] || programs+=(/programs/etcdutl)
  pack "etcd:$ETCD_VERSION" "$etcd_dir" "${programs[@]}"
  temp=$(mktemp -d)
  gcc -Os -s -static -o "$temp/pause" "$KIND_DIR/files/pause.c"
  pack "pause:$PAUSE_VERSION" "$temp" /programs/pause -- 'ENTRYPOINT ["/usr/local/bin/pause"]'
  rm -r "$temp"
}

# preload SOURCE TAG: the control plane's images go into containerd's store inside the node image, by a
# containerd that runs in a container for that moment.  --no-unpack: kind copies all of /var to a volume
# for every node, and packed it is half the size.
preload() {
  local source=$1 tag=$2 id
  id=$(docker run -d --network none --privileged --entrypoint sleep "$source" infinity)
  docker exec -d "$id" containerd
  wait_for 30 docker exec "$id" ctr version || die "containerd does not start in container $id"
  docker save "${CONTROL_PLANE[@]}" | docker exec -i "$id" ctr -n k8s.io images import --no-unpack - >/dev/null
  docker exec "$id" pkill -x containerd
  wait_for 30 docker exec "$id" bash -c '! pgrep -x containerd' || die "containerd does not end in container $id"
  docker exec "$id" rm -rf /run/containerd
  docker commit --change 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]' --change 'CMD []' \
    "$id" "$tag" >/dev/null
  docker rm -f "$id" >/dev/null
}

# A Debian node with Kubernetes, before sshd is set up.
make_kubernetes_image() {
  local context=$CACHE/context.part
  has_image "$KUBERNETES_IMAGE" && return
  say "making the images of Kubernetes $KUBERNETES_VERSION and etcd $ETCD_VERSION"
  make_control_plane
  rm -rf "$context"
  cp -r "$KIND_DIR/files" "$context"
  cp -l "$KUBERNETES_BIN"/{kubeadm,kubelet,kubectl} "$context/"
  printf %s "$KUBERNETES_VERSION" >"$context/version"
  build_image "$KUBERNETES_IMAGE-empty" "$context/kubernetes.Dockerfile" "$context" BASE="$BASE_IMAGE"
  rm -rf "$context"
  preload "$KUBERNETES_IMAGE-empty" "$KUBERNETES_IMAGE"
}

make_balancer() {
  has_image "$BALANCER_SOURCE" ||
    build_image "$BALANCER_SOURCE" "$KIND_DIR/files/balancer.Dockerfile" "$KIND_DIR/files" BASE="$BASE_IMAGE"
  docker tag "$BALANCER_SOURCE" "$BALANCER_IMAGE"
}

# make_node_image BASE: sshd, sudo, the user ops and the test's key on any node image of kind.
make_node_image() {
  local context
  has_image "$NODE_IMAGE" && return
  say "making the node image $NODE_IMAGE"
  context=$(mktemp -d)
  cp "$KIND_DIR/files/sshd.conf" "$context/"
  cp "$SSH_KEY.pub" "$context/authorized_keys"
  build_image "$NODE_IMAGE" "$KIND_DIR/node.Dockerfile" "$context" BASE="$1"
  rm -r "$context"
}

# With KIND_NODE_IMAGE=kindest/node:... an image registry is in reach, and kind gets the rest by itself.
# This way is untried: no machine that the project had could reach a registry.
build_images() {
  if [[ -n ${KIND_NODE_IMAGE-} ]]; then
    make_node_image "$KIND_NODE_IMAGE"
    return
  fi
  cached "$KUBERNETES_BIN" "$KIND_DIR/build-kubernetes"
  make_base
  make_balancer
  make_kubernetes_image
  make_node_image "$KUBERNETES_IMAGE"
}
