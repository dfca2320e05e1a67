/*
 * test_verbs: what single verbs say of nodes on which something is not as it should be.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "etcd/cluster_check.h"
#include "etcd/etcd_alarm.h"
#include "fake_files.h"
#include "fake_node.h"
#include "play/look.h"
#include "play/state.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { LIMIT_MS = 300, QUOTA = 500 };

#define NOBODY "  sl  local_address rem_address   st\n"

static struct fake_world world;

/* Calls a verb on the first node. */
static int call(const char *name, struct err *err)
{
	*err = ERR_INIT;
	return verb_find(name)->run(&world.fleet_nodes[0], &world.ctx, deadline_in(LIMIT_MS), err);
}

static void play_to(const char *last)
{
	static const char *const steps[] = { "check-nodes",  "lock-nodes",     "put-snapshot",
					     "build-member", "stop-apiserver", "stop-etcd",
					     "swap-data",    "start-etcd",     NULL };
	struct err err;

	for (size_t i = 0; steps[i]; i++) {
		CHECK_INT(call(steps[i], &err), 0);
		CHECK_STR(err.text, "");
		if (strcmp(steps[i], last) == 0)
			return;
	}
}

static void fails(const char *verb, enum err_code code, const char *words)
{
	struct err err;

	CHECK_INT(call(verb, &err), -1);
	CHECK_INT(err.code, code);
	CHECK_HAS(err.text, words);
}

static void answers(const struct fake_answer *list)
{
	world.nodes[0].answers = list;
}

/* One command is answered so; then that check fails, with what to do. */
static void check_fails(const char *has, int status, const char *out, const char *words,
			const char *hint)
{
	const struct fake_answer list[] = { { has, status, out, ERR_INIT }, { .has = NULL } };
	struct err err;

	answers(list);
	CHECK_INT(call("check-nodes", &err), -1);
	CHECK_HAS(err.text, words);
	CHECK_HAS(err.hint, hint);
	answers(NULL);
	CHECK_INT(call("check-nodes", &err), 0);
}

static void test_checks(void)
{
	struct member *m = &world.cluster.members[0];
	struct err err;

	fake_world_open(&world, 1, false);
	check_fails("command -v \"$c\"", 0, "flock\nln\n", "missing programs: flock ln",
		    "util-linux");
	check_fails("for c in etcdutl", 1, NULL, "no tool to restore with", "--etcdutl FILE");
	world.ctx.etcdutl = "/no/such/etcdutl";
	fails("check-nodes", ERR_FILE, "/no/such/etcdutl");
	world.ctx.etcdutl = NULL;
	check_fails("is-active --quiet kubelet", 3, NULL, "kubelet is not running",
		    "systemctl start kubelet");
	check_fails("df -B1", 0, "Avail\nmany\n", "not understood", "");
	check_fails("df -B1", 0, "Avail\n2000000\n", "has 1 MiB free, and 256 MiB are needed",
		    "make room");
	check_fails("test -L", 0, NULL, "is a symbolic link", "while etcd is stopped");
	check_fails("mountpoint -q", 0, NULL, "is a mount point", "which may be a mount point");
	check_fails("stat -c", 0, "755 0 0 directory|/etc\n777 0 0 directory|/etc/kubernetes\n",
		    "/etc/kubernetes can be written to by everybody", "chmod o-w /etc/kubernetes");

	/* two at once: both are kept, the first is told */
	const struct fake_answer two[] = { { "is-active", 3, NULL, ERR_INIT },
					   { "mountpoint -q", 0, NULL, ERR_INIT },
					   { .has = NULL } };
	answers(two);
	size_t all = world.play_nodes[0].check_count;
	fails("check-nodes", ERR_REMOTE, "(and 1 more checks failed)");
	CHECK_INT(world.play_nodes[0].check_count, all);

	/* a node that does not answer is asked nothing more */
	struct err gone = { .code = ERR_SSH, .text = "gone" };
	const struct fake_answer silent[] = { { "command -v \"$c\"", -1, NULL, gone },
					      { .has = NULL } };
	answers(silent);
	fails("check-nodes", ERR_SSH, "gone");
	CHECK_INT(world.play_nodes[0].check_count, 2);
	answers(NULL);

	m->wal_dir = "/var/lib/etcd/member/wal";
	fails("check-nodes", ERR_UNSAFE, "is inside /var/lib/etcd/member");
	m->wal_dir = NULL;

	/* a data dir that is not there yet: the space is that of the folder above it */
	m->data_dir = "/var/lib/new/etcd";
	CHECK_INT(call("check-nodes", &err), 0);
	CHECK(!world.play_nodes[0].data_existed);
	m->data_dir = "/var/lib/etcd";

	scoped(mem) char *manifest =
		mem_printf("%s/etc/kubernetes/manifests/kube-apiserver.yaml", world.nodes[0].root);
	fake_remove(manifest, -1);
	fails("check-nodes", ERR_REMOTE, "kube-apiserver.yaml is not there");
	fake_world_close(&world);
}

