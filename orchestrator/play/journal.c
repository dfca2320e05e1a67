/*
 * journal: see journal.h.
 */
#include "play/journal.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "play/journal_path.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_LIMIT = 64 * 1024, FILES_MAX = 9 };

struct journal {
	int fd;
	char *path;
};

/* A new folder's name must outlive a power cut as the journal in it does. */
static int make_folder(const char *path, struct err *err)
{
	if (mkdir(path, 0700) ? errno == EEXIST : !file_sync_folder(path))
		return 0;
	return err_errno(err, ERR_FILE, "cannot make %s", path);
}

static int make_folders(char *path, struct err *err)
{
	for (char *at = path + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		int failed = make_folder(path, err);
		*at = '/';
		if (failed)
			return -1;
	}
	return 0;
}

/* A cluster's name becomes one part of a path. */
static char *safe_name(const char *name)
{
	char *copy = mem_strdup(*name ? name : "_");

	for (char *at = copy; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("-_.", *at))
			*at = '_';
	if (copy[0] == '.')
		copy[0] = '_';
	return copy;
}

char *journal_folder(const char *folder)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (folder)
		return mem_strdup(folder);
	if (state && *state == '/')
		return mem_printf("%s/kubectl-etcd-backup", state);
	return mem_printf("%s/.local/state/kubectl-etcd-backup", home ? home : "");
}

/* nth: of those that one run may have, from 1. */
static char *journal_file(const char *folder, const char *cluster, const char *run, unsigned nth)
{
	scoped(mem) char *above = journal_folder(folder);
	scoped(mem) char *name = safe_name(cluster);

	return nth == 1 ? mem_printf("%s/%s/%s.jsonl", above, name, run)
			: mem_printf("%s/%s/%s.%u.jsonl", above, name, run, nth);
}

static int write_line(struct journal *journal, const struct tree *line, struct err *err)
{
	scoped(buf) struct buf text = BUF_INIT(LINE_LIMIT);

	if (json_write(line, true, &text, err))
		return -1;
	buf_trim(&text);
	if (buf_adds(&text, "\n"))
		return err_set(err, ERR_BUG,
			       "a long line"); /* not reached: only with one byte of room */
	if (file_write(journal->fd, text.data, text.len) || fsync(journal->fd))
		return err_errno(err, ERR_FILE, "%s", journal->path);
	return 0;
}

/* As long as a process has the run in its hands here, no other on this machine takes it. */
static int hold(struct journal *journal, struct err *err)
{
	if (!flock(journal->fd, LOCK_EX | LOCK_NB))
		return 0;
	if (errno != EWOULDBLOCK)
		return err_errno(err, ERR_FILE, "%s",
				 journal->path); /* not reached: no locks here */
	return err_set(err, ERR_UNSAFE, "the run is still going on in another process: %s",
		       journal->path);
}

static struct journal *make_file(const char *path, const struct tree *header, struct err *err)
{
	struct journal *journal = mem_zalloc(sizeof(*journal));

	journal->path = mem_strdup(path);
	journal->fd = -1;
	if (!make_folders(journal->path, err)) {
		journal->fd = open(journal->path,
				   O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
		if (journal->fd < 0 || file_sync_folder(journal->path))
			err_errno(err, ERR_FILE, "cannot make the journal %s", journal->path);
	}
	if (err->code || hold(journal, err) || write_line(journal, header, err)) {
		journal_free(journal);
		return NULL;
	}
	return journal;
}

struct journal *journal_new(const char *folder, const char *cluster, const char *run,
			    const struct tree *header, struct err *err)
{
	scoped(mem) char *path = journal_file(folder, cluster, run, 1);

	return make_file(path, header, err);
}

/* After a crash the last line may lack its end. */
static int end_torn_line(struct journal *journal, struct err *err)
{
	off_t size = lseek(journal->fd, 0, SEEK_END);
	char last = '\n';

	if (size > 0 && pread(journal->fd, &last, 1, size - 1) == 1 && last != '\n' &&
	    write(journal->fd, "\n", 1) != 1)
		return err_errno(err, ERR_FILE, "%s",
				 journal->path); /* not reached: as in write_line */
	return size < 0 ? err_errno(err, ERR_FILE, "%s", journal->path) : 0;
}

static struct journal *open_file(const char *path, struct err *err)
{
	struct journal *journal = mem_zalloc(sizeof(*journal));

	journal->path = mem_strdup(path);
	journal->fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (journal->fd >= 0 && !hold(journal, err))
		return journal;
	if (!err->code)
		err_errno(err, ERR_FILE, "%s", path);
	journal_free(journal);
	return NULL;
}

/* What is of another version, or damaged from its first line on, would not be read again with what is added to it. */
static bool is_of(const char *path, const char *run)
{
	scoped(arena) struct arena *arena = arena_new();
	struct journal_story story;
	struct err bad = ERR_INIT;

	return !journal_read(path, arena, &story, &bad) && strcmp(story.run, run) == 0;
}

struct journal *journal_reopen(const char *folder, const char *cluster, const char *run,
			       const struct tree *header, struct err *err)
{
	for (unsigned nth = 1; nth <= FILES_MAX; nth++) {
		scoped(mem) char *path = journal_file(folder, cluster, run, nth);
		if (access(path, F_OK))
			return make_file(path, header, err);
		struct journal *journal = open_file(path, err);
		if (!journal)
			return NULL;
		bool ours = is_of(path, run);
		if (ours && !end_torn_line(journal, err))
			return journal;
		journal_free(journal);
		if (ours)
			return NULL;
	}
	scoped(mem) char *last = journal_file(folder, cluster, run, FILES_MAX);
	err_set(err, ERR_FILE, "%s, and all before it, are no journals that this program reads",
		last);
	err_hint(err, "move them away");
	return NULL;
}

void journal_free(struct journal *journal)
{
	if (!journal)
		return;
	if (journal->fd >= 0)
		close(journal->fd);
	free(journal->path);
	free(journal);
}

const char *journal_path(const struct journal *journal)
{
	return journal->path;
}

int journal_add(struct journal *journal, const char *event, const char *step, const char *node,
		const char *error, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	struct tree *line = tree_map(arena);
	char when[21];

	time_text(now_unix(), when);
	tree_set_string(arena, line, "time", when);
	tree_set_string(arena, line, "event", event);
	if (step)
		tree_set_string(arena, line, "step", step);
	if (node)
		tree_set_string(arena, line, "node", node);
	if (error)
		tree_set_string(arena, line, "error", error);
	return write_line(journal, line, err);
}
