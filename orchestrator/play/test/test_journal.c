/*
 * test_journal: where it lies, who may read it, and that each line is JSON.
 */
#include "base/buf.h"
#include "base/json.h"
#include "base/test/check.h"
#include "play/journal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char folder[] = "/tmp/test-journal-XXXXXX";

/* What was synced: paths that end in it, in their order. */
static char synced[4096];

int fsync(int fd)
{
	char name[64], path[1024] = "";

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (readlink(name, path, sizeof(path) - 1) > 0 && strlen(synced) + strlen(path) < 4000)
		strcat(strcat(synced, path), " ");
	return (int)syscall(SYS_fsync, fd);
}

static void make_folder(void)
{
	CHECK(mkdtemp(folder) != NULL);
}

static struct tree *header(struct arena *arena)
{
	struct tree *map = tree_map(arena);

	tree_set_string(arena, map, "event", "run");
	tree_set_string(arena, map, "kind", "RunJournal");
	tree_set_string(arena, map, "apiVersion", "etcd-backup/v1");
	tree_set_string(arena, map, "cluster", "c");
	tree_set_string(arena, map, "run", "r");
	return map;
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_mode & 07777;
}

static void test_lines(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(mem) char *state = mem_printf("%s/a/b", folder);
	scoped(mem) char *cluster = mem_printf("%s/prod", state);
	scoped(mem) char *path = mem_printf("%s/run-1.jsonl", cluster);
	scoped(buf) struct buf text = BUF_INIT(64 * 1024);
	struct err err = ERR_INIT;
	char chunk[4096];

	struct journal *journal = journal_new(state, "prod", "run-1", header(arena), &err);
	CHECK(journal != NULL);
	if (!journal)
		return;
	CHECK_STR(journal_path(journal), path);
	CHECK_INT(mode_of(path), 0600);
	CHECK_INT(mode_of(state), 0700);
	CHECK_INT(mode_of(cluster), 0700);
	CHECK_INT(journal_add(journal, "begin", "stop-etcd", "cp-1", NULL, &err), 0);
	CHECK_INT(journal_add(journal, "failed", "stop-etcd", "cp-1",
			      "two\nlines \"quoted\" \x1b[31m \xff", &err),
		  0);
	CHECK_INT(journal_add(journal, "end", NULL, NULL, NULL, &err), 0);

	/* on the disk already, before it is closed */
	scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, chunk, sizeof(chunk));
	CHECK(n > 0);
	buf_add(&text, chunk, n > 0 ? (size_t)n : 0);
	journal_free(journal);

	static const char *const events[] = { "run", "begin", "failed", "end" };
	static const size_t keys[] = { 5, 4, 5, 2 };
	const char *at = buf_str(&text);
	for (size_t i = 0; i < 4; i++) {
		size_t len = strcspn(at, "\n");
		const struct tree *line = json_parse(arena, at, len, 64 * 1024, &err);
		CHECK(line != NULL);
		CHECK_STR(tree_string(line, "event"), events[i]);
		CHECK_INT(tree_count(line), keys[i]);
		if (i)
			CHECK_INT(strlen(tree_string(line, "time")), 20);
		if (i == 1) {
			CHECK_STR(tree_string(line, "step"), "stop-etcd");
			CHECK_STR(tree_string(line, "node"), "cp-1");
		}
		CHECK_INT(at[len], '\n');
		at += len + 1;
	}
	CHECK_STR(at, "");
}

