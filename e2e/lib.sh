# lib.sh: what the tests on a real cluster share.  Sourced after kind/up has said where the cluster is.
# shellcheck shell=bash disable=SC2034,SC2154

PAUSE_IMAGE=${PAUSE_IMAGE:-etcd-backup.local/pause:3.2} # in the node image
NODE_LIST=${NODES//,/ }
SSH_FLAGS=(--ssh-user "${SSH_USER:-ops}" --ssh-key "$SSH_KEY" --ssh-known-hosts "$KNOWN_HOSTS")

k() { timeout 30 "$KUBECTL" --request-timeout=10s "$@"; }

# every_node COMMAND...: on every node, as root, without the plugin
every_node() {
	local pair
	for pair in $NODE_LIST; do docker exec "${pair%%=*}" "$@"; done
}

# wait_for SECONDS WHAT COMMAND...: until the command succeeds
wait_for() {
	local end=$((SECONDS + $1)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		if [ $SECONDS -ge $end ]; then
			echo "gave up waiting for $what" >&2
			return 1
		fi
		sleep 0.3
	done
}

# every API server ready by itself, and through the kubeconfig's address
api_ready() {
	local pair
	for pair in $NODE_LIST; do
		[ "$(curl -sk -m 2 "https://${pair#*=}:6443/readyz")" = ok ] || return 1
	done
	k get --raw /readyz
}

# what a run must not leave behind: staged data, sent snapshots, locks, parked manifests, temporary files
leftovers() {
	local pair
	for pair in $NODE_LIST; do
		docker exec "${pair%%=*}" sh -c 'ls -d /var/lib/etcd/.restoring-* /var/lib/etcd/.snapshot-* /etc/kubernetes/etcd-backup/lock \
		/etc/kubernetes/etcd-backup/*/parked/* /etc/kubernetes/etcd-backup/*/tool /etc/kubernetes/manifests/.[!.]* 2>/dev/null; true' || echo "${pair%%=*}: not looked at"
	done
}

# The revisions that the members report, one a line; one line when they agree
revisions() {
	"$PLUGIN" discover "${SSH_FLAGS[@]}" --nodes "$NODES" -o json 2>/dev/null | jq -r '.members[].revision' | sort -u
}

# rollback_of FILE: the run that the plugin's messages say how to go back from
rollback_of() { sed -n 's/^Back to it: kubectl etcd-backup rollback //p' "$1"; }

# put NAME VALUE: that ConfigMap with that value, which it may have already, and without the annotation that kubectl's own apply adds
put() { k create configmap "$1" --from-literal=a="$2" --dry-run=client -o yaml | k apply --server-side --force-conflicts -f -; }
written() { wait_for 60 "the ConfigMap $1" put "$1" "$2"; }
# secret NAME VALUE: that Secret with that value, likewise; hidden NAME VALUE: tried for a minute
secret() { k create secret generic "$1" --from-literal=v="$2" --dry-run=client -o yaml | k apply --server-side --force-conflicts -f -; }
hidden() { wait_for 60 "the Secret $1" secret "$1" "$2"; }
# deleted KIND/NAME...: deleted; an API server whose etcd has just been restarted may let a request wait for longer than we do
deleted() { wait_for 60 "$* to go" k delete "$@" --ignore-not-found --wait=false; }

# deployment NAME: three pods, one a node; pods_run NAME: they all do
deployment() { wait_for 60 "the Deployment" deploy "$1"; }
deploy() {
	k apply -f - >/dev/null <<Y
apiVersion: apps/v1
kind: Deployment
metadata: {name: $1}
spec:
  replicas: 3
  selector: {matchLabels: {app: $1}}
  template:
    metadata: {labels: {app: $1}}
    spec:
      terminationGracePeriodSeconds: 1
      tolerations: [{operator: Exists}]
      containers: [{name: p, image: "$PAUSE_IMAGE"}]
Y
}
pods_run() { [ "$(k get pods -l "app=$1" --no-headers 2>/dev/null | grep -c Running)" = 3 ]; }

# without_etcd NODE SCRIPT: the script (of sh) runs there, as root, while etcd's manifest is out, at /root/etcd.yaml, and etcd has ended
without_etcd() {
	docker exec "$1" sh -c 'mv /etc/kubernetes/manifests/etcd.yaml /root/etcd.yaml; while pgrep -x etcd >/dev/null; do sleep 0.2; done; '"$2"'
		mv /root/etcd.yaml /etc/kubernetes/manifests/etcd.yaml'
}
# data_mounted NODE: its data dir becomes a mount point, with 900 MiB of its own; data_unmounted NODE: and a plain folder again.  All that is in it goes along.
data_mounted() { without_etcd "$1" 'cp -a /var/lib/etcd /root/data && mount -t tmpfs -o size=900m,mode=0700 tmpfs /var/lib/etcd && cp -a /root/data/. /var/lib/etcd/ && rm -rf /root/data'; }
data_unmounted() { without_etcd "$1" 'cp -a /var/lib/etcd /root/data && umount /var/lib/etcd && rm -rf /var/lib/etcd/* /var/lib/etcd/.[!.]* && cp -a /root/data/. /var/lib/etcd/ && rm -rf /root/data'; }

# --- no secret may show.  plant; watched ps COMMAND; saw ps WORD...; secret_words words; no_secret words ps FILE...

# plant: a Secret whose value, $canary, is nowhere else
canary=''
plant() {
	canary=canary$(od -An -tx8 -N8 /dev/urandom | tr -d ' ')
	hidden planted "$canary"
}

# watched FILE COMMAND...: its exit status.  In the file is then what every process showed meanwhile, arguments and environment, each line
# once (the nodes' processes are this machine's, too), and the nodes' journals, where sudo names every command that it ran.
watched() {
	local file=$1 watcher status since
	shift
	since=$(date +%s)
	every_node touch /root/before
	: >"$file.on"
	while [ -e "$file.on" ]; do ps axeww -o args; sleep 0.1; done | awk '!seen[$0]++' >"$file" &
	watcher=$!
	"$@"
	status=$?
	rm -f "$file.on"
	wait "$watcher"
	every_node journalctl -q -o cat --no-pager --since "@$since" >>"$file"
	return "$status"
}
# saw FILE WORD...: each was among the processes, and so were commands on the nodes; a watch that saw nothing proves nothing
saw() {
	local file=$1 word
	shift
	for word in 'sudo -n ' COMMAND=/usr/bin/env PATH= "$@"; do
		grep -qF -e "$word" "$file" || { echo "not seen among the processes: $word"; return 1; }
	done
}

# key_of KUBECONFIG: a line of its client key, and a part of that as it stands there
key_of() {
	local data
	data=$("$KUBECTL" --kubeconfig "$1" config view --raw -o 'jsonpath={.users[0].user.client-key-data}')
	printf '%s\n' "$(base64 -d <<<"$data" | sed -n 3p)" "${data:80:60}"
}
# secret_words FILE WORD...: into the file, by what a secret would be known, one a line: $canary, as it is and in base64, a line of the SSH
# key, the kubeconfig's key, and those words.  None may be short: everything would have it.
secret_words() {
	local file=$1 word
	shift
	printf '%s\n' "$canary" "$(base64 <<<"$canary" | cut -c 1-28)" "$(sed -n 5p "$SSH_KEY")" "$(key_of "$KUBECONFIG")" "$@" | while read -r word; do
		[ ${#word} -gt 20 ] || { echo "no secret to look for: \"$word\"" >&2; return 1; }
		echo "$word"
	done >"$file"
}
# no_secret WORDS FILE...: none of the words of that file is in these files and folders, nor on a node in a file that is younger than the
# watch and that others than root may read.  The looks find the words themselves, or they would prove nothing.  No word gets into arguments.
no_secret() {
	local words=$1 file pair found
	shift
	for file; do [ -s "$file" ] || { echo "$file has nothing in it"; return 1; }; done
	found=$(grep -lrF -f "$words" "$@" "$words")
	[ "$found" = "$words" ] || { echo "with a secret in it: ${found:-not even the words themselves}"; return 1; }
	for pair in $NODE_LIST; do
		found=$(docker exec -i "${pair%%=*}" sh -c 'umask 077; cat >/root/words; cp /root/words /root/planted; chmod 644 /root/planted
			find /etc /root /run /tmp /var/lib/etcd /var/log /var/tmp -xdev -type f -newer /root/before -perm /077 -exec grep -lF -f /root/words {} + 2>/dev/null
			rm /root/words /root/planted' <"$words")
		[ "$found" = /root/planted ] || { echo "${pair%%=*}: open to others, with a secret in it: ${found:-not even what was planted}"; return 1; }
	done
}