/* Over the quota: refused, but for a full database that has room in it. */
static void test_quota(void)
{
	struct err err;

	fake_world_open(&world, 1, false);
	world.cluster.members[0].quota = QUOTA;
	world.ctx.db_size = QUOTA;
	world.ctx.snapshot_in_use = QUOTA / 2;
	fails("check-nodes", ERR_UNSAFE, "over etcd's quota");
	world.ctx.carried_alarms = ETCD_ALARM_NOSPACE;
	CHECK_INT(call("check-nodes", &err), 0);
	world.ctx.keep_alarms = true;
	fails("check-nodes", ERR_UNSAFE, "over etcd's quota");
	world.ctx.keep_alarms = false;
	world.ctx.snapshot_in_use = QUOTA - QUOTA / 17; /* less than a sixteenth is free */
	fails("check-nodes", ERR_UNSAFE, "over etcd's quota");
	CHECK_INT(play_quota(&(struct member){ .quota = 0 }), 2147483648);
	fake_world_close(&world);
}

static void open_started(int alarm_kind, unsigned carried)
{
	fake_world_open(&world, 1, false);
	world.alarm = alarm_kind != 0;
	world.alarm_kind = alarm_kind;
	world.cluster.members[0].quota = QUOTA;
	world.ctx.carried_alarms = carried;
	play_to("start-etcd");
}

/* Alarms that came with the snapshot are expected, others are not. */
static void test_alarms_expected(void)
{
	static const struct {
		int kind;
		unsigned flag;
		const char *words;
	} kinds[] = { { 1, ETCD_ALARM_NOSPACE, "NOSPACE" },
		      { 2, ETCD_ALARM_CORRUPT, "CORRUPT" },
		      { 3, ETCD_ALARM_OTHER, "not known" } };
	struct err err;

	for (size_t i = 0; i < 3; i++) {
		open_started(kinds[i].kind, kinds[i].flag);
		CHECK_INT(call("wait-etcd", &err), 0);
		/* it was told by the status; without that, by the list of alarms */
		world.ctx.carried_alarms = 0;
		fails("wait-etcd", ERR_ETCD, "etcd is not well yet: etcd reports: alarm:");
		/* the last try is cut short: what was heard before is told, and where more is */
		world.nodes[0].answers_left = 2;
		CHECK_INT(call("wait-etcd", &err), -1);
		CHECK_HAS(err.text, "no answer in time; before that: etcd reports: alarm:");
		CHECK_HAS(err.hint, "/var/log/pods/kube-system_etcd-cp-1_");
		world.nodes[0].answers_left = 0;
		world.ctx.carried_alarms =
			ETCD_ALARM_NOSPACE | ETCD_ALARM_CORRUPT | ETCD_ALARM_OTHER;
		CHECK_INT(call("wait-etcd", &err), 0);
		fake_world_close(&world);
	}
}

static void test_alarms_only_listed(void)
{
	static const char *const words[] = { "NOSPACE", "CORRUPT", "of a kind that is not known" };

	for (int kind = 1; kind <= 3; kind++) {
		open_started(kind, 0);
		world.alarm_unsaid = true;
		fails("wait-etcd", ERR_UNSAFE, words[kind - 1]);
		fake_world_close(&world);
	}
}

/* NOSPACE: room, then it is ended; or it stays, and says why. */
static void test_clear_full(void)
{
	struct play_node *self = &world.play_nodes[0];
	struct err err;

	open_started(1, ETCD_ALARM_NOSPACE);
	CHECK_INT(call("clear-alarms", &err), 0);
	CHECK(!fake_world_alarmed(&world));
	CHECK_INT(play_alarms_left(&world.ctx), 0);
	CHECK_INT(self->size_before, 1000);
	CHECK_INT(self->size_after, 100);
	CHECK_INT(call("clear-alarms", &err), 0); /* nothing is left to do */
	fake_world_close(&world);

	open_started(1, ETCD_ALARM_NOSPACE);
	world.nodes[0].no_defragment = true;
	CHECK_INT(call("clear-alarms", &err), 0);
	CHECK_STR(err.text, "");
	CHECK(fake_world_alarmed(&world) && !self->has_room);
	CHECK_INT(play_alarms_left(&world.ctx), ETCD_ALARM_NOSPACE);
	CHECK_HAS(self->alarm_trouble, "no space left on device");
	CHECK_INT(call("wait-controllers", &err), 0); /* nobody can renew anything */
	fake_world_close(&world);

	open_started(1, ETCD_ALARM_NOSPACE);
	world.nodes[0].disarm_error = ERR_SSH;
	fails("clear-alarms", ERR_SSH, "not allowed");
	world.nodes[0].disarm_error = ERR_ETCD;
	CHECK_INT(call("clear-alarms", &err), 0);
	CHECK_INT(play_alarms_left(&world.ctx), ETCD_ALARM_NOSPACE);
	CHECK_HAS(self->alarm_trouble, "not allowed");
	fake_world_close(&world);

	/* no room even so: the database is left as it is */
	open_started(1, ETCD_ALARM_NOSPACE);
	world.cluster.members[0].quota = 101;
	CHECK_INT(call("clear-alarms", &err), 0);
	CHECK(!world.machines[0].defragmented && fake_world_alarmed(&world) && !self->has_room);
	fake_world_close(&world);

	open_started(1, ETCD_ALARM_NOSPACE);
	world.ctx.keep_alarms = true;
	CHECK_INT(call("clear-alarms", &err), 0);
	CHECK(!world.machines[0].defragmented && fake_world_alarmed(&world));
	CHECK_INT(play_alarms_left(&world.ctx), ETCD_ALARM_NOSPACE);
	fake_world_close(&world);
}

