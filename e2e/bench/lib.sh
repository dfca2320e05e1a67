# lib.sh: what the benchmarks on a real cluster share.  Sourced at the top of the repository; wants PLUGIN and a folder in $work.
# shellcheck shell=bash disable=SC2154

# cluster NAME NODES: brings it up; what follows is on it
cluster() {
	KIND_CLUSTER=$1 CONTROL_PLANES=$2 kind/up >"$work/env" 2>"$work/kind.log" || { tail -n 20 "$work/kind.log" >&2; return 1; }
	set -a
	# shellcheck disable=SC1091
	. "$work/env"
	set +a
	# shellcheck source-path=SCRIPTDIR/.. source=lib.sh
	. e2e/lib.sh
}

settle() {
	wait_for 300 "the API" api_ready
	wait_for 300 "the Deployment controller" eval '[ "$(k -n kube-system get lease kube-controller-manager -o jsonpath={.spec.renewTime})" \> "$(date -u -d "-5 sec" +%FT%T)" ]'
	sleep 15 # kubelet's housekeeping and a quiet processor
}

# fill MB: keys that Kubernetes does not look at, 10 KB each, 100 a transaction
fill() {
	local pair=${NODES%%,*} i
	docker exec "${pair%%=*}" mkdir -p /root/fill
	docker cp -q "$ETCD_BIN/etcdctl" "${pair%%=*}:/root/fill/etcdctl"
	docker exec -i "${pair%%=*}" bash -s "$1" <<'B'
e="/root/fill/etcdctl --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key --endpoints https://127.0.0.1:2379"
for ((i = 0; i < $1; i++)); do
	{ echo; head -c 780000 /dev/urandom | base64 -w 10400 | awk -v i=$i '{ print "put /bench/" i "/" NR " " $0 }'; echo; echo; } | $e txn >/dev/null
done
rm -rf /root/fill
B
}

# measure NAME COMMAND...: "NAME down seconds total seconds peak MiB"
measure() {
	local name=$1 down probe from to
	shift
	e2e/bench/probe > "$work/down" &
	probe=$!
	sleep 3
	from=$(date +%s.%N)
	python3 -c 'import resource, subprocess, sys
rc = subprocess.call(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=open(sys.argv[1] + "/out", "w"), stderr=open(sys.argv[1] + "/err", "w"))
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(rc)' "$work" "$@" > "$work/rss" || { tail -n 5 "$work/err"; kill $probe; return 1; }
	to=$(date +%s.%N)
	sleep 2
	kill $probe
	wait $probe || true
	down=$(cat "$work/down")
	printf '%-16s API down %6s s   whole %6.1f s   peak memory %4s MiB\n' "$name" "$down" "$(echo "$to - $from" | bc)" "$(cat "$work/rss")"
	grep -E '^ +[0-9.]+ |^restored' "$work/err" "$work/out" 2>/dev/null | sed 's/^[^:]*:/      /' || true
	echo "$down" >> "$work/down-$name"
	echo "$to - $from" | bc >> "$work/whole-$name"
}
# ours LABEL: a restore of $work/LABEL.db
ours() {
	measure "ours-$1" "$PLUGIN" restore "$work/$1.db" --yes "${SSH_FLAGS[@]}"
	every_node sh -c 'rm -rf /var/lib/etcd/.before-* /etc/kubernetes/etcd-backup/*'
}
ratio() { echo "scale=2; $1 / $2" | bc; }
# median KIND NAME: of the figures in $work/KIND-NAME
median() { sort -n "$work/$1-$2" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
