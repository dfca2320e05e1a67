/*
 * test_node: a file's SHA-256 by the node itself, with openssl, without it, and with one that is of no use; what has the lowest
 * priority there.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "node/node.h"
#include "node/node_local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test_node.XXXXXX";
static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static char *make(const char *name, const char *text, mode_t mode)
{
	char *path = mem_printf("%s/%s", folder, name);
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file) || chmod(path, mode))
		abort();
	return path;
}

static int sum(const char *path, char out[65], struct err *err)
{
	struct node node;

	node_local_init(&node, "here", -1);
	*err = ERR_INIT;
	int failed = node_sha256(&node, path, deadline_in(10000), out, err);
	node_close(&node);
	return failed;
}

/* A PATH with sha256sum and, when openssl is given, that script for it. */
static void only(const char *openssl)
{
	static const char *const links[] = { "sh", "sha256sum" };
	scoped(mem) char *bin = mem_printf("%s/bin", folder);

	mkdir(bin, 0700);
	for (size_t i = 0; i < 2; i++) {
		scoped(mem) char *from = mem_printf("/usr/bin/%s", links[i]);
		scoped(mem) char *to = mem_printf("%s/%s", bin, links[i]);
		CHECK(symlink(from, to) == 0 || access(to, X_OK) == 0);
	}
	if (openssl)
		free(make("bin/openssl", openssl, 0700));
	setenv("PATH", bin, 1);
}

static void test_start(void)
{
	CHECK(mkdtemp(folder) != NULL);
}

static void test_sum(void)
{
	scoped(mem) char *path = make("a b\\c", "abc", 0600);
	scoped(mem) char *missing = mem_printf("%s/none", folder);
	char out[65];
	struct err err;

	CHECK_INT(sum(path, out, &err), 0); /* with what this machine has */
	CHECK_STR(out, abc);
	only(NULL);
	CHECK_INT(sum(path, out, &err), 0);
	CHECK_STR(out, abc);
	CHECK_INT(sum(missing, out, &err), -1);
	CHECK_INT(err.code, ERR_REMOTE);
	CHECK(strstr(err.text, "No such file") != NULL);
	only("#!/bin/sh\necho Unknown digest >&2\nexit 1\n");
	CHECK_INT(sum(path, out, &err), 0);
	CHECK_STR(out, abc);
}

static void test_openssl_comes_first(void)
{
	scoped(mem) char *path = make("x", "abc", 0600);
	scoped(mem) char *script = mem_printf("#!/bin/sh\necho \"%064d *$4\"\n", 7);
	char out[65];
	struct err err;

	only(script);
	CHECK_INT(sum(path, out, &err), 0);
	CHECK_STR(out + 60, "0007");
	only("#!/bin/sh\necho 'SHA256(x)= 00'\n");
	CHECK_INT(sum(path, out, &err), -1);
	CHECK(strstr(err.text, "did not say its SHA-256") != NULL);
	only("#!/bin/sh\nexit 0\n");
	CHECK_INT(sum(path, out, &err), -1);
}

static void test_end(void)
{
	scoped(mem) char *command = mem_printf("/usr/bin/rm -rf %s", folder);

	CHECK_INT(system(command), 0);
}

static unsigned commands, gentle;

static int count(struct node *node, const char *const args[], const struct node_input *input,
		 uint64_t deadline, struct buf *out, struct buf *errs, int *status, struct err *err)
{
	(void)args, (void)input, (void)deadline, (void)out, (void)errs, (void)err;
	commands++;
	gentle += node->gentle;
	*status = 0;
	return 0;
}

/* What may be large, while etcd serves beside it; what a step waits for is not held up. */
static void test_gentle(void)
{
	static const struct node_ops ops = { .run = count };
	struct node node = { .name = "n", .ops = &ops, .cancel_fd = -1 };
	struct err err = ERR_INIT;
	char out[65];

	CHECK_INT(node_put(&node, 0, 0, "/a", 0600, deadline_in(1000), &err), 0);
	CHECK(node_sha256(&node, "/a", deadline_in(1000), out, &err)); /* it says nothing */
	CHECK(commands == 4 && gentle == 4);
	CHECK_INT(node_write(&node, "x", 1, "/a", 0600, deadline_in(1000), &err), 0);
	CHECK_INT(node_run(&node, argv("true"), deadline_in(1000), NULL, &err), 0);
	CHECK(commands == 8 && gentle == 4);
}

TESTS(TEST(test_start), TEST(test_sum), TEST(test_openssl_comes_first), TEST(test_gentle),
      TEST(test_end))
