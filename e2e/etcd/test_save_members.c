/*
 * test_save_members: which members of a real etcd a snapshot is taken from: each of them at once, learners, members with
 * an alarm or with other data; and --prune behind it.  Started by ./run.
 */
#include "base/json.h"
#include "base/mem.h"
#include "base/test/check.h"
#include "e2e/etcd/found.h"
#include "etcd/etcd_db.h"
#include "etcd/grpc.h"
#include "etcd/proto.h"
#include "plugin/opts.h"
#include "snapshot/recipe.h"
#include "snapshot/snapshot_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEMBERS = 3, VALUES = 6 };

static struct lab lab;
static struct etcd *four[MEMBERS + 1]; /* the last one becomes a learner */
static char *initial, *store, *output;

static void slurp(const char *path, struct buf *out)
{
	char chunk[4096];
	scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	buf_clear(out);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(out, chunk, (size_t)n);
}

/* `save` into the store, with its standard output in a file; its exit status. */
static int save(const struct opts *flags, struct buf *out, struct err *err)
{
	struct opts opts = *flags;
	int old = dup(1), fd = open(output, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	opts.command = "save";
	opts.program = "kubectl etcd-backup";
	opts.to = opts.arg_count ? NULL : store;
	opts.quiet = true;
	*err = ERR_INIT;
	fflush(stdout);
	dup2(fd, 1);
	int status = cmd_save(&opts, err);
	fflush(stdout);
	dup2(old, 1);
	close(old);
	close(fd);
	slurp(output, out);
	return status;
}

/* How many files of the store have such a name; with `remove` they go. */
static size_t files(const char *ending, bool remove)
{
	DIR *dir = opendir(store);
	size_t found = 0, len = strlen(ending);

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		size_t size = strlen(entry->d_name);
		if (entry->d_name[0] == '.' && size <= 2)
			continue;
		if (size < len || strcmp(entry->d_name + size - len, ending) != 0)
			continue;
		found++;
		if (remove)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
	return found;
}

/* The recipes that are there, each beside its object, and nothing else. */
static void check_files(size_t want)
{
	CHECK_INT(files(".json", false), want);
	CHECK_INT(files(".db.zst", false), want);
	CHECK_INT(files("", false), 2 * want);
}

static void wait_second(void)
{
	for (uint64_t now = now_unix(); now_unix() == now; usleep(20000))
		;
}

/* Until a read that needs the quorum succeeds there: a leader that has just died is still named for a second. */
static void wait_quorum(struct etcd *at)
{
	scoped(etcd_client) struct etcd_client *client = lab_client(&lab, at);
	uint64_t revision, deadline = deadline_in(CALL_MS);
	int failed = -1;

	while (failed && ms_until(deadline)) {
		struct err err = ERR_INIT;
		failed = etcd_linearizable_revision(client, deadline_in(1000), &revision, &err);
	}
	CHECK_INT(failed, 0);
}

static int pass_over(void *arg, const void *data, size_t len, struct err *err)
{
	(void)arg;
	(void)data;
	(void)len;
	(void)err;
	return 0;
}

/* An alarm CORRUPT (2) of a member is set (1) or taken away (2). */
static void set_alarm(const struct etcd *at, uint64_t action, uint64_t member)
{
	scoped(etcd_client) struct etcd_client *client = lab_client(&lab, at);
	scoped(buf) struct buf message = BUF_INIT(64);
	struct grpc_call call = { .method = "/etcdserverpb.Maintenance/Alarm",
				  .message = &message,
				  .on_message = pass_over,
				  .deadline = deadline_in(CALL_MS) };
	struct err err = ERR_INIT;

	proto_add_varint(&message, 1, action);
	proto_add_varint(&message, 2, member);
	proto_add_varint(&message, 3, 2);
	CHECK_INT(grpc_do(client, &call, &err), 0);
	CHECK_STR(err.text, "");
}

static void test_start(void)
{
	static const char *const names[] = { "a", "b", "c", "d" };

	lab_init(&lab);
	for (size_t i = 0; i <= MEMBERS; i++)
		four[i] = lab_member(&lab, names[i], true);
	initial = lab_initial(four, MEMBERS);
	for (size_t i = 0; i < MEMBERS; i++)
		lab_start(&lab, four[i], initial, NULL);
	for (size_t i = 0; i < MEMBERS; i++)
		lab_wait(&lab, four[i], true);
	lab_fill(&lab, four[0], VALUES);
	found_lab = (struct found_lab){ .lab = &lab, .count = MEMBERS };
	memcpy(found_lab.members, four, sizeof(four));
	store = lab_path(&lab, "store");
	output = lab_path(&lab, "output");
	CHECK_INT(mkdir(store, 0700), 0);
}

static void test_all(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf out = BUF_INIT(4 * RECIPE_MAX);
	struct opts opts = { .all_members = true, .compare = CHOICE_TRUE, .output = OUTPUT_JSON };
	const char *set = NULL, *at = NULL;
	struct err err;
	size_t i = 0;

	CHECK_INT(save(&opts, &out, &err), 0);
	CHECK_STR(err.text, "");
	check_files(MEMBERS);
	const struct tree *top =
		json_parse(arena, buf_str(&out), out.len, 4 * (size_t)RECIPE_MAX, &err);
	CHECK_STR(tree_string(top, "kind"), "SnapshotRecipeList");
	const struct tree *items = tree_get(top, "items");
	CHECK_INT(items ? tree_count(items) : 0, MEMBERS);
	for (const struct tree *one = items ? items->first : NULL; one; one = one->next, i++) {
		const struct tree *snapshot = tree_get(one, "snapshot");
		const char *name = tree_string(tree_get(one, "stored"), "name");
		char ending[32];
		snprintf(ending, sizeof(ending), "-%s.db.zst", four[i]->name);
		CHECK_STR(tree_string(snapshot, "member"), four[i]->name);
		CHECK_HAS(name ? name : "", ending);
		CHECK_INT(strlen(tree_string(snapshot, "hashKV")), 8);
		CHECK(!tree_get(snapshot, "degraded"));
		if (!set)
			set = tree_string(snapshot, "set"), at = tree_string(snapshot, "takenAt");
		CHECK_STR(tree_string(snapshot, "set"), set);
		CHECK_STR(tree_string(snapshot, "takenAt"), at);
	}
	CHECK_INT(set ? strlen(set) : 0, 16);
	files("", true);

	opts.output = OUTPUT_NAME;
	CHECK_INT(save(&opts, &out, &err), 0);
	size_t lines = 0;
	for (const char *end = buf_str(&out); (end = strchr(end, '\n')); end++)
		lines++;
	CHECK_INT(lines, MEMBERS);
	files("", true);
}

static void test_usage(void)
{
	static const struct {
		struct opts opts;
		const char *words;
	} cases[] = {
		{ { .all_members = true, .args = { "/x" }, .arg_count = 1 }, "FILE is one" },
		{ { .all_members = true, .member = "a" }, "which?" },
		{ { .prune = true }, "no rule says" },
		{ { .prune = true, .keep_last = "x" }, "--keep-last" },
		{ { .prune = true, .keep_last = "1", .args = { "/x" }, .arg_count = 1 }, "--to" },
		{ { .keep_last = "1" }, "--prune" },
		{ { .force = true }, "--force is for --prune" },
		{ { .member = "nobody" }, "no member is called nobody" },
	};
	scoped(buf) struct buf out = BUF_INIT(RECIPE_MAX);
	struct err err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_INT(save(&cases[i].opts, &out, &err), err_status(ERR_USAGE));
		CHECK_HAS(err.text, cases[i].words);
		CHECK_INT(out.len, 0);
	}
	check_files(0);
}

