/*
 * browse_door: see browse_door.h.  A session carries one tunnel at a time; those whose connection has ended wait for the next
 * one, since kubectl makes one connection for each command.
 */
#include "plugin/browse_door.h"

#include "base/mem.h"
#include "plugin/print.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LANES_MAX = 16, PIECE = 64 * 1024, OPEN_MS = 20 * 1000, BACKLOG = 64 };

/* Bytes that have left one side and not yet reached the other. */
struct load {
	char data[PIECE];
	size_t at, end;
};

struct lane {
	struct node node;
	int client, inner; /* -1: the lane is free */
	struct http_carrier carrier;
	struct load up, down;
};

struct browse_door {
	int fd;
	unsigned port, target;
	const char *name, *address;
	struct ssh_settings settings;
	struct lane *lanes[LANES_MAX];
};

static bool is_busy(const struct lane *lane)
{
	return lane && lane->client >= 0;
}

static int listen_here(struct browse_door *door, struct err *err)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);

	door->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (door->fd < 0 || bind(door->fd, (struct sockaddr *)&in, sizeof(in)) ||
	    listen(door->fd, BACKLOG) || getsockname(door->fd, (struct sockaddr *)&in, &len))
		return err_errno(err, ERR_BUG, "cannot listen on 127.0.0.1");
	door->port = ntohs(in.sin_port);
	return 0;
}

struct browse_door *browse_door_open(const char *name, const char *address,
				     const struct ssh_settings *settings, unsigned port,
				     struct err *err)
{
	struct browse_door *door = mem_zalloc(sizeof(*door));

	*door = (struct browse_door){
		.fd = -1, .target = port, .name = name, .address = address, .settings = *settings
	};
	if (!listen_here(door, err))
		return door;
	browse_door_close(door);
	return NULL;
}

unsigned browse_door_port(const struct browse_door *door)
{
	return door->port;
}

static void end_lane(struct lane *lane)
{
	if (lane->client >= 0)
		close(lane->client);
	if (lane->inner >= 0)
		close(lane->inner);
	lane->client = lane->inner = -1;
	node_tunnel_close(&lane->node);
	mem_wipe(&lane->up, sizeof(lane->up));
	mem_wipe(&lane->down, sizeof(lane->down));
}

/* One that is free, best with a session; NULL: all are taken. */
static struct lane *free_lane(struct browse_door *door)
{
	for (size_t i = 0; i < LANES_MAX; i++)
		if (door->lanes[i] && !is_busy(door->lanes[i]))
			return door->lanes[i];
	for (size_t i = 0; i < LANES_MAX; i++) {
		if (door->lanes[i])
			continue;
		struct lane *lane = door->lanes[i] = mem_zalloc(sizeof(*lane));
		lane->client = lane->inner = -1;
		node_ssh_init(&lane->node, door->name, door->address, &door->settings);
		return lane;
	}
	return NULL;
}

/* The carrier's own door takes one connection, and only from this process. */
static int connect_inner(const struct http_carrier *carrier, struct err *err)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t len = strlen(carrier->local);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(un.sun_path + 1, carrier->local, len);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&un,
				(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len)))
		return fd;
	err_errno(err, ERR_BUG, "the tunnel's own socket");
	if (fd >= 0)
		close(fd);
	return -1;
}

static void take_one(struct browse_door *door, int client)
{
	struct lane *lane = free_lane(door);
	struct err err = ERR_INIT;
	int on = 1;

	if (!lane) { /* the other side tries again, or not */
		close(client);
		return;
	}
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (node_tunnel(&lane->node, "127.0.0.1", door->target, deadline_in(OPEN_MS),
			&lane->carrier, &err)) {
		print_notice("warning: %s: %s", door->name, err.text);
		node_close(&lane->node);
		close(client);
		return;
	}
	lane->client = client;
	lane->inner = connect_inner(&lane->carrier, &err);
	if (lane->inner < 0)
		end_lane(lane);
}

/* from -> load -> to.  False: one side has ended, or an error has ended it. */
static bool move(int from, int to, struct load *load, bool *moved)
{
	*moved = false;
	if (load->at == load->end) {
		ssize_t n = recv(from, load->data, sizeof(load->data), MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return false;
		load->at = 0;
		load->end = n > 0 ? (size_t)n : 0;
		*moved |= n > 0;
	}
	if (load->at != load->end) {
		ssize_t n = send(to, load->data + load->at, load->end - load->at,
				 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		load->at += n > 0 ? (size_t)n : 0;
		*moved |= n > 0;
	}
	return true;
}

static void step_lane(const struct browse_door *door, struct lane *lane)
{
	struct err err = ERR_INIT;
	bool up, down;

	do {
		if (lane->carrier.step(lane->carrier.arg, &err)) {
			print_notice("warning: %s: %s", door->name, err.text);
			end_lane(lane);
			return;
		}
		if (!move(lane->inner, lane->client, &lane->down, &down) ||
		    !move(lane->client, lane->inner, &lane->up, &up)) {
			end_lane(lane);
			return;
		}
	} while (up || down);
}

void browse_door_step(struct browse_door *door)
{
	int client;

	while ((client = accept4(door->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
		take_one(door, client);
	for (size_t i = 0; i < LANES_MAX; i++)
		if (is_busy(door->lanes[i]))
			step_lane(door, door->lanes[i]);
}

/* What waits on the other side is not read on. */
static short wants(const struct load *in, const struct load *out)
{
	return (short)((in->at == in->end ? POLLIN : 0) | (out->at != out->end ? POLLOUT : 0));
}

size_t browse_door_fds(const struct browse_door *door, struct pollfd fds[BROWSE_DOOR_FDS])
{
	size_t count = 0;

	fds[count++] = (struct pollfd){ door->fd, POLLIN, 0 };
	for (size_t i = 0; i < LANES_MAX; i++) {
		const struct lane *lane = door->lanes[i];
		struct pollfd carried[4];
		if (!is_busy(lane))
			continue;
		int n = lane->carrier.fds(lane->carrier.arg, carried);
		memcpy(fds + count, carried, (size_t)n * sizeof(carried[0]));
		count += (size_t)n;
		fds[count++] = (struct pollfd){ lane->client, wants(&lane->up, &lane->down), 0 };
		fds[count++] = (struct pollfd){ lane->inner, wants(&lane->down, &lane->up), 0 };
	}
	return count;
}

void browse_door_close(struct browse_door *door)
{
	if (!door)
		return;
	for (size_t i = 0; i < LANES_MAX; i++) {
		if (is_busy(door->lanes[i]))
			end_lane(door->lanes[i]);
		if (door->lanes[i])
			node_ssh_release(&door->lanes[i]->node);
		free(door->lanes[i]);
	}
	if (door->fd >= 0)
		close(door->fd);
	free(door);
}
