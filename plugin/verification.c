/*
 * verification: see verification.h.
 */
#include "plugin/verification.h"

#include "base/buf.h"
#include "plugin/print.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WORDS_SIZE = 1024 };

void verification_add(struct verification *v, bool ok, const char *name, const char *fmt, ...)
{
	char words[WORDS_SIZE];
	va_list ap;

	if (v->count == VERIFICATION_CHECKS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	v->checks[v->count++] =
		(struct verification_check){ name, ok, arena_strdup(v->arena, words) };
}

static const char *unsaid(const struct verification *v)
{
	return v->has_recipe ? "not in the recipe" : "no recipe";
}

/* A text that the recipe (said; NULL: it does not) may have, too. */
static void compare(struct verification *v, const char *name, const char *found, const char *said)
{
	if (!said)
		verification_add(v, true, name, "%s (%s)", found, unsaid(v));
	else if (strcmp(found, said) == 0)
		verification_add(v, true, name, "%s ok (recipe)", found);
	else
		verification_add(v, false, name, "%s, but the recipe says %s", found, said);
}

static void compare_number(struct verification *v, const char *name, uint64_t found,
			   const uint64_t *said)
{
	char text[24], said_text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)found);
	snprintf(said_text, sizeof(said_text), "%llu", (unsigned long long)(said ? *said : 0));
	compare(v, name, text, said ? said_text : NULL);
}

static void compare_bytes(struct verification *v, const char *name, uint64_t size,
			  const char *sha256, const char *form, const char *said)
{
	bool ok = !said || strcmp(sha256, said) == 0;
	const char *words =
		arena_printf(v->arena, "%s%llu bytes, sha256", form, (unsigned long long)size);

	if (said && ok)
		verification_add(v, true, name, "%s ok (recipe)", words);
	else if (ok)
		verification_add(v, true, name, "%s %s (%s)", words, sha256, unsaid(v));
	else
		verification_add(v, false, name, "%s %s, but the recipe says %s", words, sha256,
				 said);
}

static bool is_plain(const struct source *s)
{
	return !strcmp(s->compression, "none") && !strcmp(s->encryption, "none");
}

void verification_of_source(struct verification *v, const struct source *s)
{
	const struct recipe *r = s->has_recipe ? &s->recipe : NULL;
	/* beside the recipe of a compressed one may also lie the plain file */
	const char *said = !r ? NULL : is_plain(s) ? r->sha256 : r->stored.sha256;
	const char *form = is_plain(s) ? ""
				       : arena_printf(v->arena, "compression %s, encryption %s, ",
						      s->compression, s->encryption);

	v->has_recipe = s->has_recipe;
	compare_bytes(v, "stored object", s->stored_size, s->stored_sha256, form, said);
	if (!is_plain(s))
		compare_bytes(v, "file in it", s->file.size, s->file.sha256, "",
			      r ? r->sha256 : NULL);
	verification_add(v, true, "hash at the end", "ok");
	compare_number(v, "size", s->file.size, r ? &r->size : NULL);
}

static void add_bbolt(struct verification *v, const struct bolt_check *c)
{
	const char *bad = c->meta_bad[!c->meta];

	verification_add(v, true, "bbolt", "%llu pages, %llu used, %s%s%s",
			 (unsigned long long)c->pages, (unsigned long long)c->used,
			 bad ? (c->meta ? "meta 0 is bad: " : "meta 1 is bad: ") : "both metas ok",
			 bad ? bad : "", bad ? "; the other one is used" : "");
}

/*
 * A recipe may have the compaction that has ended, as the file's quick reading gives it, or the one that had begun,
 * as a member counts, or one that the member began since; 0 is not known.
 */
static void compare_compact(struct verification *v, const struct source *s,
			    const struct etcd_db_facts *facts)
{
	uint64_t said = s->has_recipe ? s->recipe.compact_revision : 0;

	if (said && said == s->file.facts.compact_revision)
		compare_number(v, "compact revision", said, &said);
	else if (said > facts->compact_revision && said <= facts->revision)
		verification_add(
			v, true, "compact revision", "%llu ok (recipe: the member went on to %llu)",
			(unsigned long long)facts->compact_revision, (unsigned long long)said);
	else
		compare_number(v, "compact revision", facts->compact_revision, said ? &said : NULL);
}

void verification_of_db(struct verification *v, const struct source *s,
			const struct etcd_db_facts *facts, const struct etcd_hash *hashkv)
{
	const struct recipe *r = s->has_recipe ? &s->recipe : NULL;
	const char *version = *facts->storage_version ? facts->storage_version : "before 3.6";
	char hash[9];

	snprintf(hash, sizeof(hash), "%08x", (unsigned)hashkv->hash);
	add_bbolt(v, &facts->check);
	compare_number(v, "revision", facts->revision, r ? &r->revision : NULL);
	compare_compact(v, s, facts);
	compare(v, "HashKV", hash, r ? r->hashkv : NULL);
	compare(v, "storage version", version, r ? r->storage_version : NULL);
}

int verification_verdict(const struct verification *v, struct err *err)
{
	scoped(buf) struct buf text = BUF_INIT(2 * WORDS_SIZE);
	bool ok = true;

	for (size_t i = 0; i < v->count; i++) {
		const struct verification_check *c = &v->checks[i];
		/* what has no room is still a failure */
		if (!c->ok)
			buf_addf(&text, "%s%s is %s", ok ? "" : "; ", c->name, c->words);
		ok = ok && c->ok;
	}
	if (ok)
		return 0;
	err_set(err, ERR_CORRUPT, "%s is not what its recipe says: %s", v->shown, buf_str(&text));
	return err_hint(err, "one of the two was changed, or they do not belong together: "
			     "use another snapshot");
}

/* Words are text of the file and of the recipe: they stay on their line. */
void verification_print(const struct verification *v)
{
	for (size_t i = 0; i < v->count; i++) {
		const struct verification_check *c = &v->checks[i];
		char safe[2 * WORDS_SIZE];
		escape_text(c->words, false, safe, sizeof(safe));
		print_line("%-17s %s%s", c->name, c->ok ? "" : "DAMAGED: ", safe);
	}
}

struct tree *verification_tree(struct arena *arena, const struct verification *v)
{
	struct tree *top = tree_map(arena), *checks = tree_list(arena);
	bool ok = true;

	for (size_t i = 0; i < v->count; i++) {
		struct tree *map = tree_map(arena);
		tree_set_string(arena, map, "name", v->checks[i].name);
		tree_set_bool(arena, map, "ok", v->checks[i].ok);
		tree_set_string(arena, map, "words", v->checks[i].words);
		tree_add(checks, map);
		ok = ok && v->checks[i].ok;
	}
	tree_set_string(arena, top, "kind", "SnapshotVerification");
	tree_set_string(arena, top, "apiVersion", "etcd-backup/v1");
	tree_set_string(arena, top, "name", v->shown);
	tree_set_bool(arena, top, "ok", ok);
	tree_set(arena, top, "checks", checks);
	return top;
}
