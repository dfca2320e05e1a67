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
	for (const char *at = buf_str(&text); *at;) {
		size_t len = strcspn(at, "\n");
		struct err torn = ERR_INIT;
		const struct tree *line = json_parse(arena, at, len, LINE_MAX_BYTES, &torn);
		if (!line && !out->header)
			return err_set(err, ERR_CONFIG, "%s: no journal of a run: %s", path,
				       torn.text);
		if (line && !out->header && take_header(line, path, out, err))
			return -1;
		if (line && out->header != line) /* a line that a crash tore is left out */
			take_event(line, out);
		at += len + (at[len] == '\n');
	}
	return out->header ? 0 : err_set(err, ERR_CONFIG, "%s: it is empty", path);
}

/* The names in a folder, sorted by the end of the path. */
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

/* Those with that ending; whole: that are it. */
static void add_names(struct names *names, const char *folder, const char *ending, bool whole)
{
	DIR *dir = opendir(folder);
	size_t end_len = strlen(ending);

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		size_t len = strlen(entry->d_name);
		if (entry->d_name[0] == '.' || len < end_len || names->count == NAMES_MAX ||
		    (whole && len != end_len) || strcmp(entry->d_name + len - end_len, ending) != 0)
			continue;
		names->list = mem_grow(names->list, (names->count + 1) * sizeof(char *));
		names->list[names->count++] = mem_printf("%s/%s", folder, entry->d_name);
	}
	if (dir)
		closedir(dir);
}

/* A run's name begins with its time. */
static int by_run(const void *a, const void *b)
{
	return strcmp(strrchr(*(char *const *)a, '/'), strrchr(*(char *const *)b, '/'));
}

int journal_each(const char *folder, const char *run, struct arena *arena, journal_each_fn *each,
		 void *arg)
{
	scoped(mem) char *above = journal_folder(folder);
	scoped(names) struct names clusters = { 0 }, files = { 0 };
	scoped(mem) char *ending = mem_printf("%s.jsonl", run ? run : "");

	add_names(&clusters, above, "", false);
	for (size_t i = 0; i < clusters.count; i++)
		add_names(&files, clusters.list[i], ending, run != NULL);
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
	if (fd >= 0)
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
