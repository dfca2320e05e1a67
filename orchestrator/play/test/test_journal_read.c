/*
 * test_journal_read: journals read back: whole, torn, of another version, gone on with.
 */
#include "base/test/check.h"
#include "fake_files.h"
#include "play/journal.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER                                                                                \
	"{\"kind\": \"RunJournal\", \"apiVersion\": \"etcd-backup/v1\", \"cluster\": \"c\", " \
	"\"run\": \"r-1\"}\n"
#define BEGIN "{\"time\": \"t1\", \"event\": \"begin\", \"step\": \"stop-etcd\"}\n"
#define COMMIT "{\"time\": \"t2\", \"event\": \"commit\"}\n"
#define END "{\"time\": \"t3\", \"event\": \"end\"}\n"
#define UNDONE "{\"time\": \"t3\", \"event\": \"end\", \"error\": \"undone\"}\n"

static char *folder;

static void make_folder(void)
{
	folder = fake_folder("test-journal-read");
}

static char *write_journal(const char *cluster, const char *run, const char *text)
{
	scoped(mem) char *part = mem_printf("%s/%s", folder, cluster);
	char *path = mem_printf("%s/%s.jsonl", part, run);

	fake_make_folders(part);
	fake_write(path, text, strlen(text), 0600);
	return path;
}

static void test_stories(void)
{
	static const struct {
		const char *text, *event, *step, *time, *outcome;
		bool committed;
	} cases[] = {
		{ HEADER, NULL, NULL, NULL, NULL, false },
		{ HEADER BEGIN, "begin", "stop-etcd", "t1", NULL, false },
		{ HEADER BEGIN COMMIT END, "end", NULL, "t3", "done", true },
		{ HEADER BEGIN UNDONE, "end", NULL, "t3", "undone", false },
		/* a run that was gone on with has not ended */
		{ HEADER UNDONE BEGIN, "begin", "stop-etcd", "t1", NULL, false },
		{ HEADER UNDONE BEGIN COMMIT END, "end", NULL, "t3", "done", true },
		/* what a crash tore is left out, at the end and before what came later */
		{ HEADER BEGIN "{\"time\": \"t9\", \"ev", "begin", "stop-etcd", "t1", NULL, false },
		{ HEADER BEGIN "{\"ti\n" COMMIT, "commit", NULL, "t2", NULL, true },
		{ HEADER "\n\n" BEGIN "null\n[]\n", "begin", "stop-etcd", "t1", NULL, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped(arena) struct arena *arena = arena_new();
		scoped(mem) char *path = write_journal("c", "r-1", cases[i].text);
		struct journal_story story;
		struct err err = ERR_INIT;
		CHECK_INT(journal_read(path, arena, &story, &err), 0);
		CHECK_STR(story.path, path);
		CHECK_STR(story.cluster, "c");
		CHECK_STR(story.run, "r-1");
		CHECK_STR(story.last_event, cases[i].event);
		CHECK_STR(story.last_step, cases[i].step);
		CHECK_STR(story.last_time, cases[i].time);
		CHECK_STR(story.outcome, cases[i].outcome);
		CHECK_INT(story.committed, cases[i].committed);
	}
}

/* After a power cut a file may end in zeros, or have them where a block did not arrive. */
static void test_zeros(void)
{
	static const char zeros[] = HEADER BEGIN "\0\0\0\0\n" COMMIT "\0\0\"}\n" END "\0\0\0";
	scoped(arena) struct arena *arena = arena_new();
	scoped(mem) char *path = write_journal("zeros", "r-1", "");
	struct tree *header = tree_map(arena);
	struct journal_story story;
	struct err err = ERR_INIT;

	fake_write(path, zeros, sizeof(zeros) - 1, 0600);
	CHECK_INT(journal_read(path, arena, &story, &err), 0);
	CHECK(story.committed);
	CHECK_STR(story.outcome, "done");
	/* and what is added is seen */
	struct journal *journal = journal_reopen(folder, "zeros", "r-1", header, &err);
	CHECK_STR(journal ? journal_path(journal) : NULL, path);
	if (!journal)
		return;
	CHECK_INT(journal_add(journal, "undo", "start-etcd", NULL, NULL, &err), 0);
	journal_free(journal);
	CHECK_INT(journal_read(path, arena, &story, &err), 0);
	CHECK_STR(story.last_event, "undo");
	/* nothing else has arrived */
	fake_write(path, "\0\0\0\0", 4, 0600);
	CHECK_INT(journal_read(path, arena, &story, &err), -1);
	CHECK_INT(err.code, ERR_CONFIG);
	CHECK_INT(unlink(path), 0);
}

static void test_refused(void)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "", "empty" },
		{ "\n", "no journal" },
		{ "{\"kind\": \"RunJour", "no journal" },
		{ "{\"kind\": \"Other\"}\n", "no journal" },
		{ "{\"kind\": \"RunJournal\"}\n", "apiVersion is missing" },
		{ "{\"kind\": \"RunJournal\", \"apiVersion\": \"etcd-backup/v2\"}\n",
		  "apiVersion is etcd-backup/v2" },
		{ "{\"kind\": \"RunJournal\", \"apiVersion\": \"etcd-backup/v1\"}\n",
		  "cluster or run is missing" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped(arena) struct arena *arena = arena_new();
		scoped(mem) char *path = write_journal("bad", "r-2", cases[i].text);
		struct journal_story story;
		struct err err = ERR_INIT;
		CHECK_INT(journal_read(path, arena, &story, &err), -1);
		CHECK_INT(err.code, ERR_CONFIG);
		CHECK_HAS(err.text, cases[i].words);
		CHECK_HAS(err.text, path);
	}
	scoped(arena) struct arena *arena = arena_new();
	scoped(mem) char *link_path = mem_printf("%s/bad/link.jsonl", folder);
	struct journal_story story;
	struct err err = ERR_INIT;
	CHECK_INT(journal_read("/nowhere/x.jsonl", arena, &story, &err), -1);
	CHECK_INT(err.code, ERR_FILE);
	CHECK_INT(symlink("r-2.jsonl", link_path), 0);
	CHECK_INT(journal_read(link_path, arena, &story, &err), -1);
	CHECK_INT(err.code, ERR_FILE);
}

