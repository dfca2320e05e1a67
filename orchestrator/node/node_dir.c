/*
 * node_dir: see node_dir.h.
 */
#include "node/node_dir.h"

#include "base/mem.h"
#include "base/proc.h"

#include <stdlib.h>
#include <string.h>

enum { ARGS_MAX = 64 };

static int dir_open(struct node *node, uint64_t deadline, struct err *err)
{
	(void)node;
	(void)deadline;
	(void)err;
	return 0;
}

/* "/a" -> ROOT/a, "of=/a" -> of=ROOT/a, "--reference=/a" likewise; /dev/null stays. */
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

static int dir_run(struct node *node, const char *const args[], const struct node_input *input,
		   uint64_t deadline, struct buf *out, struct buf *errs, int *status,
		   struct err *err)
{
	struct node_dir *dir = node->impl;
	char *mapped[ARGS_MAX + 1] = { NULL };
	size_t count = 0;
	int answered =
		dir->hook ? dir->hook(node, args, input, deadline, out, errs, status, err) : 0;

	if (answered)
		return answered < 0 ? -1 : 0;
	for (; count < ARGS_MAX && args[count]; count++)
		mapped[count] = below(dir->root, args[count]);
	struct proc_request request = {
		.argv = (const char *const *)(uintptr_t)mapped,
		.input = input ? input->data : NULL,
		.input_len = input ? (size_t)input->len : 0,
		.input_fd = input ? input->fd : -1,
		.deadline = deadline,
		.cancel_fd = node->cancel_fd,
	};
	int failed = proc_run(&request, out, errs, status, err);
	for (size_t i = 0; i < count; i++)
		free(mapped[i]);
	return failed;
}

static int dir_tunnel(struct node *node, const char *host, unsigned port, uint64_t deadline,
		      struct http_carrier *carrier, struct err *err)
{
	(void)node;
	(void)deadline;
	(void)carrier;
	return err_set(err, ERR_SSH, "no connection to %s port %u: a directory has no network",
		       host, port);
}

static void dir_nothing(struct node *node)
{
	(void)node;
}

static const struct node_ops node_dir_ops = {
	.open = dir_open,
	.run = dir_run,
	.tunnel = dir_tunnel,
	.tunnel_close = dir_nothing,
	.close = dir_nothing,
};

void node_dir_init(struct node *node, const char *name, struct node_dir *dir)
{
	*node = (struct node){ .name = name,
			       .address = dir->root,
			       .ops = &node_dir_ops,
			       .impl = dir,
			       .cancel_fd = -1 };
}
