# store.sh: a real etcd behind a real sshd on loopback, Ceph's radosgw with an empty bucket "bench", and a key to encrypt for.
# Sourced at the top of the repository; wants $PLUGIN, $BIN (the folder of etcd's programs) and a folder in $work, which goes at
# the end.  Root: sshd gets its own /etc.
# shellcheck shell=bash disable=SC2034,SC2154

# shellcheck source-path=SCRIPTDIR/../etcd source=../etcd/node.sh
. e2e/etcd/node.sh

# s3_read ARGUMENT...: one signed request, whose answer is printed; s3_curl: it is not
s3_read() { curl -fsS --aws-sigv4 aws:amz:us-east-1:s3 --user AKTEST:SKTEST -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "$@"; }
s3_curl() { s3_read "$@" >/dev/null; }

# store_start GB: with so much room in the S3 server; afterwards $node, $endpoint and $recipient are set
store_start() {
	trap 'e2e/s3/ceph-up down "$work/ceph" || true; node_clean' EXIT
	node_start --quota-backend-bytes=8589934592 >/dev/null || { echo "no etcd, or no sshd" >&2; exit 1; }
	CEPH_GB=$1 e2e/s3/ceph-up "$work/ceph" >"$work/endpoint" 2>"$work/ceph.log" </dev/null || { tail "$work/ceph.log" >&2; exit 1; }
	endpoint=$(tail -n 1 "$work/endpoint")
	export AWS_ACCESS_KEY_ID=AKTEST AWS_SECRET_ACCESS_KEY=SKTEST AWS_REGION=us-east-1 HOME=$work # no profile of ours
	s3_curl -X PUT "$endpoint/bench"
	"$PLUGIN" keygen "$work/key" >"$work/recipient" 2>/dev/null
	recipient=$(cat "$work/recipient")
}
