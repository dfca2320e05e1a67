/*
 * taken: what a test prints to a stream between take_begin and take_end, as text; valid until the next take_end.
 */
#ifndef PLUGIN_TEST_TAKEN_H
#define PLUGIN_TEST_TAKEN_H

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static char taken[200000];
static int take_fd, old_fd;

static void take_begin(FILE *from)
{
	fflush(from);
	take_fd = memfd_create("out", MFD_CLOEXEC);
	old_fd = dup(fileno(from));
	dup2(take_fd, fileno(from));
}

static const char *take_end(FILE *from)
{
	fflush(from);
	dup2(old_fd, fileno(from));
	ssize_t n = pread(take_fd, taken, sizeof(taken) - 1, 0);
	taken[n > 0 ? n : 0] = '\0';
	close(take_fd);
	close(old_fd);
	return taken;
}

#endif
