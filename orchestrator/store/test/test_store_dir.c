/*
 * test_store_dir: a directory as a store: an object is whole or not there, and is never overwritten.
 */
#include "store/test/store_checks.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MANY = 8 };

static char dir[64];

static struct store *open_dir(const char *path, int cancel_fd)
{
	struct store_settings settings = { .cancel_fd = cancel_fd };
	struct err err = ERR_INIT;
	struct store *store = store_open(path, &settings, &err);

	if (!store)
		abort();
	return store;
}

static struct store *begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/test_store_dir.XXXXXX");
	if (!mkdtemp(dir))
		abort();
	return open_dir(dir, -1);
}

static void end(struct store *store)
{
	scoped(mem) char *command = mem_printf("rm -rf '%s'", dir);

	store_close(store);
	CHECK_INT(system(command), 0);
}

static void make_file(const char *name)
{
	scoped(mem) char *path = mem_printf("%s/%s", dir, name);
	scoped(fd) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
}

static void test_round_trip(void)
{
	struct store *store = begin();
	scoped(mem) char *path = mem_printf("%s/a.db", dir);
	struct err err = ERR_INIT;
	struct stat st;

	check_missing(store, "a.db");
	CHECK_INT(put_object(store, "a.db", 1000003, 4096, &err), 0);
	CHECK_INT(put_object(store, "empty", 0, 1, &err), 0);
	CHECK_STR(err.text, "");
	check_object(store, "a.db", 1000003);
	check_object(store, "empty", 0);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK_INT(files_in(dir), 2);
	check_list(store, "a", "a.db:1000003 ");
	check_list(store, "x", "");
	CHECK_INT(store_remove(store, "a.db", &err), 0);
	CHECK_INT(store_remove(store, "a.db", &err), 0);
	check_missing(store, "a.db");
	check_list(store, "", "empty:0 ");
	end(store);
}

/* The longest name there can be still has a part beside it. */
static void test_long_name(void)
{
	struct store *store = begin();
	char name[STORE_NAME_MAX + 1];
	struct err err = ERR_INIT;

	memset(name, 'n', STORE_NAME_MAX);
	name[STORE_NAME_MAX] = '\0';
	CHECK_INT(put_object(store, name, 10, 10, &err), 0);
	CHECK_STR(err.text, "");
	check_object(store, name, 10);
	end(store);
}

