/*
 * tcp_node: see tcp_node.h.
 */
#include "e2e/etcd/tcp_node.h"

#include "base/mem.h"
#include "base/proc.h"
#include "node/local_door.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Bytes on their way in one direction. */
struct pipe_buf {
	char data[64 * 1024];
	size_t at, end;
	bool ended, told;
};

struct tcp_node {
	struct local_door door;
	int local, remote; /* -1: not open */
	struct pipe_buf down, up;
	bool busy;
	unsigned slow_us; /* between steps */
};

/* 1: something was moved. */
static int tcp_move(int from, int to, struct pipe_buf *p)
{
	ssize_t n;

	if (p->at == p->end && !p->ended) {
		n = recv(from, p->data, sizeof(p->data), MSG_DONTWAIT);
		p->ended = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
		p->at = 0;
		p->end = n > 0 ? (size_t)n : 0;
	}
	if (p->at < p->end) {
		n = send(to, p->data + p->at, p->end - p->at, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			p->at = p->end;
		p->at += n > 0 ? (size_t)n : 0;
		return n > 0;
	}
	if (p->ended && !p->told) {
		shutdown(to, SHUT_WR);
		p->told = true;
	}
	return 0;
}

static int tcp_step(void *arg, struct err *err)
{
	struct tcp_node *tcp = arg;

	if (tcp->local < 0 && tcp->door.fd >= 0 && local_door_step(&tcp->door, &tcp->local, err))
		return -1;
	if (tcp->local < 0)
		return 0;
	usleep(tcp->slow_us);
	while (tcp_move(tcp->remote, tcp->local, &tcp->down) |
	       tcp_move(tcp->local, tcp->remote, &tcp->up))
		if (tcp->slow_us)
			break;
	return 0;
}

static int tcp_fds(void *arg, struct pollfd fds[4])
{
	struct tcp_node *tcp = arg;
	bool down = tcp->down.at < tcp->down.end, up = tcp->up.at < tcp->up.end;

	if (tcp->local < 0) {
		fds[0] = (struct pollfd){ tcp->door.fd, POLLIN, 0 };
		return 1;
	}
	fds[0] = (struct pollfd){
		tcp->remote, (short)((down || tcp->down.ended ? 0 : POLLIN) | (up ? POLLOUT : 0)), 0
	};
	fds[1] = (struct pollfd){
		tcp->local, (short)((up || tcp->up.ended ? 0 : POLLIN) | (down ? POLLOUT : 0)), 0
	};
	int n = 0;
	for (int i = 0; i < 2; i++)
		if (fds[i].events)
			fds[n++] = fds[i];
	return n;
}

static int tcp_tunnel(struct node *node, const char *host, unsigned port, uint64_t deadline,
		      struct http_carrier *carrier, struct err *err)
{
	struct tcp_node *tcp = node->impl;
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	(void)deadline;
	tcp->local = -1;
	tcp->remote = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	tcp->down = tcp->up = (struct pipe_buf){ .at = 0 };
	if (inet_pton(AF_INET, host, &in.sin_addr) != 1 ||
	    connect(tcp->remote, (struct sockaddr *)&in, sizeof(in)) ||
	    local_door_open(&tcp->door, err)) {
		close(tcp->remote);
		return err_set(err, ERR_SSH, "no connection to %s port %u", host, port);
	}
	tcp->busy = true;
	*carrier = (struct http_carrier){ tcp->door.name, tcp, tcp_step, tcp_fds };
	return 0;
}

static void tcp_tunnel_close(struct node *node)
{
	struct tcp_node *tcp = node->impl;

	local_door_close(&tcp->door);
	if (tcp->local >= 0)
		close(tcp->local);
	close(tcp->remote);
	tcp->busy = false;
}

static int tcp_run(struct node *node, const char *const args[], const struct node_input *input,
		   uint64_t deadline, struct buf *out, struct buf *errs, int *status,
		   struct err *err)
{
	struct proc_request request = {
		.argv = args, .input_fd = -1, .deadline = deadline, .cancel_fd = node->cancel_fd
	};

	(void)input;
	return proc_run(&request, out, errs, status, err);
}

static void tcp_close(struct node *node)
{
	(void)node;
}

static const struct node_ops tcp_ops = {
	.run = tcp_run, .close = tcp_close, .tunnel = tcp_tunnel, .tunnel_close = tcp_tunnel_close
};

struct node tcp_node_new(void)
{
	struct tcp_node *tcp = mem_zalloc(sizeof(*tcp));

	tcp->door.fd = tcp->local = tcp->remote = -1;
	return (struct node){ .name = "here", .ops = &tcp_ops, .impl = tcp, .cancel_fd = -1 };
}

void tcp_node_free(struct node *node)
{
	free(node->impl);
}

bool tcp_node_busy(const struct node *node)
{
	const struct tcp_node *tcp = node->impl;

	return tcp->busy;
}

void tcp_node_slow(struct node *node, unsigned us)
{
	struct tcp_node *tcp = node->impl;

	tcp->slow_us = us;
}
