/*
 * unit: see unit.h.
 */
#include "play/unit.h"

#include "base/log.h"
#include "base/mem.h"
#include "play/paths.h"

#include <stdio.h>
#include <string.h>

enum { AGAIN_MS = 100, LOG_TAIL = 4096, WORDS_MS = 10 * 1000, UNSEEN = 5 };

struct words {
	const char *list[UNIT_ARGS_MAX + 32];
	size_t count;
};

static void add(struct words *words, const char *one)
{
	if (words->count + 1 < sizeof(words->list) / sizeof(words->list[0]))
		words->list[words->count++] = one;
	words->list[words->count] = NULL;
}

/* "etcd-backup-20261121t104107-7f3a-drill-etcd" */
static char *unit_name(const struct play_ctx *ctx, const char *program)
{
	const char *slash = strrchr(program, '/');

	return mem_printf("etcd-backup-%s-%s", ctx->run, slash ? slash + 1 : program);
}

/* The program itself, its output in a file that only root reads; in memory it is the first to go. */
static void add_program(struct words *words, const struct play_ctx *ctx, const struct unit *unit,
			const struct node *node, char **path, char **log)
{
	static const char script[] = "umask 077; log=$1; shift; "
				     "echo 1000 2>/dev/null >/proc/self/oom_score_adj; "
				     "exec \"$@\" </dev/null >>\"$log\" 2>&1";

	*path = path_run(ctx, unit->program);
	*log = mem_printf("%s.log", *path);
	add(words, "sh");
	add(words, "-c");
	add(words, script);
	add(words, "sh");
	add(words, *log);
	if (node->ionice) {
		add(words, "ionice");
		add(words, "-c3");
	}
	add(words, "nice");
	add(words, "-n19");
	add(words, *path);
	for (size_t i = 0; unit->argv[i]; i++)
		add(words, unit->argv[i]);
}

/* Whether the node has cgroups of version 2 only. */
static int look_cgroups(struct node *node, uint64_t deadline, bool *unified, struct err *err)
{
	scoped(buf) struct buf text = BUF_INIT(LOG_TAIL);
	int status;

	if (node_try(node, argv("stat", "-f", "-c", "%T", "/sys/fs/cgroup"), deadline, &text,
		     &status, err))
		return -1;
	*unified = status == 0 && strncmp(buf_str(&text), "cgroup2fs", 9) == 0;
	return 0;
}

/*
 * With version 2 below the root of all cgroups, beside kubelet's pods and not among the system's services: there its weight counts
 * against all others.  With version 1 only a limit of memory, which every service has: a controller that no other unit uses is given
 * up with ours, and then systemd moves all processes out of its cgroups, those of kubelet's pods, too.
 */
static void add_systemd(struct words *words, const struct unit *unit, bool unified)
{
	static const char *const common[] = { "systemd-run", "--quiet", "--collect", "-p",
					      "KillSignal=KILL" };
	static const char *const second[] = { "--slice=-.slice", "-p", "CPUWeight=20" };
	static const char *const loopback[] = { "-p", "IPAddressDeny=any", "-p",
						"IPAddressAllow=localhost" };

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		add(words, common[i]);
	for (size_t i = 0; unified && i < sizeof(second) / sizeof(second[0]); i++)
		add(words, second[i]);
	for (size_t i = 0; unified && unit->loopback && i < sizeof(loopback) / sizeof(loopback[0]);
	     i++)
		add(words, loopback[i]);
}

static int by_systemd(struct node *node, const struct play_ctx *ctx, const struct unit *unit,
		      uint64_t deadline, int *status, struct err *err)
{
	scoped(mem) char *name = unit_name(ctx, unit->program);
	scoped(mem) char *as = mem_printf("--unit=%s", name);
	scoped(mem) char *memory =
		mem_printf("MemoryMax=%llu", (unsigned long long)unit->memory_max);
	scoped(mem) char *limit =
		mem_printf("RuntimeMaxSec=%llu", (unsigned long long)unit->limit_s);
	scoped(mem) char *path = NULL, *log = NULL;
	struct words words = { .count = 0 };
	const char *const own[] = { as, "-p", memory, "-p", limit };
	bool unified;

	if (look_cgroups(node, deadline, &unified, err))
		return -1;
	add_systemd(&words, unit, unified);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		add(&words, own[i]);
	add_program(&words, ctx, unit, node, &path, &log);
	return node_try(node, words.list, deadline, NULL, status, err);
}

/* Without a cgroup: a session of its own, ended by timeout(1). */
static int by_setsid(struct node *node, const struct play_ctx *ctx, const struct unit *unit,
		     uint64_t deadline, struct err *err)
{
	static const char script[] = "setsid \"$@\" </dev/null >/dev/null 2>&1 &";
	scoped(mem) char *limit = mem_printf("%llu", (unsigned long long)unit->limit_s);
	scoped(mem) char *path = NULL, *log = NULL;
	struct words words = { .count = 0 };
	const char *const fixed[] = { "sh", "-c", script, "sh", "timeout", "-s", "KILL", limit };

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		add(&words, fixed[i]);
	add_program(&words, ctx, unit, node, &path, &log);
	return node_run(node, words.list, deadline, NULL, err);
}