static void test_never_overwritten(void)
{
	struct store *store = begin();
	struct err err = ERR_INIT;

	CHECK_INT(put_object(store, "a", 100, 100, &err), 0);
	CHECK(!store_put(store, "a", &err));
	CHECK_INT(err.code, ERR_STORE);
	CHECK_HAS(err.text, "/a exists already");
	/* it comes while another is being written */
	struct store_put *put = store_put(store, "b", &err);
	CHECK(put != NULL);
	CHECK_INT(put_bytes(store_put_sink(put), 5, 50, 50, &err), 0);
	CHECK_INT(put_object(store, "b", 70, 70, &err), 0);
	CHECK_INT(sink_end(store_put_sink(put), &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_HAS(err.text, "exists already");
	store_put_free(put);
	check_object(store, "a", 100);
	check_object(store, "b", 70);
	CHECK_INT(files_in(dir), 2);
	end(store);
}

static int open_doc(void)
{
	scoped(mem) char *path = mem_printf("%s/doc", dir);

	return open(path, O_RDONLY | O_CLOEXEC);
}

static void test_replaced(void)
{
	struct store *store = begin();
	struct err err = ERR_INIT;

	CHECK_INT(put_doc(store, "the older one", &err), 0);
	scoped(fd) int older = open_doc();
	CHECK_INT(put_doc(store, "newer", &err), 0);
	CHECK_STR(err.text, "");
	scoped(fd) int newer = open_doc();
	check_reads(newer, "newer");
	check_reads(older, "the older one"); /* replaced, and not written over */
	CHECK_INT(files_in(dir), 1);
	/* what is no document is never overwritten */
	CHECK(!store_put(store, "doc", &err));
	CHECK_HAS(err.text, "exists already");
	scoped(mem) char *snapshot = mem_zalloc(STORE_DOCUMENT_MAX + 1);
	CHECK_INT(store_replace(store, "doc", snapshot, STORE_DOCUMENT_MAX + 1, &err), -1);
	CHECK_INT(err.code, ERR_BUG);
	CHECK_INT(store_replace(store, "../doc", "x", 1, &err), -1);
	CHECK_INT(err.code, ERR_USAGE);
	scoped(fd) int still = open_doc();
	check_reads(still, "newer");
	end(store);
}

/* What cannot be replaced stays as it was, and nothing is left beside it. */
static void test_not_replaced(void)
{
	struct store *store = begin();
	scoped(mem) char *path = mem_printf("%s/doc", dir);
	struct err err = ERR_INIT;
	int ends[2];

	CHECK_INT(pipe(ends), 0);
	struct store *cancelled = open_dir(dir, ends[0]);
	CHECK_INT(put_doc(store, "the older one", &err), 0);
	CHECK_INT(write(ends[1], "x", 1), 1);
	CHECK_INT(put_doc(cancelled, "newer", &err), -1);
	CHECK_INT(err.code, ERR_CANCELLED);
	scoped(fd) int older = open_doc();
	check_reads(older, "the older one");
	CHECK_INT(files_in(dir), 1);
	CHECK_INT(unlink(path) | mkdir(path, 0700), 0);
	CHECK_INT(put_doc(store, "newer", &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_HAS(err.text, "/doc: cannot make it: Is a directory");
	CHECK_INT(files_in(dir), 1);
	store_close(cancelled);
	close(ends[0]);
	close(ends[1]);
	end(store);
}

static void test_abort(void)
{
	struct store *store = begin();
	struct err err = ERR_INIT;
	struct store_put *put = store_put(store, "a", &err);

	CHECK(put != NULL);
	CHECK_INT(put_bytes(store_put_sink(put), 0, 5000, 1000, &err), 0);
	CHECK_INT(files_in(dir), 1);
	check_list(store, "", "");
	check_missing(store, "a");
	store_put_free(put);
	CHECK_INT(files_in(dir), 0);
	/* after its end there is nothing more to write */
	put = store_put(store, "a", &err);
	CHECK_INT(sink_end(store_put_sink(put), &err), 0);
	CHECK_INT(put_bytes(store_put_sink(put), 0, 1, 1, &err), -1);
	CHECK_INT(err.code, ERR_BUG);
	CHECK_INT(sink_end(store_put_sink(put), &err), -1);
	store_put_free(put);
	check_object(store, "a", 0);
	store_put_free(NULL);
	end(store);
}

/* What is no object: not listed, and not read. */
static void test_strangers(void)
{
	struct store *store = begin();
	scoped(mem) char *fifo = mem_printf("%s/fifo", dir);
	scoped(mem) char *folder = mem_printf("%s/folder", dir);
	scoped(mem) char *link = mem_printf("%s/dangling", dir);
	struct judge judge = judge_new();
	struct store_object object;
	struct err err = ERR_INIT;
	bool missing = true;

	make_file(".hidden");
	make_file(".a.part-0123");
	make_file("a.part");
	make_file("new\nline");
	CHECK_INT(mkfifo(fifo, 0600) | mkdir(folder, 0700) | symlink("nowhere", link), 0);
	check_list(store, "", "");
	CHECK_INT(store_get(store, "fifo", &judge.sink, &err), -1);
	CHECK_HAS(err.text, "is no regular file");
	CHECK_INT(store_get(store, "folder", &judge.sink, &err), -1);
	CHECK_INT(store_stat(store, "fifo", &object, &missing, &err), -1);
	CHECK(!missing);
	CHECK(!store_put(store, "dangling", &err));
	CHECK_HAS(err.text, "exists already");
	CHECK_INT(store_remove(store, "folder", &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	end(store);
}

static void test_directory(void)
{
	struct store *parent = begin();
	scoped(mem) char *one = mem_printf("file://%s/new%%20dir//", dir);
	scoped(mem) char *two = mem_printf("%s/no/such", dir);
	scoped(mem) char *made = mem_printf("%s/new dir", dir);
	struct store *store = open_dir(one, -1);
	struct err err = ERR_INIT;
	struct stat st;

	check_missing(store, "a");
	CHECK_INT(store_list(store, "", add_name, NULL, &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_HAS(err.text, "new dir: No such file");
	CHECK_INT(put_object(store, "a", 3, 3, &err), 0);
	CHECK_INT(stat(made, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0700);
	store_close(store);
	store = open_dir(two, -1);
	CHECK(!store_put(store, "a", &err));
	CHECK_INT(err.code, ERR_STORE);
	CHECK_HAS(err.text, "cannot make the directory");
	CHECK_HAS(err.hint, "parent directory");
	store_close(store);
	make_file("file");
	scoped(mem) char *three = mem_printf("%s/file", dir);
	store = open_dir(three, -1);
	CHECK(!store_put(store, "a", &err));
	CHECK_HAS(err.text, "Not a directory");
	store_close(store);
	end(parent);
}

static void test_full(void)
{
	struct store *store = begin();
	struct err err = ERR_INIT;

	if (geteuid() == 0 && !mount("tmpfs", dir, "tmpfs", 0, "size=1m")) {
		CHECK_INT(put_object(store, "small", 1000, 1000, &err), 0);
		CHECK_INT(put_object(store, "big", 8 * 1024 * 1024, 65536, &err), -1);
		CHECK_INT(err.code, ERR_STORE);
		CHECK_HAS(err.text, "/big: cannot write: No space left");
		CHECK_HAS(err.hint, "make room");
		CHECK_INT(files_in(dir), 1);
		check_object(store, "small", 1000);
		scoped(mem) char *text = mem_zalloc(STORE_DOCUMENT_MAX);
		CHECK_INT(store_replace(store, "small", text, STORE_DOCUMENT_MAX, &err), -1);
		CHECK_HAS(err.text, "/small: cannot write: No space left");
		CHECK_INT(files_in(dir), 1);
		check_object(store, "small", 1000);
		CHECK_INT(umount(dir), 0);
	} else {
		fprintf(stderr, "test_full: no tmpfs can be mounted here, nothing was tested\n");
	}
	end(store);
}

struct racer {
	pthread_t thread;
	struct store *store;
	int rc;
	struct err err;
};

static void *race(void *arg)
{
	struct racer *racer = arg;

	racer->rc = put_object(racer->store, "same", 200000, 1000, &racer->err);
	return NULL;
}

/* A file of that name, last written so many seconds ago. */
static void make_old(const char *name, time_t ago)
{
	scoped(mem) char *path = mem_printf("%s/%s", dir, name);
	struct timespec times[2] = { { .tv_sec = time(NULL) - ago }, { .tv_sec = 0 } };

	times[1] = times[0];
	make_file(name);
	CHECK_INT(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool is_there(const char *name)
{
	scoped(mem) char *path = mem_printf("%s/%s", dir, name);

	return access(path, F_OK) == 0;
}

/* What killed runs have left goes with the next put, and nothing else does. */
static void test_sweep(void)
{
	static const char *const kept[] = {
		".b.db.part-0123456789abcdef", /* too young: a run may be writing it */
		".a.db.part-0123456789abcde",  /* none of ours, by their names */
		".a.db.part-0123456789abcdeff",
		".a.db.part-0123456789ABCDEF",
		".part-0123456789abcdef",
		"a.db.part-0123456789abcdef",
		".a.db.part-0123456789abcdef.db",
		"..a.part-0123456789abcdef",
		".bashrc",
		"old.db",
	};
	struct store *store = begin();
	scoped(mem) char *link = mem_printf("%s/.l.part-0123456789abcdef", dir);
	struct err err = ERR_INIT;

	make_old(".a.db.part-0123456789abcdef", STORE_PART_OLD_S + 100);
	make_old(".prod-20260101T000000Z.json.part-00000000000000ff", 90 * STORE_PART_OLD_S);
	make_old(kept[0], STORE_PART_OLD_S - 100);
	for (size_t i = 1; i < sizeof(kept) / sizeof(kept[0]); i++)
		make_old(kept[i], 90 * STORE_PART_OLD_S);
	CHECK_INT(symlink("old.db", link), 0);
	/* reading removes nothing */
	check_list(store, "new", "");
	CHECK(is_there(".a.db.part-0123456789abcdef"));
	CHECK_INT(put_object(store, "new", 5, 5, &err), 0);
	CHECK_STR(err.text, "");
	CHECK(!is_there(".a.db.part-0123456789abcdef"));
	CHECK(!is_there(".prod-20260101T000000Z.json.part-00000000000000ff"));
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		CHECK(is_there(kept[i]));
		if (!is_there(kept[i]))
			fprintf(stderr, "%s is gone\n", kept[i]);
	}
	CHECK(is_there(".l.part-0123456789abcdef"));
	CHECK_INT(files_in(dir), sizeof(kept) / sizeof(kept[0]) + 2);
	end(store);
}

static void test_race(void)
{
	struct store *store = begin();
	struct racer racers[MANY];
	int won = 0;

	for (int i = 0; i < MANY; i++) {
		racers[i] = (struct racer){ .store = open_dir(dir, -1), .err = ERR_INIT };
		CHECK_INT(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	for (int i = 0; i < MANY; i++) {
		pthread_join(racers[i].thread, NULL);
		store_close(racers[i].store);
		won += racers[i].rc == 0;
		if (racers[i].rc)
			CHECK_HAS(racers[i].err.text, "exists already");
	}
	CHECK_INT(won, 1);
	check_object(store, "same", 200000);
	CHECK_INT(files_in(dir), 1);
	end(store);
}

static void test_cancel(void)
{
	struct store *first = begin();
	struct err err = ERR_INIT;
	int ends[2];

	CHECK_INT(pipe(ends), 0);
	struct store *store = open_dir(dir, ends[0]);
	CHECK_INT(put_object(store, "a", 3000, 1000, &err), 0);
	struct store_put *put = store_put(store, "b", &err);
	CHECK_INT(put_bytes(store_put_sink(put), 0, 1000, 1000, &err), 0);
	CHECK_INT(write(ends[1], "x", 1), 1);
	CHECK_INT(put_bytes(store_put_sink(put), 0, 1000, 1000, &err), -1);
	CHECK_INT(err.code, ERR_CANCELLED);
	store_put_free(put);
	struct judge judge = judge_new();
	CHECK_INT(store_get(store, "a", &judge.sink, &err), -1);
	CHECK_INT(err.code, ERR_CANCELLED);
	CHECK(!judge.ended);
	CHECK_INT(files_in(dir), 1);
	store_close(store);
	close(ends[0]);
	close(ends[1]);
	end(first);
}

/* A sink that fails, an `each` that stops: their own error comes back. */
static int stop_here(void *arg, const struct store_object *object, struct err *err)
{
	(void)arg;
	return err_set(err, ERR_CORRUPT, "stopped at %s", object->name);
}

static void test_sink_fails(void)
{
	struct store *store = begin();
	struct judge judge = judge_new();
	struct err err = ERR_INIT;

	CHECK_INT(put_object(store, "a", 3000000, 100000, &err), 0);
	judge.stop_at = 1000000;
	CHECK_INT(store_get(store, "a", &judge.sink, &err), -1);
	CHECK_STR(err.text, "the sink has had enough");
	CHECK(!judge.ended);
	CHECK_INT(store_list(store, "", stop_here, NULL, &err), -1);
	CHECK_STR(err.text, "stopped at a");
	end(store);
}

TESTS(TEST(test_round_trip), TEST(test_long_name), TEST(test_never_overwritten),
      TEST(test_replaced), TEST(test_not_replaced), TEST(test_abort), TEST(test_strangers),
      TEST(test_directory), TEST(test_full), TEST(test_sweep), TEST(test_race), TEST(test_cancel),
      TEST(test_sink_fails))
