/*
 * look: see look.h.
 */
#include "play/look.h"

#include "base/mem.h"
#include "etcd/wal.h"
#include "play/paths.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PGREP_MAX = 256 * 1024, WAL_HEAD = 4096 };

/* Whether a line of arguments has the word flag=value or the words flag value; Go's programs take one dash for two. */
static bool has_flag(const char *line, const char *flag, const char *value)
{
	const char *one_dash = flag + 1;
	size_t flag_len = strlen(one_dash), value_len = strlen(value);

	for (const char *at = line; (at = strstr(at, one_dash)); at += flag_len) {
		const char *begin = at != line && at[-1] == '-' ? at - 1 : at;
		if (begin != line && begin[-1] != ' ')
			continue;
		const char *rest = at + flag_len;
		if (*rest != '=' && *rest != ' ')
			continue;
		if (strncmp(rest + 1, value, value_len) == 0 &&
		    (rest[1 + value_len] == ' ' || rest[1 + value_len] == '\0'))
			return true;
	}
	return false;
}

void look_parse(const char *text, const char *flag, const char *value, struct pids *out)
{
	out->count = 0;
	while (*text && out->count < PIDS_MAX) {
		size_t len = strcspn(text, "\n");
		scoped(mem) char *line = mem_printf("%.*s", (int)len, text);
		size_t digits = strspn(line, "0123456789");
		if (digits && digits < sizeof(out->list[0]) && line[digits] == ' ' &&
		    (!flag || has_flag(line + digits + 1, flag, value)))
			snprintf(out->list[out->count++], sizeof(out->list[0]), "%.*s", (int)digits,
				 line);
		text += len + (text[len] == '\n');
	}
}

int look_processes(struct node *node, const char *program, const char *flag, const char *value,
		   uint64_t deadline, struct pids *out, struct err *err)
{
	scoped(buf) struct buf text = BUF_INIT(PGREP_MAX);
	char comm[16];
	int status;

	snprintf(comm, sizeof(comm), "%s", program);
	if (node_try(node, argv("pgrep", "-a", "-x", comm), deadline, &text, &status, err))
		return -1;
	if (status > 1)
		return err_set(err, ERR_REMOTE, "pgrep: exit %d", status);
	look_parse(buf_str(&text), flag, value, out);
	return 0;
}

int look_etcd(struct node *node, const struct member *member, uint64_t deadline, struct pids *out,
	      struct err *err)
{
	return look_processes(node, "etcd", "--name", member->name, deadline, out, err);
}

/* "  0: 0100007F:094B 00000000:0000 0A ...": local address and port in hex, 0A is LISTEN. */
unsigned look_parse_listening(const char *text, const unsigned wanted[])
{
	while (*text) {
		char local[80], state[8];
		unsigned port;
		size_t len = strcspn(text, "\n");
		scoped(mem) char *line = mem_printf("%.*s", (int)len, text);
		const char *colon;
		if (sscanf(line, " %*[0-9]: %79s %*s %7s", local, state) == 2 &&
		    strcmp(state, "0A") == 0 && (colon = strrchr(local, ':'))) {
			port = (unsigned)strtoul(colon + 1, NULL, 16);
			for (size_t i = 0; wanted[i]; i++)
				if (wanted[i] == port)
					return port;
		}
		text += len + (text[len] == '\n');
	}
	return 0;
}

int look_sockets(struct node *node, uint64_t deadline, struct buf *out, struct err *err)
{
	int status;

	/* tcp6 is not there where IPv6 is switched off: then cat says 1 */
	if (node_try(node, argv("cat", "/proc/net/tcp", "/proc/net/tcp6"), deadline, out, &status,
		     err))
		return -1;
	return out->len ? 0 : err_set(err, ERR_REMOTE, "/proc/net/tcp is empty");
}

int look_listening(struct node *node, const unsigned wanted[], uint64_t deadline, unsigned *port,
		   struct err *err)
{
	scoped(buf) struct buf text = BUF_INIT(SOCKETS_MAX);

	if (look_sockets(node, deadline, &text, err))
		return -1;
	*port = look_parse_listening(buf_str(&text), wanted);
	return 0;
}

/* The folder itself or the nearest one above it that is there. */
static int existing_folder(struct node *node, const char *path, uint64_t deadline, char **out,
			   struct err *err)
{
	char *folder = mem_strdup(path);
	bool found = false;

	for (;;) {
		if (node_exists(node, folder, deadline, &found, err)) {
			free(folder);
			return -1;
		}
		char *slash = strrchr(folder, '/');
		if (found || !slash || slash == folder)
			break;
		*slash = '\0';
	}
	*out = folder;
	return 0;
}