/* Old data that a rollback brings back has its alarm, too: nobody waits for leases that nobody can renew. */
static void test_alarm_of_old_data(void)
{
	struct err err;

	open_started(1, 0);
	world.ctx.target = "20200101t000000-beef";
	CHECK_INT(call("wait-controllers", &err), 0);
	CHECK_INT(play_alarms_left(&world.ctx), ETCD_ALARM_NOSPACE);
	world.play_nodes[0].alarms_left = 0;
	world.nodes[0].no_client = true;
	fails("wait-controllers", ERR_REMOTE, "no certificate");
	fake_world_close(&world);
}

static void test_clear_corrupt(void)
{
	struct err err;

	open_started(2, ETCD_ALARM_CORRUPT);
	CHECK_INT(call("clear-alarms", &err), 0);
	CHECK(!fake_world_alarmed(&world) && !world.machines[0].defragmented);
	CHECK_INT(play_alarms_left(&world.ctx), 0);
	fake_world_close(&world);

	/* one that has come since is not ours to end */
	open_started(2, ETCD_ALARM_NOSPACE);
	CHECK_INT(call("clear-alarms", &err), 0);
	CHECK_INT(play_alarms_left(&world.ctx), ETCD_ALARM_CORRUPT);
	fake_world_close(&world);
}

/* With etcd's auth on, hashes may not be told; without it that is a failure. */
static void test_auth(void)
{
	struct err err;

	open_started(0, 0);
	world.nodes[0].no_hash = true;
	fails("wait-etcd", ERR_ETCD, "user not found");
	world.ctx.carried_auth = true;
	CHECK_INT(call("wait-etcd", &err), 0);
	CHECK_STR(err.text, "");
	CHECK(world.play_nodes[0].hash_refused);
	CHECK_INT(call("compare-etcd", &err), 0);
	CHECK_STR(err.text, "");
	CHECK_INT(world.play_nodes[0].applied, 20);
	world.play_nodes[0].found_member ^= 1;
	fails("compare-etcd", ERR_UNSAFE, "it serves as member");
	world.play_nodes[0].found_member ^= 1;
	world.nodes[0].no_status = true;
	fails("compare-etcd", ERR_ETCD, "");
	world.nodes[0].no_status = false;
	/* no hash for another reason */
	world.play_nodes[0].hash_refused = false;
	world.nodes[0].compacted = true;
	CHECK_INT(call("compare-etcd", &err), -1);
	CHECK(!world.play_nodes[0].hash_refused);
	fake_world_close(&world);

	/* some versions do not hash at the compacted revision itself */
	open_started(0, 0);
	world.nodes[0].compacted = true;
	CHECK_INT(call("wait-etcd", &err), 0);
	CHECK_INT(world.play_nodes[0].hash, 1);
	fake_world_close(&world);
}

static void test_api(void)
{
	struct fake_node *fake = &world.nodes[0];
	struct err err;

	fake_world_open(&world, 1, false);
	fake->api_status = 500;
	fails("wait-apiserver", ERR_KUBE, "/readyz: HTTP 500");
	world.ctx.carried_auth = true;
	CHECK(call("wait-apiserver", &err));
	CHECK_HAS(err.hint, "etcdctl user add");
	world.ctx.carried_auth = false;
	fails("wait-controllers", ERR_KUBE, "HTTP 500");
	fake->api_status = 404; /* there is none yet, and none comes */
	fails("wait-controllers", ERR_TIMEOUT, "nobody renews the lease of");
	fake->api_status = 0;
	fake->lease = "no JSON";
	fails("wait-controllers", ERR_CONFIG, "cannot see whether the lease");
	fake->lease = "{\"spec\":{}}";
	world.play_nodes[0].lease[0][0] = world.play_nodes[0].lease[1][0] = '\0';
	fails("wait-controllers", ERR_TIMEOUT, "nobody renews the lease of");
	fake->lease = NULL;
	CHECK_INT(call("wait-controllers", &err), 0);

	/* Ctrl-C ends the waiting */
	struct err cut = { .code = ERR_CANCELLED, .text = "interrupted" };
	const struct fake_answer list[] = { { "pgrep", -1, NULL, cut }, { .has = NULL } };
	answers(list);
	fails("wait-apiserver", ERR_CANCELLED, "interrupted");
	fails("wait-controllers", ERR_CANCELLED, "interrupted");
	answers(NULL);
	fake_world_close(&world);
}

