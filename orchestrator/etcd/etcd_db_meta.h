/*
 * etcd_db_meta: the small buckets of etcd's database, entry by entry.
 */
#ifndef ETCD_ETCD_DB_META_H
#define ETCD_ETCD_DB_META_H

#include "etcd/etcd_db.h"

/* Each adds one entry of its bucket to the facts.  -1 (CORRUPT): it is not what etcd writes there. */
int etcd_db_meta(struct etcd_db_facts *facts, const struct bolt_entry *entry, struct err *err);
int etcd_db_member(struct etcd_db_facts *facts, const struct bolt_entry *entry, struct err *err);
int etcd_db_alarm(struct etcd_db_facts *facts, const struct bolt_entry *entry, struct err *err);
int etcd_db_auth(struct etcd_db_facts *facts, const struct bolt_entry *entry, struct err *err);

#endif