/* A set counts once, stays and goes as one. */
static void test_prune(void)
{
	scoped(buf) struct buf out = BUF_INIT(RECIPE_MAX);
	struct opts opts = { .all_members = true };
	struct err err;

	for (size_t i = 0; i < 2; i++) {
		CHECK_INT(save(&opts, &out, &err), 0);
		wait_second();
	}
	check_files(2 * MEMBERS);
	opts.prune = true;
	opts.keep_last = "2";
	CHECK_INT(save(&opts, &out, &err), 0);
	CHECK_STR(err.text, "");
	check_files(2 * MEMBERS);
	wait_second();
	opts.all_members = false;
	opts.keep_last = "1";
	opts.output = OUTPUT_NAME;
	CHECK_INT(save(&opts, &out, &err), 0);
	check_files(1);
	files("", true);
}

/* No room to unpack it: it is kept, and the command fails, and prunes nothing. */
static void test_unread(void)
{
	scoped(buf) struct buf out = BUF_INIT(RECIPE_MAX);
	struct opts opts = { .prune = true, .keep_last = "1" };
	struct rlimit usual, tight;
	struct err err;

	CHECK_INT(save(&opts, &out, &err), 0);
	check_files(1);
	wait_second();
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &usual);
	tight = (struct rlimit){ 4 << 20, usual.rlim_max };
	setrlimit(RLIMIT_FSIZE, &tight);
	CHECK_INT(save(&opts, &out, &err), err_status(ERR_FILE));
	setrlimit(RLIMIT_FSIZE, &usual);
	CHECK_HAS(err.text, "read back from where it was stored");
	CHECK_HAS(err.hint, "it is kept");
	CHECK_HAS(buf_str(&out), " saved: revision");
	check_files(2);
	files("", true);
}

