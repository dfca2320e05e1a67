# drill.sh: drills and browses of a snapshot on the cluster of the benchmarks, and what the live API has of them.  Sourced after lib.sh.
# shellcheck shell=bash disable=SC2154

# the administrator's certificate, for e2e/bench/latency
credentials() {
	local view=("$KUBECTL" config view --raw --minify -o)
	mkdir -p "$work/client"
	"${view[@]}" 'jsonpath={.clusters[0].cluster.server}' >"$work/client/server"
	"${view[@]}" 'jsonpath={.clusters[0].cluster.certificate-authority-data}' | base64 -d >"$work/client/ca.crt"
	"${view[@]}" 'jsonpath={.users[0].user.client-certificate-data}' | base64 -d >"$work/client/client.crt"
	"${view[@]}" 'jsonpath={.users[0].user.client-key-data}' | base64 -d >"$work/client/client.key"
}

# latency WORDS COMMAND...: how the live API answers while it runs
latency() {
	local words=$1 probe status=0
	shift
	e2e/bench/latency "$work/client" >"$work/latency" &
	probe=$!
	"$@" || status=$?
	kill $probe
	wait $probe || true
	awk -v words="$words" '{ printf "%-16s live API: %d answers, median %s ms, p99 %s ms, %d failed\n", words, $1, $2, $3, $4 }' "$work/latency"
	awk '{ print $3 }' "$work/latency" >>"$work/p99-$words"
	return $status
}

# took NAME COMMAND...: its seconds
took() {
	local name=$1 from to
	shift
	from=$(date +%s.%N)
	"$@" >"$work/out" 2>"$work/err" </dev/null || { tail -n 5 "$work/err"; return 1; }
	to=$(date +%s.%N)
	bc <<<"$to - $from" | tee -a "$work/took-$name" | xargs printf '%-16s %6.1f s\n' "$name"
}

# drills LABEL: of that snapshot, and browses, while the live API is looked at
drills() {
	local label=$1 round
	credentials
	settle
	latency "before-$label" sleep 30
	for ((round = 1; round <= ROUNDS; round++)); do
		latency "drill-$label" took "drill-$label" "$PLUGIN" drill "$work/$label.db" "${SSH_FLAGS[@]}"
		took "browse-$label" "$PLUGIN" browse "$work/$label.db" "${SSH_FLAGS[@]}" -- "$KUBECTL" get ns -o name
	done
	echo "$label, medians: drill $(median took "drill-$label") s, browse $(median took "browse-$label") s"
	echo "$label: p99 of the live API during a drill, by that before: $(ratio "$(median p99 "drill-$label")" "$(median p99 "before-$label")")"
}

# forecast LABEL: what the plan of the restore that was just measured said, and what it was
forecast() {
	local said down
	said=$(sed -n 's/^ *forecast .* about \([0-9]*\) s.*/\1/p' "$work/err" "$work/out" | head -n 1)
	down=$(tail -n 1 "$work/down-ours-$1")
	[ -z "$said" ] || echo "      forecast $said s, API down $down s: $(bc <<<"scale=0; 100 * ($said - $down) / $down") %"
}
