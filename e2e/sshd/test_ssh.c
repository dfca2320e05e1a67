/*
 * test_ssh: the node layer against real sshd on loopback.  Started by e2e/sshd/run, which says where things are in the
 * environment.
 */
#include "base/http.h"
#include "base/mem.h"
#include "base/test/check.h"
#include "node/fleet.h"
#include "node/node_ssh.h"
#include "node/ssh.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static const char *env(const char *name)
{
	const char *value = getenv(name);

	if (!value)
		abort();
	return value;
}

static struct ssh_settings settings(const char *port, const char *known_hosts)
{
	uint64_t number = 0;

	parse_uint(env(port), 65535, &number);
	return (struct ssh_settings){ .user = env("T_USER"),
				      .key = env("T_KEY"),
				      .port = (unsigned)number,
				      .known_hosts = env(known_hosts) };
}

static int open_node(struct node *node, const struct ssh_settings *s, struct err *err)
{
	node_ssh_init(node, "here", "127.0.0.1", s);
	return node_open(node, deadline_in(10000), err);
}

static void test_runs(void)
{
	struct ssh_settings s = settings("T_PORT", "T_KNOWN");
	struct node node;
	struct err err = ERR_INIT;
	scoped(buf) struct buf out = BUF_INIT(NODE_OUTPUT_MAX);
	int status;

	CHECK_INT(open_node(&node, &s, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_INT(node_run(&node, argv("printf", "%s|", "a b", "it's", "$HOME", "\\", ""),
			   deadline_in(5000), &out, &err),
		  0);
	CHECK_STR(buf_str(&out), "a b|it's|$HOME|\\||");
	CHECK_INT(
		node_try(&node, argv("sh", "-c", "exit 7"), deadline_in(5000), NULL, &status, &err),
		0);
	CHECK_INT(status, 7);
	CHECK_INT(node_run(&node, argv("ls", "/no/such"), deadline_in(5000), NULL, &err), -1);
	CHECK_HAS(err.text, "No such file");
	buf_clear(&out);
	out.max = 100;
	CHECK_INT(node_run(&node, argv("seq", "1000"), deadline_in(5000), &out, &err), -1);
	CHECK_HAS(err.text, "more than 100 bytes");
	/* the session was given up: the next call opens another */
	CHECK_INT(node_run(&node, argv("true"), deadline_in(5000), NULL, &err), 0);
	node_ssh_release(&node);
}

/* What did not tell how our command ended is no success: here sshd ran another one, which ended well. */
static void test_end_not_told(void)
{
	struct ssh_settings s = settings("T_PORT_FORCED", "T_KNOWN");
	struct node node;
	struct err err = ERR_INIT;

	CHECK_INT(open_node(&node, &s, &err), -1);
	CHECK_INT(err.code, ERR_SSH);
	CHECK_HAS(err.text, "the command's end was not told");
	CHECK_HAS(err.hint, "ForceCommand");
	node_ssh_release(&node);
}

/* Every exit status comes as it is; but for the one that stands for 0 on the line. */
static void test_statuses(void)
{
	static const struct {
		const char *script;
		int status;
	} cases[] = {
		{ "exit 0", 0 },
		{ "exit 1", 1 },
		{ "exit 76", 76 },
		{ "exit 77", 76 },
		{ "exit 78", 78 },
		{ "exit 255", 255 },
		{ "no-such-program", 127 },
		{ "kill -9 $$", 137 },
		{ "echo \"it's\" >&2; exit 3", 3 },
	};
	struct ssh_settings s = settings("T_PORT", "T_KNOWN");
	struct node node;
	struct err err = ERR_INIT;
	int status = -1;

	CHECK_INT(open_node(&node, &s, &err), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_INT(node_try(&node, argv("sh", "-c", cases[i].script), deadline_in(5000),
				   NULL, &status, &err),
			  0);
		CHECK_INT(status, cases[i].status);
	}
	node_ssh_release(&node);
}

/* The key as ssh-keygen wrote it; known before anything ran, and again after the session was lost. */
static void test_host_key(void)
{
	struct ssh_settings s = settings("T_PORT", "T_KNOWN");
	struct node node;
	struct err err = ERR_INIT;
	scoped(buf) struct buf out = BUF_INIT(100);

	node_ssh_init(&node, "here", "127.0.0.1", &s);
	CHECK(node.host_key == NULL);
	CHECK_INT(node_open(&node, deadline_in(10000), &err), 0);
	CHECK_STR(node.host_key, env("T_HOST_KEY"));
	CHECK_INT(node_run(&node, argv("seq", "1000"), deadline_in(5000), &out, &err), -1);
	CHECK_INT(node_run(&node, argv("true"), deadline_in(5000), NULL, &err), 0);
	CHECK_STR(node.host_key, env("T_HOST_KEY"));
	node_close(&node);
	CHECK_STR(node.host_key, env("T_HOST_KEY"));
	node_ssh_release(&node);
	CHECK(node.host_key == NULL);
}

static void test_deadline(void)
{
	struct ssh_settings s = settings("T_PORT", "T_KNOWN");
	struct node node;
	struct err err = ERR_INIT;
	uint64_t start = now_ms();
	int status;

	CHECK_INT(open_node(&node, &s, &err), 0);
	CHECK_INT(node_run(&node, argv("sleep", "61.25"), deadline_in(1000), NULL, &err), -1);
	CHECK_INT(err.code, ERR_TIMEOUT);
	CHECK(now_ms() - start < 10000);
	/* it does not outlive its channel for long: timeout(1) ends it there */
	poll(NULL, 0, 3000);
	CHECK_INT(node_try(&node, argv("pgrep", "-x", "-f", "sleep 61.25"), deadline_in(5000), NULL,
			   &status, &err),
		  0);
	CHECK_INT(status, 1);
	node_ssh_release(&node);
}

static void *cancel_later(void *arg)
{
	const int *fd = arg;

	poll(NULL, 0, 2000);
	CHECK_INT(write(*fd, "x", 1), 1);
	return NULL;
}

/* A node that prints without end, whatever it is asked: the deadline ends it, and so does a cancel. */
static void test_endless(void)
{
	struct ssh_settings s = settings("T_PORT_ENDLESS", "T_KNOWN");
	uint64_t start = now_ms();
	struct node node;
	struct err err = ERR_INIT;
	int pipes[2];

	node_ssh_init(&node, "here", "127.0.0.1", &s);
	CHECK_INT(node_open(&node, deadline_in(2000), &err), -1);
	CHECK_INT(err.code, ERR_TIMEOUT);
	CHECK(now_ms() - start < 10000);
	node_ssh_release(&node);

	CHECK_INT(pipe(pipes), 0);
	node_ssh_init(&node, "here", "127.0.0.1", &s);
	node.cancel_fd = pipes[0];
	err = ERR_INIT;
	pthread_t canceller;
	CHECK_INT(pthread_create(&canceller, NULL, cancel_later, &pipes[1]), 0);
	CHECK_INT(node_open(&node, deadline_in(60000), &err), -1);
	CHECK_INT(err.code, ERR_CANCELLED);
	CHECK(now_ms() - start < 20000);
	pthread_join(canceller, NULL);
	node_ssh_release(&node);
	close(pipes[0]);
	close(pipes[1]);
}

static void test_files(void)
{
	struct ssh_settings s = settings("T_PORT", "T_KNOWN");
	scoped(mem) char *path = mem_printf("%s/put", env("T_DIR"));
	scoped(mem) char *moved = mem_printf("%s/moved", env("T_DIR"));
	scoped(mem) char *data = mem_alloc(3 * 1024 * 1024);
	scoped(buf) struct buf out = BUF_INIT(4 * 1024 * 1024);
	struct node node;
	struct err err = ERR_INIT;
	bool found;

	for (size_t i = 0; i < 3 * 1024 * 1024; i++)
		data[i] = (char)(i * 7 + i / 999);
	CHECK_INT(open_node(&node, &s, &err), 0);
	CHECK_INT(node_write(&node, data, 3 * 1024 * 1024, path, 0600, deadline_in(20000), &err),
		  0);
	CHECK_STR(err.text, "");
	CHECK_INT(node_get(&node, path, deadline_in(20000), &out, &err), 0);
	CHECK_INT(out.len, 3 * 1024 * 1024);
	CHECK(out.len == 3 * 1024 * 1024 && memcmp(out.data, data, out.len) == 0);
	buf_clear(&out);
	CHECK_INT(node_run(&node, argv("stat", "-c", "%a", path), deadline_in(5000), &out, &err),
		  0);
	CHECK_STR(buf_str(&out), "600\n");
	CHECK_INT(node_move(&node, path, moved, deadline_in(5000), &err), 0);
	CHECK_INT(node_exists(&node, path, deadline_in(5000), &found, &err), 0);
	CHECK(!found);
	CHECK_INT(node_write(&node, "x", 1, path, 0600, deadline_in(5000), &err), 0);
	CHECK_INT(node_move(&node, path, moved, deadline_in(5000), &err), -1);
	CHECK_HAS(err.text, "is there already");
	CHECK_INT(node_write(&node, "x", 1, "/no/such/folder/x", 0600, deadline_in(5000), &err),
		  -1);
	CHECK_HAS(err.text, "/no/such/folder/x");
	node_ssh_release(&node);
}

/* A disk that is full: the command ends in the middle of what is sent to it. */
static void test_disk_full(void)
{
	struct ssh_settings s = settings("T_PORT", "T_KNOWN");
	scoped(mem) char *path = mem_printf("%s/file", env("T_SMALL"));
	scoped(fd) int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	scoped(buf) struct buf out = BUF_INIT(1000);
	struct node node;
	struct err err = ERR_INIT;

	if (!*env("T_SMALL"))
		return;
	CHECK_INT(open_node(&node, &s, &err), 0);
	CHECK_INT(node_put(&node, fd, 16 * 1024 * 1024, path, 0600, deadline_in(30000), &err), -1);
	CHECK_HAS(err.text, "No space left");
	CHECK_INT(node_run(&node, argv("ls", "-A", env("T_SMALL")), deadline_in(5000), &out, &err),
		  0);
	CHECK_STR(buf_str(&out), "");
	node_ssh_release(&node);
}

static void refused(const char *port, const char *known, enum err_code code, const char *words,
		    const char *hint)
{
	struct ssh_settings s = settings(port, known);
	struct node node;
	struct err err = ERR_INIT;

	CHECK_INT(open_node(&node, &s, &err), -1);
	CHECK_INT(err.code, code);
	CHECK_HAS(err.text, words);
	CHECK_HAS(err.hint, hint);
	node_ssh_release(&node);
}

static void test_host_keys(void)
{
	refused("T_PORT", "T_KNOWN_NONE", ERR_HOSTKEY, "is not known: ", "ssh-keyscan -p");
	refused("T_PORT", "T_KNOWN_OTHER", ERR_HOSTKEY, "has CHANGED", "-R '[127.0.0.1]:");
	refused("T_PORT", "T_KNOWN_REVOKED", ERR_HOSTKEY, "is revoked", "");
	refused("T_PORT_CLOSED", "T_KNOWN", ERR_SSH, "Connection refused", "");
}

/* known_hosts has the ed25519 key only, and sshd would offer ECDSA first: it must be asked for what is known. */
static void test_key_type(void)
{
	struct ssh_settings s = settings("T_PORT", "T_KNOWN_HASHED");
	struct node node;
	struct err err = ERR_INIT;

	CHECK_INT(open_node(&node, &s, &err), 0);
	CHECK_STR(err.text, "");
	node_ssh_release(&node);
}

static void test_login_refused(void)
{
	struct ssh_settings s = settings("T_PORT", "T_KNOWN");
	struct node node;
	struct err err = ERR_INIT;

	setenv("SSH_AUTH_SOCK", "/nowhere", 1); /* the agent's key would be accepted */
	s.key = env("T_KEY_OTHER");
	CHECK_INT(open_node(&node, &s, &err), -1);
	CHECK_HAS(err.text, "no key was accepted");
	node_ssh_release(&node);
	s.key = env("T_KEY_OPEN");
	CHECK_INT(open_node(&node, &s, &err), -1);
	CHECK_HAS(err.text, "can be read by others");
	CHECK_HAS(err.hint, "chmod 600");
	node_ssh_release(&node);
}

static void test_agent(void)
{
	struct ssh_settings s = settings("T_PORT", "T_KNOWN");
	struct node node;
	struct err err = ERR_INIT;

	s.key = NULL;
	CHECK_INT(open_node(&node, &s, &err), 0);
	CHECK_STR(err.text, "");
	node_ssh_release(&node);
}

static void test_sudo_refused(void)
{
	struct ssh_settings s = settings("T_PORT", "T_KNOWN");
	struct node node;
	struct err err = ERR_INIT;

	s.user = env("T_USER_PLAIN");
	CHECK_INT(open_node(&node, &s, &err), -1);
	CHECK_HAS(err.text, "sudo -n does not work");
	CHECK_HAS(err.hint, "NOPASSWD");
	node_ssh_release(&node);
}

static int sleep_long(struct node *node, void *arg, struct err *err)
{
	(void)arg;
	return node_run(node, argv("sleep", "60"), deadline_in(60000), NULL, err);
}

static int run_true(struct node *node, void *arg, struct err *err)
{
	(void)arg;
	return node_run(node, argv("true"), deadline_in(10000), NULL, err);
}

static void cancel_soon(void *arg, const struct node *node, uint64_t ms, const struct err *err)
{
	(void)node;
	(void)ms;
	(void)err;
	fleet_cancel(arg);
}

/* Three nodes; one ends at once and cancels the others; after that they can be used again. */
static int one_ends(struct node *node, void *arg, struct err *err)
{
	return node->index == 0 ? run_true(node, arg, err) : sleep_long(node, arg, err);
}

static void test_fleet(void)
{
	struct ssh_settings s = settings("T_PORT", "T_KNOWN");
	struct node nodes[3];
	struct err errs[3];
	uint64_t start = now_ms();

	for (int i = 0; i < 3; i++)
		node_ssh_init(&nodes[i], "n", "127.0.0.1", &s);
	struct fleet *fleet = fleet_new(nodes, 3);
	CHECK_INT(fleet_each(fleet, run_true, NULL, NULL, errs, NULL, NULL), 0);
	CHECK_INT(fleet_each(fleet, one_ends, NULL, NULL, errs, cancel_soon, fleet), -1);
	CHECK_INT(errs[0].code, ERR_NONE);
	CHECK_INT(errs[1].code, ERR_CANCELLED);
	CHECK_INT(errs[2].code, ERR_CANCELLED);
	CHECK(fleet_cancelled(fleet));
	CHECK(now_ms() - start < 20000);
	fleet_forget_cancel(fleet);
	CHECK_INT(fleet_each(fleet, run_true, NULL, NULL, errs, NULL, NULL), 0);
	fleet_free(fleet);
	for (int i = 0; i < 3; i++)
		node_ssh_release(&nodes[i]);
}

/* Bytes through a tunnel: the web server behind it answers, then a port where nobody listens. */
static void test_tunnel(void)
{
	struct ssh_settings s = settings("T_PORT", "T_KNOWN");
	uint64_t port = 0;
	struct node node;
	struct err err = ERR_INIT;
	struct http_carrier carrier;
	struct http_answer answer;

	parse_uint(env("T_HTTP"), 65535, &port);
	CHECK_INT(open_node(&node, &s, &err), 0);
	for (int i = 0; i < 2; i++) {
		CHECK_INT(node_tunnel(&node, "127.0.0.1", (unsigned)port, deadline_in(5000),
				      &carrier, &err),
			  0);
		struct http_request request = { .method = "GET",
						.url = "http://127.0.0.1/big",
						.carrier = &carrier,
						.deadline = deadline_in(10000),
						.cancel_fd = -1,
						.body_max = 8 * 1024 * 1024 };
		CHECK_INT(http_do(&request, &answer, &err), 0);
		CHECK_STR(err.text, "");
		CHECK_INT(answer.status, 200);
		CHECK_INT(answer.body.len, 4 * 1024 * 1024);
		http_answer_release(&answer);
		node_tunnel_close(&node);
	}
	CHECK_INT(node_tunnel(&node, "127.0.0.1", 1, deadline_in(5000), &carrier, &err), -1);
	CHECK_HAS(err.text, "no connection to 127.0.0.1 port 1");
	CHECK_INT(node_run(&node, argv("true"), deadline_in(5000), NULL, &err), 0);
	node_ssh_release(&node);
}

static void init_once(void)
{
	ssh_init();
	http_init();
}

TESTS(TEST(init_once), TEST(test_runs), TEST(test_end_not_told), TEST(test_statuses),
      TEST(test_host_key), TEST(test_deadline), TEST(test_endless), TEST(test_files),
      TEST(test_disk_full), TEST(test_host_keys), TEST(test_key_type), TEST(test_agent),
      TEST(test_login_refused), TEST(test_sudo_refused), TEST(test_fleet), TEST(test_tunnel))
