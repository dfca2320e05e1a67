/*
 * test_prove_files: the control plane's files read back from a directory: whole, damaged, cut off, without what a node must
 * have, with and without the key.
 */
#include "base/test/tool.h"
#include "plugin/prove_files.h"
#include "snapshot/seal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX = 1024 * 1024 };

#define NAME "prod.pki.tar.zst.age"

static char root[] = "/tmp/test_prove_files-XXXXXX";
static struct age_identities ours, others, none;
static struct buf no_phrase;
static struct store *store;

/* An archive as it is kept; what its recipe says of it. */
static struct recipe keep(const struct buf *archive)
{
	struct age_recipients to = { .count = 1 };
	struct seal_settings settings = { .compress = { COMPRESS_ZSTD, 3 }, .recipients = &to };
	struct err err = ERR_INIT;
	static struct seal seal;

	memcpy(to.items[0], ours.items[0].recipient, AGE_KEY);
	CHECK_INT(store_remove(store, NAME, &err), 0);
	scoped(store_put) struct store_put *put = store_put(store, NAME, &err);
	CHECK_INT(seal_init(&seal, &settings, store_put_sink(put), &err), 0);
	CHECK_INT(sink_write(seal.first, archive->data, archive->len, &err), 0);
	CHECK_INT(sink_end(seal.first, &err), 0);
	struct recipe recipe = { .files = { .name = NAME,
					    .sha256 = seal.stored.sha256,
					    .size = seal.stored.size,
					    .compression = "zstd",
					    .encryption = "age" } };
	seal_release(&seal);
	recipe.cluster.count = 2;
	recipe.cluster.members[0].node = "cp-1";
	recipe.cluster.members[1].node = "cp-2";
	recipe.cluster.members[0].data_dir = recipe.cluster.members[1].data_dir = "/d";
	/* two whose nodes were not read: of one it is known which it is */
	recipe.cluster.count = 4;
	recipe.cluster.members[2].node = "cp-3";
	return recipe;
}

/* Its words are then in `said`, with "!" in front when the check does not hold. */
static int prove(const struct recipe *recipe, const struct age_identities *with, struct buf *said,
		 struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	struct verification v = { .arena = arena, .shown = "prod" };
	const struct source_keys keys = { with, &no_phrase };

	*err = ERR_INIT;
	int failed = prove_files(&v, store, recipe, &keys, err);
	buf_clear(said);
	for (size_t i = 0; i < v.count; i++)
		buf_addf(said, "%s%s %s", v.checks[i].ok ? "" : "!", v.checks[i].name,
			 v.checks[i].words);
	return failed;
}

static void test_start(void)
{
	const struct store_settings settings = { .cancel_fd = -1 };
	struct err err = ERR_INIT;

	CHECK(mkdtemp(root) != NULL);
	scoped(mem) char *folder = mem_printf("%s/store", root);
	CHECK_INT(mkdir(folder, 0700), 0);
	store = store_open(folder, &settings, &err);
	CHECK(store != NULL);
	age_identity_new(&ours.items[0]);
	age_identity_new(&others.items[0]);
	ours.count = others.count = 1;
	CHECK_INT(shell(root,
			"cd $1; for n in cp-1 cp-2; do mkdir -p $n/etc/kubernetes/pki; echo key > "
			"$n/etc/kubernetes/pki/sa.key; echo conf > $n/etc/kubernetes/admin.conf; "
			"done; "
			"mkdir -p bare/cp-1/etc/kubernetes/pki bare/cp-2/etc/kubernetes; cp "
			"cp-1/etc/kubernetes/pki/sa.key bare/cp-1/etc/kubernetes/pki; echo conf > "
			"bare/cp-2/etc/kubernetes/pki.conf",
			NULL, NULL),
		  0);
}

