/*
 * drill: see drill.h.
 */
#include "plugin/drill.h"

#include "base/digest.h"
#include "plugin/interrupt.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TAIL = 4096 };

void drill_proved(struct drill *d, const char *name, const char *fmt, ...)
{
	struct drill_report *report = d->report;
	char words[1024];
	va_list ap;

	if (report->proof_count == DRILL_PROOFS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	report->proofs[report->proof_count++] =
		(struct drill_proof){ name, arena_strdup(d->arena, words) };
}

int drill_log_open(struct drill *d, const char *log, struct err *err)
{
	int fd = openat(d->scratch.fd, log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
			0600);

	return fd < 0 ? err_errno(err, ERR_FILE, "%s/%s", d->scratch.path, log) : fd;
}

int drill_log_words(struct drill *d, const char *log, struct err *err)
{
	scoped(fd) int fd = openat(d->scratch.fd, log, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char tail[TAIL + 1];
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	ssize_t n = size <= 0 ? 0 : pread(fd, tail, TAIL, size > TAIL ? size - TAIL : 0);

	tail[n > 0 ? n : 0] = '\0';
	return err_log(err, tail);
}

const char *const *drill_environment(struct drill *d)
{
	const char **env = arena_alloc(d->arena, 4 * sizeof(*env));
	const char *path = getenv("PATH");

	env[0] = arena_printf(d->arena, "PATH=%s", path ? path : "/usr/bin:/bin");
	env[1] = arena_printf(d->arena, "TMPDIR=%s", d->scratch.path);
	env[2] = "ETCDCTL_API=3"; /* for an etcdctl that restores */
	return env;
}

struct etcd_client *drill_client(struct drill *d, size_t member, struct err *err)
{
	return etcd_client_new(&d->nodes[member], &d->cluster.members[member],
			       d->settings->deadline, err);
}

enum { RESTORE, START, PROVE, REMOVE };

static const struct verb local_steps[] = {
	[RESTORE] = { .name = "restore",
		      .about = "restore the snapshot for every member",
		      .kind = VERB_CHANGES },
	[START] = { .name = "start",
		    .about = "start all members, and wait until each serves",
		    .kind = VERB_CHANGES },
	[PROVE] = { .name = "prove", .about = "ask every member", .kind = VERB_LOOKS },
	[REMOVE] = { .name = "remove",
		     .about = "end the members and remove the scratch folder",
		     .kind = VERB_CHANGES },
};

static int step(struct drill *d, size_t which, int (*run)(struct drill *, struct err *),
		struct err *err)
{
	uint64_t began = now_ms();
	int failed = run(d, err);
	uint64_t ms = now_ms() - began;
	struct drill_report *report = d->report;
	const char *name = local_steps[which].name;

	if (report->step_count < DRILL_STEPS_MAX)
		report->steps[report->step_count++] = (struct drill_step){ name, ms };
	d->progress.steps[d->progress.count++] = (struct progress_step){
		.verb = &local_steps[which],
		.failed = failed != 0,
		.start = began - d->progress.began,
		.ms = ms,
		.node_start = { began - d->progress.began },
		.node_ms = { ms },
		.node_ran = { true },
		.node_error = { failed ? arena_strdup(d->arena, err->text) : NULL },
	};
	return failed ? err_in(err, "%s", name) : 0;
}

/* Both in one: nothing of it may stay, even when the rest failed. */
static int clean_up(struct drill *d, struct err *err)
{
	drill_stop(d);
	return scratch_remove(&d->scratch, err);
}

int drill_run(const struct drill_settings *settings, struct arena *arena,
	      struct drill_report *report, struct drill_trace *trace, struct err *err)
{
	struct drill d = { .settings = settings,
			   .report = report,
			   .arena = arena,
			   .scratch = { .fd = -1 },
			   .cluster = { .arena = arena, .name = "drill" } };
	struct err cleaning = ERR_INIT;
	uint8_t random[16];

	progress_begin(&d.progress, arena, settings->quiet);
	random_bytes(random, sizeof(random));
	memcpy(d.token, "drill-", 6);
	digest_hex(random, sizeof(random), d.token + 6);
	int failed = step(&d, RESTORE, drill_restore, err) || step(&d, START, drill_start, err) ||
		     step(&d, PROVE, drill_prove, err);
	if (step(&d, REMOVE, clean_up, &cleaning)) {
		if (!failed)
			*err = cleaning;
		else
			err_hint(err, "%s; %s", cleaning.text, cleaning.hint);
		failed = -1;
	}
	trace->progress = d.progress;
	trace->cluster = d.cluster;
	trace->ids = d.ids;
	memcpy(trace->token, d.token, sizeof(d.token));
	free(d.etcd);
	free(d.etcdutl);
	return failed ? -1 : 0;
}