/* Without certificates nothing can be asked. */
static void test_no_client(void)
{
	static const char *const all[] = { "wait-etcd", "compare-etcd", "clear-alarms",
					   "wait-apiserver", "wait-controllers" };

	open_started(1, ETCD_ALARM_NOSPACE);
	world.nodes[0].no_client = true;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		fails(all[i], ERR_REMOTE, "no certificate");
	fake_world_close(&world);
}

/* Ctrl-C while something is waited for. */
static void test_waits_end(void)
{
	int pipes[2];

	CHECK_INT(pipe2(pipes, O_CLOEXEC), 0);
	CHECK_INT(write(pipes[1], "x", 1), 1);
	open_started(0, 0);
	world.fleet_nodes[0].cancel_fd = pipes[0];
	world.nodes[0].no_hash = true;
	fails("wait-etcd", ERR_CANCELLED, "");
	world.play_nodes[0].raft_index = 20;
	world.play_nodes[0].found_member = world.play_nodes[0].want_member;
	world.nodes[0].behind = 3;
	fails("compare-etcd", ERR_CANCELLED, "");
	world.nodes[0].api_never_ready = true;
	fails("wait-apiserver", ERR_CANCELLED, "");
	fails("wait-controllers", ERR_CANCELLED, "");
	world.ctx.undoing = true;
	const struct fake_answer nobody[] = { { "cat /proc/net/tcp", 0, NOBODY, ERR_INIT },
					      { .has = NULL } };
	answers(nobody);
	fails("start-apiserver", ERR_CANCELLED, "");
	answers(NULL);
	world.ctx.undoing = false;
	world.nodes[0].stubborn = true;
	fails("stop-apiserver", ERR_CANCELLED, "");
	close(pipes[0]);
	close(pipes[1]);
	world.fleet_nodes[0].cancel_fd = -1;
	fake_world_close(&world);
}

static int cannot_open(struct node *node, uint64_t deadline, struct err *err)
{
	(void)node;
	(void)deadline;
	return err_set(err, ERR_SSH, "no route");
}

static void test_unreachable(void)
{
	fake_world_open(&world, 1, false);
	struct node_ops ops = *world.fleet_nodes[0].ops;
	ops.open = cannot_open;
	world.fleet_nodes[0].ops = &ops;
	fails("check-nodes", ERR_SSH, "no route");
	CHECK_INT(world.play_nodes[0].check_count, 0);
	fake_world_close(&world);
}

static void write_file(const char *path, const char *text)
{
	scoped(mem) char *whole = mem_printf("%s%s", world.nodes[0].root, path);
	scoped(mem) char *folder = mem_strdup(whole);

	*strrchr(folder, '/') = '\0';
	fake_make_folders(folder);
	fake_write(whole, text, strlen(text), 0600);
}

/* A manifest that has no place for an annotation comes back as it was. */
static void test_no_annotation(void)
{
	static const char flow[] = "{apiVersion: v1, kind: Pod, metadata: {name: etcd}}\n";
	scoped(buf) struct buf text = BUF_INIT(4096);

	fake_world_open(&world, 1, false);
	write_file("/etc/kubernetes/manifests/etcd.yaml", flow);
	play_to("start-etcd");
	scoped(mem) char *path =
		mem_printf("%s/etc/kubernetes/manifests/etcd.yaml", world.nodes[0].root);
	CHECK(fake_read(path, &text));
	CHECK_STR(buf_str(&text), flow);
	/* and it is over the new data: not to be stopped again */
	struct err err;
	CHECK_INT(call("stop-etcd", &err), 0);
	CHECK(fake_exists(path));
	fake_world_close(&world);
}

/* Signs of life that are not a process. */
static void test_ports(void)
{
	static const char listens[] = "  sl  local_address rem_address   st\n"
				      "   0: 0100007F:094B 00000000:0000 0A 0\n";
	struct err err;

	fake_world_open(&world, 1, false);
	play_to("stop-apiserver");
	const struct fake_answer port[] = { { "cat /proc/net/tcp", 0, listens, ERR_INIT },
					    { .has = NULL } };
	answers(port);
	fails("stop-etcd", ERR_TIMEOUT, "somebody still listens on port 2379");
	answers(NULL);
	CHECK_INT(call("stop-etcd", &err), 0);

	/* back by an undo, and nothing comes */
	const struct fake_answer nobody[] = { { "cat /proc/net/tcp", 0, NOBODY, ERR_INIT },
					      { .has = NULL } };
	world.ctx.undoing = true;
	answers(nobody);
	CHECK_INT(call("start-etcd", &err), -1);
	CHECK_HAS(err.text, "nothing listens on port 2379 yet");
	CHECK_HAS(err.hint, "journalctl -u kubelet");

	/* another process has stopped it, and whether it served cannot be read */
	struct err gone = { .code = ERR_SSH, .text = "gone" };
	const struct fake_answer lost[] = { { "served-etcd", -1, NULL, gone }, { .has = NULL } };
	world.play_nodes[0].etcd_served = false;
	answers(lost);
	fails("start-etcd", ERR_SSH, "gone");
	answers(NULL);
	fake_world_close(&world);
}