static void test_whole(void)
{
	scoped(buf) struct buf archive = BUF_INIT(MAX), said = BUF_INIT(MAX);
	struct recipe nothing = { .cluster.count = 1 };
	struct err err;

	CHECK_INT(shell(root, "tar -c --format=ustar -C $1 cp-1 cp-2", NULL, &archive), 0);
	struct recipe recipe = keep(&archive);
	CHECK_INT(prove(&recipe, &ours, &said, &err), 0);
	CHECK_HAS(buf_str(&said), "control plane " NAME ": ");
	CHECK_HAS(buf_str(&said), " bytes, sha256 ok (recipe), 4 files in it, of 2 nodes");
	CHECK_INT(prove(&recipe, &none, &said, &err), 0);
	CHECK_HAS(buf_str(&said), "sha256 ok (recipe), not opened: no key was given");
	CHECK_INT(prove(&recipe, &others, &said, &err), -1);
	CHECK_INT(err.code, ERR_CONFIG);
	CHECK_INT(prove(&nothing, &ours, &said, &err), 0);
	CHECK_STR(buf_str(&said), "");
}

static void damaged(const struct recipe *recipe, const struct age_identities *with,
		    const char *words)
{
	scoped(buf) struct buf said = BUF_INIT(MAX);
	struct err err;

	CHECK_INT(prove(recipe, with, &said, &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
	CHECK_HAS(err.text, "the control plane's files, " NAME ": ");
	CHECK_HAS(err.text, words);
	CHECK_HAS(err.hint, "the snapshot itself is whole");
	CHECK_HAS(buf_str(&said), "!control plane " NAME ": ");
}

static void test_damaged(void)
{
	scoped(buf) struct buf archive = BUF_INIT(MAX);
	scoped(mem) char *path = mem_printf("%s/store/" NAME, root);
	struct err err = ERR_INIT;
	uint8_t byte;

	CHECK_INT(shell(root, "tar -c --format=ustar -C $1 cp-1 cp-2", NULL, &archive), 0);
	struct recipe recipe = keep(&archive);
	scoped(fd) int fd = open(path, O_RDWR | O_CLOEXEC);
	off_t size = lseek(fd, 0, SEEK_END);
	CHECK_INT(pread(fd, &byte, 1, size - 5), 1);
	byte ^= 1;
	CHECK_INT(pwrite(fd, &byte, 1, size - 5), 1);
	damaged(&recipe, &ours, "its SHA-256 is not the one in its recipe");
	damaged(&recipe, &none, "its SHA-256 is not the one in its recipe");
	CHECK_INT(ftruncate(fd, size - 1), 0);
	damaged(&recipe, &none, "bytes, and its recipe says");
	CHECK_INT(store_remove(store, NAME, &err), 0);
	damaged(&recipe, &ours, "it is not there");
}

/* What was stored as it is, and is not what it should be. */
static void test_contents(void)
{
	static const struct {
		const char *script, *words;
	} cases[] = {
		{ "tar -c --format=ustar -C $1 cp-1", "no file of /etc/kubernetes/pki of cp-2" },
		{ "tar -c --format=ustar -C $1/bare cp-1 cp-2",
		  "no file of /etc/kubernetes/pki of cp-2" },
		{ "tar -c --format=ustar -C $1 cp-1 cp-2 | head -c 3000", "cut off" },
		{ "printf not-a-tar", "cut off" },
		{ "head -c 4096 /dev/zero | tr '\\0' x", "damaged" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped(buf) struct buf archive = BUF_INIT(MAX);
		CHECK_INT(shell(root, cases[i].script, NULL, &archive), 0);
		struct recipe recipe = keep(&archive);
		damaged(&recipe, &ours, cases[i].words);
	}
}

static void test_end(void)
{
	store_close(store);
	CHECK_INT(shell(root, "rm -r $1", NULL, NULL), 0);
}

TESTS(TEST(test_start), TEST(test_whole), TEST(test_damaged), TEST(test_contents), TEST(test_end))
