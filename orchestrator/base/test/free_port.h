/*
 * free_port: ports for servers that a test starts.
 */
#pragma once

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* A TCP port that is free on 127.0.0.1 at this moment, another one each time.  It lies below those that
 * the kernel gives to whoever asks for any: one of those may be another's before the server has come up. */
static inline unsigned free_port(void)
{
	enum { FIRST = 10000, COUNT = 10000 };
	static unsigned next;

	if (!next)
		next = arc4random_uniform(COUNT);
	for (;;) {
		unsigned port = FIRST + next++ % COUNT;
		struct sockaddr_in in = { .sin_family = AF_INET,
					  .sin_port = htons((in_port_t)port),
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			abort();
		int rc = bind(fd, (struct sockaddr *)&in, sizeof(in));
		close(fd);
		if (!rc)
			return port;
	}
}