/* Without an address for metrics its clients' port tells whether it is there. */
static void test_turns(void)
{
	struct err err;

	fake_world_open(&world, 2, false);
	world.cluster.members[0].metrics_url = NULL;
	world.cluster.members[0].corrupt_check = true;
	CHECK(turns_start_etcd(&world.ctx));
	play_to("put-snapshot");
	world.play_nodes[1].tool_bumps = true;
	for (size_t i = 0; i < 5; i++) {
		static const char *const rest[] = { "build-member", "stop-apiserver", "stop-etcd",
						    "swap-data", "start-etcd" };
		CHECK_INT(call(rest[i], &err), 0);
	}
	fake_world_close(&world);
}

static void test_selinux(void)
{
	const struct fake_answer list[] = { { "chcon -R", 0, NULL, ERR_INIT }, { .has = NULL } };
	const struct fake_answer bad[] = { { "chcon -R", 1, NULL, ERR_INIT }, { .has = NULL } };
	struct err err;

	fake_world_open(&world, 1, false);
	play_to("put-snapshot");
	write_file("/sys/fs/selinux/enforce", "1");
	answers(bad);
	fails("build-member", ERR_REMOTE, "chcon: exit 1");
	answers(list);
	CHECK_INT(call("build-member", &err), 0);

	/* built, and the node goes away while that is looked at: nothing is thrown away */
	struct err gone = { .code = ERR_SSH, .text = "gone" };
	const struct fake_answer lost[] = { { "exec head -c 4096", -1, NULL, gone },
					    { .has = NULL } };
	answers(lost);
	fails("build-member", ERR_SSH, "gone");
	answers(NULL);
	fake_world_close(&world);
}

/* A data dir that is not there is made; a lock that cannot be taken is nobody's. */
static void test_made(void)
{
	const struct fake_answer no_link[] = { { "ln -T", 1, NULL, ERR_INIT }, { .has = NULL } };
	struct err gone = { .code = ERR_SSH, .text = "gone" };
	const struct fake_answer lost[] = { { "echo end", -1, NULL, gone }, { .has = NULL } };
	bool missing;
	struct err err;

	fake_world_open(&world, 1, false);
	answers(no_link);
	fails("lock-nodes", ERR_REMOTE, "cannot take the lock: ln: exit 1");
	answers(NULL);
	play_to("lock-nodes");
	answers(lost);
	err = ERR_INIT;
	CHECK_INT(snapshot_missing(&world.fleet_nodes[0], &world.ctx, deadline_in(LIMIT_MS),
				   &missing, &err),
		  -1);
	const struct fake_answer full[] = {
		{ "install -d -m 0700 /var/lib/etcd", 1, NULL, ERR_INIT }, { .has = NULL }
	};
	world.play_nodes[0].data_existed = false;
	answers(full);
	fails("put-snapshot", ERR_REMOTE, "install: exit 1");
	answers(NULL);
	CHECK_INT(call("put-snapshot", &err), 0);

	/* the lock is another run's by now: only what is ours goes */
	write_file("/etc/kubernetes/etcd-backup/lock", "run 20200101t000000-dead since x by y\n");
	world.ctx.undoing = true;
	CHECK_INT(call("unlock-nodes", &err), 0);
	scoped(mem) char *lock =
		mem_printf("%s/etc/kubernetes/etcd-backup/lock", world.nodes[0].root);
	scoped(mem) char *run =
		mem_printf("%s/etc/kubernetes/etcd-backup/" FAKE_RUN, world.nodes[0].root);
	CHECK(fake_exists(lock) && !fake_exists(run));
	fake_world_close(&world);
}