/* As if the member had told that one. */
static void say_hash(const char *path, const struct etcd_hash *hash)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf text = BUF_INIT(RECIPE_MAX);
	struct recipe recipe = { .taken_at = 0 };
	struct err err = ERR_INIT;
	char digits[9];

	slurp(path, &text);
	CHECK_INT(recipe_read(arena, buf_str(&text), text.len, &recipe, &err), 0);
	snprintf(digits, sizeof(digits), "%08x", (unsigned)hash->hash);
	recipe.hashkv = digits;
	recipe.compact_revision = hash->compact_revision;
	buf_clear(&text);
	CHECK_INT(recipe_write(&recipe, &text, &err), 0);
	scoped(fd) int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	CHECK(write(fd, text.data, text.len) == (ssize_t)text.len);
}

static int verify(const char *file, struct err *err)
{
	struct opts opts = {
		.args = { file }, .arg_count = 1, .quiet = true, .output = OUTPUT_NAME
	};

	*err = ERR_INIT;
	return cmd_verify(&opts, err);
}

/* A member that compacts between its snapshot and its HashKV is told from one that differs. */
static void test_compacted_since(void)
{
	scoped(mem) char *file = lab_path(&lab, "plain");
	scoped(mem) char *recipe = lab_path(&lab, "plain.json");
	scoped(buf) struct buf out = BUF_INIT(RECIPE_MAX);
	scoped(snapshot_file) struct snapshot_file got = { .fd = -1 };
	scoped(bolt_map) struct bolt_map map = { 0 };
	scoped(etcd_db) struct etcd_db db = { 0 };
	scoped(etcd_client) struct etcd_client *client = lab_client(&lab, four[0]);
	struct opts opts = { .args = { file }, .arg_count = 1, .member = "a" };
	struct etcd_hash then, now, computed;
	struct etcd_db_facts facts;
	char at[24];
	struct err err;

	for (size_t i = 0; i < 4; i++) {
		lab_etcdctl(&lab, four[0], argv("put", "x", "1"), NULL, &out);
		lab_etcdctl(&lab, four[0], argv("put", "y", "1"), NULL, &out);
		lab_etcdctl(&lab, four[0], argv("del", "y"), NULL, &out);
	}
	CHECK_INT(save(&opts, &out, &err), 0);
	CHECK_INT(snapshot_file_open(file, &got, &err), 0);
	CHECK_INT(bolt_map_open(got.fd, got.db_size, &map, &err), 0);
	CHECK_INT(etcd_db_read(&map, &db, &facts, &err), 0);
	CHECK_INT(etcd_hashkv(client, facts.revision, deadline_in(CALL_MS), &then, &err), 0);
	snprintf(at, sizeof(at), "%llu", (unsigned long long)facts.revision - 1);
	CHECK_INT(lab_etcdctl(&lab, four[0], argv("compact", at, "--physical"), NULL, &out), 0);
	CHECK_INT(etcd_hashkv(client, facts.revision, deadline_in(CALL_MS), &now, &err), 0);
	CHECK(then.hash != now.hash && then.compact_revision < now.compact_revision);
	CHECK_INT(etcd_db_hashkv(&db, 0, &computed, &err), 0);
	CHECK_INT(computed.hash, then.hash);
	db.compact_revision = now.compact_revision;
	CHECK_INT(etcd_db_hashkv(&db, 0, &computed, &err), 0);
	CHECK_INT(computed.hash, now.hash);
	say_hash(recipe, &now);
	CHECK_INT(verify(file, &err), 0);
	now.hash ^= 1;
	say_hash(recipe, &now);
	CHECK_INT(verify(file, &err), err_status(ERR_CORRUPT));
	CHECK_HAS(err.text, "HashKV is ");
	unlink(file);
	unlink(recipe);
}

