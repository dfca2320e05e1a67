# shellcheck shell=bash
# The docker daemon: the machine's, if one answers, else one of our own beside everything else, with its
# own data, socket and bridge, so that stopping and deleting it touches nothing of the machine's.

DOCKER_DIR=$CACHE/docker                # data (the images: this is a cache too), exec, socket, pid, log
OWN_SOCKET=unix://$DOCKER_DIR/docker.sock
BRIDGE=etcd-backup0                     # 12 characters; the kernel takes 15

# `docker info` succeeds without a server in some versions; this does not.
daemon_answers() { timeout 60 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }
own_daemon_answers() { [[ -S ${OWN_SOCKET#unix://} ]] && DOCKER_HOST=$OWN_SOCKET daemon_answers; }

# Some sandboxes and small virtual machines withhold CAP_SYS_RESOURCE (bit 24) even from root.
may_have_sys_resource() {
  local set
  set=$(awk '$1 == "CapBnd:" { print $2 }' /proc/self/status)
  (((16#$set >> 24) & 1))
}

# Prints the process id of our own daemon; the file alone could name a stranger after a restart.
own_daemon_pid() {
  local pid
  pid=$(cat "$DOCKER_DIR/pid" 2>/dev/null) || return 1
  tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF "$DOCKER_DIR/pid" && printf '%s\n' "$pid"
}

# Sets DOCKER_HOST to a daemon that answers, if there is one: ours first, for the images are there.
find_docker() {
  if own_daemon_answers; then
    export DOCKER_HOST=$OWN_SOCKET
  elif daemon_answers; then
    DOCKER_HOST=${DOCKER_HOST:-$(docker context inspect --format '{{.Endpoints.docker.Host}}')}
    export DOCKER_HOST
  else
    return 1
  fi
}

# A bridge of our own and not `--bridge none`: that would delete docker0 of another daemon.
make_bridge() {
  ip link show "$BRIDGE" >/dev/null 2>&1 || ip link add name "$BRIDGE" type bridge
  ip address replace 172.29.255.1/24 dev "$BRIDGE"
  ip link set "$BRIDGE" up
}

start_own_dockerd() {
  local runtime=()
  say "starting a docker daemon of our own in $DOCKER_DIR"
  mkdir -p "$DOCKER_DIR"
  make_bridge
  if ! may_have_sys_resource; then
    # A copy: the daemon may outlive this work tree.
    install -m 0755 "$KIND_DIR/files/runc-fewer-caps" "$DOCKER_DIR/runc-fewer-caps"
    runtime=(--add-runtime "fewer-caps=$DOCKER_DIR/runc-fewer-caps" --default-runtime fewer-caps)
  fi
  own_daemon_pid >/dev/null || rm -f "$DOCKER_DIR/pid"
  # --config-file: the machine's own daemon.json is not about this one, and may contradict the flags.
  echo '{}' >"$DOCKER_DIR/daemon.json"
  setsid dockerd --host "$OWN_SOCKET" --data-root "$DOCKER_DIR/data" --exec-root "$DOCKER_DIR/exec" \
    --pidfile "$DOCKER_DIR/pid" --config-file "$DOCKER_DIR/daemon.json" --bridge "$BRIDGE" \
    --default-address-pool base=172.29.0.0/16,size=24 "${runtime[@]}" \
    >"$DOCKER_DIR/log" 2>&1 </dev/null 9>&- &
  export DOCKER_HOST=$OWN_SOCKET
  wait_for 60 daemon_answers && return
  tail -n 20 "$DOCKER_DIR/log" >&2
  die "our dockerd does not answer (all of its output: $DOCKER_DIR/log)"
}

# Ends our own daemon, if it runs, and takes away what it left in the kernel.
stop_own_dockerd() {
  local pid
  if pid=$(own_daemon_pid); then
    say "stopping our docker daemon, process $pid"
    DOCKER_HOST=$OWN_SOCKET docker network rm kind >/dev/null 2>&1 || true
    kill "$pid"
    wait_for 60 test ! -d "/proc/$pid" || die "process $pid does not end"
  fi
  ip link delete "$BRIDGE" 2>/dev/null || true
}
