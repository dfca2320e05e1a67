/*
 * lab: see lab.h.
 */
#include "e2e/etcd/lab.h"

#include "base/digest.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/test/free_port.h"
#include "e2e/etcd/tcp_node.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LARGE = 1024 * 1024, START_MS = 30000 };

extern char **environ;

void lab_init(struct lab *lab)
{
	*lab = (struct lab){ .bin = getenv("ETCD_BIN"), .work = getenv("ETCD_WORK") };
	if (!lab->bin || !lab->work) {
		fprintf(stderr, "ETCD_BIN and ETCD_WORK are not set: start e2e/etcd/run\n");
		exit(2);
	}
	signal(SIGPIPE, SIG_IGN); /* as the program does */
	http_init();
	lab->node = tcp_node_new();
}

void lab_release(struct lab *lab)
{
	for (size_t i = 0; i < lab->count; i++)
		lab_end(&lab->members[i], SIGKILL);
	tcp_node_free(&lab->node);
}

char *lab_path(const struct lab *lab, const char *name)
{
	return mem_printf("%s/%s", lab->work, name);
}

struct etcd *lab_member(struct lab *lab, const char *name, bool tls)
{
	struct etcd *e = &lab->members[lab->count++];
	const char *scheme = tls ? "https" : "http";
	unsigned port = free_port();

	*e = (struct etcd){ .pid = -1, .tls = tls };
	snprintf(e->name, sizeof(e->name), "%s", name);
	snprintf(e->client, sizeof(e->client), "%s://127.0.0.1:%u", scheme, port);
	snprintf(e->other_client, sizeof(e->other_client), "%s://127.0.0.2:%u", scheme, port);
	snprintf(e->peer, sizeof(e->peer), "http://127.0.0.1:%u", free_port());
	snprintf(e->dir, sizeof(e->dir), "%s/%s.etcd", lab->work, name);
	snprintf(e->ca, sizeof(e->ca), "%s/ca.crt", lab->work);
	snprintf(e->cert, sizeof(e->cert), "%s/server.crt", lab->work);
	snprintf(e->key, sizeof(e->key), "%s/server.key", lab->work);
	e->member = (struct member){
		.name = e->name, .peer_url = e->peer, .client_url = e->client, .data_dir = e->dir
	};
	if (tls) {
		e->member.ca_file = e->ca;
		e->member.cert_file = e->cert;
		e->member.key_file = e->key;
	}
	return e;
}

char *lab_initial(struct etcd *const members[], size_t count)
{
	struct cluster cluster = { .count = count };
	struct buf out = BUF_INIT(4096);
	struct err err = ERR_INIT;

	for (size_t i = 0; i < count; i++)
		cluster.members[i] = members[i]->member;
	if (cluster_initial(&cluster, &out, &err))
		abort();
	return out.data;
}

