/*
 * test_journal_read: journals read back: whole, torn, of another version, gone on with.
 */
#include "base/test/check.h"
#include "fake_files.h"
#include "play/journal.h"

#include <stdlib.h>
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
	const struct tree header = { .kind = TREE_MAP };
	struct err err = ERR_INIT;
	struct journal *journal = journal_new(folder, "used", "r-use", &header, &err);

	CHECK(journal);
	CHECK_INT(journal_use(folder, "r-nobodys"), JOURNAL_UNKNOWN);
	CHECK_INT(journal_use(folder, "r-use"), JOURNAL_HELD);
	journal_free(journal);
	CHECK_INT(journal_use(folder, "r-use"), JOURNAL_IDLE);
	/* asking does not hold it */
	journal = journal_reopen(folder, "used", "r-use", &header, &err);
	CHECK(journal);
	journal_free(journal);
}

static void drop_folder(void)
{
	fake_remove(folder, -1);
	free(folder);
}

TESTS(TEST(make_folder), TEST(test_stories), TEST(test_refused), TEST(test_reopened),
      TEST(test_endless), TEST(test_each), TEST(test_use), TEST(drop_folder))
