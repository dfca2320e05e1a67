/*
 * report_file: see report_file.h.
 */
#include "plugin/report_file.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "plugin/print.h"
#include "plugin/report_html.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE_MAX = 16 * 1024 * 1024 };

/* A name that is only the ending has none. */
static bool is_named(const char *path, const char *ending)
{
	return strlen(path) > strlen(ending) && text_ends(path, ending);
}

static int check_free(const char *path, struct err *err)
{
	struct stat st;

	if (!lstat(path, &st)) {
		err_set(err, ERR_FILE, "--report: %s is there already", path);
		return err_hint(err, "a report is never written over another: choose another name");
	}
	return errno == ENOENT ? 0 : err_errno(err, ERR_FILE, "--report: %s", path);
}

int report_file_check(const char *path, struct err *err)
{
	if (!path)
		return 0;
	if (!is_named(path, ".html") && !is_named(path, ".json"))
		return err_set(err, ERR_USAGE,
			       "--report: %s ends neither in .html (a page) nor in .json", path);
	const char *slash = strrchr(path, '/');
	scoped(mem) char *part = mem_printf("%s.part", path);
	scoped(mem) char *folder =
		slash ? mem_printf("%.*s/", (int)(slash - path), path) : mem_strdup(".");
	if (check_free(path, err) || check_free(part, err))
		return -1;
	if (access(folder, W_OK | X_OK))
		return err_errno(err, ERR_FILE, "--report: cannot write into %s", folder);
	return 0;
}

/* As renameat2 with RENAME_NOREPLACE, which some file systems lack. */
static int give_name(const char *part, const char *path)
{
	if (!renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE))
		return 0;
	if ((errno != EINVAL && errno != ENOSYS) || link(part, path))
		return -1;
	return unlink(part);
}

int report_file_write(const char *path, const struct tree *report, struct err *err)
{
	scoped(buf) struct buf text = BUF_INIT(PAGE_MAX);
	scoped(mem) char *part = mem_printf("%s.part", path);

	if (is_named(path, ".html") ? report_html(report, &text, err)
				    : json_write(report, false, &text, err))
		return -1;
	scoped(fd) int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, ERR_FILE, "%s", part);
	if (!file_write(fd, text.data, text.len) && !fsync(fd) && !give_name(part, path))
		return 0;
	err_errno(err, ERR_FILE, "%s", path);
	unlink(part);
	return -1;
}

void report_file_end(const char *path, const struct tree *report)
{
	struct err err = ERR_INIT;

	if (report_file_write(path, report, &err))
		print_notice("warning: the report was not written: %s", err.text);
	else
		print_notice("Report: %s", path);
}
