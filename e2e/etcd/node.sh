# node.sh: a real etcd of one member, and the node it is on: an sshd on loopback with an /etc of its own, in which the manifest of
# that etcd lies.  Sourced; wants $BIN, the folder of etcd's programs, and $work, a folder for it; $sshd_more, if set, is a line
# for sshd's settings, $node_path the PATH there; with $node_here the namespace of mounts that we are in is the node's.  Root.
# shellcheck shell=bash disable=SC2034,SC2154

pids=() etcd_pid='' etcd_flags=()

# ends all that was started here, and removes $work
node_clean() {
	local pid
	for pid in "${pids[@]}" $etcd_pid; do kill -9 "$pid" || true; wait "$pid" || true; done 2>/dev/null
	rm -rf "$work"
}

# shellcheck source-path=SCRIPTDIR/.. source=../ports.sh
. e2e/ports.sh

ctl() {
	ETCDCTL_API=3 "$BIN/etcdctl" --endpoints "https://127.0.0.1:$port_etcd" --cacert "$work/pki/ca.crt" --cert "$work/pki/server.crt" \
		--key "$work/pki/server.key" "$@"
}

etcd_start() {
	local i
	"$BIN/etcd" "${etcd_flags[@]}" >>"$work/etcd.log" 2>&1 &
	etcd_pid=$!
	for ((i = 0; i < 300; i++)); do
		ctl endpoint health >/dev/null 2>&1 && return 0
		kill -0 "$etcd_pid" 2>/dev/null || break
		sleep 0.1
	done
	tail -n 5 "$work/etcd.log"
	return 1
}
etcd_stop() { kill -9 "$etcd_pid" 2>/dev/null; wait "$etcd_pid" 2>/dev/null; etcd_pid=; }

make_pki() {
	mkdir "$work/pki"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=etcd-ca \
		-keyout "$work/pki/ca.key" -out "$work/pki/ca.crt" 2>/dev/null
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=etcd -keyout "$work/pki/server.key" -out "$work/csr" 2>/dev/null
	openssl x509 -req -in "$work/csr" -CA "$work/pki/ca.crt" -CAkey "$work/pki/ca.key" -CAcreateserial -days 2 -out "$work/pki/server.crt" \
		-extfile <(printf 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n') 2>/dev/null
}

sshd_start() {
	local i apart=(unshare -m)
	[ -z "${node_here:-}" ] || apart=()
	mkdir -p "$work/etc/kubernetes/manifests" "$work/etc-work" /run/sshd
	{
		printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: etcd, namespace: kube-system}\nspec:\n  hostNetwork: true\n  containers:\n'
		printf '  - name: etcd\n    image: registry.k8s.io/etcd:3.5.16-0\n    command:\n    - etcd\n'
		printf -- '    - %s\n' "${etcd_flags[@]}"
		printf '    volumeMounts: [{name: all, mountPath: %s}]\n  volumes: [{name: all, hostPath: {path: %s}}]\n' "$work" "$work"
	} >"$work/etc/kubernetes/manifests/etcd.yaml"
	ssh-keygen -q -t ed25519 -N '' -f "$work/host"
	ssh-keygen -q -t ed25519 -N '' -f "$work/user"
	cat >"$work/sshd_config" <<C
Subsystem sftp internal-sftp
ListenAddress 127.0.0.1:$port_ssh
HostKey $work/host
AuthorizedKeysFile $work/user.pub
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100
PidFile none
UsePAM no
${sshd_more:-}
${node_path:+SetEnv PATH=$node_path}
C
	# what this machine's root has in its bashrc is none of a node's: bash reads it for every command that comes by SSH
	# shellcheck disable=SC2016
	"${apart[@]}" sh -c 'mount -t overlay -o "lowerdir=/etc,upperdir=$0/etc,workdir=$0/etc-work" overlay /etc &&
		{ ! [ -f ~root/.bashrc ] || mount --bind /dev/null ~root/.bashrc; } && exec /usr/sbin/sshd -D -e -f "$0/sshd_config"' "$work" 2>"$work/sshd.log" &
	pids+=($!)
	for ((i = 0; i < 100; i++)); do
		{ exec 9<>"/dev/tcp/127.0.0.1/$port_ssh"; } 2>/dev/null && break
		sleep 0.1
	done
	exec 9>&-
}

# node_start [FLAG-OF-ETCD...]: the plugin's flags to reach it are then in the list $ssh, and with the node, in $node
node_start() {
	read -r port_etcd port_peer port_ssh < <(free_ports 3)
	etcd_flags=("--name=cp-1" "--data-dir=$work/etcd-data" "--advertise-client-urls=https://127.0.0.1:$port_etcd"
		"--listen-client-urls=https://127.0.0.1:$port_etcd" "--listen-peer-urls=http://127.0.0.1:$port_peer"
		"--initial-advertise-peer-urls=http://127.0.0.1:$port_peer" "--initial-cluster=cp-1=http://127.0.0.1:$port_peer"
		"--cert-file=$work/pki/server.crt" "--key-file=$work/pki/server.key" "--trusted-ca-file=$work/pki/ca.crt"
		"--client-cert-auth=true" "$@")
	make_pki
	etcd_start || return 1
	sshd_start
	node_known "$port_ssh"
	ssh=(--ssh-user root --ssh-key "$work/user" --ssh-known-hosts "$work/known")
	node=(--nodes cp-1=127.0.0.1 --ssh-port "$port_ssh" "${ssh[@]}")
}

# node_known PORT: a port behind which that sshd is
node_known() { printf '[127.0.0.1]:%s %s\n' "$1" "$(cut -d' ' -f1,2 "$work/host.pub")" >>"$work/known"; }
