/*
 * cmd_browse: a snapshot to look into with kubectl: a door to its API server, a kubeconfig, and a command, a shell, or
 * whoever uses the kubeconfig until Ctrl-C.
 */
#include "base/mem.h"
#include "plugin/browse.h"
#include "plugin/browse_child.h"
#include "plugin/browse_config.h"
#include "plugin/browse_door.h"
#include "plugin/print.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { WAIT_MS = 1000, OFTEN_MS = 50 };

struct looking {
	const struct browse *browse;
	struct fleet *fleet;
	struct browse_door *door;
	struct browse_child child; /* pid 0: there is none */
};

/* Until then there is nothing to do, if nothing comes. */
static int wait_ms(const struct looking *l)
{
	bool often = l->child.pid && l->child.fd < 0;
	int left = ms_until(l->browse->deadline), most = often ? OFTEN_MS : WAIT_MS;

	return left < most ? left : most;
}

/* Serves the door until the command has ended, a signal came that is not the command's own, or the time is over. */
static int serve(struct looking *l, struct err *err)
{
	int status = 0, signal_number;

	for (;;) {
		struct pollfd fds[BROWSE_DOOR_FDS + 2];
		size_t count = browse_door_fds(l->door, fds);
		fds[count++] = (struct pollfd){ fleet_signal_fd(l->fleet), POLLIN, 0 };
		if (l->child.pid && l->child.fd >= 0)
			fds[count++] = (struct pollfd){ l->child.fd, POLLIN, 0 };
		poll(fds, count, wait_ms(l));
		browse_door_step(l->door);
		if (l->child.pid && browse_child_ended(&l->child, &status))
			return status;
		signal_number = fleet_take_signal(l->fleet);
		if (now_ms() >= l->browse->deadline) {
			if (l->child.pid)
				browse_child_stop(&l->child);
			browse_over(l->browse, err);
			return err_status(err->code);
		}
		/* the terminal has told the command of Ctrl-C, too: what it means is the command's business */
		if (!signal_number || (l->child.pid && signal_number == SIGINT))
			continue;
		if (l->child.pid)
			browse_child_stop(&l->child);
		return l->child.pid ? 128 + signal_number : 0;
	}
}

static void say(const struct browse *browse, const char *path)
{
	print_notice("%s, read-only, behind the kubeconfig %s", browse->plan->source.shown, path);
}

static int look_by(struct browse *browse, const char *path, struct looking *l, struct err *err)
{
	char *const *words = browse->opts->tail;
	bool ask = !words && !browse->opts->write_kubeconfig && isatty(STDIN_FILENO);
	int failed = 0;

	if (!words)
		say(browse, path);
	if (ask)
		print_notice("A shell that sees it; exit ends it, and removes everything.");
	else if (!words)
		print_notice("Until Ctrl-C.");
	if (words)
		failed = browse_child_start(words, path, &l->child, err);
	else if (ask)
		failed = browse_child_shell(path, browse->name, &l->child, err);
	return failed ? err_status(err->code) : serve(l, err);
}

static int look(struct browse *browse, struct err *err)
{
	const struct member *member = &browse->plan->found.cluster.members[0];
	struct looking looking = {
		.browse = browse,
		.fleet = browse->plan->found.fleet,
		.door = browse_door_open(member->node, member->address, &browse->plan->found.ssh,
					 browse->port, err),
	};
	int status = -1;

	if (!looking.door)
		return err_status(err->code);
	scoped(mem) char *path = browse_config_write(browse, browse_door_port(looking.door), err);
	status = path ? look_by(browse, path, &looking, err) : err_status(err->code);
	if (path)
		unlink(path);
	browse_door_close(looking.door);
	return status;
}

int cmd_browse(const struct opts *opts, struct err *err)
{
	return browse_run(opts, look, err);
}