static void test_names(void)
{
	static const struct {
		const char *cluster, *part;
	} cases[] = {
		{ "kubernetes", "kubernetes" },
		{ "a/b", "a_b" },
		{ "..", "_." },
		{ ".", "_" },
		{ ".hidden", "_hidden" },
		{ "../../etc/x", "_._.._etc_x" },
		{ "", "_" },
		{ "arn:aws:eks/x y", "arn_aws_eks_x_y" },
		{ "a\nb\x1b", "a_b_" },
		{ "\xc3\xa9", "__" },
		{ "prod-1_x.y", "prod-1_x.y" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped(arena) struct arena *arena = arena_new();
		scoped(mem) char *run = mem_printf("name-%zu", i);
		scoped(mem) char *want = mem_printf("%s/%s/%s.jsonl", folder, cases[i].part, run);
		struct err err = ERR_INIT;
		struct journal *journal =
			journal_new(folder, cases[i].cluster, run, header(arena), &err);
		CHECK(journal != NULL);
		if (journal)
			CHECK_STR(journal_path(journal), want);
		CHECK_INT(mode_of(want), 0600);
		journal_free(journal);
	}
}

static void test_places(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(mem) char *state = mem_printf("%s/state", folder);
	struct err err = ERR_INIT;

	setenv("HOME", folder, 1);
	setenv("XDG_STATE_HOME", state, 1);
	struct journal *journal = journal_new(NULL, "c", "r", header(arena), &err);
	scoped(mem) char *one = mem_printf("%s/kubectl-etcd-backup/c/r.jsonl", state);
	CHECK_STR(journal ? journal_path(journal) : NULL, one);
	journal_free(journal);

	/* what is not absolute does not count */
	setenv("XDG_STATE_HOME", "relative", 1);
	journal = journal_new(NULL, "c", "r", header(arena), &err);
	scoped(mem) char *two = mem_printf("%s/.local/state/kubectl-etcd-backup/c/r.jsonl", folder);
	CHECK_STR(journal ? journal_path(journal) : NULL, two);
	journal_free(journal);
}

static void test_errors(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(mem) char *file = mem_printf("%s/file", folder);
	struct err err = ERR_INIT;

	/* no journal is written over */
	struct journal *journal = journal_new(folder, "twice", "r", header(arena), &err);
	CHECK(journal != NULL);
	CHECK(journal_new(folder, "twice", "r", header(arena), &err) == NULL);
	CHECK_INT(err.code, ERR_FILE);
	CHECK_HAS(err.text, "twice/r.jsonl");

	/* a file where a folder must be */
	close(open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	err = ERR_INIT;
	CHECK(journal_new(file, "c", "r", header(arena), &err) == NULL);
	CHECK_INT(err.code, ERR_FILE);
	CHECK_HAS(err.text, file);

	/* a file that takes no more */
	struct rlimit old, none;
	err = ERR_INIT;
	CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	CHECK_INT(getrlimit(RLIMIT_FSIZE, &old), 0);
	none = old;
	none.rlim_cur = 0;
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &none), 0);
	int failed = journal ? journal_add(journal, "begin", "x", "cp-1", NULL, &err) : 0;
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &old), 0);
	CHECK_INT(failed, -1);
	CHECK_INT(err.code, ERR_FILE);
	CHECK_HAS(err.text, "File too large");
	journal_free(journal);
	journal_free(NULL);
}

/* Each new folder's name, the file's, and the file itself; not again where they are there. */
static void test_synced(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(mem) char *state = mem_printf("%s/new/state", folder);
	scoped(mem) char *want =
		mem_printf("%s %s/new %s %s/c %s/c/r.jsonl ", folder, folder, state, state, state);
	scoped(mem) char *again = mem_printf("%s/c %s/c/r-2.jsonl ", state, state);
	struct err err = ERR_INIT;

	synced[0] = '\0';
	journal_free(journal_new(state, "c", "r", header(arena), &err));
	CHECK_STR(synced, want);
	synced[0] = '\0';
	journal_free(journal_new(state, "c", "r-2", header(arena), &err));
	CHECK_STR(synced, again);
	CHECK_STR(err.text, "");
}

/* Two processes; a file that is none; a line that is too long. */
static void test_reopened(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(mem) char *path = mem_printf("%s/again/r.jsonl", folder);
	struct err err = ERR_INIT;
	struct journal *journal = journal_new(folder, "again", "r", header(arena), &err);

	CHECK(journal != NULL);
	CHECK(journal_reopen(folder, "again", "r", header(arena), &err) == NULL);
	CHECK_INT(err.code, ERR_UNSAFE);
	CHECK_HAS(err.text, "still going on in another process");
	journal_free(journal);

	err = ERR_INIT;
	CHECK_INT(unlink(path), 0);
	CHECK_INT(mkdir(path, 0700), 0);
	CHECK(journal_reopen(folder, "again", "r", header(arena), &err) == NULL);
	CHECK_INT(err.code, ERR_FILE);
	CHECK_HAS(err.text, path);

	/* what a line has room for */
	scoped(mem) char *words = mem_zalloc(100 * 1024);
	memset(words, 'x', 100 * 1024 - 1);
	err = ERR_INIT;
	journal = journal_new(folder, "long", "r", header(arena), &err);
	CHECK_INT(journal ? journal_add(journal, "failed", "x", NULL, words, &err) : 0, -1);
	CHECK(err.code != ERR_NONE);
	journal_free(journal);
}

static void drop_folder(void)
{
	scoped(mem) char *command = mem_printf("rm -rf '%s'", folder);

	CHECK_INT(system(command), 0);
}

TESTS(TEST(make_folder), TEST(test_lines), TEST(test_names), TEST(test_places), TEST(test_errors),
      TEST(test_synced), TEST(test_reopened), TEST(drop_folder))
