/*
 * choose: see choose.h.
 */
#include "plugin/choose.h"

#include <stdio.h>
#include <string.h>

bool choose_only_full(const char *errors, bool cut)
{
	for (const char *at = errors; *at;) {
		const char *end = strstr(at, "; "), *full = strstr(at, "alarm:NOSPACE");
		if (!end && !full && cut && strncmp(at, "memberID:", 9) == 0)
			return true;
		if (!full || (end && full > end))
			return false;
		at = end ? end + 2 : at + strlen(at);
	}
	return true;
}

static bool is_called(const struct discovery *d, size_t i, const char *name)
{
	return !name || strcmp(d->cluster.members[i].name, name) == 0 ||
	       strcmp(d->nodes[i].name, name) == 0;
}

int choose_member(const struct discovery *d, const char *name, size_t *chosen, struct err *err)
{
	char why[400] = "";
	bool found = false, called = false;

	for (size_t i = 0; i < d->cluster.count; i++) {
		const struct found_node *f = &d->found[i];
		if (!is_called(d, i, name))
			continue;
		called = true;
		const char *reason = !f->answers                          ? "does not answer"
				     : choose_only_full(f->trouble, true) ? NULL
									  : f->trouble;
		if (!reason && strcmp(f->role, "learner") == 0)
			reason = "is a learner";
		if (reason) {
			size_t len = strlen(why);
			snprintf(why + len, sizeof(why) - len, "%s%s: %s", len ? "; " : "",
				 d->nodes[i].name, reason);
			continue;
		}
		if (found && f->cluster_id != d->found[*chosen].cluster_id)
			return err_set(err, ERR_UNSAFE, "%s and %s are members of two clusters",
				       d->nodes[*chosen].name, d->nodes[i].name);
		bool leads = strcmp(f->role, "leader") == 0;
		bool best_leads = found && strcmp(d->found[*chosen].role, "leader") == 0;
		if (!found || (best_leads && !leads) ||
		    (best_leads == leads && f->revision > d->found[*chosen].revision))
			*chosen = i;
		found = true;
	}
	if (found)
		return 0;
	if (!called)
		return err_set(err, ERR_USAGE, "no member is called %s", name ? name : "");
	err_set(err, ERR_UNSAFE, "no healthy member to take a snapshot from: %s", why);
	return err_hint(err, "kubectl etcd-backup discover shows what each says");
}
