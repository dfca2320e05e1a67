/*
 * fake_node: see fake_node.h.  What a node answers, and its faults; fake_world.c makes the nodes.
 */
#include "fake_node.h"

#include "base/mem.h"
#include "fake_clock.h"
#include "fake_data.h"
#include "fake_files.h"
#include "fake_shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	int acts;
	const char *words;
} faults[FAULTS] = {
#define X(name, acts, words) { acts, words },
	FAULT_LIST(X)
#undef X
};

const char *fault_words(enum fault fault)
{
	return faults[fault].words;
}

struct fake_node *fake_of(const struct node *node)
{
	return ((struct node_dir *)node->impl)->arg;
}

static void broken(struct fake_node *fake, const char *what)
{
	struct fake_machine *machine = fake->machine;

	if (!machine->broken[0])
		snprintf(machine->broken, sizeof(machine->broken), "%s: %s",
			 strrchr(fake->root, '/') + 1, what);
}

static bool has_manifest(const struct fake_node *fake, const char *pod)
{
	scoped(mem) char *path = mem_printf("%s/etc/kubernetes/manifests/%s.yaml", fake->root, pod);

	return fake_exists(path);
}

/*
 * What runs on a node that was left out of an undo, since it did not answer or failed in it: the others went back without it, and
 * it has no quorum.  It stays so until that process ends.
 */
static bool is_stray(struct fake_node *fake)
{
	struct fake_machine *machine = fake->machine;

	if (fake->lost || fake->stuck)
		machine->stray_pid = machine->etcd_pid;
	return machine->stray_pid && machine->stray_pid == machine->etcd_pid;
}

/* Nodes take turns when the clock stands; else they are not each other's business. */
static void compare_nodes(struct fake_node *fake)
{
	struct fake_world *world = fake->world;

	for (size_t i = 0; i < world->count && fake_clock_stands(); i++) {
		const struct fake_machine *a = fake->machine, *b = &world->machines[i];
		struct fake_node *other = &world->nodes[i];
		if (a->api_pid && b->api_pid && strcmp(a->api_data, b->api_data) != 0 &&
		    !fake_exiled(fake, a->api_data) && !fake_exiled(other, b->api_data))
			broken(fake, "two API servers serve different data");
		if (a->etcd_pid && b->etcd_pid && strcmp(a->etcd_data, b->etcd_data) != 0 &&
		    !fake_exiled(fake, a->etcd_data) && !fake_exiled(other, b->etcd_data) &&
		    !is_stray(fake) && !is_stray(other))
			broken(fake, "two members run over different data");
	}
}

static void start_etcd(struct fake_node *fake)
{
	struct fake_data data;

	fake->machine->etcd_pid = ++fake->machine->next_pid;
	fake->machine->etcd_data[0] = '\0';
	scoped(mem) char *bin = mem_printf("%s/proc/%d/root", fake->root, fake->machine->etcd_pid);
	scoped(mem) char *tool = mem_printf("%s/etcdutl", bin);
	fake_make_folders(bin);
	fake_write(tool, "", 0, 0755);
	if (fake_data_read(fake->root, fake->member, &data) &&
	    !(fake_join(fake) && !fake_data_read(fake->root, fake->member, &data)))
		broken(fake, "etcd started over no data, or half of it");
	else
		memcpy(fake->machine->etcd_data, data.token, sizeof(data.token));
	/* the alarm goes with the data that it came with, and comes again with it */
	if (strcmp(fake->machine->etcd_data, FAKE_TOKEN) != 0)
		fake->machine->defragmented = fake->machine->disarmed = false;
}

void fake_tick(struct fake_node *fake)
{
	struct fake_machine *machine = fake->machine;
	bool etcd = has_manifest(fake, "etcd"), api = has_manifest(fake, "kube-apiserver");

	if (etcd && !machine->etcd_pid)
		start_etcd(fake);
	if (!etcd)
		machine->etcd_pid = 0;
	if (api && !machine->api_pid) {
		machine->api_pid = ++machine->next_pid;
		machine->api_data[0] = '\0';
	}
	/* an API server without its manifest goes only when it is killed */
	if (machine->api_pid && machine->etcd_pid) {
		if (!machine->api_data[0])
			memcpy(machine->api_data, machine->etcd_data, sizeof(machine->api_data));
		else if (strcmp(machine->api_data, machine->etcd_data) != 0)
			broken(fake, "an API server lived through the change of its data");
	}
	compare_nodes(fake);
}

static const char *value_of(const char *const args[], const char *flag)
{
	for (size_t i = 0; args[i]; i++)
		if (strcmp(args[i], flag) == 0)
			return args[i + 1];
	return NULL;
}

static bool has_word(const char *const args[], const char *word)
{
	for (size_t i = 0; args[i]; i++)
		if (strcmp(args[i], word) == 0)
			return true;
	return false;
}