int unit_start(struct node *node, const struct play_ctx *ctx, const struct unit *unit,
	       uint64_t deadline, struct err *err)
{
	struct drill_node *drill = &play_node(ctx, node)->drill;
	int status;

	if (by_systemd(node, ctx, unit, deadline, &status, err))
		return -1;
	drill->limited = status == 0;
	if (status == 0)
		return 0;
	snprintf(drill->unlimited, sizeof(drill->unlimited), "systemd-run: exit %d", status);
	log_at(2, "%s: %s: without a cgroup of its own", node->name, drill->unlimited);
	return by_setsid(node, ctx, unit, deadline, err);
}

/* By the executable: also processes that systemd does not know of. */
static int look_running(struct node *node, const char *pattern, uint64_t deadline, struct pids *out,
			struct err *err)
{
	/* find says 1 when a process has gone away under it */
	static const char script[] =
		"find /proc/[0-9]*/exe -maxdepth 0 -lname \"$1\" 2>/dev/null | cut -d / -f 3; true";
	scoped(buf) struct buf text = BUF_INIT(LOG_TAIL);

	out->count = 0;
	if (node_run(node, argv("sh", "-c", script, "sh", pattern), deadline, &text, err))
		return -1;
	for (const char *at = buf_str(&text); *at && out->count < PIDS_MAX;) {
		size_t len = strcspn(at, "\n");
		if (len && len < sizeof(out->list[0]) && strspn(at, "0123456789") == len)
			snprintf(out->list[out->count++], sizeof(out->list[0]), "%.*s", (int)len,
				 at);
		at += len + (at[len] == '\n');
	}
	return 0;
}

int unit_look(struct node *node, const struct play_ctx *ctx, const char *program, uint64_t deadline,
	      struct pids *out, struct err *err)
{
	/* the kernel adds " (deleted)" to one whose file is gone */
	scoped(mem) char *path = path_run(ctx, program);
	scoped(mem) char *pattern = mem_printf("%s*", path);

	return look_running(node, pattern, deadline, out, err);
}

int unit_words(struct node *node, const struct play_ctx *ctx, const char *program, struct err *err)
{
	scoped(mem) char *path = path_run(ctx, program);
	scoped(mem) char *log = mem_printf("%s.log", path);
	scoped(buf) struct buf tail = BUF_INIT(LOG_TAIL);
	struct err ignored = ERR_INIT;

	if (node_run(node, argv("tail", "-c", "2000", "--", log), deadline_in(WORDS_MS), &tail,
		     &ignored))
		return -1;
	return err_log(err, buf_str(&tail));
}

int unit_wait(struct node *node, const struct play_ctx *ctx, const char *program, unsigned port,
	      uint64_t deadline, struct err *err)
{
	const unsigned wanted[] = { port, 0 };
	struct pids pids;
	unsigned found, unseen = 0;

	for (;;) {
		if (unit_look(node, ctx, program, deadline, &pids, err) ||
		    look_listening(node, wanted, deadline, &found, err))
			return -1;
		/* systemd-run comes back a moment before the program is there */
		if (!pids.count && ++unseen > UNSEEN)
			break;
		if (found == port && pids.count)
			return 0;
		if (now_ms() >= deadline) {
			err_set(err, ERR_TIMEOUT, "%s does not listen on port %u in time", program,
				port);
			return unit_words(node, ctx, program, err);
		}
		if (look_pause(node, AGAIN_MS, err))
			return -1;
	}
	return err_set(err, ERR_REMOTE, "%s has ended", program);
}

enum unit_killed unit_killed(struct node *node, const struct play_ctx *ctx, const char *program)
{
	/* before Linux 5.0 "Task in GROUP killed as a result of limit of GROUP" */
	static const char script[] = "dmesg 2>/dev/null | grep -E -- \"task_memcg=[^ ,]*/$1,|Task "
				     "in [^ ]*/$1 killed \" | "
				     "tail -n 1";
	static const char group[] = "oom_memcg=", limit[] = "limit of ";
	scoped(mem) char *name = unit_name(ctx, program);
	scoped(mem) char *service = mem_printf("%s.service", name);
	scoped(buf) struct buf line = BUF_INIT(LOG_TAIL);
	struct err ignored = ERR_INIT;

	if (node_run(node, argv("sh", "-c", script, "sh", service), deadline_in(WORDS_MS), &line,
		     &ignored) ||
	    !line.len)
		return UNIT_NOT_KILLED;
	const char *at = strstr(buf_str(&line), group);
	if (!at)
		at = strstr(buf_str(&line), limit);
	scoped(mem) char *whose =
		mem_printf("%.*s", at ? (int)strcspn(at, ",\n") : 0, at ? at : "");
	return strstr(whose, service) ? UNIT_OVER_LIMIT : UNIT_NO_MEMORY;
}

int unit_stop(struct node *node, const struct play_ctx *ctx, const char *program, uint64_t deadline,
	      struct err *err)
{
	scoped(mem) char *name = unit_name(ctx, program);
	scoped(mem) char *service = mem_printf("%s.service", name);
	struct pids pids;
	int ignored;

	/* where there is none, or no systemd, the executables tell */
	if (node_try(node, argv("systemctl", "stop", service), deadline, NULL, &ignored, err))
		return -1;
	for (;;) {
		if (unit_look(node, ctx, program, deadline, &pids, err))
			return -1;
		if (!pids.count)
			return 0;
		for (size_t i = 0; i < pids.count; i++)
			if (node_try(node, argv("kill", "-KILL", pids.list[i]), deadline, NULL,
				     &ignored, err))
				return -1;
		if (now_ms() >= deadline)
			return err_set(err, ERR_TIMEOUT, "%s does not end: process %s", program,
				       pids.list[0]);
		if (look_pause(node, AGAIN_MS, err))
			return -1;
	}
}
