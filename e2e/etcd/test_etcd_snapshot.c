/*
 * test_etcd_snapshot: the snapshot stream of a real etcd, into a file that is proved; and each way in which it may
 * end too early.  Every one of them must be an error.  Started by ./run.
 */
#include "base/json.h"
#include "base/mem.h"
#include "base/test/check.h"
#include "e2e/etcd/lab.h"
#include "e2e/etcd/tcp_node.h"
#include "etcd/bolt_stream.h"
#include "snapshot/snapshot_file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than what may wait in sockets and windows (curl's is 32 MiB): "mid-stream" is really in the middle. */
enum { VALUES = 56, MIDDLE = 2 * 1024 * 1024, STALL_MS = 1500 };

static struct lab lab;
static struct etcd *one;
static char *initial;

static void test_start(void)
{
	lab_init(&lab);
	one = lab_member(&lab, "one", true);
	initial = lab_initial(&one, 1);
	lab_start(&lab, one, initial, NULL);
	lab_wait(&lab, one, true);
	lab_fill(&lab, one, VALUES);
}

static uint64_t number_in(const struct buf *json, const char *key)
{
	scoped(arena) struct arena *arena = arena_new();
	struct err err = ERR_INIT;
	const struct tree *tree = json_parse(arena, buf_str(json), json->len, 65536, &err);
	const char *text = tree_string(tree, key);
	uint64_t value = 0;

	CHECK(text && !parse_uint(text, UINT64_MAX, &value));
	return value;
}

static int write_on(void *arg, const void *data, size_t len, struct err *err)
{
	return write(*(const int *)arg, data, len) == (ssize_t)len
		       ? 0
		       : err_errno(err, ERR_FILE, "write");
}

