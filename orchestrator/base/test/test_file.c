/*
 * test_file: whole reads and writes, also through a pipe that gives and takes little at a time; limits; the folder.
 */
#include "base/file.h"

#include "base/mem.h"
#include "base/test/check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONG = 300 * 1000 };

static void ignore(int signal)
{
	(void)signal;
}

static void *write_long(void *arg)
{
	const int *fd = arg;
	scoped(mem) char *text = mem_zalloc(LONG);

	memset(text, 'x', LONG);
	CHECK_INT(file_write(*fd, text, LONG), 0);
	close(*fd);
	return NULL;
}

/* More than the pipe holds at once, and signals in the middle. */
static void test_pipe(void)
{
	scoped(buf) struct buf text = BUF_SECRET(LONG);
	struct sigaction action = { .sa_handler = ignore }; /* no SA_RESTART */
	int fds[2];
	pthread_t writer;

	CHECK_INT(sigaction(SIGUSR1, &action, NULL), 0);
	CHECK_INT(pipe(fds), 0);
	CHECK_INT(pthread_create(&writer, NULL, write_long, &fds[1]), 0);
	for (int i = 0; i < 20; i++) {
		usleep(500);
		pthread_kill(writer, SIGUSR1); /* it is blocked in the write */
	}
	CHECK_INT(file_read(fds[0], &text), 0);
	pthread_join(writer, NULL);
	close(fds[0]);
	CHECK_INT(text.len, LONG);
	CHECK_INT(strspn(buf_str(&text), "x"), LONG);
}

static void test_limits(void)
{
	char path[] = "/tmp/test_file.XXXXXX";
	scoped(fd) int fd = mkstemp(path);
	scoped(buf) struct buf exact = BUF_INIT(5);
	scoped(buf) struct buf small = BUF_INIT(4);

	CHECK_INT(file_write(fd, "five!", 5), 0);
	CHECK_INT(file_sync_folder(path), 0);
	CHECK_INT(file_read_path(path, 0, &exact), 0);
	CHECK_STR(buf_str(&exact), "five!");
	CHECK_INT(file_read_path(path, 0, &small), -1);
	CHECK_INT(errno, EFBIG);
	unlink(path);
	CHECK_INT(file_read_path(path, 0, &small), -1);
	CHECK_INT(errno, ENOENT);
	CHECK_INT(file_read_path("/tmp", 0, &small), -1);
	CHECK_INT(errno, EISDIR);
	CHECK_INT(file_sync_folder("/nowhere/file"), -1);
	CHECK_INT(errno, ENOENT);
}

static void test_full(void)
{
	scoped(fd) int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	CHECK_INT(file_write(fd, "x", 1), -1);
	CHECK_INT(errno, ENOSPC);
	CHECK_INT(file_write(fd, "", 0), 0);
}

TESTS(TEST(test_pipe), TEST(test_limits), TEST(test_full))
