/*
 * fake_shell: see fake_shell.h.
 */
#include "fake_shell.h"

#include "base/digest.h"
#include "base/mem.h"
#include "fake_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORDS_MAX = 64, FILE_MAX = 1024 * 1024 };

/* A command with its paths below the root. */
struct command {
	char *words[WORDS_MAX + 1];
	size_t count, first; /* first: of those that are no option */
	const struct node_input *input;
	bool half;
	struct buf *out, *errs;
	int *status;
};

static void command_scoped(struct command *command)
{
	for (size_t i = 0; i < command->count; i++)
		free(command->words[i]);
}

static char *below(const char *root, const char *word)
{
	const char *equals = strchr(word, '=');

	if (strcmp(word, "/dev/null") == 0)
		return mem_strdup(word);
	if (word[0] == '/')
		return mem_printf("%s%s", root, word);
	if (equals && equals[1] == '/')
		return mem_printf("%.*s%s%s", (int)(equals + 1 - word), word, root, equals + 1);
	return mem_strdup(word);
}

static bool has_word(const struct command *c, const char *word)
{
	for (size_t i = 1; i < c->count; i++)
		if (strcmp(c->words[i], word) == 0)
			return true;
	return false;
}

static void fail(const struct command *c, const char *path)
{
	*c->status = 1;
	if (c->errs)
		buf_addf(c->errs, "%s: %s: %s\n", c->words[0], path, strerror(errno));
}

/* install -d -m MODE FOLDER...; install -m MODE /dev/null FILE */
static void do_install(const struct command *c)
{
	bool folders = has_word(c, "-d");
	size_t first = folders ? 4 : 4, end = c->count;
	unsigned mode = (unsigned)strtoul(c->words[folders ? 3 : 2], NULL, 8);

	if (c->half)
		end = first + (c->count - first) / 2;
	for (size_t i = first; i < end; i++) {
		if (folders) {
			fake_make_folders(c->words[i]);
			chmod(c->words[i], mode);
			continue;
		}
		scoped(mem) char *folder = mem_strdup(c->words[i]);
		*strrchr(folder, '/') = '\0';
		if (!fake_exists(folder)) {
			errno = ENOENT;
			fail(c, c->words[i]);
			return;
		}
		fake_write(c->words[i], "", 0, mode);
	}
}

/* rm -f FILE...; rm -rf -- PATH...  Half of it: whole paths first, then some of the last one. */
static void do_rm(const struct command *c)
{
	long limit = -1, removed = 0, all = 0;

	for (size_t i = c->first; i < c->count; i++)
		if (c->half && fake_exists(c->words[i])) {
			struct buf text = BUF_INIT(FILE_MAX);
			fake_tree(c->words[i], &text);
			for (size_t at = 0; at < text.len; at++)
				all += text.data[at] == '\n';
			all++;
			buf_release(&text);
		}
	if (c->half)
		limit = all / 2;
	for (size_t i = c->first; i < c->count; i++)
		removed += (long)fake_remove(c->words[i], limit < 0         ? -1
							  : limit > removed ? limit - removed
									    : 0);
}

static void do_mv(const struct command *c)
{
	if (rename(c->words[2], c->words[3]))
		fail(c, c->words[2]);
}

/* dd of=FILE ... < input */
static void do_dd(const struct command *c)
{
	scoped(buf) struct buf data = BUF_INIT(FILE_MAX);
	char piece[4096];
	ssize_t n;
	size_t len = (size_t)c->input->len;

	if (c->input->fd < 0) {
		buf_add(&data, c->input->data, len);
	} else {
		while ((n = read(c->input->fd, piece, sizeof(piece))) > 0)
			buf_add(&data, piece, (size_t)n);
	}
	if (data.len != len)
		abort();
	fake_write(c->words[1] + 3, data.data ? data.data : "", c->half ? len / 2 : len, 0600);
}

static void do_cat(const struct command *c)
{
	scoped(buf) struct buf text = BUF_INIT(FILE_MAX);

	if (!fake_read(c->words[c->first], &text))
		fail(c, c->words[c->first]);
	else if (c->out)
		buf_add(c->out, text.data, text.len);
}

