/*
 * choose: see choose.h.
 */
#include "plugin/choose.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

unsigned choose_health(const struct found_node *f)
{
	return health_of(f->troubles, f->leader != 0, f->role && strcmp(f->role, "learner") == 0);
}

static bool is_called(const struct discovery *d, size_t i, const char *name)
{
	return !name || text_same(d->cluster.members[i].name, name) ||
	       text_same(d->nodes[i].name, name);
}

/* Whether it may be taken; if not, err says why. */
static bool may_be(const struct discovery *d, size_t i, bool degraded, struct err *err)
{
	const struct found_node *f = &d->found[i];
	unsigned health = f->answers ? choose_health(f) : 0;
	char words[HEALTH_WORDS];

	if (f->answers && (!health || degraded))
		return true;
	health_words(health, words);
	err_set(err, ERR_UNSAFE, "%s: %s%s%s", d->nodes[i].name,
		f->answers ? words : "does not answer", health & HEALTH_ODD ? ": " : "",
		health & HEALTH_ODD ? f->trouble : "");
	return false;
}

/* Whether i is the better one. */
static bool is_better(const struct discovery *d, size_t i, size_t best)
{
	const struct found_node *one = &d->found[i], *other = &d->found[best];
	unsigned health = choose_health(one), best_health = choose_health(other);
	bool leads = strcmp(one->role, "leader") == 0;
	bool best_leads = strcmp(other->role, "leader") == 0;

	if (health != best_health)
		return health < best_health;
	return leads != best_leads ? best_leads : one->applied > other->applied;
}

static int two_clusters(const struct discovery *d, size_t one, size_t other, struct err *err)
{
	return err_set(err, ERR_UNSAFE, "%s and %s are members of two clusters", d->nodes[one].name,
		       d->nodes[other].name);
}

/* None: each is told with its reason. */
static int none(const struct discovery *d, const char *name, bool degraded, struct err *err)
{
	scoped(buf) struct buf why = BUF_INIT(400);
	bool hopeless = true;

	for (size_t i = 0; i < d->cluster.count; i++) {
		struct err one = ERR_INIT;
		if (!is_called(d, i, name))
			continue;
		if (!may_be(d, i, degraded, &one))
			buf_addf(&why, "%s%s", why.len ? "; " : "", one.text);
		hopeless &= !d->found[i].answers;
	}
	err_set(err, ERR_UNSAFE, "no healthy member to take a snapshot from: %s", buf_str(&why));
	return err_hint(err, "kubectl etcd-backup discover shows what each says%s",
			hopeless ? ""
				 : "; --allow-degraded takes it all the same, and its recipe says "
				   "what is wrong with it");
}

int choose_member(const struct discovery *d, const char *name, bool degraded, size_t *chosen,
		  struct err *err)
{
	size_t count = d->cluster.count, best = count;
	bool called = false;
	struct err why = ERR_INIT;

	for (size_t i = 0; i < count; i++) {
		called |= is_called(d, i, name);
		if (!is_called(d, i, name) || !may_be(d, i, degraded, &why))
			continue;
		if (best < count && d->found[i].cluster_id != d->found[best].cluster_id)
			return two_clusters(d, best, i, err);
		if (best == count || is_better(d, i, best))
			best = i;
	}
	if (!called)
		return err_set(err, ERR_USAGE, "no member is called %s", name ? name : "");
	if (best == count)
		return none(d, name, degraded, err);
	*chosen = best;
	return 0;
}

int choose_all(const struct discovery *d, bool degraded, bool wanted[], struct err why[],
	       struct err *err)
{
	size_t count = d->cluster.count, first = count;

	for (size_t i = 0; i < count; i++) {
		why[i] = ERR_INIT;
		wanted[i] = may_be(d, i, degraded, &why[i]);
		if (!wanted[i])
			continue;
		if (first < count && d->found[i].cluster_id != d->found[first].cluster_id)
			return two_clusters(d, first, i, err);
		first = first < count ? first : i;
	}
	return first < count ? 0 : none(d, NULL, degraded, err);
}