int look_space(struct node *node, const char *folder, uint64_t need, uint64_t deadline,
	       uint64_t *avail, struct err *err)
{
	scoped(buf) struct buf out = BUF_INIT(4096);
	char *there = NULL;

	if (existing_folder(node, folder, deadline, &there, err))
		return -1;
	scoped(mem) char *path = there;
	if (node_run(node, argv("df", "-B1", "--output=avail", path), deadline, &out, err))
		return -1;
	buf_trim(&out);
	const char *last = strrchr(buf_str(&out), '\n');
	const char *digits = last ? last + 1 : buf_str(&out);
	if (parse_uint(digits + strspn(digits, " "), UINT64_MAX, avail))
		return err_set(err, ERR_REMOTE, "df %s: not understood: %s", path, buf_str(&out));
	if (*avail < need) {
		err_set(err, ERR_REMOTE, "%s has %llu MiB free, and %llu MiB are needed", path,
			(unsigned long long)(*avail >> 20), (unsigned long long)(need >> 20));
		return err_hint(err, "make room on that file system; old data that earlier runs "
				     "kept is in .before-* folders");
	}
	return 0;
}

int look_db_held(struct node *node, const struct member *member, uint64_t deadline, bool *held,
		 struct err *err)
{
	scoped(mem) char *db = mem_printf("%s/member/snap/db", member->data_dir);
	bool found;
	int status;

	if (node_exists(node, db, deadline, &found, err))
		return -1;
	*held = false;
	if (!found)
		return 0;
	if (node_try(node, argv("flock", "-n", db, "true"), deadline, NULL, &status, err))
		return -1;
	if (status > 1)
		return err_set(err, ERR_REMOTE, "flock: exit %d", status);
	*held = status == 1;
	return 0;
}

int look_exist(struct node *node, const char *const paths[], size_t count, uint64_t deadline,
	       bool there[], struct err *err)
{
	static const char script[] =
		"i=0; for p; do [ ! -e \"$p\" ] || echo $i; i=$((i + 1)); done; echo end";
	const char *args[LOOK_PATHS_MAX + 5] = { "sh", "-c", script, "sh" };
	scoped(buf) struct buf out = BUF_INIT(4096);
	size_t seen = 0;

	if (count > LOOK_PATHS_MAX)
		return err_set(err, ERR_BUG, "%zu paths to look at", count);
	for (size_t i = 0; i < count; i++) {
		args[4 + i] = paths[i];
		there[i] = false;
	}
	args[4 + count] = NULL;
	if (node_run(node, args, deadline, &out, err))
		return -1;
	for (const char *at = buf_str(&out); *at; at += strcspn(at, "\n") + 1) {
		char *end;
		unsigned long i = strtoul(at, &end, 10);
		if (strcmp(at, "end\n") == 0)
			return 0;
		if (end == at || *end != '\n' || i >= count || ++seen > count)
			break;
		there[i] = true;
	}
	return err_set(err, ERR_REMOTE, "sh: not understood: %.100s", buf_str(&out));
}

int look_wal_ids(struct node *node, const char *wal_folder, uint64_t deadline, uint64_t *member_id,
		 uint64_t *cluster_id, struct err *err)
{
	/* the oldest that is there: etcd removes those before it */
	static const char script[] = "for f in \"$1\"/*.wal; do exec head -c 4096 \"$f\"; done";
	scoped(buf) struct buf head = BUF_INIT(WAL_HEAD);

	if (node_run(node, argv("sh", "-c", script, "sh", wal_folder), deadline, &head, err) ||
	    wal_ids(buf_str(&head), head.len, member_id, cluster_id, err))
		return err_in(err, "%s", wal_folder);
	return 0;
}

int look_ids(struct node *node, const struct play_ctx *ctx, const char *wal_folder,
	     uint64_t deadline, struct err *err)
{
	const struct play_node *self = play_node(ctx, node);
	uint64_t id, cluster;

	if (look_wal_ids(node, wal_folder, deadline, &id, &cluster, err))
		return -1;
	if (id != self->want_member || cluster != self->want_cluster)
		return err_set(err, ERR_UNSAFE,
			       "%s: member %llx of cluster %llx, expected %llx of %llx", wal_folder,
			       (unsigned long long)id, (unsigned long long)cluster,
			       (unsigned long long)self->want_member,
			       (unsigned long long)self->want_cluster);
	return 0;
}