/* A line torn by a crash is ended; what is added stands on lines of its own. */
static void test_reopened(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(mem) char *path = write_journal("c", "r-1", HEADER BEGIN "{\"event\": \"o");
	struct tree *header = tree_map(arena);
	struct journal_story story;
	struct err err = ERR_INIT;
	struct stat st;

	struct journal *journal = journal_reopen(folder, "c", "r-1", header, &err);
	CHECK(journal != NULL);
	if (!journal)
		return;
	CHECK_STR(journal_path(journal), path);
	CHECK_INT(journal_add(journal, "undo", "start-etcd", NULL, NULL, &err), 0);
	CHECK_INT(journal_read(path, arena, &story, &err), 0);
	CHECK_STR(story.last_event, "undo");
	CHECK_STR(story.last_step, "start-etcd");
	CHECK_INT(journal_add(journal, "end", NULL, NULL, "undone", &err), 0);
	journal_free(journal);
	CHECK_INT(journal_read(path, arena, &story, &err), 0);
	CHECK_STR(story.outcome, "undone");

	/* on a machine that has none */
	tree_set_string(arena, header, "kind", "RunJournal");
	tree_set_string(arena, header, "apiVersion", "etcd-backup/v1");
	tree_set_string(arena, header, "cluster", "d");
	tree_set_string(arena, header, "run", "r-3");
	journal = journal_reopen(folder, "d", "r-3", header, &err);
	CHECK(journal != NULL);
	if (!journal)
		return;
	CHECK(stat(journal_path(journal), &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK_INT(journal_read(journal_path(journal), arena, &story, &err), 0);
	CHECK_STR(story.run, "r-3");
	CHECK_STR(story.last_event, NULL);
	journal_free(journal);
}

/* A torn line that cannot be ended: what comes after it would be lost with it. */
static void test_not_mended(void)
{
	scoped(mem) char *path = write_journal("full", "r-1", HEADER BEGIN "{\"event\": \"o");
	struct rlimit was, none;
	struct err err = ERR_INIT;
	struct stat st;

	CHECK(stat(path, &st) == 0 && getrlimit(RLIMIT_FSIZE, &was) == 0);
	none = (struct rlimit){ (rlim_t)st.st_size, was.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &none), 0);
	CHECK(journal_reopen(folder, "full", "r-1", NULL, &err) == NULL);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &was), 0);
	CHECK_INT(err.code, ERR_FILE);
	CHECK_HAS(err.text, path);
	CHECK_INT(unlink(path), 0);
}

