/*
 * test_snapshot_file: files that are proved and files that are not.
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

TESTS(TEST(test_open), TEST(test_open_bad))
