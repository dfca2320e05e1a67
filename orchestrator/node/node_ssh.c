/*
 * node_ssh: see node_ssh.h.  One session a node for the whole run; one that broke is closed, and the next
 * call opens a new one.
 */
#include "node/node_ssh.h"

#include "base/log.h"
#include "base/mem.h"
#include "node/quote.h"
#include "node/ssh.h"

#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COMMAND_MAX = 128 * 1024, ERRORS_MAX = 4096, AGAIN = 5, AGAIN_MS = 500 };

struct node_ssh {
	struct ssh_settings settings;
	struct ssh *ssh;
	bool probed; /* who we are there is known */
	bool sudo;   /* commands need sudo -n */
	char *host_key;
};

char *ssh_settings_user(const struct ssh_settings *settings)
{
	struct passwd entry, *found = NULL;
	char room[4096];

	if (settings->user)
		return mem_strdup(settings->user);
	if (!getpwuid_r(getuid(), &entry, room, sizeof(room), &found) && found)
		return mem_strdup(found->pw_name);
	return mem_strdup("root");
}

static int connect_again(struct node *node, uint64_t deadline, struct err *err)
{
	struct node_ssh *impl = node->impl;
	scoped(mem) char *user = ssh_settings_user(&impl->settings);
	struct ssh_target target = {
		.host = node->address,
		.port = impl->settings.port ? impl->settings.port : 22,
		.user = user,
		.key = impl->settings.key,
		.known_hosts = impl->settings.known_hosts,
		.cancel_fd = node->cancel_fd,
	};

	if (impl->ssh && !ssh_broken(impl->ssh))
		return 0;
	ssh_close(impl->ssh);
	impl->ssh = ssh_open(&target, deadline, err);
	/* one that let us in before and does not answer for a moment: the undo may hang on it */
	for (int again = 0; !impl->ssh && impl->probed && err->code == ERR_SSH && again < AGAIN;
	     again++) {
		struct pollfd cancel = { node->cancel_fd, POLLIN, 0 };
		log_at(2, "%s: %s; trying again", node->name, err->text);
		if (poll(&cancel, 1, AGAIN_MS) > 0 || now_ms() >= deadline)
			break;
		impl->ssh = ssh_open(&target, deadline, err);
	}
	if (!impl->ssh)
		return -1;
	free(impl->host_key);
	node->host_key = impl->host_key = mem_strdup(ssh_host_key(impl->ssh));
	return 0;
}

static int run_line(struct node *node, const char *line, const struct ssh_input *input,
		    uint64_t deadline, struct buf *out, struct buf *errs, int *status,
		    struct err *err)
{
	struct node_ssh *impl = node->impl;

	if (connect_again(node, deadline, err))
		return -1;
	return ssh_run(impl->ssh, line, input, deadline, out, errs, status, err);
}

static int probe_sudo(struct node *node, uint64_t deadline, struct err *err)
{
	struct node_ssh *impl = node->impl;
	scoped(buf) struct buf errs = BUF_INIT(ERRORS_MAX);
	int status;

	if (run_line(node, "sudo -n -- true", NULL, deadline, NULL, &errs, &status, err))
		return -1;
	if (status == 0)
		return 0;
	err_set(err, ERR_REMOTE, "sudo -n does not work (exit %d: %.*s)", status,
		(int)strcspn(buf_str(&errs), "\r\n"), buf_str(&errs));
	return err_hint(err,
			"log in as root, or let the user run commands without a password: "
			"'%s ALL=(root) NOPASSWD: ALL' in /etc/sudoers.d/etcd-backup",
			impl->settings.user ? impl->settings.user : "USER");
}

/* Who are we there, and if not root, does sudo let us? */
static int probe(struct node *node, uint64_t deadline, struct err *err)
{
	struct node_ssh *impl = node->impl;
	scoped(buf) struct buf out = BUF_INIT(ERRORS_MAX);
	scoped(buf) struct buf errs = BUF_INIT(ERRORS_MAX);
	int status;

	if (run_line(node, "id -u", NULL, deadline, &out, &errs, &status, err))
		return -1;
	buf_trim(&out);
	if (status)
		return err_set(err, ERR_REMOTE, "id -u: exit %d", status);
	impl->sudo = strcmp(buf_str(&out), "0") != 0;
	if (impl->sudo && probe_sudo(node, deadline, err))
		return -1;
	impl->probed = true;
	log_at(4, "%s: logged in, %s", node->name, impl->sudo ? "with sudo" : "as root");
	return 0;
}

static int ssh_node_open(struct node *node, uint64_t deadline, struct err *err)
{
	struct node_ssh *impl = node->impl;

	if (connect_again(node, deadline, err))
		return -1;
	return impl->probed ? 0 : probe(node, deadline, err);
}

static int ssh_node_run(struct node *node, const char *const args[], const struct node_input *input,
			uint64_t deadline, struct buf *out, struct buf *errs, int *status,
			struct err *err)
{
	struct node_ssh *impl = node->impl;
	scoped(buf) struct buf line = BUF_INIT(COMMAND_MAX);
	struct ssh_input bytes = { .fd = -1 };

	if (ssh_node_open(node, deadline, err))
		return -1;
	const struct quote_how how = { .sudo = impl->sudo,
				       .nice = node->gentle,
				       .ionice = node->gentle && node->ionice,
				       .seconds = (unsigned)ms_until(deadline) / 1000 + 1 };
	if (quote_command(args, &how, &line, err))
		return -1;
	if (input)
		bytes = (struct ssh_input){ input->fd, input->data, input->len };
	return run_line(node, buf_str(&line), &bytes, deadline, out, errs, status, err);
}

static int ssh_node_tunnel(struct node *node, const char *host, unsigned port, uint64_t deadline,
			   struct http_carrier *carrier, struct err *err)
{
	struct node_ssh *impl = node->impl;

	if (ssh_node_open(node, deadline, err))
		return -1;
	return ssh_tunnel(impl->ssh, host, port, deadline, carrier, err);
}

static void ssh_node_tunnel_close(struct node *node)
{
	struct node_ssh *impl = node->impl;

	if (impl->ssh)
		ssh_tunnel_close(impl->ssh);
}

static void ssh_node_close(struct node *node)
{
	struct node_ssh *impl = node->impl;

	ssh_close(impl->ssh);
	impl->ssh = NULL;
}

static const struct node_ops node_ssh_ops = {
	.open = ssh_node_open,
	.run = ssh_node_run,
	.tunnel = ssh_node_tunnel,
	.tunnel_close = ssh_node_tunnel_close,
	.close = ssh_node_close,
};

void node_ssh_init(struct node *node, const char *name, const char *address,
		   const struct ssh_settings *settings)
{
	struct node_ssh *impl = mem_zalloc(sizeof(*impl));

	impl->settings = *settings;
	*node = (struct node){ .name = name,
			       .address = address,
			       .ops = &node_ssh_ops,
			       .impl = impl,
			       .cancel_fd = -1 };
}

void node_ssh_release(struct node *node)
{
	if (!node->impl)
		return;
	struct node_ssh *impl = node->impl;
	ssh_node_close(node);
	free(impl->host_key);
	free(impl);
	node->impl = NULL;
	node->host_key = NULL;
}