struct seen {
	char words[512];
	size_t bad, stop_at, count;
};

static int see(void *arg, const struct journal_story *story, const struct err *bad)
{
	struct seen *seen = arg;
	size_t len = strlen(seen->words);

	seen->bad += bad != NULL;
	CHECK(story->path != NULL);
	snprintf(seen->words + len, sizeof(seen->words) - len, "%s ", bad ? "-" : story->run);
	return ++seen->count == seen->stop_at ? -1 : 0;
}

static void count_good(const char *run, size_t good, size_t bad)
{
	scoped(arena) struct arena *arena = arena_new();
	struct seen seen = { .bad = 0 };

	CHECK_INT(journal_each(folder, run, arena, see, &seen), 0);
	CHECK_INT(seen.count - seen.bad, good);
	CHECK_INT(seen.bad, bad);
}

/* What another version wrote, what is another run's, and what is damaged is not touched: there is a new file beside it. */
static void test_beside(void)
{
	static const char *const others[] = {
		"{\"kind\": \"RunJournal\", \"apiVersion\": \"etcd-backup/v9\"}\n",
		HEADER, /* of r-1 */
		"",
		"torn",
	};
	scoped(arena) struct arena *arena = arena_new();
	struct tree *header = tree_map(arena);

	tree_set_string(arena, header, "kind", "RunJournal");
	tree_set_string(arena, header, "apiVersion", "etcd-backup/v1");
	tree_set_string(arena, header, "cluster", "beside");
	tree_set_string(arena, header, "run", "r-5");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		scoped(mem) char *path = write_journal("beside", "r-5", others[i]);
		scoped(mem) char *second = mem_printf("%s/beside/r-5.2.jsonl", folder);
		struct journal_story story;
		struct err err = ERR_INIT;
		struct stat before, after;
		CHECK_INT(stat(path, &before), 0);
		/* the second time it goes on in it */
		for (int n = 0; n < 2; n++) {
			struct journal *journal =
				journal_reopen(folder, "beside", "r-5", header, &err);
			CHECK_STR(err.text, "");
			CHECK_STR(journal ? journal_path(journal) : NULL, second);
			if (!journal)
				return;
			CHECK_INT(journal_use(folder, "r-5"), JOURNAL_HELD);
			CHECK_INT(journal_add(journal, "begin", "x", NULL, NULL, &err), 0);
			journal_free(journal);
			CHECK_INT(journal_use(folder, "r-5"), JOURNAL_IDLE);
		}
		CHECK(stat(path, &after) == 0 && before.st_size == after.st_size);
		CHECK_INT(journal_read(second, arena, &story, &err), 0);
		CHECK_STR(story.last_event, "begin");
		count_good("r-5", i == 1 ? 2 : 1, i == 1 ? 0 : 1);
		CHECK_INT(unlink(second), 0);
	}

	/* there is an end to it */
	struct err err = ERR_INIT;
	for (int n = 2; n < 10; n++) {
		scoped(mem) char *run = mem_printf("r-5.%d", n);
		scoped(mem) char *path = write_journal("beside", run, "x");
		CHECK(fake_exists(path));
	}
	CHECK(journal_reopen(folder, "beside", "r-5", header, &err) == NULL);
	CHECK_INT(err.code, ERR_FILE);
	CHECK_HAS(err.text, "beside/r-5.9.jsonl");
	scoped(mem) char *all = mem_printf("%s/beside", folder);
	fake_remove(all, -1);
}