static void do_grep(const struct command *c)
{
	scoped(buf) struct buf text = BUF_INIT(FILE_MAX);

	*c->status = fake_read(c->words[3], &text) ? !strstr(buf_str(&text), c->words[2]) : 2;
}

/* find FROM ... ! -name MARK -exec mv -n|--backup=numbered -t TO -- {} + */
static void do_find(const struct command *c)
{
	scoped(fake_names) struct fake_names names = fake_list(c->words[1]);
	const char *mark = NULL, *to = NULL;
	bool leaves = false;
	size_t files = 0, moved = 0;
	struct stat st;

	for (size_t i = 2; i + 1 < c->count; i++) {
		if (strcmp(c->words[i], "-name") == 0)
			mark = c->words[i + 1];
		if (strcmp(c->words[i], "-t") == 0)
			to = c->words[i + 1];
		leaves |= strcmp(c->words[i], "-n") == 0;
	}
	if (!mark || !to || !fake_exists(c->words[1]) || !fake_exists(to)) {
		errno = ENOENT;
		fail(c, c->words[1]);
		return;
	}
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < names.count; i++) {
			scoped(mem) char *from = mem_printf("%s/%s", c->words[1], names.list[i]);
			scoped(mem) char *there = mem_printf("%s/%s", to, names.list[i]);
			scoped(mem) char *backup = mem_printf("%s.~1~", there);
			if (lstat(from, &st) || !S_ISREG(st.st_mode) ||
			    strcmp(names.list[i], mark) == 0)
				continue;
			files += pass == 0;
			if (pass == 1 && (!c->half || moved++ < files / 2) &&
			    !(leaves && fake_exists(there)) &&
			    ((fake_exists(there) && rename(there, backup)) || rename(from, there)))
				abort();
		}
}

static void do_ls(const struct command *c)
{
	scoped(fake_names) struct fake_names names = fake_list(c->words[c->first]);

	for (size_t i = 0; i < names.count; i++)
		if (names.list[i][0] != '.')
			buf_addf(c->out, "%s\n", names.list[i]);
}

static void do_cp(const struct command *c)
{
	if (fake_exists(c->words[2]))
		fake_copy(c->words[2], c->words[3]);
	else
		fail(c, c->words[2]);
}

static void do_ln(const struct command *c)
{
	if (link(c->words[2], c->words[3]))
		fail(c, c->words[3]);
}

static void do_rmdir(const struct command *c)
{
	if (rmdir(c->words[1]))
		fail(c, c->words[1]);
}

static void do_test(const struct command *c)
{
	struct stat st;

	*c->status = strcmp(c->words[1], "-L") == 0
			     ? lstat(c->words[2], &st) || !S_ISLNK(st.st_mode)
			     : stat(c->words[2], &st) != 0;
}

static void do_chown(const struct command *c)
{
	if (!fake_exists(c->words[c->count - 1]) ||
	    !fake_exists(strchr(c->words[c->count - 2], '=') + 1))
		fail(c, c->words[c->count - 1]);
}

static void do_du(const struct command *c)
{
	if (fake_exists(c->words[c->first]))
		buf_addf(c->out, "8\t%s\n", c->words[c->first]);
	else
		fail(c, c->words[c->first]);
}

static void do_stat(const struct command *c)
{
	if (strcmp(c->words[1], "-f") == 0) {
		buf_adds(c->out, "cgroup2fs\n");
		return;
	}
	if (strchr(c->words[2], '|')) /* of the folders on the way: nothing is wrong with them */
		return;
	if (fake_exists(c->words[c->count - 1]))
		buf_adds(c->out, "1795257600\n");
	else
		fail(c, c->words[c->count - 1]);
}

static void do_nothing(const struct command *c)
{
	(void)c;
}

/* Scripts: $1 is words[4]. */
static void script_exist(const struct command *c)
{
	for (size_t i = 4; i < c->count; i++)
		if (fake_exists(c->words[i]))
			buf_addf(c->out, "%zu\n", i - 4);
	buf_adds(c->out, "end\n");
}

static void script_cat_if_there(const struct command *c)
{
	scoped(buf) struct buf text = BUF_INIT(FILE_MAX);

	if (fake_read(c->words[4], &text))
		buf_add(c->out, text.data ? text.data : "", text.len);
}

