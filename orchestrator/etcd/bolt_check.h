/*
 * bolt_check: proves that a database is whole: every page below the high-water mark is used at most once, and is
 * free or what it should be; all that bolt_walk proves of trees and keys; the list of free pages, where there is
 * one (etcd writes none: then the pages that nothing uses are the free ones).
 */
#ifndef ETCD_BOLT_CHECK_H
#define ETCD_BOLT_CHECK_H

#include "etcd/bolt_walk.h"

struct bolt_check {
	uint64_t pages;   /* all, with the metas */
	uint64_t used;    /* metas, the list of free pages, and what is reachable */
	uint64_t buckets; /* nested ones, too */
	uint64_t entries; /* that are no buckets */
	const char
		*meta_bad[2]; /* NULL: valid.  One bad meta is a warning: the other one is used */
	unsigned meta;        /* which one is used */
	bool freelist;        /* there is a list of free pages, and it is right */
};

/*
 * One walk over all of the map, on which `also` (NULL: nobody) sees the pages and the entries,
 * each after it was proved.  -1 CORRUPT says where: bucket, page, element, byte.  Takes one bit of memory a page.
 */
int bolt_check(const struct bolt_map *map, const struct bolt_visitor *also, struct bolt_check *out,
	       struct err *err);

#endif