static pid_t start(const char *const args[], const char *log)
{
	posix_spawn_file_actions_t to;
	pid_t pid = -1;

	posix_spawn_file_actions_init(&to);
	posix_spawn_file_actions_addopen(&to, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&to, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	posix_spawn_file_actions_adddup2(&to, 1, 2);
	if (posix_spawn(&pid, args[0], &to, NULL, (char *const *)(uintptr_t)args, environ))
		abort();
	posix_spawn_file_actions_destroy(&to);
	return pid;
}

void lab_start(struct lab *lab, struct etcd *e, const char *initial, const char *more)
{
	scoped(mem) char *program = mem_printf("%s/etcd", lab->bin);
	scoped(mem) char *log = mem_printf("%s/%s.log", lab->work, e->name);
	scoped(mem) char *urls = mem_printf("%s,%s", e->client, e->other_client);
	const char *args[32] = { program,
				 "--logger=zap",
				 "--name",
				 e->name,
				 "--data-dir",
				 e->dir,
				 "--listen-client-urls",
				 urls,
				 "--advertise-client-urls",
				 e->client,
				 "--listen-peer-urls",
				 e->peer,
				 "--initial-advertise-peer-urls",
				 e->peer,
				 "--initial-cluster",
				 initial,
				 "--initial-cluster-token",
				 "tok" };
	size_t n = 18;

	if (e->tls) {
		const char *tls[] = { "--client-cert-auth",
				      "--trusted-ca-file",
				      e->ca,
				      "--cert-file",
				      e->cert,
				      "--key-file",
				      e->key };
		memcpy(args + n, tls, sizeof(tls));
		n += sizeof(tls) / sizeof(tls[0]);
	}
	args[n] = more;
	e->pid = start(args, log);
}

void lab_end(struct etcd *e, int signal)
{
	if (e->pid > 0) {
		kill(e->pid, signal);
		waitpid(e->pid, NULL, 0);
	}
	e->pid = -1;
}

struct etcd_client *lab_client(struct lab *lab, const struct etcd *e)
{
	struct err err = ERR_INIT;
	struct etcd_client *client =
		etcd_client_new(&lab->node, &e->member, deadline_in(CALL_MS), &err);

	if (!client) {
		fprintf(stderr, "%s: %s\n", e->name, err.text);
		lab_release(lab);
		exit(1);
	}
	return client;
}

struct etcd_status lab_wait(struct lab *lab, struct etcd *e, bool leader)
{
	scoped(etcd_client) struct etcd_client *client = lab_client(lab, e);
	struct etcd_status status = { 0 };
	struct err err = ERR_INIT;

	for (uint64_t deadline = deadline_in(START_MS); ms_until(deadline); usleep(50000))
		if (!etcd_status(client, deadline_in(1000), &status, &err) &&
		    leader == (status.leader != 0))
			return status;
	fprintf(stderr, "%s does not come: %s\n", e->name, err.text);
	lab_release(lab);
	exit(1);
}

static int run(const char *const args[], const char *input, struct buf *out)
{
	scoped(buf) struct buf errs = BUF_INIT(65536);
	scoped(fd) int fd = open(input ? input : "/dev/null", O_RDONLY | O_CLOEXEC);
	struct proc_request request = {
		.argv = args, .input_fd = fd, .deadline = deadline_in(START_MS), .cancel_fd = -1
	};
	int status = -1;
	struct err err = ERR_INIT;

	return proc_run(&request, out, &errs, &status, &err) ? -1 : status;
}

int lab_etcdctl(struct lab *lab, const struct etcd *e, const char *const args[], const char *input,
		struct buf *out)
{
	scoped(mem) char *program = mem_printf("%s/etcdctl", lab->bin);
	const char *all[24] = { program, "--endpoints", e->client };
	size_t n = 3;

	if (e->tls) {
		const char *tls[] = { "--cacert", e->ca, "--cert", e->cert, "--key", e->key };
		memcpy(all + n, tls, sizeof(tls));
		n += sizeof(tls) / sizeof(tls[0]);
	}
	for (size_t i = 0; args[i]; i++)
		all[n++] = args[i];
	return run(all, input, out);
}

int lab_snapshot_status(struct lab *lab, const char *path, struct buf *out)
{
	scoped(mem) char *util = mem_printf("%s/etcdutl", lab->bin);
	scoped(mem) char *ctl = mem_printf("%s/etcdctl", lab->bin);

	return run(argv(access(util, X_OK) ? ctl : util, "snapshot", "status", path, "-w", "json"),
		   NULL, out);
}

void lab_fill(struct lab *lab, const struct etcd *e, int values)
{
	scoped(mem) char *large = lab_path(lab, "large");
	scoped(mem) char *value = mem_alloc(LARGE);
	scoped(fd) int fd = open(large, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	scoped(buf) struct buf out = BUF_INIT(65536);

	random_bytes(value, LARGE);
	if (write(fd, value, LARGE) != LARGE)
		abort();
	for (int i = 0; i < values; i++) {
		char key[16];
		snprintf(key, sizeof(key), "key%d", i);
		if (lab_etcdctl(lab, e, argv("put", key), large, &out))
			abort();
	}
}
