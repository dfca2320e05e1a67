/*
 * drill_members: see drill.h.  Members listen on 127.0.0.1 only, and talk to nobody without the drill's certificate.
 */
#include "plugin/drill.h"

#include "base/log.h"
#include "etcd/etcd_flags.h"
#include "node/node_local.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

enum { START_MS = 3 * 60 * 1000, ASK_MS = 5000, AGAIN_MS = 100 };

/* Whether nobody listens there: etcd would only say so in its log. */
static int port_is_free(unsigned port, struct err *err)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	scoped(fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		return err_errno(err, ERR_BUG, "socket");
	if (!bind(fd, (struct sockaddr *)&in, sizeof(in)) && !listen(fd, 1))
		return 0;
	err_errno(err, ERR_REMOTE, "port %u of 127.0.0.1 cannot be had", port);
	return err_hint(err, "end what listens there (another drill?), or give other ports with "
			     "--port-base N");
}

static int start_member(struct drill *d, size_t i, const char *initial, struct err *err)
{
	const struct member *m = &d->cluster.members[i];
	const struct etcd_scratch scratch = { initial, d->token,
					      d->settings->source->file.db_size };
	const char *words[1 + ETCD_FLAGS_MAX] = { d->etcd };
	struct child_request request = {
		.argv = words,
		.env = drill_environment(d),
		.input_fd = -1,
		.output_fd = drill_log_open(d, arena_printf(d->arena, "%s.log", m->name), err)
	};

	if (request.output_fd < 0)
		return -1;
	etcd_flags(d->arena, m, &scratch, words + 1);
	int failed = child_start(&request, &d->children[i], err);
	fd_scoped(&request.output_fd);
	return failed ? err_in(err, "%s", m->name) : 0;
}

/* Those that have ended will never be well. */
static int all_run(struct drill *d, struct err *err)
{
	for (size_t i = 0; i < d->cluster.count; i++) {
		const char *name = d->cluster.members[i].name;
		if (!child_ended(&d->children[i]))
			continue;
		err_set(err, ERR_ETCD, "%s: etcd has ended: exit %d", name, d->children[i].status);
		return drill_log_words(d, arena_printf(d->arena, "%s.log", name), err);
	}
	return 0;
}

static int ask(struct drill *d, size_t i, struct etcd_client *client, struct err *err)
{
	struct etcd_status status;
	struct etcd_members members;
	uint64_t limit = deadline_in(ASK_MS);

	return etcd_status(client, limit, &status, err) ||
			       cluster_check_status(&d->ids, i, &status, false, err) ||
			       etcd_members(client, limit, &members, err) ||
			       cluster_check_members(&d->ids, &members, err)
		       ? -1
		       : 0;
}

static int wait_member(struct drill *d, size_t i, uint64_t deadline, struct err *err)
{
	scoped(etcd_client) struct etcd_client *client = drill_client(d, i, err);
	struct pollfd cancel = { d->settings->cancel_fd, POLLIN, 0 };
	struct err gone = ERR_INIT;

	while (client && ask(d, i, client, err)) {
		if (err->code == ERR_UNSAFE || err->code == ERR_CANCELLED)
			break;
		if (all_run(d, &gone)) {
			*err = gone;
			return -1;
		}
		log_at(4, "%s: %s", d->cluster.members[i].name, err->text);
		if (!ms_until(deadline)) {
			err->code = ERR_TIMEOUT;
			return err_in(err, "%s is not well in time", d->cluster.members[i].name);
		}
		if (poll(&cancel, 1, AGAIN_MS) > 0)
			return err_set(err, ERR_CANCELLED, "interrupted");
		*err = ERR_INIT;
	}
	return !client || err->code ? err_in(err, "%s", d->cluster.members[i].name) : 0;
}

int drill_start(struct drill *d, struct err *err)
{
	scoped(buf) struct buf initial = BUF_INIT(64 * 1024);
	uint64_t limit = deadline_in(START_MS);

	if (cluster_initial(&d->cluster, &initial, err))
		return -1;
	progress_line(&d->progress, "starting %zu member%s of etcd %s on ports %u to %u",
		      d->cluster.count, d->cluster.count == 1 ? "" : "s", d->report->etcd,
		      d->settings->port_base,
		      d->settings->port_base + 2 * (unsigned)d->cluster.count - 1);
	for (size_t i = 0; i < 2 * d->cluster.count; i++)
		if (port_is_free(d->settings->port_base + (unsigned)i, err))
			return -1;
	for (size_t i = 0; i < d->cluster.count; i++) {
		node_local_init(&d->nodes[i], d->cluster.members[i].name, d->settings->cancel_fd);
		if (start_member(d, i, buf_str(&initial), err))
			return -1;
	}
	if (limit > d->settings->deadline)
		limit = d->settings->deadline;
	for (size_t i = 0; i < d->cluster.count; i++)
		if (wait_member(d, i, limit, err))
			return -1;
	return 0;
}

/* Without grace: the last ones would wait for peers that are gone, and their data goes anyway. */
void drill_stop(struct drill *d)
{
	for (size_t i = 0; i < d->cluster.count; i++)
		child_stop(&d->children[i], 0);
}