/* A WAL in the data dir of etcd's own user; but no folder of that user elsewhere on the way. */
static void test_wal_in_data_dir(void)
{
	const struct fake_answer list[] = {
		{ "/var/lib/etcd/wal", 0,
		  "755 0 0 directory|/var/lib\n700 999 998 directory|/var/lib/etcd\n"
		  "700 999 998 directory|/var/lib/etcd/wal\n",
		  ERR_INIT },
		{ "/srv/etcd/wal", 0,
		  "755 0 0 directory|/srv\n700 999 998 directory|/srv/etcd\n"
		  "700 999 998 directory|/srv/etcd/wal\n",
		  ERR_INIT },
		{ .has = NULL }
	};
	struct member member = { .data_dir = "/var/lib/etcd", .wal_dir = "/var/lib/etcd/wal" };
	struct err err = ERR_INIT;

	fake_world_open(&world, 1, false);
	answers(list);
	CHECK_INT(look_safe_member(&world.fleet_nodes[0], &member, deadline_in(1000), &err), 0);
	CHECK_STR(err.text, "");
	member.wal_dir = "/srv/etcd/wal";
	CHECK_INT(look_safe_member(&world.fleet_nodes[0], &member, deadline_in(1000), &err), -1);
	CHECK_HAS(err.text, "/srv/etcd belongs to another user than root (999)");
	fake_world_close(&world);
}

/* What is known of alarms is what the last member told that was asked. */
static void test_alarms_left(void)
{
	fake_world_open(&world, 3, false);
	world.play_nodes[0].alarms_left = world.play_nodes[1].alarms_left = ETCD_ALARM_NOSPACE;
	CHECK_INT(play_alarms_left(&world.ctx), 0);
	world.play_nodes[2].left_out = true;
	CHECK_INT(play_alarms_left(&world.ctx), ETCD_ALARM_NOSPACE);
	fake_world_close(&world);
}

static int front_says_no(void *arg, uint64_t deadline, struct err *err)
{
	(void)arg;
	(void)deadline;
	return err_set(err, ERR_KUBE, "HTTP 503");
}

static void test_front(void)
{
	struct err err = ERR_INIT;

	fake_world_open(&world, 1, false);
	CHECK_INT(verb_find("wait-apiserver")->judge(&world.ctx, &err), 0);
	world.ctx.front_ready = front_says_no;
	CHECK_INT(verb_find("wait-apiserver")->judge(&world.ctx, &err), -1);
	CHECK_HAS(err.text, "the API at the kubeconfig's address");
	CHECK_HAS(err.hint, "load balancer");
	/* past a node that failed the controllers are started all the same */
	world.play_nodes[0].left_out = true;
	CHECK_INT(verb_find("wait-apiserver")->judge(&world.ctx, &err), 0);
	fake_world_close(&world);
}

/* A kubelet that was slow has started one again when data is to be moved: it is ended again. */
static void test_come_back(void)
{
	static const struct {
		const char *has, *out, *words;
	} signs[] = { { "pgrep -a -x etcd", "7 etcd --name=cp-1\n", "etcd still runs (process 7)" },
		      { "pgrep -a -x kube-apiserver", "8 kube-apiserver\n",
			"kube-apiserver still runs (process 8)" } };
	struct err err;

	for (size_t i = 0; i < 2; i++) {
		fake_world_open(&world, 1, false);
		play_to("stop-etcd");
		const struct fake_answer list[] = { { signs[i].has, 0, signs[i].out, ERR_INIT },
						    { .has = NULL } };
		answers(list);
		fails("swap-data", ERR_TIMEOUT, signs[i].words);
		answers(NULL);
		world.nodes[0].machine->api_pid = 77;
		CHECK_INT(call("swap-data", &err), 0);
		CHECK_INT(world.nodes[0].machine->api_pid, 0);
		world.nodes[0].machine->api_pid = 78;
		CHECK_INT(call("swap-data-back", &err), 0);
		CHECK_INT(world.nodes[0].machine->api_pid, 0);
		fake_world_close(&world);
	}
}

/* An etcd that was started between the two renames: its data is put aside, or the step says why it cannot be. */
static void test_stray(void)
{
	const struct fake_answer list[] = { { ".stray-", 1, NULL, ERR_INIT }, { .has = NULL } };
	struct err err;

	fake_world_open(&world, 1, false);
	play_to("stop-etcd");
	const char *root = world.nodes[0].root;
	scoped(mem) char *live = mem_printf("%s/var/lib/etcd/member", root);
	scoped(mem) char *folder = mem_printf("%s/var/lib/etcd/.before-" FAKE_RUN, root);
	scoped(mem) char *old = mem_printf("%s/member", folder);
	scoped(mem) char *stray = mem_printf("%s/var/lib/etcd/.stray-" FAKE_RUN "/1", root);
	fake_make_folders(folder);
	CHECK_INT(rename(live, old), 0);
	fake_make_folders(live);
	answers(list);
	CHECK(call("swap-data", &err));
	CHECK_INT(err.code, ERR_REMOTE);
	CHECK(!fake_exists(stray));
	answers(NULL);
	CHECK_INT(call("swap-data", &err), 0);
	CHECK(fake_exists(stray));
	fake_world_close(&world);
}

