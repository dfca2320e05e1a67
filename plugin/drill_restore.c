/*
 * drill_restore: see drill.h.  etcd's own tool restores from a descriptor, so that the plaintext of an encrypted
 * snapshot comes to the scratch folder only as etcd's data.
 */
#include "plugin/drill.h"

#include "base/proc.h"
#include "base/text.h"
#include "plugin/discover_compare.h"
#include "plugin/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOURS = 25, RESTORE_MS = 60 * 60 * 1000, VERSION_MS = 10 * 1000, VERSION_TEXT = 4096 };

/* "etcd Version: 3.5.16", "etcdutl version: 3.5.16": what stands behind it; "": no such line. */
static const char *read_version(struct drill *d, const char *path, const char *how, struct err *err)
{
	const char *const args[] = { path, how, NULL };
	struct proc_request request = { .argv = args,
					.env = drill_environment(d),
					.input_fd = -1,
					.deadline = deadline_in(VERSION_MS),
					.cancel_fd = d->settings->cancel_fd };
	scoped(buf) struct buf out = BUF_INIT(VERSION_TEXT);
	scoped(buf) struct buf errs = BUF_INIT(VERSION_TEXT);
	int status;

	if (proc_run(&request, &out, &errs, &status, err))
		return NULL;
	const char *at = strcasestr(buf_str(&out), "version: ");
	if (status || !at) {
		err_set(err, ERR_REMOTE, "%s %s: exit %d, and it does not tell its version", path,
			how, status);
		return NULL;
	}
	at += strlen("version: ");
	return arena_strndup(d->arena, at, strcspn(at, "\r\n "));
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int find_programs(struct drill *d, struct err *err)
{
	const struct drill_settings *s = d->settings;

	d->etcd = child_program(s->etcd ? s->etcd : "etcd");
	d->etcdutl = child_program(s->etcdutl ? s->etcdutl : "etcdutl");
	if (!d->etcdutl && !s->etcdutl) /* etcd before 3.5 */
		d->etcdutl = child_program("etcdctl");
	if (!d->etcd || !d->etcdutl) {
		err_set(err, ERR_REMOTE, "there is no program %s",
			d->etcd ? (s->etcdutl ? s->etcdutl : "etcdutl on the PATH")
				: (s->etcd ? s->etcd : "etcd on the PATH"));
		return err_hint(err, "give etcd and etcdutl of the cluster's own version with "
				     "--etcd FILE and --etcdutl FILE");
	}
	d->report->etcd = read_version(d, d->etcd, "--version", err);
	const char *tool = d->report->etcd ? read_version(d, d->etcdutl, "version", err) : NULL;
	if (!tool)
		return -1;
	d->report->restored_by = arena_printf(d->arena, "%s %s", base_name(d->etcdutl), tool);
	return 0;
}

/* What is proved is then proved for another etcd than the one that a restore will have; the report says so, too. */
static void compare_version(struct drill *d)
{
	const char *then = d->settings->then, *here = d->report->etcd;

	if (!text_other_minor(then, here))
		return;
	const char *words = discover_other_etcd(d->arena, then, here);
	print_warning(words);
	drill_proved(d, "warning", "%s", words);
}

/* One certificate is enough: the members and we are the same party. */
static int make_certificate(struct drill *d, struct err *err)
{
	scoped(certificate) struct certificate one = { .ca = BUF_INIT(1) };

	/* the name "root" is etcd's user root where authentication came with the snapshot */
	if (certificate_make("root", "127.0.0.1", HOURS, &one, err))
		return -1;
	return scratch_write(&d->scratch, "ca.crt", one.ca.data, one.ca.len, err) ||
			       scratch_write(&d->scratch, "drill.crt", one.cert.data, one.cert.len,
					     err) ||
			       scratch_write(&d->scratch, "drill.key", one.key.data, one.key.len,
					     err)
		       ? -1
		       : 0;
}

static void settle_members(struct drill *d)
{
	struct cluster *c = &d->cluster;

	c->count = d->settings->members;
	for (size_t i = 0; i < c->count; i++) {
		unsigned port = d->settings->port_base + 2 * (unsigned)i;
		struct member *m = &c->members[i];
		m->name = arena_printf(d->arena, "drill-%zu", i + 1);
		m->client_url = arena_printf(d->arena, "https://127.0.0.1:%u", port);
		m->peer_url = arena_printf(d->arena, "https://127.0.0.1:%u", port + 1);
		m->data_dir = arena_printf(d->arena, "%s/%s", d->scratch.path, m->name);
		m->ca_file = m->peer_ca_file = arena_printf(d->arena, "%s/ca.crt", d->scratch.path);
		m->cert_file = m->peer_cert_file =
			arena_printf(d->arena, "%s/drill.crt", d->scratch.path);
		m->key_file = m->peer_key_file =
			arena_printf(d->arena, "%s/drill.key", d->scratch.path);
		d->ids.members[i] = member_id(m, d->token);
	}
	d->ids.count = c->count;
	d->ids.cluster = cluster_id(c, d->token);
}

static int restore_member(struct drill *d, size_t i, const char *initial, struct err *err)
{
	const struct member *m = &d->cluster.members[i];
	scoped(mem) char *name = mem_printf("--name=%s", m->name);
	scoped(mem) char *data = mem_printf("--data-dir=%s", m->data_dir);
	scoped(mem) char *peer = mem_printf("--initial-advertise-peer-urls=%s", m->peer_url);
	scoped(mem) char *all = mem_printf("--initial-cluster=%s", initial);
	scoped(mem) char *token = mem_printf("--initial-cluster-token=%s", d->token);
	scoped(mem) char *log = mem_printf("restore-%s.log", m->name);
	const char *const args[] = { d->etcdutl, "snapshot", "restore", "/proc/self/fd/0",
				     name,       data,       peer,      all,
				     token,      NULL };
	struct child_request request = { .argv = args,
					 .env = drill_environment(d),
					 .input_fd = d->settings->source->file.fd,
					 .output_fd = drill_log_open(d, log, err) };
	struct child child = { .pid = 0 };
	uint64_t limit = deadline_in(RESTORE_MS);

	if (request.output_fd < 0)
		return -1;
	int failed =
		child_start(&request, &child, err) ||
		child_wait(&child, limit < d->settings->deadline ? limit : d->settings->deadline,
			   d->settings->cancel_fd, err);
	fd_scoped(&request.output_fd);
	child_stop(&child, 0);
	if (failed)
		return err_in(err, "%s", m->name);
	if (child.status == 0)
		return 0;
	err_set(err, ERR_REMOTE, "%s: %s: exit %d", m->name, d->report->restored_by, child.status);
	return drill_log_words(d, log, err);
}

int drill_restore(struct drill *d, struct err *err)
{
	scoped(buf) struct buf initial = BUF_INIT(64 * 1024);

	if (scratch_make(d->settings->folder, &d->scratch, err))
		return -1;
	settle_members(d);
	if (find_programs(d, err) || drill_room(d, err) || make_certificate(d, err))
		return -1;
	compare_version(d);
	if (cluster_initial(&d->cluster, &initial, err))
		return -1;
	progress_line(&d->progress, "restoring %zu member%s with %s", d->cluster.count,
		      d->cluster.count == 1 ? "" : "s", d->report->restored_by);
	for (size_t i = 0; i < d->cluster.count; i++)
		if (restore_member(d, i, buf_str(&initial), err))
			return -1;
	return 0;
}
