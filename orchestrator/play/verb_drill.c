/*
 * verb_drill: a scratch etcd over what was staged, on every node, as one cluster that is asked and ended.  Nothing here looks at,
 * or speaks to, the real one, but for its program.
 */
#include "base/mem.h"
#include "etcd/cluster_check.h"
#include "etcd/etcd_alarm.h"
#include "etcd/etcd_flags.h"
#include "play/drill_died.h"
#include "play/paths.h"
#include "play/program.h"
#include "play/state.h"
#include "play/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MEMINFO_MAX = 64 * 1024, HELP_MAX = 64 * 1024 };

#define KEY "/etcd-backup/drill/"

static const uint64_t MIB = 1024 * 1024;

static int check_memory(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
			struct err *err)
{
	struct drill_node *drill = &play_node(ctx, node)->drill;
	scoped(buf) struct buf text = BUF_INIT(MEMINFO_MAX);
	uint64_t kib;

	if (node_run(node, argv("cat", "/proc/meminfo"), deadline, &text, err))
		return -1;
	const char *at = strstr(buf_str(&text), "MemAvailable:");
	at = at ? at + strlen("MemAvailable:") : "";
	at += strspn(at, " ");
	scoped(mem) char *digits = mem_printf("%.*s", (int)strspn(at, "0123456789"), at);
	if (parse_uint(digits, UINT64_MAX / 1024, &kib))
		return err_set(err, ERR_REMOTE, "/proc/meminfo does not tell MemAvailable");
	drill->memory_free = kib * 1024;
	drill->memory_need = drill_etcd_memory(ctx->db_size);
	if (ctx->drill->api && node->index == 0)
		drill->memory_need += drill_api_memory(ctx->db_size);
	if (drill->memory_free >= drill->memory_need)
		return 0;
	err_set(err, ERR_REMOTE, "%llu MiB of memory are available, and a drill needs %llu MiB",
		(unsigned long long)(drill->memory_free / MIB),
		(unsigned long long)(drill->memory_need / MIB));
	return err_hint(err, "at a quieter time; or drill --local on another machine");
}

static int check_ports(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		       struct err *err)
{
	const unsigned base = ctx->drill->port;
	const unsigned wanted[] = { base + DRILL_CLIENTS, base + DRILL_PEERS,
				    ctx->drill->api && node->index == 0 ? base + DRILL_API : 0, 0 };
	unsigned port;

	if (look_listening(node, wanted, deadline, &port, err))
		return -1;
	if (!port)
		return 0;
	err_set(err, ERR_REMOTE, "something listens on port %u already", port);
	return err_hint(err, "give three other ports that are free on every node, with "
			     "--port-base N");
}

/* Of the folder where the programs go: that of the data has been looked at. */
static int check_room(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	bool api = ctx->drill->api && node->index == 0;
	uint64_t avail;

	return look_space(node, RUNS, drill_programs(api), deadline, &avail, err);
}

/* With one of them etcd refuses to write, or to read; a restore sees to them, and this is none. */
static int check_alarms(const struct play_ctx *ctx, struct err *err)
{
	const unsigned alarms = ctx->drill->alone ? 0 : ctx->carried_alarms;

	if (!alarms)
		return 0;
	err_set(err, ERR_UNSAFE, "alarms came with the snapshot:%s%s%s",
		alarms & ETCD_ALARM_NOSPACE ? " NOSPACE" : "",
		alarms & ETCD_ALARM_CORRUPT ? " CORRUPT" : "",
		alarms & ETCD_ALARM_OTHER ? " one that is not known" : "");
	return err_hint(err, "disarm the alarm in the cluster, and take another snapshot");
}

int verb_check_drill(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		     struct err *err)
{
	return check_alarms(ctx, err) || check_room(node, ctx, deadline, err) ||
			       check_memory(node, ctx, deadline, err) ||
			       check_ports(node, ctx, deadline, err)
		       ? -1
		       : 0;
}

/* The program of the etcd that runs, or the user's. */
static int fetch_etcd(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		      struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	scoped(mem) char *path = path_run(ctx, DRILL_ETCD);
	struct stat st;

	if (ctx->drill->etcd) {
		scoped(fd) int fd = open(ctx->drill->etcd, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || fstat(fd, &st))
			return err_errno(err, ERR_FILE, "%s", ctx->drill->etcd);
		return node_put(node, fd, (uint64_t)st.st_size, path, 0700, deadline, err);
	}
	if (!program_fetch(node, ctx, "etcd", member->name, DRILL_ETCD, deadline, err))
		return 0;
	return err->code == ERR_REMOTE
		       ? err_hint(err, "give one with --etcd FILE, of etcd's own version")
		       : -1;
}

/* It may want libraries that only its image has. */
static int try_etcd(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		    struct err *err)
{
	struct drill_node *drill = &play_node(ctx, node)->drill;
	scoped(mem) char *path = path_run(ctx, DRILL_ETCD);
	scoped(buf) struct buf text = BUF_INIT(HELP_MAX);
	static const char words[] = "etcd Version: ";
	int status;

	if (node_try(node, argv(path, "--version"), deadline, &text, &status, err))
		return -1;
	const char *at = strstr(buf_str(&text), words);
	if (status || !at) {
		err_set(err, ERR_REMOTE,
			"the running etcd's program does not run outside of its "
			"container: exit %d",
			status);
		return err_hint(err, "give a static one with --etcd FILE, of etcd's own version");
	}
	at += strlen(words);
	snprintf(drill->version, sizeof(drill->version), "%.*s", (int)strcspn(at, "\r\n "), at);
	return 0;
}