static void *kill_last(void *arg)
{
	(void)arg;
	for (uint64_t deadline = deadline_in(10000); ms_until(deadline); usleep(1000)) {
		DIR *dir = opendir(store);
		struct stat st;
		bool coming = false;
		for (struct dirent *entry; dir && (entry = readdir(dir));)
			coming |= strstr(entry->d_name, "-c.db.zst.part") &&
				  !fstatat(dirfd(dir), entry->d_name, &st, 0) &&
				  st.st_size > 1 << 20;
		closedir(dir);
		if (coming)
			break;
	}
	lab_end(four[MEMBERS - 1], SIGKILL);
	return NULL;
}

/* What is whole stays, and the command fails: when one dies on the way, and when it does not answer at all. */
static void test_one_fails(void)
{
	scoped(buf) struct buf out = BUF_INIT(RECIPE_MAX);
	struct opts opts = { .all_members = true, .prune = true, .keep_last = "1" };
	struct err err;
	pthread_t thread;

	found_lab.slow_us = 10000;
	pthread_create(&thread, NULL, kill_last, NULL);
	CHECK(save(&opts, &out, &err) != 0);
	pthread_join(thread, NULL);
	found_lab.slow_us = 0;
	CHECK_HAS(err.text, "2 of 3 members have a snapshot: c: ");
	CHECK_HAS(buf_str(&out), "-a saved: revision");
	CHECK_HAS(buf_str(&out), "-b saved: revision");
	CHECK(strstr(buf_str(&out), "-c saved") == NULL);
	check_files(2);
	wait_second();
	wait_quorum(four[0]); /* they may have to elect another leader */
	wait_quorum(four[1]);

	CHECK_INT(save(&opts, &out, &err), err_status(ERR_UNSAFE));
	CHECK_HAS(err.text, "2 of 3 members have a snapshot: c: does not answer");
	check_files(4); /* nothing was pruned */
	files("", true);
	lab_start(&lab, four[2], initial, NULL);
	lab_wait(&lab, four[2], true);
}

