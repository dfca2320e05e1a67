# api.sh: a node (e2e/etcd/node.sh) with a real kube-apiserver over its etcd, whose Secrets are encrypted.  Sourced after node.sh; wants $K8S, the
# folder of Kubernetes' programs.
# shellcheck shell=bash disable=SC2034,SC2154

encryption() {
	printf 'apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  providers:\n'
	printf '  - aescbc: {keys: [{name: key1, secret: %s}]}\n  - identity: {}\n' "$(head -c 32 /dev/urandom | base64)"
}

api_manifest() {
	printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: kube-apiserver, namespace: kube-system}\nspec:\n  containers:\n'
	printf '  - name: kube-apiserver\n    image: k8s.gcr.io/kube-apiserver:v1.20.2\n    command:\n    - kube-apiserver\n'
	printf -- '    - %s\n' "$@"
	printf '    volumeMounts: [{name: all, mountPath: %s}]\n  volumes: [{name: all, hostPath: {path: %s}}]\n' "$work" "$work"
}

k() {
	"$K8S/kubectl" --kubeconfig=/dev/null --server "https://127.0.0.1:$port_api" --certificate-authority "$work/pki/ca.crt" \
		--client-certificate "$work/pki/admin.crt" --client-key "$work/pki/admin.key" "$@"
}

# node and API server; false when they do not come up
node_with_api() {
	local i flags
	encryption >"$work/encryption.yaml"
	port_api=$(free_ports 1)
	flags=("--secure-port=$port_api" --insecure-port=0 "--etcd-cafile=$work/pki/ca.crt" "--etcd-certfile=$work/pki/server.crt"
		"--etcd-keyfile=$work/pki/server.key" "--client-ca-file=$work/pki/ca.crt" "--service-account-key-file=$work/pki/server.crt"
		"--service-account-signing-key-file=$work/pki/server.key" --service-account-issuer=https://x --service-cluster-ip-range=10.96.0.0/16
		"--tls-cert-file=$work/pki/server.crt" "--tls-private-key-file=$work/pki/server.key" "--encryption-provider-config=$work/encryption.yaml"
		--authorization-mode=RBAC --endpoint-reconciler-type=none --bind-address=127.0.0.1 --advertise-address=127.0.0.1)
	# the manifest is there before the node is: its /etc lies below an overlay
	mkdir -p "$work/etc/kubernetes/manifests"
	api_manifest "${flags[@]}" >"$work/etc/kubernetes/manifests/kube-apiserver.yaml"
	# shellcheck disable=SC2119
	node_start || return 1
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /O=system:masters/CN=admin -keyout "$work/pki/admin.key" \
		-out "$work/csr" 2>/dev/null
	openssl x509 -req -in "$work/csr" -CA "$work/pki/ca.crt" -CAkey "$work/pki/ca.key" -CAcreateserial -days 2 -out "$work/pki/admin.crt" \
		-extfile <(printf 'extendedKeyUsage=clientAuth\n') 2>/dev/null
	"$K8S/kube-apiserver" "--etcd-servers=https://127.0.0.1:$port_etcd" "${flags[@]}" >"$work/api.log" 2>&1 &
	pids+=($!)
	for ((i = 0; i < 300; i++)); do k get --raw /readyz >/dev/null 2>&1 && return 0; sleep 0.2; done
	tail -n 5 "$work/api.log"
	return 1
}
