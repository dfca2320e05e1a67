/*
 * status: see status.h.
 */
#include "plugin/status.h"

#include "plugin/time_words.h"

#include <stdio.h>
#include <string.h>

enum { DAY = 24 * 3600, CLOCKS_DIFFER = 5 * 60 };

static const uint64_t DEFAULT_QUOTA = 2ull << 30; /* etcd's own */

__attribute__((format(printf, 2, 3))) static void alarm_add(struct status *s, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < s->alarm_count && i < STATUS_ALARMS_MAX; i++)
		if (strcmp(s->alarms[i], text) == 0) /* every member tells of every alarm */
			return;
	if (s->alarm_count < STATUS_ALARMS_MAX)
		s->alarms[s->alarm_count] = arena_strdup(s->arena, text);
	s->alarm_count++;
}

static const struct found_node *leader_of(const struct discovery *d)
{
	for (size_t i = 0; i < d->cluster.count; i++)
		if (d->found[i].answers && d->found[i].role &&
		    strcmp(d->found[i].role, "leader") == 0)
			return &d->found[i];
	return NULL;
}

/* The place of the member with that id; count: none has it. */
static size_t by_id(const struct discovery *d, uint64_t id)
{
	size_t i = 0;

	while (i < d->cluster.count && (!d->found[i].answers || d->found[i].status.member_id != id))
		i++;
	return i;
}

static void health_add(struct member_status *m, const char *word)
{
	size_t len = strlen(m->health);

	if (!strstr(m->health, word))
		snprintf(m->health + len, sizeof(m->health) - len, "%s%s", len ? "," : "", word);
}

/* "memberID:10501334649042878790 alarm:NOSPACE ", as etcd has it in the errors of a Status; false: something else. */
static bool read_alarm(const char *text, size_t len, uint64_t *id, char kind[32])
{
	scoped(mem) char *one = mem_printf("%.*s", (int)len, text);
	char *member = strstr(one, "memberID:"), *alarm = strstr(one, "alarm:");

	if (!member || !alarm)
		return false;
	snprintf(kind, 32, "%.*s", (int)strspn(alarm + 6, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), alarm + 6);
	member += 9;
	member[strspn(member, "0123456789")] = '\0';
	return *kind && !parse_uint(member, UINT64_MAX, id);
}

/* One member's errors: alarms belong to the members that they name, whoever tells of them. */
static void judge_errors(struct status *s, size_t i)
{
	const struct discovery *d = s->found;
	const char *errors = d->found[i].status.errors;

	for (const char *at = errors; *at;) {
		const char *end = strstr(at, "; ");
		size_t len = end ? (size_t)(end - at) : strlen(at);
		char kind[32];
		uint64_t id;
		if (read_alarm(at, len, &id, kind)) {
			size_t whose = by_id(d, id);
			if (whose < d->cluster.count) {
				health_add(&s->members[whose], kind);
				alarm_add(s, "%s: alarm %s", d->nodes[whose].name, kind);
			} else {
				alarm_add(s, "member %llx: alarm %s", (unsigned long long)id, kind);
			}
		} else if (d->found[i].status.leader) { /* without one that is the first it says */
			health_add(&s->members[i], "trouble");
			alarm_add(s, "%s reports: %.*s", d->nodes[i].name, (int)len, at);
		}
		at += len + (end ? 2 : 0);
	}
}

static void judge_certificate(struct status *s, size_t i)
{
	struct member_status *m = &s->members[i];
	uint64_t end = s->found->found[i].certificate_end;
	const char *node = s->found->nodes[i].name;

	m->certificate_known = end != 0;
	if (!end)
		return;
	m->certificate_days = end > s->now ? (int64_t)((end - s->now) / DAY) : -1;
	if (m->certificate_days < 0)
		alarm_add(s, "%s: a certificate of its etcd has ended", node);
	else if (m->certificate_days < CERTIFICATE_DAYS)
		alarm_add(s, "%s: a certificate of its etcd ends in less than %lld days", node,
			  (long long)m->certificate_days + 1);
}

static void judge_member(struct status *s, size_t i, const struct found_node *leader)
{
	const struct found_node *f = &s->found->found[i];
	const struct member *member = &s->found->cluster.members[i];
	struct member_status *m = &s->members[i];
	const char *node = s->found->nodes[i].name;

	judge_certificate(s, i);
	m->role = "";
	m->quota = member->quota  ? member->quota
		   : member->name ? DEFAULT_QUOTA
				  : 0; /* of its manifest nothing is known */
	if (!f->answers) {
		health_add(m, f->refused ? "refused" : "down");
		alarm_add(s,
			  f->refused ? "%s tells nothing to its own certificate: %s"
				     : "%s does not answer: %s",
			  node, f->silence);
		return;
	}
	m->role = strcmp(f->role, "member") == 0 ? "follower" : f->role;
	if (f->status.quota)
		m->quota = f->status.quota;
	if (leader) {
		uint64_t first = leader->status.raft_applied, own = f->status.raft_applied;
		m->lag_known = true;
		m->lag = first > own ? first - own : 0; /* they are not asked in one moment */
	}
	if (!f->status.leader) {
		health_add(m, "no-leader");
		alarm_add(s, "%s has no leader: no quorum", node);
	}
}

