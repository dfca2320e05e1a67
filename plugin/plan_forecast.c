/*
 * plan_forecast: see plan_forecast.h.
 */
#include "plugin/plan_forecast.h"

#include "base/log.h"
#include "base/text.h"
#include "plugin/perform.h"
#include "plugin/plan.h"
#include "plugin/store_flags.h"
#include "store/catalog.h"

#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { LOOK_S = 5 };

/* Readable after that time: what waits for a store gives up then, whatever it waits for. */
static int timer_open(time_t seconds)
{
	const struct itimerspec once = { .it_value = { .tv_sec = seconds } };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd >= 0 && timerfd_settime(fd, 0, &once, NULL)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int look(const struct opts *opts, struct plan *plan, int limit, struct err *err)
{
	const struct source *source = &plan->source;
	struct plan_forecast *forecast = &plan->forecast;
	scoped(store) struct store *store = NULL;

	return store_from_opts(opts, source->place, limit, &store, err) ||
			       catalog_report(store, plan->arena, source->name, source->file.sha256,
					      &forecast->drill, &forecast->drilled, err)
		       ? -1
		       : 0;
}

static const char *drill_command(const struct opts *opts, const struct source *source,
				 struct arena *arena)
{
	bool named = opts->from && source->place && strcmp(opts->from, source->place) == 0;

	return named ? arena_printf(arena, "kubectl etcd-backup drill %s --from %s", source->name,
				    opts->from)
		     : arena_printf(arena, "kubectl etcd-backup drill %s", source->shown);
}

void plan_forecast_find(const struct opts *opts, struct plan *plan)
{
	const struct source *source = &plan->source;
	scoped(fd) int limit = timer_open(LOOK_S);
	struct err err = ERR_INIT;

	plan->forecast = (struct plan_forecast){ .drilled = false };
	/* in a disaster nobody has the time, and there may be no etcd to drill beside */
	if (perform_is_dry(opts))
		plan->forecast.hint = drill_command(opts, source, plan->arena);
	if (limit >= 0 && source->place && source->name && look(opts, plan, limit, &err))
		log_at(2, "no report of a drill: %s", err.text);
}

static const char *minor(struct arena *arena, const char *version)
{
	size_t len = text_minor_len(version);

	return len ? arena_strndup(arena, version, len) : "of an unknown version";
}

static bool same_minor(const char *a, const char *b)
{
	size_t len = text_minor_len(a);

	return len && len == text_minor_len(b) && memcmp(a, b, len) == 0;
}

static bool was_on(const struct drill_report *drill, const char *node)
{
	for (size_t i = 0; node && i < drill->node_count; i++)
		if (strcmp(drill->nodes[i], node) == 0)
			return true;
	return false;
}

const char *plan_forecast_foreign(const struct drill_report *drill, const struct cluster *now,
				  struct arena *arena)
{
	if (!drill->forecast_ms)
		return "it started no API server";
	if (drill->members != now->count)
		return arena_printf(arena, "it had %llu member%s, and here %s %zu",
				    (unsigned long long)drill->members,
				    drill->members == 1 ? "" : "s", now->count == 1 ? "is" : "are",
				    now->count);
	for (size_t i = 0; i < now->count; i++) {
		const struct member *m = &now->members[i];
		/* with --nodes a node may be called by its address; kubeadm calls the member as the node */
		if (!was_on(drill, m->node) && !was_on(drill, m->name))
			return arena_printf(arena, "%s was not among its nodes",
					    m->node ? m->node : m->name);
		if (text_minor_len(m->version) && !same_minor(drill->etcd, m->version))
			return arena_printf(arena, "it was of etcd %s, and %s has %s",
					    minor(arena, drill->etcd), m->node,
					    minor(arena, m->version));
	}
	return NULL;
}

const char *plan_forecast_words(const struct plan *plan)
{
	const struct plan_forecast *forecast = &plan->forecast;
	const struct drill_report *drill = &forecast->drill;
	char when[21];

	if (!forecast->drilled)
		return !forecast->hint
			       ? NULL
			       : arena_printf(
					 plan->arena,
					 "not known: no drill of this snapshot; to drill it: %s",
					 forecast->hint);
	time_text(drill->at, when);
	const char *foreign = plan_forecast_foreign(drill, &plan->found.cluster, plan->arena);
	if (foreign)
		return arena_printf(plan->arena, "not known; the drill of %s does not tell it: %s",
				    when, foreign);
	return arena_printf(plan->arena,
			    "API down for about %llu s, as the drill of %s on these nodes measured",
			    (unsigned long long)(drill->forecast_ms + 500) / 1000, when);
}

struct tree *plan_forecast_tree(const struct plan *plan)
{
	const struct drill_report *drill = &plan->forecast.drill;
	struct tree *map;
	char when[21];

	if (!plan->forecast.drilled ||
	    plan_forecast_foreign(drill, &plan->found.cluster, plan->arena))
		return NULL;
	map = tree_map(plan->arena);
	time_text(drill->at, when);
	tree_set_number(plan->arena, map, "apiDownMilliseconds", drill->forecast_ms);
	tree_set_string(plan->arena, map, "drilledAt", when);
	return map;
}
