/*
 * test_snapshot_file: files that are proved and files that are not; a new one is whole or not there at all.
 */
#include "base/digest.h"
#include "base/test/check.h"
#include "etcd/test/make_bolt.h"
#include "snapshot/snapshot_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

static char dir[64];

static const char *path_of(const char *name)
{
	static char path[2][128];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

static bool exists(const char *name)
{
	struct stat st;

	return lstat(path_of(name), &st) == 0;
}

static void write_file(const char *name, const void *data, size_t len)
{
	scoped(fd) int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK_INT(write(fd, data, len), len);
}

/* A database and its hash. */
static struct bolt_file make_snapshot(uint64_t revision)
{
	struct bolt_want want = { .revision = revision };
	struct bolt_file file = make_bolt(&want);

	file.data = mem_grow(file.data, file.size + 32);
	digest_sha256(file.data, file.size, file.data + file.size);
	return file;
}

static void begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/test_snapshot_file.XXXXXX");
	if (!mkdtemp(dir))
		abort();
}

static void end(void)
{
	static const char *const names[] = { "a", "a.part", "b", "a.json", "a.json.part", "fifo" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	CHECK_INT(rmdir(dir), 0); /* nothing else was left */
}

static void test_open(void)
{
	struct bolt_file file = make_snapshot(42);
	struct snapshot_file got;
	struct err err = ERR_INIT;
	uint8_t sum[32];
	char hex[65], byte;

	begin();
	write_file("a", file.data, file.size + 32);
	CHECK_INT(snapshot_file_open(path_of("a"), &got, &err), 0);
	CHECK_INT(got.size, file.size + 32);
	CHECK_INT(got.db_size, file.size);
	CHECK_INT(got.facts.revision, 42);
	digest_sha256(file.data, file.size, sum);
	digest_hex(sum, 32, hex);
	CHECK_STR(got.db_sha256, hex);
	digest_sha256(file.data, file.size + 32, sum);
	digest_hex(sum, 32, hex);
	CHECK_STR(got.sha256, hex);
	CHECK_INT(lseek(got.fd, 0, SEEK_CUR), 0);
	CHECK_INT(read(got.fd, &byte, 1), 1);
	snapshot_file_close(&got);
	CHECK_INT(got.fd, -1);
	end();
	free(file.data);
}

static void test_open_bad(void)
{
	struct bolt_file file = make_snapshot(42);
	struct snapshot_file got = { .fd = 77 };
	struct err err = ERR_INIT;

	begin();
	CHECK_INT(snapshot_file_open(path_of("a"), &got, &err), -1);
	CHECK_INT(err.code, ERR_FILE);
	CHECK_INT(snapshot_file_open(dir, &got, &err), -1);
	CHECK_INT(err.code, ERR_FILE);
	CHECK_HAS(err.text, "directory");
	CHECK_INT(mkfifo(path_of("fifo"), 0600), 0);
	CHECK_INT(snapshot_file_open(path_of("fifo"), &got, &err), -1); /* does not hang */
	CHECK_HAS(err.text, "no regular file");

	static const size_t cuts[] = { 0, 1, 31, 32, 512, 544, 4096, 20480, 28672, 28700 };
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		write_file("a", file.data, cuts[i]);
		CHECK_INT(snapshot_file_open(path_of("a"), &got, &err), -1);
		CHECK_INT(err.code, ERR_CORRUPT);
	}
	write_file("a", file.data, file.size); /* without its hash */
	CHECK_INT(snapshot_file_open(path_of("a"), &got, &err), -1);
	CHECK_HAS(err.text, "no hash");
	CHECK_HAS(err.hint, "data dir");

	file.data[file.size / 2] ^= 1;
	write_file("a", file.data, file.size + 32);
	CHECK_INT(snapshot_file_open(path_of("a"), &got, &err), -1);
	CHECK_HAS(err.text, "SHA-256");

	/* a right hash over what is no database */
	memset(file.data, 0, 4096 * 2);
	digest_sha256(file.data, file.size, file.data + file.size);
	write_file("a", file.data, file.size + 32);
	CHECK_INT(snapshot_file_open(path_of("a"), &got, &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
	CHECK_HAS(err.text, "meta");
	CHECK_INT(got.fd, 77); /* untouched */
	end();
	free(file.data);
}

static struct snapshot_writer *write_some(const struct bolt_file *file, size_t len)
{
	struct err err = ERR_INIT;
	struct snapshot_writer *writer = snapshot_writer_new(path_of("a"), &err);

	CHECK(writer != NULL);
	for (size_t at = 0, n; writer && at < len; at += n) {
		n = len - at < 1000 ? len - at : 1000;
		CHECK_INT(snapshot_writer_add(writer, file->data + at, n, &err), 0);
	}
	return writer;
}

static void test_writer(void)
{
	struct bolt_file file = make_snapshot(42);
	struct snapshot_file got;
	struct bolt_facts facts;
	struct err err = ERR_INIT;
	struct stat st;
	char sha256[65];

	begin();
	write_file("a.part", "stale", 5);
	struct snapshot_writer *writer = write_some(&file, file.size + 32);
	CHECK(exists("a.part") && !exists("a"));
	CHECK_INT(snapshot_writer_commit(writer, file.size, 42, &facts, sha256, &err), 0);
	CHECK(!exists("a.part") && exists("a"));
	CHECK_INT(facts.revision, 42);
	snapshot_writer_abort(writer); /* frees; what is committed stays */
	CHECK_INT(lstat(path_of("a"), &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK_INT(snapshot_file_open(path_of("a"), &got, &err), 0);
	CHECK_STR(got.sha256, sha256);
	snapshot_file_close(&got);

	CHECK(!snapshot_writer_new(path_of("a"), &err)); /* never over an old one */
	CHECK_INT(err.code, ERR_FILE);
	CHECK_HAS(err.hint, "another name");
	CHECK(!exists("a.part"));
	end();
	free(file.data);
}

static void test_writer_refuses(void)
{
	struct bolt_file file = make_snapshot(42);
	struct bolt_facts facts;
	struct err err = ERR_INIT;
	char sha256[65];
	struct {
		size_t len;
		uint64_t db_size, min_revision;
	} cases[] = {
		{ file.size + 32, file.size, 43 },              /* older than the cluster */
		{ file.size + 32, file.size - 4096, 1 },        /* not the size that came */
		{ file.size + 31, file.size, 1 },               /* a byte is missing */
		{ file.size - 4096 + 32, file.size - 4096, 1 }, /* pages are missing */
		{ 0, 0, 0 },
	};

	begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct snapshot_writer *writer = write_some(&file, cases[i].len);
		CHECK_INT(snapshot_writer_commit(writer, cases[i].db_size, cases[i].min_revision,
						 &facts, sha256, &err),
			  -1);
		CHECK_INT(err.code, ERR_CORRUPT);
		CHECK(!exists("a.part") && !exists("a"));
		snapshot_writer_abort(writer);
	}
	struct snapshot_writer *writer = write_some(&file, 1000);
	snapshot_writer_abort(writer);
	CHECK(!exists("a.part") && !exists("a"));
	snapshot_writer_abort(NULL);
	end();
	free(file.data);
}

/* Two runs with one name: neither may take the other's file for its own. */
static void test_writer_race(void)
{
	struct bolt_file file = make_snapshot(42);
	struct bolt_facts facts;
	struct err err = ERR_INIT;
	char sha256[65];

	begin();
	struct snapshot_writer *first = write_some(&file, file.size + 32);
	CHECK(!snapshot_writer_new(path_of("a"), &err));
	CHECK_HAS(err.text, "another process");
	write_file("b", "made meanwhile", 14);
	CHECK_INT(rename(path_of("b"), path_of("a")), 0);
	CHECK_INT(snapshot_writer_commit(first, file.size, 1, &facts, sha256, &err), -1);
	CHECK_INT(err.code, ERR_FILE);
	CHECK(exists("a") && !exists("a.part")); /* theirs stays, ours goes */
	snapshot_writer_abort(first);
	unlink(path_of("a"));

	first = write_some(&file, file.size + 32);
	unlink(path_of("a.part"));
	write_file("a.part", "another's", 9);
	CHECK_INT(snapshot_writer_commit(first, file.size, 1, &facts, sha256, &err), -1);
	CHECK(exists("a.part") && !exists("a"));
	snapshot_writer_abort(first);
	unlink(path_of("a.part"));

	CHECK_INT(symlink("b", path_of("a.part")), 0);
	CHECK(!snapshot_writer_new(path_of("a"), &err));
	CHECK(exists("a.part") && !exists("b"));
	end();
	free(file.data);
}

static void test_small_file(void)
{
	struct err err = ERR_INIT;
	char text[16] = "";

	begin();
	CHECK_INT(file_write_durably(path_of("a.json"), "{}\n", 3, &err), 0);
	scoped(fd) int fd = open(path_of("a.json"), O_RDONLY | O_CLOEXEC);
	CHECK_INT(read(fd, text, sizeof(text)), 3);
	CHECK_STR(text, "{}\n");
	CHECK_INT(file_write_durably(path_of("a.json"), "no", 2, &err), -1);
	CHECK_INT(err.code, ERR_FILE);
	CHECK(!exists("a.json.part"));
	CHECK_INT(file_write_durably(path_of("none/a.json"), "no", 2, &err), -1);
	CHECK_INT(err.code, ERR_FILE);
	end();
}

TESTS(TEST(test_open), TEST(test_open_bad), TEST(test_writer), TEST(test_writer_refuses),
      TEST(test_writer_race), TEST(test_small_file))