static int answer_pgrep(const struct fake_node *fake, const char *name, struct buf *out,
			int *status)
{
	bool tool = strcmp(name, "etcdutl") == 0;
	int pid = strcmp(name, "etcd") == 0             ? fake->machine->etcd_pid
		  : strcmp(name, "kube-apiserver") == 0 ? fake->machine->api_pid
		  : tool                                ? fake->machine->tool_pid
							: 0;

	if (pid && out && tool)
		buf_addf(out, "%d etcdutl snapshot restore --data-dir %s\n", pid,
			 fake->machine->tool_dir);
	else if (pid && out)
		buf_addf(out, "%d %s --name=%s\n", pid, name, fake->member->name);
	*status = pid ? 0 : 1;
	return 1;
}

static int answer_kill(struct fake_node *fake, const char *const args[])
{
	int *const processes[] = { &fake->machine->api_pid, &fake->machine->drill_etcd,
				   &fake->machine->drill_api, &fake->machine->tool_pid };

	for (size_t i = 2; args[i]; i++)
		for (size_t p = 0; p < 4; p++)
			if ((p || !fake->stubborn) && atoi(args[i]) == *processes[p])
				*processes[p] = 0;
	return 1;
}

static int answer_sockets(const struct fake_node *fake, struct buf *out)
{
	buf_adds(out, "  sl  local_address rem_address   st\n");
	if (fake->machine->etcd_pid) {
		buf_adds(out, "   0: 0100007F:094B 00000000:0000 0A 0\n");
		buf_adds(out, "   1: 0100007F:094D 00000000:0000 0A 0\n");
	}
	if (fake->machine->api_pid && !fake->api_never_ready)
		buf_adds(out, "   2: 00000000:192B 00000000:0000 0A 0\n");
	fake_drill_sockets(fake, out);
	return 1;
}

static int answer_tool(struct fake_node *fake, const char *const args[], bool half, struct buf *out,
		       int *status)
{
	const char *dir = value_of(args, "--data-dir");

	if (has_word(args, "--help")) {
		buf_adds(out, "--initial-cluster-token --bump-revision --mark-compacted");
		return 1;
	}
	scoped(mem) char *folder = mem_printf("%s%s", fake->root, dir);
	if (fake_exists(folder)) { /* it does not write over anything */
		*status = 1;
		return 1;
	}
	fake_data_write(fake->root, dir, value_of(args, "--wal-dir"),
			value_of(args, "--initial-cluster-token"),
			value_of(args, "--initial-cluster"), value_of(args, "--name"), half);
	return 1;
}

/* What a directory cannot do. */
static int answer(struct fake_node *fake, const char *const args[], bool half, struct buf *out,
		  int *status, struct err *err)
{
	const char *name = args[0];

	*status = 0;
	if (fake_drill_answer(fake, args, out, status))
		return 1;
	if (strcmp(name, "pgrep") == 0)
		return answer_pgrep(fake, args[3], out, status);
	if (strcmp(name, "kill") == 0)
		return answer_kill(fake, args);
	if (strcmp(name, "fake-etcd") == 0) {
		*status = fake_members_change(fake->world, args);
		return 1;
	}
	if (strcmp(name, "cat") == 0 && strcmp(args[1], "/proc/net/tcp") == 0)
		return answer_sockets(fake, out);
	if (strcmp(name, "sh") == 0 && strstr(args[2], "command -v \"$1\"")) {
		*status = 1; /* no ctr, podman or docker */
		return 1;
	}
	if (strcmp(name, "flock") == 0) {
		*status = fake->machine->etcd_pid ? 1 : 0;
		return 1;
	}
	if (strcmp(name, "mountpoint") == 0) {
		*status = 1;
		return 1;
	}
	if ((fake->no_tool && strcmp(name, "sh") == 0 && strstr(args[2], "etcdutl")) ||
	    strcmp(name, "systemctl") == 0 || strcmp(name, "sync") == 0 ||
	    (strcmp(name, "ionice") == 0 && strcmp(args[2], "true") == 0))
		return 1;
	if (strcmp(name, "dd") == 0 && fake->full && strstr(args[1], "snapshot.db"))
		return err_set(err, ERR_REMOTE, "dd: No space left on device");
	if (strcmp(name, "df") == 0) {
		buf_adds(out, "Avail\n100000000000\n");
		return 1;
	}
	return has_word(args, "restore") ? answer_tool(fake, args, half, out, status) : 0;
}

/* Nobody may have data open that moves. */
static void guard_data(struct fake_node *fake, const char *const args[])
{
	scoped(mem) char *live = mem_printf("%s/member", fake->member->data_dir);
	bool moves = (strcmp(args[0], "mv") == 0 &&
		      (strcmp(args[2], live) == 0 || strcmp(args[3], live) == 0)) ||
		     strcmp(args[0], "find") == 0 ||
		     (strcmp(args[0], "rm") == 0 && has_word(args, live));

	if (moves && (fake->machine->etcd_pid || fake->machine->api_pid))
		broken(fake, "data moves while somebody has it open");
}

