/*
 * flags: see flags.h.
 */
#include "plugin/flags.h"

#include "plugin/opts.h"

#define AT(field) offsetof(struct opts, field)

const struct flag flags[] = {
	{ "kubeconfig", 0, FLAG_TEXT, AT(kubeconfig), ON_CLUSTER, "FILE",
	  "Path to the kubeconfig file to use for CLI requests" },
	{ "context", 0, FLAG_TEXT, AT(context), ON_CLUSTER, "NAME",
	  "The name of the kubeconfig context to use" },
	{ "request-timeout", 0, FLAG_DURATION, AT(request_timeout_ms), ON_CLUSTER, "10s",
	  "How long to wait for one request to the API server" },
	{ "nodes", 0, FLAG_TEXT, AT(nodes), ON_CLUSTER, "NAME=ADDRESS,...",
	  "The control-plane nodes, when the API is gone; it is then not asked" },
	{ "ssh-user", 0, FLAG_TEXT, AT(ssh_user), ON_CLUSTER, "USER",
	  "Who to log in as: root, or a user with sudo -n (default: your own name)" },
	{ "ssh-key", 0, FLAG_TEXT, AT(ssh_key), ON_CLUSTER, "FILE",
	  "Private key (default: the agent, then ~/.ssh/id_ed25519, id_ecdsa, id_rsa)" },
	{ "ssh-port", 0, FLAG_NUMBER, AT(ssh_port), ON_CLUSTER, "22", "Port of sshd on the nodes" },
	{ "ssh-known-hosts", 0, FLAG_TEXT, AT(ssh_known_hosts), ON_CLUSTER, "FILE",
	  "Known host keys (default: ~/.ssh/known_hosts, then /etc/ssh/ssh_known_hosts)" },
	{ "timeout", 0, FLAG_DURATION, AT(timeout_ms), ON_CLUSTER, "0",
	  "Limit for the whole run; 0 is none" },
	{ "output", 'o', FLAG_OUTPUT, AT(output), ON_OUTPUT, "wide|json|yaml|name",
	  "Output format" },
	{ "no-headers", 0, FLAG_BOOL, AT(no_headers), ON_OUTPUT, NULL,
	  "Print tables without headers" },
	{ "yes", 'y', FLAG_BOOL, AT(yes), ON_RESTORE, NULL, "Do not ask: for machines" },
	{ "grace", 0, FLAG_DURATION, AT(grace_ms), ON_RESTORE, "2s",
	  "How long API servers and etcd may take to stop by themselves" },
	{ "etcdutl", 0, FLAG_TEXT, AT(etcdutl), ON_RESTORE, "FILE",
	  "An etcdutl to upload, instead of the one in etcd's own image" },
	{ "force-cluster", 0, FLAG_BOOL, AT(force_cluster), ON_RESTORE, NULL,
	  "Restore a snapshot of another cluster" },
	{ "without", 0, FLAG_TEXT, AT(without), ON_RESTORE, "MEMBER",
	  "A member whose node is down for good and stays down; the others become the cluster" },
	{ "quiet", 'q', FLAG_BOOL, AT(quiet), ON_EVERY, NULL, "No progress; errors stay" },
	{ "v", 'v', FLAG_NUMBER, AT(verbose), ON_EVERY, "0",
	  "Log level: 2 steps, 4 decisions, 6 requests" },
	{ "help", 'h', FLAG_BOOL, AT(help), ON_EVERY, NULL, "Help for this command" },
	{ NULL, 0, FLAG_BOOL, 0, 0, NULL, NULL },
};
