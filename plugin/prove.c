/*
 * prove: see prove.h.
 */
#include "plugin/prove.h"

/* The check that `err` is about; words of err where it failed. */
static int failed(struct verification *v, const char *name, const struct source *source,
		  struct err *err)
{
	err_in(err, "%s", source->shown);
	verification_add(v, false, name, "%s", err->text);
	return source_damaged(err);
}

int prove_source(struct verification *v, const struct source *source, prove_look *look, void *arg,
		 struct err *err)
{
	scoped(bolt_map) struct bolt_map map = { 0 };
	scoped(etcd_db) struct etcd_db db = { 0 };
	uint64_t since = source->has_recipe ? source->recipe.compact_revision : 0;
	struct etcd_db_facts facts;
	struct etcd_hash hashkv;

	verification_of_source(v, source);
	if (bolt_map_open(source->file.fd, source->file.db_size, &map, err) ||
	    etcd_db_read(&map, &db, &facts, err))
		return failed(v, "bbolt", source, err);
	if (look && look(arg, &db, err))
		return failed(v, "objects", source, err);
	if (since > db.compact_revision && since <= db.revision)
		db.compact_revision = since;
	if (etcd_db_hashkv(&db, 0, &hashkv, err))
		return failed(v, "HashKV", source, err);
	verification_of_db(v, source, &facts, &hashkv);
	return verification_verdict(v, err);
}
