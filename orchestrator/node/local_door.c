/*
 * local_door: see local_door.h, and unix(7), "Autobind feature".
 */
#include "node/local_door.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int local_door_open(struct local_door *door, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(address);

	*door = (struct local_door){ .fd = socket(AF_UNIX,
						  SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) };
	if (door->fd < 0 ||
	    bind(door->fd, (struct sockaddr *)&address, sizeof(address.sun_family)) ||
	    listen(door->fd, 4) || getsockname(door->fd, (struct sockaddr *)&address, &len)) {
		err_errno(err, ERR_SSH, "a local socket");
		local_door_close(door);
		return -1;
	}
	size_t name = len - offsetof(struct sockaddr_un, sun_path) - 1;
	if (name >= sizeof(door->name)) {
		local_door_close(door);
		return err_set(err, ERR_BUG, "a local socket with a long name");
	}
	memcpy(door->name, address.sun_path + 1, name);
	return 0;
}

int local_door_step(struct local_door *door, int *fd, struct err *err)
{
	struct ucred who;
	socklen_t len = sizeof(who);
	int one = accept4(door->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (one < 0)
		return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED
			       ? 0
			       : err_errno(err, ERR_SSH, "a local socket");
	if (getsockopt(one, SOL_SOCKET, SO_PEERCRED, &who, &len) || who.pid != getpid()) {
		close(one); /* somebody else on this machine */
		return 0;
	}
	local_door_close(door);
	*fd = one;
	return 0;
}

void local_door_close(struct local_door *door)
{
	if (door->fd >= 0)
		close(door->fd);
	door->fd = -1;
}
