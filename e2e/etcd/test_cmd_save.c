/*
 * test_cmd_save: `save` against three members of a real etcd; only the way to find them is ours.  Whatever goes wrong,
 * no file is left, and none that is there is touched.  Started by ./run.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "e2e/etcd/found.h"
#include "plugin/opts.h"
#include "snapshot/recipe.h"
#include "snapshot/snapshot_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEMBERS = 3, VALUES = 24 };

static struct lab lab;
static struct etcd *three[MEMBERS];
static char *initial, *file, *folder, *recipe, *output;
static bool with_pki;
static const char *encrypt_to;

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static void slurp(const char *path, struct buf *out)
{
	char chunk[4096];
	scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(out, chunk, (size_t)n);
}

/* The command with its standard output in a file; its exit status. */
static int save_with(const struct opts *flags, struct buf *out, struct err *err)
{
	struct opts opts = *flags;
	int old = dup(1), fd = open(output, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	*err = ERR_INIT;
	fflush(stdout);
	dup2(fd, 1);
	opts.program = "kubectl etcd-backup";
	int status = cmd_save(&opts, err);
	fflush(stdout);
	dup2(old, 1);
	close(old);
	close(fd);
	buf_clear(out);
	slurp(output, out);
	return status;
}

static struct opts usual(enum output kind)
{
	return (struct opts){ .command = "save",
			      .args = { file },
			      .arg_count = 1,
			      .request_timeout_ms = CALL_MS,
			      .output = kind,
			      .quiet = true,
			      .with_pki = with_pki,
			      .encrypt_to = { { encrypt_to }, encrypt_to != NULL } };
}

static int save(enum output kind, struct buf *out, struct err *err)
{
	struct opts opts = usual(kind);

	return save_with(&opts, out, err);
}

/* Bytes of what is being written; -1: nothing is. */
static off_t part_size(void)
{
	DIR *dir = opendir(folder);
	off_t size = -1;
	struct stat st;

	for (struct dirent *entry; dir && (entry = readdir(dir));)
		if (strstr(entry->d_name, ".part") && !fstatat(dirfd(dir), entry->d_name, &st, 0))
			size = st.st_size;
	closedir(dir);
	return size;
}

static void nothing_left(void)
{
	CHECK(!exists(file));
	CHECK_INT(part_size(), -1);
	CHECK(!exists(recipe));
	unlink(file);
	unlink(recipe);
}

static void test_start(void)
{
	static const char *const names[] = { "a", "b", "c" };

	lab_init(&lab);
	for (size_t i = 0; i < MEMBERS; i++)
		three[i] = lab_member(&lab, names[i], true);
	initial = lab_initial(three, MEMBERS);
	for (size_t i = 0; i < MEMBERS; i++)
		lab_start(&lab, three[i], initial, NULL);
	for (size_t i = 0; i < MEMBERS; i++)
		lab_wait(&lab, three[i], true);
	lab_fill(&lab, three[0], VALUES);
	found_lab.lab = &lab;
	found_lab.count = MEMBERS;
	memcpy(found_lab.members, three, sizeof(three));
	file = lab_path(&lab, "snapshot");
	folder = lab_path(&lab, ".");
	recipe = lab_path(&lab, "snapshot.json");
	output = lab_path(&lab, "output");
}

static void test_saved(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf out = BUF_INIT(RECIPE_MAX), text = BUF_INIT(RECIPE_MAX);
	scoped(snapshot_file) struct snapshot_file got = { .fd = -1 };
	struct recipe read = { 0 };
	struct err err;

	CHECK_INT(save(OUTPUT_TABLE, &out, &err), 0);
	CHECK_STR(err.text, "");
	CHECK(exists(file) && exists(recipe) && part_size() < 0);
	CHECK_HAS(buf_str(&out), "/snapshot saved: revision 25, ");
	CHECK_INT(snapshot_file_open(file, &got, &err), 0);
	CHECK_INT(got.facts.revision, VALUES + 1);
	slurp(recipe, &text);
	CHECK_INT(recipe_read(arena, buf_str(&text), text.len, &read, &err), 0);
	CHECK_STR(read.sha256, got.sha256);
	CHECK_INT(read.size, got.size);
	CHECK_INT(read.db_size, got.db_size);
	CHECK_INT(read.revision, VALUES + 1);
	CHECK_INT(read.cluster.count, MEMBERS);
	CHECK(read.cluster.id != 0 && read.cluster.ca_fingerprint && read.etcd_version);
	CHECK(now_unix() - read.taken_at < 60);
	CHECK(read.took_ms > 0 && read.took_ms < 60000);
	CHECK_STR(read.cluster_uid, NULL); /* no Kubernetes in it */
	struct member *from = cluster_by_name(&read.cluster, read.member ? read.member : "");
	CHECK(from != NULL);
	for (size_t i = 0; i < MEMBERS; i++) { /* a follower */
		struct etcd_status s = lab_wait(&lab, three[i], true);
		CHECK(strcmp(three[i]->name, read.member) != 0 || s.leader != s.member_id);
	}

	/* there now, and stays as it is */
	CHECK_INT(save(OUTPUT_TABLE, &out, &err), err_status(ERR_FILE));
	CHECK_INT(err.code, ERR_FILE);
	CHECK_HAS(err.text, "is there already");
	CHECK_INT(part_size(), -1);
	snapshot_file_close(&got);
	CHECK_INT(snapshot_file_open(file, &got, &err), 0);
	CHECK_STR(read.sha256, got.sha256);
	unlink(file);
	CHECK_INT(save(OUTPUT_TABLE, &out, &err), err_status(ERR_FILE));
	unlink(recipe);
	nothing_left();
}

/* The uid comes out of etcd: no API server is there to answer. */
static void test_uid(void)
{
	static const char namespace_[] = "{\"metadata\":{\"uid\":\"0b83b2c2-83f1-4e61\"}}";
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf out = BUF_INIT(RECIPE_MAX), said = BUF_INIT(RECIPE_MAX);
	struct recipe read;
	struct err err;

	CHECK_INT(lab_etcdctl(&lab, three[0],
			      argv("put", "/registry/namespaces/kube-system", namespace_), NULL,
			      &said),
		  0);
	CHECK_INT(save(OUTPUT_JSON, &out, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_INT(recipe_read(arena, buf_str(&out), out.len, &read, &err), 0);
	CHECK_STR(read.cluster_uid, "0b83b2c2-83f1-4e61");
	unlink(file);
	unlink(recipe);
	nothing_left();
}

/* This machine is no control-plane node: what is missing is told, and nothing is left. */
static void test_with_pki(void)
{
	scoped(buf) struct buf out = BUF_INIT(RECIPE_MAX);
	struct err err;

	with_pki = true;
	CHECK_INT(save(OUTPUT_TABLE, &out, &err), err_status(ERR_UNSAFE));
	CHECK_HAS(err.text, "--with-pki");
	CHECK_HAS(err.hint, "--encrypt-to");
	nothing_left();
	encrypt_to = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
	CHECK_INT(save(OUTPUT_TABLE, &out, &err), 1);
	CHECK_INT(err.code, ERR_REMOTE);
	CHECK_HAS(err.text, "cannot read the control plane's files: ");
	CHECK_HAS(err.text, "/etc/kubernetes");
	CHECK_INT(out.len, 0);
	nothing_left();
	with_pki = false;
	encrypt_to = NULL;
}

static void test_output(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf out = BUF_INIT(RECIPE_MAX);
	scoped(mem) char *line = mem_printf("%s\n", file);
	struct recipe read;
	struct err err;

	CHECK_INT(save(OUTPUT_NAME, &out, &err), 0);
	CHECK_STR(buf_str(&out), line);
	unlink(file);
	unlink(recipe);
	CHECK_INT(save(OUTPUT_JSON, &out, &err), 0);
	CHECK_INT(recipe_read(arena, buf_str(&out), out.len, &read, &err), 0);
	unlink(file);
	unlink(recipe);
	nothing_left();
}

/* Waits until the stream is on its way. */
static bool on_its_way(void)
{
	for (uint64_t deadline = deadline_in(10000); ms_until(deadline); usleep(1000))
		if (part_size() > 1024 * 1024)
			return true;
	fprintf(stderr, "the stream did not come\n");
	return false;
}

static void *interrupt(void *arg)
{
	if (on_its_way())
		kill(getpid(), *(const int *)arg);
	return NULL;
}

/* Somebody takes the recipe's name meanwhile. */
static void *take_name(void *arg)
{
	if (on_its_way())
		mkdir(arg, 0700);
	return NULL;
}

static void test_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM };
	scoped(buf) struct buf out = BUF_INIT(RECIPE_MAX);
	struct err err;

	found_lab.slow_us = 10000;
	for (size_t i = 0; i < 2; i++) {
		pthread_t thread;
		pthread_create(&thread, NULL, interrupt, (void *)(uintptr_t)&numbers[i]);
		CHECK_INT(save(OUTPUT_TABLE, &out, &err), 130);
		CHECK_INT(err.code, ERR_CANCELLED);
		CHECK_INT(out.len, 0);
		pthread_join(thread, NULL);
		nothing_left();
	}
	found_lab.slow_us = 0;
}

static void test_recipe_fails(void)
{
	scoped(buf) struct buf out = BUF_INIT(RECIPE_MAX);
	struct err err;
	pthread_t thread;

	found_lab.slow_us = 10000;
	pthread_create(&thread, NULL, take_name, recipe);
	CHECK_INT(save(OUTPUT_TABLE, &out, &err), err_status(ERR_STORE));
	pthread_join(thread, NULL);
	found_lab.slow_us = 0;
	CHECK_INT(err.code, ERR_STORE);
	CHECK_HAS(err.text, "removed");
	CHECK_INT(out.len, 0);
	CHECK_INT(rmdir(recipe), 0);
	nothing_left();
}

/* Somebody writes into it as soon as it has its name. */
static void *damage(void *arg)
{
	for (uint64_t deadline = deadline_in(10000); ms_until(deadline); usleep(50)) {
		scoped(fd) int fd = open(arg, O_WRONLY | O_CLOEXEC);
		if (fd >= 0 && pwrite(fd, "damage", 6, VALUES << 20) == 6)
			return NULL;
	}
	return NULL;
}

/* What was stored is read back, and what is not as it was sent is removed. */
static void test_read_back(void)
{
	scoped(buf) struct buf out = BUF_INIT(RECIPE_MAX);
	struct opts opts = usual(OUTPUT_TABLE);
	struct err err;
	pthread_t thread;

	pthread_create(&thread, NULL, damage, file);
	CHECK_INT(save(OUTPUT_TABLE, &out, &err), err_status(ERR_CORRUPT));
	pthread_join(thread, NULL);
	CHECK_INT(err.code, ERR_CORRUPT);
	CHECK_HAS(err.text, "read back");
	CHECK_INT(out.len, 0);
	nothing_left();

	opts.compare = CHOICE_TRUE;
	CHECK_INT(save_with(&opts, &out, &err), 0);
	unlink(file);
	unlink(recipe);
	opts.compare = CHOICE_FALSE;
	opts.output = OUTPUT_JSON;
	CHECK_INT(save_with(&opts, &out, &err), 0);
	CHECK(strstr(buf_str(&out), "hashKV") == NULL);
	unlink(file);
	unlink(recipe);
}

static void test_external(void)
{
	scoped(buf) struct buf out = BUF_INIT(RECIPE_MAX);
	struct err err;

	found_lab.external = "https://etcd.example:2379";
	CHECK_INT(save(OUTPUT_TABLE, &out, &err), err_status(ERR_UNSAFE));
	CHECK_INT(err.code, ERR_UNSAFE);
	CHECK_HAS(err.text, "https://etcd.example:2379");
	found_lab.external = NULL;
	nothing_left();
}

/* A full etcd is backed up: that is needed before anything is done about it. */
static void test_full(void)
{
	scoped(mem) char *large = lab_path(&lab, "large");
	scoped(buf) struct buf out = BUF_INIT(RECIPE_MAX);
	struct err err;

	for (size_t i = 0; i < MEMBERS; i++)
		lab_end(three[i], SIGTERM);
	for (size_t i = 0; i < MEMBERS; i++)
		lab_start(&lab, three[i], initial, "--quota-backend-bytes=1000000");
	for (size_t i = 0; i < MEMBERS; i++)
		lab_wait(&lab, three[i], true);
	CHECK(lab_etcdctl(&lab, three[0], argv("put", "k"), large, &out) != 0);
	CHECK_INT(save(OUTPUT_TABLE, &out, &err), 0);
	CHECK_STR(err.text, "");
	unlink(file);
	unlink(recipe);
	nothing_left();
}

/* One of three is left: it would still give a snapshot, if it were asked to. */
static void test_no_quorum(void)
{
	scoped(buf) struct buf out = BUF_INIT(RECIPE_MAX);
	struct err err;

	lab_end(three[0], SIGKILL);
	lab_end(three[2], SIGKILL);
	lab_wait(&lab, three[1], false);
	CHECK_INT(save(OUTPUT_TABLE, &out, &err), err_status(ERR_UNSAFE));
	CHECK_INT(err.code, ERR_UNSAFE);
	for (size_t i = 0; i < MEMBERS; i++)
		CHECK_HAS(err.text, three[i]->name);
	CHECK_HAS(err.text, "no leader");
	CHECK_HAS(err.hint, "--allow-degraded");
	nothing_left();

	struct opts opts = usual(OUTPUT_JSON);
	opts.allow_degraded = true;
	CHECK_INT(save_with(&opts, &out, &err), 0);
	CHECK_HAS(buf_str(&out), "\"degraded\": \"the member has no leader\"");
	CHECK_HAS(buf_str(&out), "\"member\": \"b\"");
	unlink(file);
	unlink(recipe);
}

static void test_end(void)
{
	lab_release(&lab);
	free(initial);
	free(file);
	free(folder);
	free(recipe);
	free(output);
}

TESTS(TEST(test_start), TEST(test_saved), TEST(test_uid), TEST(test_with_pki), TEST(test_output),
      TEST(test_signals), TEST(test_recipe_fails), TEST(test_read_back), TEST(test_external),
      TEST(test_full), TEST(test_no_quorum), TEST(test_end))