static void script_wal_head(const struct command *c)
{
	scoped(fake_names) struct fake_names names = fake_list(c->words[4]);

	for (size_t i = 0; i < names.count; i++) {
		size_t len = strlen(names.list[i]);
		if (len < 4 || strcmp(names.list[i] + len - 4, ".wal") != 0)
			continue;
		scoped(mem) char *path = mem_printf("%s/%s", c->words[4], names.list[i]);
		scoped(buf) struct buf text = BUF_INIT(FILE_MAX);
		fake_read(path, &text);
		buf_add(c->out, text.data, text.len < 4096 ? text.len : 4096);
		return;
	}
	errno = ENOENT;
	fail(c, c->words[4]);
}

static void script_sha256(const struct command *c)
{
	scoped(buf) struct buf text = BUF_INIT(FILE_MAX);
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_TEXT];

	if (!fake_read(c->words[4], &text)) {
		fail(c, c->words[4]);
		return;
	}
	digest_sha256(text.data ? text.data : "", text.len, digest);
	digest_hex(digest, sizeof(digest), hex);
	buf_addf(c->out, "%s  %s\n", hex, c->words[4]);
}

static void script_copy_tool(const struct command *c)
{
	scoped(mem) char *from = mem_printf("%s/etcdutl", c->words[4]);
	scoped(mem) char *to = mem_printf("%s/etcdutl", c->words[5]);

	if (fake_exists(from) && !fake_exists(to)) {
		fake_copy(from, to);
		chmod(to, 0700);
	}
}

struct known {
	const char *word; /* the program, or what stands in the script */
	void (*run)(const struct command *command);
};

static const struct known scripts[] = {
	{ "echo end", script_exist },         { "|| cat \"$1\"", script_cat_if_there },
	{ "exec sha256sum", script_sha256 },  { "exec head -c 4096", script_wal_head },
	{ "for c in etcdutl", do_nothing },   { "for d in /usr/local/bin", script_copy_tool },
	{ "p=$(command -v $t)", do_nothing }, { "command -v \"$c\"", do_nothing },
};

static const struct known programs[] = {
	{ "install", do_install }, { "rm", do_rm },       { "mv", do_mv },
	{ "dd", do_dd },           { "cat", do_cat },     { "grep", do_grep },
	{ "find", do_find },       { "ls", do_ls },       { "cp", do_cp },
	{ "ln", do_ln },           { "rmdir", do_rmdir }, { "test", do_test },
	{ "du", do_du },           { "stat", do_stat },   { "chown", do_chown },
	{ "sync", do_nothing },    { "chmod", do_chown },
};

static const struct known *find_known(const char *const args[])
{
	bool script = strcmp(args[0], "sh") == 0 && strcmp(args[1], "-c") == 0;
	const struct known *list = script ? scripts : programs;
	size_t count = script ? sizeof(scripts) / sizeof(scripts[0])
			      : sizeof(programs) / sizeof(programs[0]);

	for (size_t i = 0; i < count; i++)
		if (script ? strstr(args[2], list[i].word) != NULL
			   : strcmp(args[0], list[i].word) == 0)
			return &list[i];
	return NULL;
}

bool fake_shell_halves(const char *const args[])
{
	const struct known *known = find_known(args);

	return known && (known->run == do_rm || known->run == do_dd || known->run == do_find ||
			 (known->run == do_install && strcmp(args[1], "-d") == 0 && args[5]));
}

int fake_shell(const char *root, const char *const args[], const struct node_input *input,
	       bool half, struct buf *out, struct buf *errs, int *status)
{
	const struct known *known = find_known(args);
	scoped(buf) struct buf sink = BUF_INIT(FILE_MAX);
	scoped(command) struct command command = { .first = 1,
						   .input = input,
						   .half = half,
						   .out = out ? out : &sink,
						   .errs = errs,
						   .status = status };

	if (!known)
		return 0;
	while (command.count < WORDS_MAX && args[command.count]) {
		command.words[command.count] = below(root, args[command.count]);
		command.count++;
	}
	while (command.first < command.count && command.words[command.first][0] == '-')
		command.first++;
	*status = 0;
	known->run(&command);
	return 1;
}