/* More than there can be; a file of holes. */
static void test_endless(void)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(mem) char *path = write_journal("endless", "r", HEADER);
	struct journal_story story;
	struct err err = ERR_INIT;

	CHECK_INT(truncate(path, 17 * 1024 * 1024), 0);
	CHECK_INT(journal_read(path, arena, &story, &err), -1);
	CHECK_INT(err.code, ERR_FILE);
	CHECK_HAS(err.text, "more than 16 MiB");
	CHECK_INT(unlink(path), 0);
}

static void test_each(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct seen all = { .bad = 0 }, one = { .bad = 0 }, first = { .stop_at = 1 },
		    none = { .bad = 0 };

	/* so far: bad/link, bad/r-2, c/r-1, d/r-3 */
	CHECK_INT(journal_each(folder, NULL, arena, see, &all), 0);
	CHECK_STR(all.words, "- r-1 - r-3 ");
	CHECK_INT(all.bad, 2);
	CHECK_INT(journal_each(folder, "r-3", arena, see, &one), 0);
	CHECK_STR(one.words, "r-3 ");
	CHECK_INT(journal_each(folder, NULL, arena, see, &first), -1);
	CHECK_INT(first.count, 1);
	CHECK_INT(journal_each("/nowhere", NULL, arena, see, &none), 0);
	CHECK_INT(none.count, 0);

	/* what is no journal, and more folders than are looked into */
	scoped(mem) char *notes = mem_printf("%s/c/notes.txt", folder);
	fake_write(notes, "x", 1, 0600);
	struct seen same = { .bad = 0 };
	CHECK_INT(journal_each(folder, NULL, arena, see, &same), 0);
	CHECK_STR(same.words, all.words);
	scoped(mem) char *many = mem_printf("%s/many", folder);
	for (unsigned i = 0; i < 4200; i++) {
		scoped(mem) char *cluster = mem_printf("%s/%u", many, i);
		fake_make_folders(cluster);
	}
	struct seen empty = { .bad = 0 };
	CHECK_INT(journal_each(many, NULL, arena, see, &empty), 0);
	CHECK_INT(empty.count, 0);
	fake_remove(many, -1);

	/* the end of a run's name is not the run */
	scoped(mem) char *path = write_journal("c", "other-r-3", HEADER);
	struct seen again = { .bad = 0 };
	CHECK(fake_exists(path));
	CHECK_INT(journal_each(folder, "r-3", arena, see, &again), 0);
	CHECK_INT(again.count, 1);
}

/* A process that writes a run's journal has it in its hands, until it closes it. */
static void test_use(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct tree *header = tree_map(arena);
	struct err err = ERR_INIT;

	tree_set_string(arena, header, "kind", "RunJournal");
	tree_set_string(arena, header, "apiVersion", "etcd-backup/v1");
	tree_set_string(arena, header, "cluster", "used");
	tree_set_string(arena, header, "run", "r-use");
	struct journal *journal = journal_new(folder, "used", "r-use", header, &err);

	CHECK(journal);
	CHECK_INT(journal_use(folder, "r-nobodys"), JOURNAL_UNKNOWN);
	CHECK_INT(journal_use(folder, "r-use"), JOURNAL_HELD);
	journal_free(journal);
	CHECK_INT(journal_use(folder, "r-use"), JOURNAL_IDLE);
	/* asking does not hold it */
	journal = journal_reopen(folder, "used", "r-use", header, &err);
	CHECK(journal);
	journal_free(journal);
}

static void drop_folder(void)
{
	fake_remove(folder, -1);
	free(folder);
}

TESTS(TEST(make_folder), TEST(test_stories), TEST(test_zeros), TEST(test_refused),
      TEST(test_reopened), TEST(test_not_mended), TEST(test_beside), TEST(test_endless),
      TEST(test_each), TEST(test_use), TEST(drop_folder))