static void judge_cluster(struct status *s)
{
	const struct discovery *d = s->found;
	size_t first = d->cluster.count;

	for (size_t i = 0; i < d->cluster.count; i++) {
		if (!d->found[i].answers)
			continue;
		if (first == d->cluster.count)
			first = i;
		else if (d->found[i].cluster_id != d->found[first].cluster_id)
			alarm_add(s, "%s and %s are members of two clusters", d->nodes[first].name,
				  d->nodes[i].name);
	}
	for (size_t i = 0; i < d->missing_count; i++)
		alarm_add(s, "member %s is on none of the nodes", d->missing[i].name);
	if (d->foreign)
		alarm_add(s, "%s: its etcd CA is another one", d->foreign);
}

static void judge_age(struct status *s, uint64_t taken_at)
{
	uint64_t limit = s->max_age_ms / 1000;
	char age[16], most[16];

	if (taken_at > s->now + CLOCKS_DIFFER) {
		alarm_add(s, "the newest snapshot is of the future: a clock is wrong");
	} else if (limit && taken_at + limit < s->now) {
		age_text(s->now, taken_at, age);
		age_text(limit, 0, most);
		alarm_add(s, "the newest snapshot is %s old: more than %s", age, most);
	}
}

static void judge_drill(struct status *s)
{
	const struct catalog_entry *drilled = s->backup.drilled;
	uint64_t limit = s->max_drill_age_ms / 1000;
	char age[16], most[16];

	if (!limit)
		return;
	if (!drilled) {
		alarm_add(s, "no snapshot of this cluster that is still there was drilled");
	} else if (drilled->drill.at > s->now + CLOCKS_DIFFER) {
		alarm_add(s, "the last drill is of the future: a clock is wrong");
	} else if (drilled->drill.at + limit < s->now) {
		age_text(s->now, drilled->drill.at, age);
		age_text(limit, 0, most);
		alarm_add(s, "the last drill, of %s, is %s ago: more than %s", drilled->name, age,
			  most);
	}
}

static void judge_backup(struct status *s)
{
	const struct backup_status *b = &s->backup;

	if (!b->url)
		return;
	if (b->trouble) {
		alarm_add(s, "the store could not be read: %s", b->trouble);
		return;
	}
	if (!b->entry)
		alarm_add(s, "%s has no snapshot of this cluster", b->url);
	else if (b->entry->state != CATALOG_OK)
		alarm_add(s, "no snapshot of this cluster is whole: %s: %s", b->entry->name,
			  b->entry->trouble);
	else
		judge_age(s, b->entry->recipe.taken_at);
	if (b->degraded)
		alarm_add(s, "the newest snapshot is degraded: %s: %s", b->degraded->name,
			  b->degraded->recipe.degraded);
	judge_drill(s);
	if (b->newer_bad)
		alarm_add(s, "a newer snapshot is not whole: %s: %s", b->newer_bad->name,
			  b->newer_bad->trouble);
}

void status_judge(struct status *s)
{
	const struct discovery *d = s->found;
	const struct found_node *leader = leader_of(d);

	for (size_t i = 0; i < d->cluster.count; i++)
		judge_member(s, i, leader);
	for (size_t i = 0; i < d->cluster.count; i++)
		if (d->found[i].answers)
			judge_errors(s, i);
	for (size_t i = 0; i < d->cluster.count; i++)
		if (!s->members[i].health[0])
			health_add(&s->members[i], "ok");
	judge_cluster(s);
	judge_backup(s);
}

static bool is_of(const struct cluster *cluster, const struct recipe *recipe)
{
	const char *own = cluster->ca_fingerprint, *other = recipe->cluster.ca_fingerprint;

	return strcmp(own && other ? own : cluster->name,
		      own && other ? other : recipe->cluster.name) == 0;
}

/* out->entry is the newest good one; of the others those before it, the first of each kind. */
static void choose_backup(const struct catalog_entry *degraded, const struct catalog_entry *bad,
			  struct backup_status *out)
{
	const struct catalog_entry *good = out->entry;

	if (!good)
		out->entry = degraded ? degraded : bad;
	/* those of one save are equally old */
	if (degraded && (!good || degraded->recipe.taken_at > good->recipe.taken_at))
		out->degraded = degraded;
	if (bad && out->entry != bad && bad < out->entry)
		out->newer_bad = bad;
}

void status_find_backup(const struct cluster *cluster, const struct catalog *catalog,
			struct backup_status *out)
{
	const struct catalog_entry *bad = NULL, *degraded = NULL;

	for (size_t i = 0; i < catalog->count; i++) {
		const struct catalog_entry *entry = &catalog->entries[i];
		if (entry->state == CATALOG_UNREAD) {
			out->unread++;
			continue;
		}
		if (!is_of(cluster, &entry->recipe))
			continue;
		if (entry->drilled && entry->state == CATALOG_OK &&
		    (!out->drilled || entry->drill.at > out->drilled->drill.at))
			out->drilled = entry;
		if (out->entry)
			continue;
		if (entry->state != CATALOG_OK)
			bad = bad ? bad : entry;
		else if (!entry->recipe.degraded)
			out->entry = entry;
		else if (!degraded)
			degraded = entry;
	}
	choose_backup(degraded, bad, out);
}