int look_parse_safe(const char *line, bool last, struct err *err)
{
	char *after_mode, *after_user, *end;
	unsigned long mode = strtoul(line, &after_mode, 8);
	unsigned long user = strtoul(after_mode, &after_user, 10);
	unsigned long group = strtoul(after_user, &end, 10);
	const char *name = strchr(line, '|');

	if (after_mode == line || after_user == after_mode || end == after_user || *end != ' ' ||
	    !name)
		return err_set(err, ERR_REMOTE, "stat: not understood: %.100s", line);
	name++;
	if (strncmp(end + 1, "symbolic link", 13) == 0) {
		err_set(err, ERR_UNSAFE, "%s is a symbolic link", name);
		return err_hint(err, "give the real path in the manifest, or mount it there");
	}
	/* a sticky folder, like /tmp, is no better here: the next part of the path may not be ours yet */
	if (mode & 0002) {
		err_set(err, ERR_UNSAFE, "%s can be written to by everybody (mode %04lo)", name,
			mode);
		return err_hint(err, "chmod o-w %s", name);
	}
	if (mode & 0020 && group) {
		err_set(err, ERR_UNSAFE, "%s can be written to by its group (%lu, mode %04lo)",
			name, group, mode);
		return err_hint(err, "chmod g-w %s", name);
	}
	/* the folder itself may be etcd's own user's */
	if (user && !last) {
		err_set(err, ERR_UNSAFE, "%s belongs to another user than root (%lu)", name, user);
		return err_hint(err, "chown root %s", name);
	}
	return 0;
}

/* `own`: NULL, or a folder on the way that may belong to etcd's own user, too. */
static int safe_path(struct node *node, const char *path, const char *own, uint64_t deadline,
		     struct err *err)
{
	const char *args[LOOK_PATHS_MAX + 5] = { "stat", "-c", "%a %u %g %F|%n", "--" };
	char *parts[LOOK_PATHS_MAX] = { NULL };
	scoped(buf) struct buf out = BUF_INIT(64 * 1024);
	size_t count = 0;
	int status;

	for (const char *at = path; (at = strchr(at + 1, '/')) && count + 1 < LOOK_PATHS_MAX;)
		parts[count++] = mem_printf("%.*s", (int)(at - path), path);
	parts[count++] = mem_strdup(path);
	for (size_t i = 0; i < count; i++)
		args[4 + i] = parts[i];
	int failed = node_try(node, args, deadline, &out, &status, err);
	for (size_t i = 0; i < count; i++)
		free(parts[i]);
	for (const char *at = buf_str(&out); !failed && *at;) {
		size_t len = strcspn(at, "\n");
		scoped(mem) char *line = mem_printf("%.*s", (int)len, at);
		const char *name = strchr(line, '|');
		bool last = name &&
			    (strcmp(name + 1, path) == 0 || (own && strcmp(name + 1, own) == 0));
		failed = look_parse_safe(line, last, err);
		at += len + (at[len] == '\n');
	}
	return failed ? -1 : 0;
}

int look_safe_path(struct node *node, const char *path, uint64_t deadline, struct err *err)
{
	return safe_path(node, path, NULL, deadline, err);
}

int look_safe_member(struct node *node, const struct member *member, uint64_t deadline,
		     struct err *err)
{
	const char *const paths[] = { MANIFESTS, RUNS, member->data_dir, member->wal_dir };

	/* the WAL's folder may lie in the data dir */
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (paths[i] && safe_path(node, paths[i], member->data_dir, deadline, err))
			return -1;
	return 0;
}

unsigned look_url_port(const char *url)
{
	const char *colon = url ? strrchr(url, ':') : NULL;
	uint64_t port;

	if (!colon)
		return 0;
	scoped(mem) char *digits = mem_printf("%.*s", (int)strcspn(colon + 1, "/,"), colon + 1);
	return parse_uint(digits, 65535, &port) ? 0 : (unsigned)port;
}

char *look_url_host(const char *url)
{
	const char *host = strstr(url, "//");

	host = host ? host + 2 : url;
	if (*host != '[')
		return mem_printf("%.*s", (int)strcspn(host, ":/,"), host);
	host++;
	return mem_printf("%.*s", (int)strcspn(host, "]"), host);
}

int look_pause(struct node *node, unsigned ms, struct err *err)
{
	struct pollfd cancel = { node->cancel_fd, POLLIN, 0 };

	if (poll(&cancel, 1, (int)ms) > 0)
		return err_set(err, ERR_CANCELLED, "interrupted");
	return 0;
}