static int take_into(struct etcd_client *client, const char *path, struct etcd_snapshot *snapshot,
		     struct err *err)
{
	scoped(fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return etcd_snapshot(client, true, deadline_in(60000), STALL_MS, write_on, &fd, snapshot,
			     err);
}

/* Into a file, which etcd's own tool reads as we do. */
static void test_save(void)
{
	scoped(etcd_client) struct etcd_client *client = lab_client(&lab, one);
	scoped(mem) char *path = lab_path(&lab, "snapshot.db");
	scoped(buf) struct buf status = BUF_INIT(65536);
	scoped(snapshot_file) struct snapshot_file file = { .fd = -1 };
	struct etcd_snapshot snapshot = { 0 };
	struct err err = ERR_INIT;
	uint64_t revision = 0;

	CHECK_INT(etcd_linearizable_revision(client, deadline_in(CALL_MS), &revision, &err), 0);
	CHECK_INT(take_into(client, path, &snapshot, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_INT(snapshot_file_open(path, &file, &err), 0);
	CHECK_INT(file.db_size, snapshot.size);
	CHECK_INT(file.facts.revision, revision);
	CHECK_INT(lab_snapshot_status(&lab, path, &status), 0);
	CHECK_INT(number_in(&status, "revision"), file.facts.revision);
	CHECK_INT(number_in(&status, "totalSize"), snapshot.size);
	printf("%.1f MB, revision %llu\n", (double)snapshot.size / 1e6,
	       (unsigned long long)file.facts.revision);
}

static int stream_on(void *arg, const void *data, size_t len, struct err *err)
{
	(void)err;
	bolt_stream_add(arg, data, len);
	return 0;
}

/* The revision is seen while the snapshot goes by; a newer one than it has is refused. */
static void test_stream(void)
{
	scoped(etcd_client) struct etcd_client *client = lab_client(&lab, one);
	scoped(bolt_stream) struct bolt_stream *stream = bolt_stream_new(VALUES + 1);
	scoped(bolt_stream) struct bolt_stream *later = bolt_stream_new(VALUES + 2);
	struct etcd_snapshot snapshot = { 0 };
	struct err err = ERR_INIT;
	uint64_t revision = 0;

	CHECK_INT(etcd_snapshot(client, true, deadline_in(60000), STALL_MS, stream_on, stream,
				&snapshot, &err),
		  0);
	CHECK_INT(bolt_stream_revision(stream, snapshot.size, &revision, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_INT(revision, VALUES + 1);
	CHECK_INT(etcd_snapshot(client, true, deadline_in(60000), STALL_MS, stream_on, later,
				&snapshot, &err),
		  0);
	CHECK_INT(bolt_stream_revision(later, snapshot.size, &revision, &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
}

/* Compaction: the file tells it, too. */
static void test_compacted(void)
{
	scoped(etcd_client) struct etcd_client *client = lab_client(&lab, one);
	scoped(mem) char *path = lab_path(&lab, "compacted.db");
	scoped(buf) struct buf out = BUF_INIT(65536);
	scoped(snapshot_file) struct snapshot_file file = { .fd = -1 };
	struct etcd_snapshot snapshot;
	struct etcd_hash hash = { 0 };
	struct err err = ERR_INIT;

	CHECK_INT(lab_etcdctl(&lab, one, argv("compact", "--physical", "5"), NULL, &out), 0);
	CHECK_INT(take_into(client, path, &snapshot, &err), 0);
	CHECK_INT(snapshot_file_open(path, &file, &err), 0);
	CHECK_INT(file.facts.compact_revision, 5);
	CHECK_INT(etcd_hashkv(client, 0, deadline_in(CALL_MS), &hash, &err), 0);
	CHECK_INT(hash.compact_revision, 5);
}

enum trouble { NONE, TERM, KILL, STOP, FAIL, CANCEL };

struct taker {
	enum trouble trouble;
	bool done;
	size_t got;
	int cancel; /* written to */
};

/* In the middle the trouble; from then on slowly, so that the rest has time not to come. */
static int take(void *arg, const void *data, size_t len, struct err *err)
{
	struct taker *t = arg;

	(void)data;
	t->got += len;
	if (t->got < MIDDLE || t->done)
		return 0;
	t->done = true;
	switch (t->trouble) {
	case TERM:
		kill(one->pid, SIGTERM);
		usleep(1500000);
		break;
	case KILL:
		kill(one->pid, SIGKILL);
		break;
	case STOP:
		kill(one->pid, SIGSTOP);
		break;
	case FAIL:
		return err_set(err, ERR_FILE, "the disk is full");
	case CANCEL:
		CHECK_INT(write(t->cancel, "x", 1), 1);
		break;
	case NONE:
		break;
	}
	return 0;
}

static void ended(enum trouble trouble, uint64_t deadline_ms, struct err *err)
{
	scoped(etcd_client) struct etcd_client *client = lab_client(&lab, one);
	struct taker taker = { .trouble = trouble };
	struct etcd_snapshot snapshot = { .size = 7 };
	uint64_t start = now_ms();
	int ends[2];

	CHECK_INT(pipe(ends), 0);
	taker.cancel = ends[1];
	lab.node.cancel_fd = trouble == CANCEL ? ends[0] : -1;
	*err = ERR_INIT;
	CHECK_INT(etcd_snapshot(client, true, deadline_in(deadline_ms), STALL_MS, take, &taker,
				&snapshot, err),
		  -1);
	lab.node.cancel_fd = -1;
	CHECK(taker.got < (size_t)VALUES << 20);
	CHECK_INT(snapshot.size, 7); /* untouched */
	CHECK(!tcp_node_busy(&lab.node));
	CHECK(now_ms() - start < 10000);
	close(ends[0]);
	close(ends[1]);
}

static void restart(void)
{
	lab_end(one, SIGKILL);
	lab_start(&lab, one, initial, NULL);
	lab_wait(&lab, one, true);
}

/* etcd ends its stream with HTTP 200 and nothing more. */
static void test_sigterm(void)
{
	struct err err;

	ended(TERM, 30000, &err);
	CHECK_INT(err.code, ERR_ETCD);
	CHECK_HAS(err.text, "Maintenance/Snapshot: ");
	printf("SIGTERM: %s\n", err.text);
	restart();
}

static void test_sigkill(void)
{
	struct err err;

	ended(KILL, 30000, &err);
	CHECK_INT(err.code, ERR_ETCD);
	printf("SIGKILL: %s\n", err.text);
	restart();
}

static void test_stall(void)
{
	struct err err;

	ended(STOP, 30000, &err);
	CHECK_INT(err.code, ERR_TIMEOUT);
	CHECK_HAS(err.text, "nothing came");
	kill(one->pid, SIGCONT);
	lab_wait(&lab, one, true);
}

static void test_deadline(void)
{
	struct err err;

	ended(STOP, 700, &err);
	CHECK_INT(err.code, ERR_TIMEOUT);
	CHECK_HAS(err.text, "no answer in time");
	kill(one->pid, SIGCONT);
	lab_wait(&lab, one, true);
}

static void test_fail(void)
{
	struct err err;

	ended(FAIL, 30000, &err);
	CHECK_INT(err.code, ERR_FILE);
	CHECK_HAS(err.text, "the disk is full");
}

static void test_cancel(void)
{
	struct err err;

	ended(CANCEL, 30000, &err);
	CHECK_INT(err.code, ERR_CANCELLED);
}

static void test_end(void)
{
	lab_release(&lab);
	free(initial);
}

TESTS(TEST(test_start), TEST(test_save), TEST(test_stream), TEST(test_compacted), TEST(test_fail),
      TEST(test_cancel), TEST(test_stall), TEST(test_deadline), TEST(test_sigterm),
      TEST(test_sigkill), TEST(test_end))