static int run_etcd(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		    struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	scoped(arena) struct arena *arena = arena_new();
	scoped(mem) char *data = path_beside(ctx, self->member->data_dir, "restoring", NULL);
	scoped(mem) char *wal = self->member->wal_dir
					? path_beside(ctx, self->member->wal_dir, "restoring", NULL)
					: NULL;
	const struct etcd_scratch scratch = { ctx->initial_cluster, ctx->token, ctx->db_size };
	const char *flags[ETCD_FLAGS_MAX];
	struct member staged = *self->member;
	const struct unit unit = { .program = DRILL_ETCD,
				   .argv = flags,
				   .memory_max = 2 * drill_etcd_memory(ctx->db_size),
				   .limit_s = ctx->drill->limit_s };

	staged.data_dir = data;
	staged.wal_dir = wal;
	etcd_flags(arena, &staged, &scratch, flags);
	return unit_start(node, ctx, &unit, deadline, err);
}

/* Its etcd may have ended: then that is why. */
static int no_answer(struct node *node, const struct play_ctx *ctx, struct err *err)
{
	drill_died(node, ctx, false, err);
	return -1;
}

int verb_start_drill(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		     struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	struct pids pids;

	if (unit_look(node, ctx, DRILL_ETCD, deadline, &pids, err))
		return -1;
	if (!pids.count &&
	    (fetch_etcd(node, ctx, deadline, err) || try_etcd(node, ctx, deadline, err)))
		return -1;
	uint64_t began = now_ms(); /* a restore does not fetch it */
	if (!pids.count && run_etcd(node, ctx, deadline, err))
		return -1;
	if (unit_wait(node, ctx, DRILL_ETCD, ctx->drill->port + DRILL_CLIENTS, deadline, err)) {
		if (err->code == ERR_TIMEOUT)
			err_hint(err, "the nodes must reach each other on port %u: a firewall?",
				 ctx->drill->port + DRILL_PEERS);
		return no_answer(node, ctx, err);
	}
	self->drill.started_ms = now_ms() - began;
	return 0;
}

int verb_stop_drill(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		    struct err *err)
{
	return unit_stop(node, ctx, DRILL_ETCD, deadline, err);
}

/* After wait-etcd: ids, voters and alarms are as they must be, and HashKV is the same for all. */
int verb_prove_drill(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		     struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	scoped(etcd_client) struct etcd_client *client =
		etcd_client_new(node, self->member, deadline, err);
	struct etcd_status status;

	if (self->hash_refused) {
		err_set(err, ERR_UNSAFE,
			"etcd's auth came with the snapshot, and the member's certificate is of no "
			"user who may ask for HashKV: nothing can be proved here");
		return err_hint(err, "drill --local asks as etcd's own root");
	}
	if (!client || etcd_status(client, deadline, &status, err) ||
	    etcd_linearizable_revision(client, deadline, &self->drill.revision, err))
		return no_answer(node, ctx, err);
	self->drill.leader = status.leader;
	if (self->hash != ctx->drill->hash)
		return err_set(err, ERR_UNSAFE,
			       "other data than the snapshot's (HashKV %08x and %08x)", self->hash,
			       ctx->drill->hash);
	/* etcd itself begins with 1, where nothing has been written yet */
	if (self->drill.revision != ctx->snapshot_revision &&
	    (ctx->snapshot_revision || self->drill.revision != 1))
		return err_set(err, ERR_UNSAFE, "it is at revision %llu, and the snapshot at %llu",
			       (unsigned long long)self->drill.revision,
			       (unsigned long long)ctx->snapshot_revision);
	return 0;
}

int judge_prove_drill(const struct play_ctx *ctx, struct err *err)
{
	for (size_t i = 1; i < ctx->cluster->count; i++)
		if (ctx->nodes[i].drill.leader != ctx->nodes[0].drill.leader)
			return err_set(err, ERR_ETCD, "%s and %s follow different leaders",
				       ctx->cluster->members[0].name,
				       ctx->cluster->members[i].name);
	return 0;
}

int verb_write_drill(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		     struct err *err)
{
	struct play_node *self = play_node(ctx, node);
	scoped(mem) char *key = mem_printf(KEY "%s", self->member->name);
	scoped(etcd_client) struct etcd_client *client =
		etcd_client_new(node, self->member, deadline, err);

	return client && !etcd_put(client, key, ctx->token, deadline, &self->drill.written, err)
		       ? 0
		       : no_answer(node, ctx, err);
}

int verb_read_drill(struct node *node, const struct play_ctx *ctx, uint64_t deadline,
		    struct err *err)
{
	const struct play_node *self = play_node(ctx, node);
	scoped(etcd_client) struct etcd_client *client =
		etcd_client_new(node, self->member, deadline, err);
	uint64_t seen;

	if (!client || etcd_linearizable_revision(client, deadline, &seen, err))
		return no_answer(node, ctx, err);
	for (size_t i = 0; i < ctx->cluster->count; i++) {
		const char *name = ctx->cluster->members[i].name;
		scoped(mem) char *key = mem_printf(KEY "%s", name);
		scoped(buf) struct buf value = BUF_INIT(TOKEN_SIZE);
		bool found = false;
		if (etcd_value(client, key, deadline, &value, &found, err))
			return no_answer(node, ctx, err);
		if (!found || strcmp(buf_str(&value), ctx->token) != 0 ||
		    ctx->nodes[i].drill.written <= ctx->snapshot_revision ||
		    ctx->nodes[i].drill.written > seen)
			return err_set(err, ERR_UNSAFE, "it does not have what was written to %s",
				       name);
	}
	return 0;
}
