/*
 * discover_compare: what does not fit among manifests, pods and member lists, as warnings.
 */
#ifndef PLUGIN_DISCOVER_COMPARE_H
#define PLUGIN_DISCOVER_COMPARE_H

#include "etcd/etcd_api.h"
#include "plugin/discover.h"

/* --nodes "name=address,..." (a bare address is its own name) to members with node and address. */
int discover_parse_nodes(const char *text, struct arena *arena, struct cluster *out,
			 struct err *err);

/* Whether that is of a node that is not there or says nothing; one that refuses us has a hint. */
bool discover_unreached(const struct err *err);
/*
 * Whether the nodes that failed, with errs[], leave enough: one was read, and survey or passes_over allows
 * for the others; or shows_all.
 */
bool discover_goes_on(const struct discovery *d, const struct err errs[]);

/* Adds a warning; a text that is there already is not added again. */
void discover_warn(struct discovery *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void discover_compare_pod(struct discovery *d, const struct member *manifest,
			  const struct member *pod);
/* Of a member that told the list, and whose node that is: what is in one of both only; and d->listed, d->missing, d->stranger. */
void discover_compare_list(struct discovery *d, const struct etcd_members *list, const char *node);
/* "cp-2, cp-3" of d->missing; NULL: there are none. */
const char *discover_missing(const struct discovery *d);
/* With the etcd that a snapshot was taken from ("3.5.16"; NULL: not known): one warning for all members of another minor version. */
void discover_compare_etcd(struct discovery *d, const char *then);
/* The words of it; `here` tells which run. */
char *discover_other_etcd(struct arena *arena, const char *then, const char *here);
/*
 * Whether every member that runs can read a database with that storage version ("3.6.0"; "": of before 3.6, which all can).  -1:
 * UNSAFE, naming the first that cannot: it would end at once, after everything has been stopped for it.
 */
int discover_check_storage(const struct discovery *d, const char *version, struct err *err);
/* Of found[].ca: each whose CA is another one than the first's is foreign, with a warning. */
void discover_compare_ca(struct discovery *d);
void discover_compare_count(struct discovery *d);

/* Whether some member told the list of members. */
bool discover_is_listed(const struct discovery *d);
/* Who votes by that list, as cluster_can_serve has it, those that were never started, too; NULL: nobody. */
const char *discover_voters(struct arena *arena, const struct etcd_members *list);

#endif
