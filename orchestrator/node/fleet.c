/*
 * fleet: see fleet.h.  The only file that knows libuv.  A job is a node and a function; the pool runs them,
 * the main thread waits in the loop until the last has ended: that is the barrier.
 */
#include "node/fleet.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

struct job {
	uv_work_t work;
	struct fleet *fleet;
	struct node *node;
	node_fn *fn;
	void *arg;
	struct err *err;
	uint64_t start, ms;
	int failed;
};

struct fleet {
	struct node *nodes;
	size_t count;
	uv_loop_t loop;
	struct job jobs[FLEET_MAX];
	uv_signal_t signals[3];
	int cancel_pipe[2];
	size_t catching; /* so many of `signals` are handles of the loop */
	bool cancelled, shielded;
	int last; /* signal; 0: none, or taken */
	void (*again)(void *arg);
	void *again_arg;
	fleet_ended *ended;
	void *ended_arg;
};

struct fleet *fleet_new(struct node *nodes, size_t count)
{
	struct fleet *fleet = mem_zalloc(sizeof(*fleet));
	char threads[8];

	if (count > FLEET_MAX || pipe2(fleet->cancel_pipe, O_CLOEXEC | O_NONBLOCK))
		abort();
	/* read by libuv when the first job is queued; a smaller pool only makes it slower */
	snprintf(threads, sizeof(threads), "%zu", count > 4 ? count : 4);
	setenv("UV_THREADPOOL_SIZE", threads, 0);
	fleet->nodes = nodes;
	fleet->count = count;
	for (size_t i = 0; i < count; i++) {
		nodes[i].index = i;
		nodes[i].cancel_fd = fleet->cancel_pipe[0];
	}
	if (uv_loop_init(&fleet->loop))
		abort();
	return fleet;
}

void fleet_free(struct fleet *fleet)
{
	if (!fleet)
		return;
	for (size_t i = 0; i < fleet->count; i++) {
		node_close(&fleet->nodes[i]);
		fleet->nodes[i].cancel_fd = -1;
	}
	for (size_t i = 0; i < fleet->catching; i++)
		uv_close((uv_handle_t *)&fleet->signals[i], NULL);
	uv_run(&fleet->loop, UV_RUN_DEFAULT);
	uv_loop_close(&fleet->loop);
	close(fleet->cancel_pipe[0]);
	close(fleet->cancel_pipe[1]);
	free(fleet);
}

void fleet_scoped(struct fleet **fleet)
{
	fleet_free(*fleet);
}

size_t fleet_count(const struct fleet *fleet)
{
	return fleet->count;
}

struct node *fleet_node(struct fleet *fleet, size_t index)
{
	return &fleet->nodes[index];
}

/* On a worker. */
static void job_run(uv_work_t *work)
{
	struct job *job = work->data;

	job->start = now_ms();
	job->failed = job->fn(job->node, job->arg, job->err);
	job->ms = now_ms() - job->start;
}

/* On the main thread. */
static void job_done(uv_work_t *work, int status)
{
	struct job *job = work->data;

	(void)status; /* jobs are never cancelled in the queue: they look at the pipe themselves */
	if (!job->failed)
		job->err->code = ERR_NONE;
	else if (job->err->code == ERR_NONE)
		err_set(job->err, ERR_BUG, "failed without saying why");
	if (job->fleet->ended)
		job->fleet->ended(job->fleet->ended_arg, job->node, job->ms,
				  job->failed ? job->err : NULL);
}

int fleet_each(struct fleet *fleet, node_fn *fn, void *arg, const bool only[], struct err errs[],
	       fleet_ended *ended, void *ended_arg)
{
	int failed = 0;

	fleet->ended = ended;
	fleet->ended_arg = ended_arg;
	for (size_t i = 0; i < fleet->count; i++) {
		struct job *job = &fleet->jobs[i];
		errs[i] = ERR_INIT;
		if (only && !only[i])
			continue;
		*job = (struct job){ .fleet = fleet,
				     .node = &fleet->nodes[i],
				     .fn = fn,
				     .arg = arg,
				     .err = &errs[i] };
		job->work.data = job;
		if (uv_queue_work(&fleet->loop, &job->work, job_run, job_done))
			abort();
	}
	uv_run(&fleet->loop, UV_RUN_DEFAULT); /* signal handles do not keep it alive */
	fleet->ended = NULL;
	for (size_t i = 0; i < fleet->count; i++)
		failed |= errs[i].code != ERR_NONE;
	return failed ? -1 : 0;
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct fleet *fleet = handle->data;

	fleet->last = number;
	/* a lost terminal sends SIGHUP twice: only Ctrl-C means it, the second time */
	if (fleet->cancelled && fleet->again && number == SIGINT)
		fleet->again(fleet->again_arg);
	if (fleet->shielded)
		fleet->cancelled = true;
	else
		fleet_cancel(fleet);
}

int fleet_catch_signals(struct fleet *fleet, void (*again)(void *arg), void *arg, struct err *err)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

	fleet->again = again;
	fleet->again_arg = arg;
	if (fleet->catching == 3)
		return 0;
	for (size_t i = fleet->catching; i < 3; i++) {
		if (uv_signal_init(&fleet->loop, &fleet->signals[i]))
			return err_set(err, ERR_BUG, "cannot catch signals");
		fleet->signals[i].data = fleet;
		fleet->catching++;
		if (uv_signal_start(&fleet->signals[i], on_signal, numbers[i]))
			return err_set(err, ERR_BUG, "cannot catch signals");
		uv_unref((uv_handle_t *)&fleet->signals[i]);
	}
	return 0;
}

bool fleet_cancelled(const struct fleet *fleet)
{
	uv_handle_t *signal = (uv_handle_t *)(uintptr_t)&fleet->signals[0];

	if (!fleet->catching)
		return fleet->cancelled;
	/* a signal may have come while no loop ran; and a loop of handles that do not keep it alive looks at none of them */
	uv_ref(signal);
	uv_run((uv_loop_t *)(uintptr_t)&fleet->loop, UV_RUN_NOWAIT);
	uv_unref(signal);
	return fleet->cancelled;
}

int fleet_take_signal(struct fleet *fleet)
{
	fleet_cancelled(fleet);
	int last = fleet->last;
	if (last) {
		fleet->last = 0;
		fleet->cancelled = false;
	}
	return last;
}

int fleet_signal_fd(const struct fleet *fleet)
{
	return uv_backend_fd(&fleet->loop);
}

void fleet_cancel(struct fleet *fleet)
{
	fleet->cancelled = true;
	(void)!write(fleet->cancel_pipe[1], "x", 1);
}

void fleet_forget_cancel(struct fleet *fleet)
{
	char sink[64];

	while (read(fleet->cancel_pipe[0], sink, sizeof(sink)) > 0)
		;
	/* `cancelled` stays: the next signal is a second one */
}

void fleet_shield(struct fleet *fleet)
{
	fleet_forget_cancel(fleet);
	fleet->shielded = true;
}

int fleet_first(const struct fleet *fleet, const struct err errs[], struct err *err)
{
	size_t more = 0;
	const struct err *first = NULL;

	for (size_t i = 0; i < fleet->count; i++) {
		if (errs[i].code == ERR_NONE)
			continue;
		if (!first) {
			first = &errs[i];
			*err = *first;
			err_in(err, "%s", fleet->nodes[i].name);
		} else {
			more++;
		}
	}
	if (more) {
		size_t len = strlen(err->text);
		snprintf(err->text + len, sizeof(err->text) - len, " (and %zu more)", more);
	}
	return -1;
}