static void test_corrupt(void)
{
	scoped(buf) struct buf out = BUF_INIT(RECIPE_MAX);
	struct opts opts = { .member = "a", .output = OUTPUT_JSON };
	struct etcd_status a = lab_wait(&lab, four[0], true);
	struct err err;

	set_alarm(four[1], 1, a.member_id);
	CHECK_INT(save(&opts, &out, &err), err_status(ERR_UNSAFE));
	CHECK_HAS(err.text, "a: has an alarm CORRUPT");
	CHECK_HAS(err.hint, "--allow-degraded");
	check_files(0);
	opts.allow_degraded = true;
	CHECK_INT(save(&opts, &out, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_HAS(buf_str(&out), "\"degraded\": \"the member has an alarm CORRUPT");
	files("", true);

	/* the alarm is not the others' */
	opts = (struct opts){ .output = OUTPUT_JSON, .allow_degraded = true };
	CHECK_INT(save(&opts, &out, &err), 0);
	CHECK(strstr(buf_str(&out), "\"degraded\"") == NULL);
	CHECK(strstr(buf_str(&out), "\"member\": \"a\"") == NULL);
	files("", true);
	set_alarm(four[1], 2, a.member_id);
}

static void add_learner(void)
{
	scoped(buf) struct buf out = BUF_INIT(65536);
	scoped(mem) char *all = mem_printf("%s,%s=%s", initial, four[3]->name, four[3]->peer);
	scoped(mem) char *url = mem_printf("--peer-urls=%s", four[3]->peer);
	const char *const *add = argv("member", "add", four[3]->name, "--learner", url);
	uint64_t deadline = deadline_in(30000);

	/* refused until the members have been connected for a while */
	while (lab_etcdctl(&lab, four[0], add, NULL, &out) && ms_until(deadline))
		usleep(200000);
	lab_start(&lab, four[3], all, "--initial-cluster-state=existing");
	while (lab_wait(&lab, four[3], true).revision <= VALUES && ms_until(deadline))
		usleep(50000);
	CHECK(ms_until(deadline) > 0);
}

static void test_learner(void)
{
	scoped(buf) struct buf out = BUF_INIT(RECIPE_MAX);
	struct opts opts = { .member = "d" };
	struct err err;

	add_learner();
	found_lab.count = MEMBERS + 1;
	CHECK_INT(save(&opts, &out, &err), err_status(ERR_UNSAFE));
	CHECK_HAS(err.text, "d: is a learner");
	opts.member = NULL;
	CHECK_INT(save(&opts, &out, &err), 0);
	CHECK(strstr(buf_str(&out), "from d") == NULL);
	files("", true);
	opts.all_members = true;
	CHECK_INT(save(&opts, &out, &err), err_status(ERR_UNSAFE));
	CHECK_HAS(err.text, "3 of 4 members have a snapshot: d: is a learner");
	check_files(MEMBERS);
	files("", true);

	opts = (struct opts){
		.member = "d", .allow_degraded = true, .prune = true, .keep_last = "1"
	};
	int status = save(&opts, &out, &err);
	if (status && strstr(err.text, "learner")) {
		fprintf(stderr, "this etcd's learners give no snapshot: %s\n", err.text);
	} else {
		CHECK_INT(status, 0);
		CHECK_STR(err.text, "");
		CHECK_HAS(buf_str(&out), "from d; DEGRADED: the member is a learner\n");
		check_files(1);
	}
	files("", true);
	lab_end(four[3], SIGKILL);
	found_lab.count = MEMBERS;
}

/* One byte of a value becomes another in the file of a member. */
static void falsify(struct etcd *etcd)
{
	scoped(mem) char *large = lab_path(&lab, "large");
	scoped(mem) char *path = mem_printf("%s/member/snap/db", etcd->dir);
	scoped(fd) int from = open(large, O_RDONLY | O_CLOEXEC);
	scoped(fd) int fd = open(path, O_RDWR | O_CLOEXEC);
	char value[64], page[4096];

	CHECK(read(from, value, sizeof(value)) == sizeof(value));
	for (off_t at = 0; pread(fd, page, sizeof(page), at) == sizeof(page); at += 4096) {
		const char *found = memmem(page, sizeof(page), value, sizeof(value));
		if (found)
			CHECK(pwrite(fd, "?", 1, at + (found - page) + 10) == 1);
	}
}

static void test_differ(void)
{
	scoped(buf) struct buf out = BUF_INIT(RECIPE_MAX);
	struct opts opts = { .quiet = true };
	struct err err;

	lab_end(four[1], SIGTERM);
	falsify(four[1]);
	lab_start(&lab, four[1], initial, NULL);
	lab_wait(&lab, four[1], true);
	CHECK_INT(save(&opts, &out, &err), err_status(ERR_CORRUPT));
	CHECK_HAS(err.text, "a and b differ at revision");
	CHECK_HAS(err.hint, "--compare=false");
	opts.all_members = true;
	CHECK_INT(save(&opts, &out, &err), err_status(ERR_CORRUPT));
	CHECK_INT(out.len, 0);
	check_files(0);
	opts.compare = CHOICE_FALSE;
	CHECK_INT(save(&opts, &out, &err), 0);
	check_files(MEMBERS);
	files("", true);
}

static void test_end(void)
{
	lab_release(&lab);
	free(initial);
	free(store);
	free(output);
}

TESTS(TEST(test_start), TEST(test_all), TEST(test_usage), TEST(test_prune), TEST(test_unread),
      TEST(test_compacted_since), TEST(test_one_fails), TEST(test_corrupt), TEST(test_learner),
      TEST(test_differ), TEST(test_end))