/* The step's end comes in the middle of a command: what was seen before is the reason. */
static void test_cut_short(void)
{
	const struct err late = { .code = ERR_TIMEOUT, .text = "kill: no answer in time" };
	const struct fake_answer list[] = { { "pgrep -a -x etcd", 0, "7 etcd --name=cp-1\n",
					      ERR_INIT },
					    { "kill -KILL", -1, NULL, late },
					    { .has = NULL } };
	const struct fake_answer lost[] = { { "pgrep -a -x etcd", -1, NULL, late },
					    { .has = NULL } };
	struct err err;

	fake_world_open(&world, 1, false);
	play_to("stop-apiserver");
	answers(list);
	CHECK(call("stop-etcd", &err));
	CHECK_INT(err.code, ERR_TIMEOUT);
	CHECK_HAS(err.text, "etcd still runs (process 7); then: kill: no answer in time");
	CHECK_HAS(err.hint, "ps -o state,wchan:30,args -p 7");
	answers(lost);
	CHECK(call("stop-etcd", &err));
	CHECK_STR(err.text, late.text);
	fake_world_close(&world);
}

/* Somebody has put a manifest back, or holds the database. */
static void test_not_moved(void)
{
	fake_world_open(&world, 1, false);
	play_to("stop-etcd");
	const struct fake_answer held[] = { { "flock", 1, NULL, ERR_INIT }, { .has = NULL } };
	answers(held);
	fails("swap-data", ERR_TIMEOUT, "holds the lock of the database");
	fails("stop-etcd", ERR_TIMEOUT, "holds the lock of the database");
	const struct fake_answer runs[] = {
		{ "pgrep -a -x etcd", 0, "7 etcd --name=cp-1\n", ERR_INIT }, { .has = NULL }
	};
	answers(runs);
	write_file("/etc/kubernetes/manifests/etcd.yaml", "kind: Pod\n");
	fails("swap-data", ERR_UNSAFE, "etcd has come back (7): not touching the data");
	const struct fake_answer odd[] = { runs[0],
					   { "manifests/etcd.yaml", 0, "what?\n", ERR_INIT },
					   { .has = NULL } };
	answers(odd);
	fails("swap-data", ERR_REMOTE, "what?");
	answers(NULL);
	fake_world_close(&world);
}

static void test_snapshot(void)
{
	bool missing = false;
	struct err err;

	fake_world_open(&world, 1, false);
	play_to("lock-nodes");
	CHECK_INT(snapshot_missing(&world.fleet_nodes[0], &world.ctx, deadline_in(LIMIT_MS),
				   &missing, &err),
		  0);
	CHECK(missing);
	const char *path = world.ctx.snapshot_path;
	world.ctx.snapshot_path = NULL;
	fails("put-snapshot", ERR_UNSAFE, "has not arrived there yet");
	world.ctx.snapshot_path = "/no/such/file";
	fails("put-snapshot", ERR_FILE, "/no/such/file");
	world.ctx.snapshot_path = path;
	CHECK_INT(call("put-snapshot", &err), 0);
	world.ctx.snapshot_path = NULL;
	CHECK_INT(call("put-snapshot", &err), 0);
	CHECK_INT(snapshot_missing(&world.fleet_nodes[0], &world.ctx, deadline_in(LIMIT_MS),
				   &missing, &err),
		  0);
	CHECK(!missing);
	fake_world_close(&world);
}

/* A run's lock, its parked manifests, its kept data: what others do not touch. */
static void test_others(void)
{
	struct err err;

	fake_world_open(&world, 1, false);
	play_to("stop-apiserver");
	/* another operator */
	struct play_ctx ours = world.ctx;
	memcpy(world.ctx.run, "20261122t080000-0b0b", sizeof("20261122t080000-0b0b"));
	fails("lock-nodes", ERR_UNSAFE, "another run holds the lock");
	CHECK_INT(call("lock-nodes", &err), -1);
	CHECK_HAS(err.text, "API server stopped");
	world.ctx.target = ours.run;
	fails("check-kept", ERR_UNSAFE, "has not ended: API server stopped");
	world.ctx.target = "20261120t000000-aaaa";
	fails("check-kept", ERR_UNSAFE, "no old data of run 20261120t000000-aaaa");
	world.ctx = ours;
	world.ctx.undoing = true;
	fails("unlock-nodes", ERR_UNSAFE, "kube-apiserver.yaml is still parked");
	fake_world_close(&world);
}

static void put_kept(const char *path)
{
	scoped(mem) char *whole = mem_printf("%s%s", world.nodes[0].root, path);

	fake_make_folders(whole);
}

