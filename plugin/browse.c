/*
 * browse: see browse.h.
 */
#include "plugin/browse.h"

#include "etcd/apiserver_flags.h"
#include "play/drill_died.h"
#include "plugin/drill_flags.h"
#include "plugin/drill_left.h"
#include "plugin/drill_tell.h"
#include "plugin/perform.h"
#include "plugin/print.h"
#include "plugin/progress.h"

#include <string.h>

enum { LIMIT_S = 12 * 3600, MARGIN_S = 60, HOUR_S = 3600, STATUS_LEFT = 5 };

/* --node, or the first that has an API server. */
static int pick_node(const struct opts *opts, const struct plan *plan, size_t *out, struct err *err)
{
	const struct cluster *cluster = &plan->found.cluster;

	for (size_t i = 0; i < cluster->count; i++)
		if (opts->node ? strcmp(cluster->members[i].node, opts->node) == 0
			       : plan->found.found[i].has_api) {
			*out = i;
			return 0;
		}
	return opts->node ? err_set(err, ERR_USAGE, "--node=%s: no control-plane node is called so",
				    opts->node)
			  : err_set(err, ERR_UNSAFE, "no node has a kube-apiserver manifest");
}

/* From the real cluster to a scratch one of one member. */
static int settle(const struct opts *opts, struct plan *plan, const struct certificate *certificate,
		  struct err *err)
{
	struct play_drill *drill = arena_alloc(plan->arena, sizeof(*drill));
	size_t node = 0;

	if (pick_node(opts, plan, &node, err))
		return -1;
	plan_single(plan, node);
	drill->alone = drill->api = true;
	drill->certificate = certificate;
	return drill_flags_settle(opts, plan, drill, LIMIT_S, err);
}

/* It stands; whoever looks, looks.  Signals are theirs for that time. */
static int let_look(const struct opts *opts, struct plan *plan,
		    const struct certificate *certificate, uint64_t deadline, browse_look *look,
		    struct err *err)
{
	struct browse browse = { .opts = opts,
				 .plan = plan,
				 .certificate = certificate,
				 .port = plan->ctx.drill->port + DRILL_API,
				 .name = plan->source.name,
				 .deadline = deadline };

	if (fleet_catch_signals(plan->found.fleet, NULL, NULL, err))
		return err_status(err->code);
	return look(&browse, err);
}

/* What stands behind the kubeconfig may have ended meanwhile: whoever looked saw only that nothing answers. */
static void tell_died(struct plan *plan)
{
	struct err why = ERR_INIT;

	if (!drill_died(&plan->found.nodes[0], &plan->ctx, true, &why))
		return;
	print_warning(why.text);
	if (why.hint[0])
		print_notice("hint: %s", why.hint);
}

static int play(const struct opts *opts, struct plan *plan, const struct playbook *book,
		const struct certificate *certificate, uint64_t deadline, browse_look *look,
		struct err *err)
{
	/* what runs on the node is ended after so long, counted from a little later */
	uint64_t until = deadline ? deadline : deadline_in((LIMIT_S - MARGIN_S) * 1000ULL);
	struct progress progress;
	struct err removing = ERR_INIT;
	struct journal *journal = journal_new(NULL, plan->ctx.cluster->name, plan->ctx.run,
					      plan_header(plan, book->name, book->sha256), err);
	struct play play = { .playbook = book,
			     .fleet = plan->found.fleet,
			     .ctx = &plan->ctx,
			     .journal = journal,
			     .events = progress_events(&progress),
			     .deadline = deadline };

	progress_begin(&progress, plan->arena, opts->quiet);
	if (!journal)
		return err_status(err->code);
	enum play_outcome outcome = play_run(&play, err);
	int status = outcome == PLAY_DONE ? let_look(opts, plan, certificate, until, look, err)
					  : err_status(err->code);
	if (outcome == PLAY_DONE)
		tell_died(plan);
	if (outcome == PLAY_DONE && play_undo(&play, &removing) != PLAY_UNDONE) {
		*err = removing;
		outcome = PLAY_NEEDS_YOU;
	}
	if (outcome == PLAY_NEEDS_YOU)
		drill_tell_left(plan);
	journal_free(journal);
	return outcome == PLAY_NEEDS_YOU ? STATUS_LEFT : status;
}

static int browse_with(const struct opts *opts, struct plan *plan, struct certificate *certificate,
		       uint64_t deadline, browse_look *look, struct err *err)
{
	unsigned hours = (unsigned)((opts->timeout_ms / 1000 + LIMIT_S) / HOUR_S) + 1;
	struct playbook book;

	if (perform_playbook(plan, "browse", &book, err) || plan_answering(opts, plan, err) ||
	    drill_left_undo(opts, plan, err) ||
	    certificate_make(APISERVER_USER, "127.0.0.1", hours, certificate, err) ||
	    settle(opts, plan, certificate, err) || perform_look(plan, &book, err))
		return err_status(err->code);
	plan_warn(plan);
	return play(opts, plan, &book, certificate, deadline, look, err);
}

int browse_over(const struct browse *browse, struct err *err)
{
	if (browse->opts->timeout_ms)
		return err_set(err, ERR_TIMEOUT, "the run's --timeout is over: everything ends");
	err_set(err, ERR_TIMEOUT, "a browse ends after %d hours", LIMIT_S / HOUR_S);
	return err_hint(err, "begin another; --timeout allows more");
}

int browse_run(const struct opts *opts, browse_look *look, struct err *err)
{
	scoped(certificate) struct certificate certificate = { .ca = BUF_INIT(1) };
	uint64_t deadline = opts->timeout_ms ? deadline_in(opts->timeout_ms) : 0;
	struct plan plan;

	if (drill_flags_check(opts, err) || plan_open(opts, opts->args[0], &plan, err))
		return err_status(err->code);
	int status = browse_with(opts, &plan, &certificate, deadline, look, err);
	plan_release(&plan);
	return status;
}
