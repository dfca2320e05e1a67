/*
 * node_local: see node_local.h.
 */
#include "node/node_local.h"

#include "base/proc.h"

static int local_open(struct node *node, uint64_t deadline, struct err *err)
{
	(void)node;
	(void)deadline;
	(void)err;
	return 0;
}

static int local_run(struct node *node, const char *const args[], const struct node_input *input,
		     uint64_t deadline, struct buf *out, struct buf *errs, int *status,
		     struct err *err)
{
	struct proc_request request = {
		.argv = args,
		.input = input ? input->data : NULL,
		.input_len = input ? (size_t)input->len : 0,
		.input_fd = input ? input->fd : -1,
		.deadline = deadline,
		.cancel_fd = node->cancel_fd,
	};

	return proc_run(&request, out, errs, status, err);
}

/* No carrier: whoever asks connects by itself. */
static int local_tunnel(struct node *node, const char *host, unsigned port, uint64_t deadline,
			struct http_carrier *carrier, struct err *err)
{
	(void)node;
	(void)host;
	(void)port;
	(void)deadline;
	(void)err;
	*carrier = (struct http_carrier){ .local = NULL };
	return 0;
}

static void local_nothing(struct node *node)
{
	(void)node;
}

static const struct node_ops local_ops = {
	.open = local_open,
	.run = local_run,
	.tunnel = local_tunnel,
	.tunnel_close = local_nothing,
	.close = local_nothing,
};

void node_local_init(struct node *node, const char *name, int cancel_fd)
{
	*node = (struct node){
		.name = name, .address = "127.0.0.1", .ops = &local_ops, .cancel_fd = cancel_fd
	};
}