/* All that clean removes is counted, 8 KiB a folder here; a rollback puts the old data back, and its WAL. */
static void test_kept_size(void)
{
	static const char target[] = "20260101t000000-aaaa";
	struct play_node *self = &world.play_nodes[0];
	struct err err;

	fake_world_open(&world, 1, true);
	world.ctx.target = target;
	world.ctx.leave_nothing = true;
	self->kept_bytes = self->kept_at = 1;
	CHECK_INT(call("check-kept", &err), 0);
	CHECK_INT(self->kept_bytes, 0);
	CHECK_INT(self->kept_at, 0);
	put_kept("/etc/kubernetes/etcd-backup/20260101t000000-aaaa");
	CHECK_INT(call("check-kept", &err), 0);
	CHECK_INT(self->kept_bytes, 8 << 10);
	CHECK_INT(self->kept_at, 0);
	put_kept("/var/lib/wal/.before-20260101t000000-aaaa");
	CHECK_INT(call("check-kept", &err), 0);
	CHECK_INT(self->kept_bytes, 16 << 10);
	CHECK_INT(self->kept_at, 1795257600);
	put_kept("/var/lib/etcd/.before-20260101t000000-aaaa/member");
	CHECK_INT(call("check-kept", &err), 0);
	CHECK_INT(self->kept_bytes, 24 << 10);
	world.ctx.leave_nothing = false;
	call("check-kept", &err); /* there are no ids in it */
	CHECK_INT(self->kept_bytes, 16 << 10);
	/* where the WAL is with the data it is not counted twice */
	world.ctx.leave_nothing = true;
	world.cluster.members[0].wal_dir = NULL;
	CHECK_INT(call("check-kept", &err), 0);
	CHECK_INT(self->kept_bytes, 16 << 10);
	fake_world_close(&world);
}

static void test_kept_of_two_clusters(void)
{
	struct err err = ERR_INIT;

	fake_world_open(&world, 2, false);
	world.play_nodes[0].want_cluster = 1;
	world.play_nodes[1].want_cluster = 2;
	CHECK_INT(verb_find("check-kept")->judge(&world.ctx, &err), -1);
	CHECK_HAS(err.text, "the old data on cp-1 is of cluster 1, on cp-2 of 2");
	world.play_nodes[1].want_cluster = 1;
	CHECK_INT(verb_find("check-kept")->judge(&world.ctx, &err), 0);
	fake_world_close(&world);
}

/* What a tool cannot do on one node is done on none. */
static void test_no_bump(void)
{
	fake_world_open(&world, 2, false);
	play_to("put-snapshot");
	world.play_nodes[1].tool_bumps = false;
	const struct fake_answer list[] = { { "--bump-revision", 1, NULL, ERR_INIT },
					    { .has = NULL } };
	answers(list); /* would fail */
	struct err err;
	CHECK_INT(call("build-member", &err), 0);
	answers(NULL);
	fake_world_close(&world);
}

/* What members say that are not those which were meant. */
static void test_cluster_check(void)
{
	const struct cluster_ids want = { .members = { 1, 2 }, .cluster = 9, .count = 2 };
	struct etcd_status status = { .member_id = 1, .cluster_id = 9, .leader = 2 };
	struct etcd_members members = { .count = 2, .list = { { .id = 2 }, { .id = 1 } } };
	struct err err = ERR_INIT;

	CHECK_INT(cluster_check_status(&want, 0, &status, true, &err), 0);
	CHECK_INT(cluster_check_status(&want, 1, &status, true, &err), -1);
	CHECK_INT(err.code, ERR_UNSAFE);
	status.leader = 0;
	CHECK_INT(cluster_check_status(&want, 0, &status, true, &err), -1);
	CHECK_HAS(err.text, "no leader yet");
	status.leader = 2;
	snprintf(status.errors, sizeof(status.errors), "alarm");
	CHECK_INT(cluster_check_status(&want, 0, &status, false, &err), 0);
	CHECK_INT(cluster_check_status(&want, 0, &status, true, &err), -1);
	CHECK_HAS(err.text, "etcd reports: alarm");

	CHECK_INT(cluster_check_members(&want, &members, &err), 0);
	members.list[1].learner = true;
	CHECK_INT(cluster_check_members(&want, &members, &err), -1);
	members.list[1] = (struct etcd_member){ .id = 7 };
	CHECK_INT(cluster_check_members(&want, &members, &err), -1);
	members.count = 1;
	CHECK_INT(cluster_check_members(&want, &members, &err), -1);
	CHECK_HAS(err.text, "1 members, expected 2");
}

TESTS(TEST(test_checks), TEST(test_quota), TEST(test_alarms_expected),
      TEST(test_alarms_only_listed), TEST(test_clear_full), TEST(test_alarm_of_old_data),
      TEST(test_clear_corrupt), TEST(test_auth), TEST(test_api), TEST(test_wal_in_data_dir),
      TEST(test_alarms_left), TEST(test_front), TEST(test_come_back), TEST(test_stray),
      TEST(test_cut_short), TEST(test_not_moved), TEST(test_snapshot), TEST(test_others),
      TEST(test_kept_size), TEST(test_kept_of_two_clusters), TEST(test_no_bump),
      TEST(test_cluster_check), TEST(test_no_client), TEST(test_waits_end), TEST(test_unreachable),
      TEST(test_no_annotation), TEST(test_ports), TEST(test_turns), TEST(test_selinux),
      TEST(test_made))
