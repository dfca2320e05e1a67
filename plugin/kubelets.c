/*
 * kubelets: see kubelets.h.
 */
#include "plugin/kubelets.h"

#include "base/mem.h"
#include "plugin/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOGIN_MS = 15 * 1000, RESTART_MS = 60 * 1000 };

typedef int kubelet_fn(struct node *node, struct err *err);

static int look(struct node *node, struct err *err)
{
	uint64_t deadline = deadline_in(LOGIN_MS);
	int status;

	if (node_open(node, deadline, err) ||
	    node_try(node, argv("systemctl", "is-active", "--quiet", "kubelet"), deadline, NULL,
		     &status, err))
		return -1;
	return status ? err_set(err, ERR_UNSAFE, "no kubelet runs there") : 0;
}

static int restart(struct node *node, struct err *err)
{
	uint64_t deadline = deadline_in(RESTART_MS);

	return node_open(node, deadline, err) ||
			       node_run(node, argv("systemctl", "restart", "kubelet"), deadline,
					NULL, err)
		       ? -1
		       : 0;
}

/* One NAME=ADDRESS at *at, which goes on to the next.  False: it is none. */
static bool next(const char **at, char **name, char **address)
{
	size_t len = strcspn(*at, ","), equals = strcspn(*at, "=,");

	if (!equals || equals + 1 >= len || (*at)[equals] != '=')
		return false;
	*name = mem_printf("%.*s", (int)equals, *at);
	*address = mem_printf("%.*s", (int)(len - equals - 1), *at + equals + 1);
	*at += len + ((*at)[len] == ',');
	return true;
}

static int on_node(const char *name, const char *address, const struct ssh_settings *ssh,
		   int cancel_fd, kubelet_fn *fn, struct err *err)
{
	struct node node;

	node_ssh_init(&node, name, address, ssh);
	node.cancel_fd = cancel_fd;
	int failed = fn(&node, err);
	node_ssh_release(&node);
	return failed ? err_in(err, "%s", name) : 0;
}

static int bad_list(const char *at, struct err *err)
{
	return err_set(err, ERR_USAGE, "--restart-kubelets: \"%.60s\" is no NAME=ADDRESS", at);
}

static int check_list(const char *named, struct err *err)
{
	for (const char *at = named ? named : ""; *at;) {
		char *words[2] = { NULL, NULL };
		if (!next(&at, &words[0], &words[1]))
			return bad_list(at, err);
		free(words[0]);
		free(words[1]);
	}
	return 0;
}

/* Code and hint are those of the first. */
static void add_failure(struct err *err, const struct err *one)
{
	size_t len = strlen(err->text);

	if (!err->code)
		*err = *one;
	else
		snprintf(err->text + len, sizeof(err->text) - len, "; %.300s", one->text);
	if (!err->hint[0])
		err_hint(err,
			 "nothing was changed; leave it out of --restart-kubelets, and restart "
			 "it by hand at the end");
}

int kubelets_check(const char *named, bool all, const struct ssh_settings *ssh, int cancel_fd,
		   struct err *err)
{
	if (check_list(named, err)) /* all of it, before anybody is logged in to */
		return -1;
	for (const char *at = named ? named : ""; *at;) {
		char *words[2] = { NULL, NULL };
		if (!next(&at, &words[0], &words[1]))
			return bad_list(at, err);
		scoped(mem) char *name = words[0], *address = words[1];
		struct err one = ERR_INIT;
		if (!on_node(name, address, ssh, cancel_fd, look, &one))
			continue;
		add_failure(err, &one);
		if (!all || one.code == ERR_CANCELLED)
			break;
	}
	return err->code ? -1 : 0;
}

int kubelets_restart(const char *named, const struct ssh_settings *ssh, int cancel_fd,
		     struct arena *arena, struct name_set *done, struct err *err)
{
	for (const char *at = named ? named : ""; *at;) {
		char *words[2] = { NULL, NULL };
		struct err one = ERR_INIT;
		if (!next(&at, &words[0], &words[1]))
			return bad_list(at, err);
		scoped(mem) char *name = words[0], *address = words[1];
		if (on_node(name, address, ssh, cancel_fd, restart, &one))
			print_notice("warning: its kubelet was not restarted: %s", one.text);
		else
			name_set_add(done, arena, name, strlen(name));
	}
	return 0;
}
