/*
 * journal_read: journals of earlier runs, read back.
 */
#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "play/journal.h"
#include "play/journal_path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { JOURNAL_MAX = 16 * 1024 * 1024, LINE_MAX_BYTES = 64 * 1024, NAMES_MAX = 4096 };

static void take_event(const struct tree *line, struct journal_story *out)
{
	const char *event = tree_string(line, "event");

	if (!event)
		return;
	out->last_event = event;
	out->last_step = tree_string(line, "step");
	out->last_time = tree_string(line, "time");
	out->committed |= strcmp(event, "commit") == 0;
	out->outcome = NULL; /* a run that was gone on with has not ended */
	if (strcmp(event, "end") == 0) {
		const char *words = tree_string(line, "error");
		out->outcome = words ? words : "done";
	}
}

static int take_header(const struct tree *line, const char *path, struct journal_story *out,
		       struct err *err)
{
	const char *kind = tree_string(line, "kind"), *version = tree_string(line, "apiVersion");

	if (!kind || strcmp(kind, "RunJournal") != 0)
		return err_set(err, ERR_CONFIG, "%s: no journal of a run", path);
	if (!version || strcmp(version, "etcd-backup/v1") != 0)
		return err_set(err, ERR_CONFIG,
			       "%s: apiVersion is %s, and this program reads etcd-backup/v1", path,
			       version ? version : "missing");
	out->header = line;
	out->cluster = tree_string(line, "cluster");
	out->run = tree_string(line, "run");
	if (!out->cluster || !out->run)
		return err_set(err, ERR_CONFIG, "%s: cluster or run is missing", path);
	return 0;
}

int journal_read(const char *path, struct arena *arena, struct journal_story *out, struct err *err)
{
	scoped(buf) struct buf text = BUF_INIT(JOURNAL_MAX);

	*out = (struct journal_story){ .path = arena_strdup(arena, path) };
	if (file_read_path(path, O_NOFOLLOW, &text))
		return errno == EFBIG ? err_set(err, ERR_FILE, "%s: more than %d MiB", path,
						JOURNAL_MAX >> 20)
				      : err_errno(err, ERR_FILE, "%s", path);
	const char *at = buf_str(&text), *end = at + text.len;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((newline ? newline : end) - at);
		struct err torn = ERR_INIT;
		const struct tree *line = json_parse(arena, at, len, LINE_MAX_BYTES, &torn);
		if (!line && !out->header)
			return err_set(err, ERR_CONFIG, "%s: no journal of a run: %s", path,
				       torn.text);
		if (line && !out->header && take_header(line, path, out, err))
			return -1;
		/* a line that a crash tore is left out; after a power cut a file may end in zeros */
		if (line && out->header != line)
			take_event(line, out);
		at += len + (newline != NULL);
	}
	return out->header ? 0 : err_set(err, ERR_CONFIG, "%s: it is empty", path);
}

/* Paths, sorted by their ends. */
struct names {
	char **list;
	size_t count;
};

static void names_scoped(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->list[i]);
	free(names->list);
}

static void add_name(struct names *names, const char *folder, const char *name)
{
	if (names->count == NAMES_MAX)
		return;
	names->list = mem_grow(names->list, (names->count + 1) * sizeof(char *));
	names->list[names->count++] = mem_printf("%s/%s", folder, name);
}

/* RUN.jsonl, RUN.2.jsonl; run NULL: of any. */
static bool is_journal(const char *name, const char *run)
{
	static const char ending[] = ".jsonl";
	size_t len = strlen(name), end_len = sizeof(ending) - 1, run_len = run ? strlen(run) : 0;

	if (len < end_len || strcmp(name + len - end_len, ending) != 0)
		return false;
	return !run || (strncmp(name, run, run_len) == 0 && name[run_len] == '.');
}

/* What is in a folder; journals: only those, of that run. */
static void add_names(struct names *names, const char *folder, bool journals, const char *run)
{
	DIR *dir = opendir(folder);

	for (struct dirent *entry; dir && (entry = readdir(dir));)
		if (entry->d_name[0] != '.' && (!journals || is_journal(entry->d_name, run)))
			add_name(names, folder, entry->d_name);
	if (dir)
		closedir(dir);
}

/* A run's name begins with its time; "RUN.2" sorts before "RUN.jsonl". */
static int by_run(const void *a, const void *b)
{
	return strcmp(strrchr(*(char *const *)a, '/'), strrchr(*(char *const *)b, '/'));
}

int journal_each(const char *folder, const char *run, struct arena *arena, journal_each_fn *each,
		 void *arg)
{
	scoped(mem) char *above = journal_folder(folder);
	scoped(names) struct names clusters = { 0 }, files = { 0 };

	add_names(&clusters, above, false, NULL);
	for (size_t i = 0; i < clusters.count; i++)
		add_names(&files, clusters.list[i], true, run);
	if (files.count)
		qsort(files.list, files.count, sizeof(char *), by_run);
	for (size_t i = 0; i < files.count; i++) {
		struct journal_story story;
		struct err bad = ERR_INIT;
		int failed = journal_read(files.list[i], arena, &story, &bad);
		if (each(arg, &story, failed ? &bad : NULL))
			return -1;
	}
	return 0;
}

static int look_held(void *arg, const struct journal_story *story, const struct err *bad)
{
	enum journal_use *use = arg;
	scoped(fd) int fd = open(story->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	(void)bad;
	if (fd >= 0 && *use != JOURNAL_HELD)
		*use = flock(fd, LOCK_EX | LOCK_NB) ? JOURNAL_HELD : JOURNAL_IDLE;
	return 0;
}

enum journal_use journal_use(const char *folder, const char *run)
{
	scoped(arena) struct arena *arena = arena_new();
	enum journal_use use = JOURNAL_UNKNOWN;

	journal_each(folder, run, arena, look_held, &use);
	return use;
}