/* A restore that we did not see the end of goes on, and would write into what is removed. */
static void leave_tool(struct fake_node *fake, const char *const args[])
{
	struct fake_machine *machine = fake->machine;

	if (!has_word(args, "restore") || has_word(args, "--help"))
		return;
	machine->tool_pid = ++machine->next_pid;
	snprintf(machine->tool_dir, sizeof(machine->tool_dir), "%s", value_of(args, "--data-dir"));
}

static void guard_tool(struct fake_node *fake, const char *const args[])
{
	if (fake->machine->tool_pid && strcmp(args[0], "rm") == 0 &&
	    has_word(args, fake->machine->tool_dir))
		broken(fake, "what a restore writes to is removed while it runs");
}

/* What a drill runs over must be there, and what it put aside must be ended before it is removed. */
static void guard_drill(struct fake_node *fake, const char *const args[])
{
	if (strcmp(args[0], "rm") == 0 && strstr(args[3] ? args[3] : "", "built") &&
	    (fake->machine->drill_etcd || fake->machine->drill_api))
		broken(fake, "data of a drill is removed while it is served");
	for (size_t i = 1; fake->world->ctx.drill && args[i]; i++)
		if (strcmp(args[0], "mv") == 0 && strstr(args[i], "/manifests/"))
			broken(fake, "a drill touches a manifest");
}

static int act(struct fake_node *fake, const char *const args[], const struct node_input *input,
	       bool half, struct buf *out, struct buf *errs, int *status, struct err *err)
{
	guard_data(fake, args);
	guard_drill(fake, args);
	guard_tool(fake, args);
	int answered = answer(fake, args, half, out, status, err);
	if (!answered && !fake->real_commands)
		answered = fake_shell(fake->root, args, input, half, out, errs, status);
	if (!answered && fake_clock_stands()) {
		fprintf(stderr, "fake_node: %s is not known\n", args[0]);
		abort();
	}
	return answered;
}

static int strike(struct fake_node *fake, const char *const args[], const struct node_input *input,
		  uint64_t deadline, struct buf *out, struct buf *errs, int *status,
		  struct err *err)
{
	enum fault fault = fake->fault;
	struct err ignored = ERR_INIT;

	if (fault == FAULT_STUCK) {
		fake->fault_at = 0; /* and whatever comes next in this step */
		fake->stuck = true;
	} else {
		fake->fault = FAULT_NONE;
	}
	fake->machine->fault_hit = true;
	if (faults[fault].acts) {
		act(fake, args, input, faults[fault].acts == 2, out, errs, status, &ignored);
	}
	if (fault == FAULT_KILLED_HALF)
		leave_tool(fake, args);
	if (fault_kills(fault))
		_exit(FAKE_KILLED);
	if (fault == FAULT_HANG_BEFORE || fault == FAULT_HANG_AFTER) {
		fake_clock_reach(deadline);
		return err_set(err, ERR_TIMEOUT, "fault: no answer in time");
	}
	if (fault == FAULT_REFUSED)
		return err_set(err, ERR_UNSAFE, "fault: refused");
	if (fault == FAULT_CANCELLED)
		return err_set(err, ERR_CANCELLED, "fault: interrupted");
	fake->lost = fault == FAULT_LOST_BEFORE || fault == FAULT_LOST_AFTER;
	return err_set(err, fake->lost ? ERR_SSH : ERR_REMOTE, "fault: %s", args[0]);
}

static void note_halves(struct fake_node *fake, const char *const args[])
{
	unsigned at = fake->commands - fake->halves_from;

	if (fake->halves && at < fake->halves_room)
		fake->halves[at] |= fake_shell_halves(args) ||
				    (has_word(args, "restore") && !has_word(args, "--help"));
}

/* 1: answered; -1: with err; 0: no answer is prepared. */
static int prepared(const struct fake_node *fake, const char *const args[], struct buf *out,
		    int *status, struct err *err)
{
	scoped(buf) struct buf line = BUF_INIT(64 * 1024);

	if (!fake->answers)
		return 0;
	for (size_t i = 0; args[i]; i++)
		buf_addf(&line, "%s%s", i ? " " : "", args[i]);
	for (const struct fake_answer *a = fake->answers; a->has; a++) {
		if (!strstr(buf_str(&line), a->has))
			continue;
		if (a->status < 0) {
			*err = a->err;
			return -1;
		}
		if (a->out && out)
			buf_adds(out, a->out);
		*status = a->status;
		return 1;
	}
	return 0;
}

int fake_hook(struct node *node, const char *const args[], const struct node_input *input,
	      uint64_t deadline, struct buf *out, struct buf *errs, int *status, struct err *err)
{
	struct fake_node *fake = fake_of(node);

	if (fake->lost)
		return err_set(err, ERR_SSH, "fault: the connection is lost");
	note_halves(fake, args);
	fake->commands++;
	fake_tick(fake);
	if (fake->fault != FAULT_NONE && fake->fault_at-- == 0)
		return strike(fake, args, input, deadline, out, errs, status, err);
	int answered = prepared(fake, args, out, status, err);
	return answered ? answered : act(fake, args, input, false, out, errs, status, err);
}
