/*
 * save_recipe: see save_recipe.h.
 */
#include "plugin/save_recipe.h"

#include "base/digest.h"
#include "plugin/read_back.h"
#include "plugin/save_compare.h"
#include "plugin/save_members.h"

#include <stdio.h>

static void fill_degraded(struct save_part *part)
{
	char words[HEALTH_WORDS];

	if (!part->health)
		return;
	health_words(part->health, words);
	snprintf(part->degraded, sizeof(part->degraded), "the member %s", words);
	part->recipe.degraded = part->degraded;
}

void save_fill_recipe(struct save *save, size_t member)
{
	struct save_part *part = &save->parts[member];
	const struct place *place = save->place;
	const struct cluster *cluster = &save->found->cluster;
	/* no other member's: it may have compacted another part of the history */
	const struct etcd_hash *hash = part->compared[member] ? &part->hashes[member] : NULL;
	const struct texts *tags = &save->opts->tags;

	part->recipe = (struct recipe){
		.etcd_version = cluster->members[member].version,
		.member = cluster->members[member].name,
		.sha256 = part->snapshot.file_sha256,
		.size = part->snapshot.size + SHA256_SIZE, /* etcd's file ends with its hash */
		.db_size = part->snapshot.size,
		.revision = part->revision,
		.term = part->status.term,
		.storage_version =
			*part->status.storage_version ? part->status.storage_version : NULL,
		.taken_at = save->taken_at,
		.set = save->set[0] ? save->set : NULL,
		.previous = save->previous,
		.previous_sha256 = save->previous_sha256,
		.stored = { .name = part->slot.object,
			    .sha256 = place_is_plain(place) ? part->snapshot.file_sha256
							    : part->seal.stored.sha256,
			    .size = part->seal.stored.size,
			    .compression = seal_compression(&place->seal),
			    .encryption = seal_encryption(&place->seal) },
	};
	save_members(save->found, &part->recipe.cluster);
	save_extras_fill(&save->extras, save->found, &part->recipe);
	fill_degraded(part);
	if (hash) {
		snprintf(part->hash, sizeof(part->hash), "%08x", hash->hash);
		part->recipe.hashkv = part->hash;
		part->recipe.compact_revision = hash->compact_revision;
	}
	for (size_t i = 0; i < tags->count; i++)
		part->recipe.tags[part->recipe.tag_count++] = tags->items[i];
}

/* Its own object, by the proof that is due. */
static int read_back_object(const struct save_part *part, const struct place *place,
			    enum save_proof proof, const struct source_keys *keys, struct err *err)
{
	bool in_place = place_is_plain(place) && place->named;
	const struct recipe *recipe = &part->recipe;

	return proof == SAVE_PROVE_ALL
		       ? read_back_all(part->slot.store, in_place ? place->file : NULL, recipe,
				       keys, err)
		       : read_back_bytes(part->slot.store, part->slot.object, recipe->stored.sha256,
					 err);
}

/* What is in the store by now: the object, or the control plane's files. */
static int read_back(const struct save *save, const struct save_part *part, bool files,
		     struct err *err)
{
	const struct place *place = save->place;
	const struct source_keys keys = { &place->identities, &place->passphrase };
	enum save_proof proof = save_proof(save->opts, place, part->recipe.db_size);

	if (proof == SAVE_PROVE_NOT)
		return 0;
	if (!(files ? read_back_files(part->slot.store, &part->recipe, &keys, err)
		    : read_back_object(part, place, proof, &keys, err)))
		return 0;
	err_in(err, "%s, read back from where it was stored", part->slot.shown);
	if (err->code == ERR_CORRUPT)
		return err_hint(err,
				"it was removed; look at %s and at the member it was taken from",
				place->url);
	return err_hint(err, "it is kept, and not proved: see what verify says of it");
}

/* A recipe that we do not read ourselves makes a snapshot that nobody can open by its name. */
static int make_text(const struct recipe *recipe, struct buf *text, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	struct recipe read;

	if (recipe_write(recipe, text, err))
		return -1;
	if (!recipe_read(arena, buf_str(text), text->len, &read, err))
		return 0;
	err->code = ERR_BUG;
	return err_hint(err, "what it names comes from the cluster or from the flags: change it "
			     "there, and please report this");
}

int save_check_recipe(struct save *save, size_t member, struct err *err)
{
	static const char sum[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	scoped(buf) struct buf text = BUF_INIT(RECIPE_MAX);
	struct save_part *part = &save->parts[member];
	struct recipe *recipe = &part->recipe;

	save_fill_recipe(save, member);
	recipe->sha256 = recipe->stored.sha256 = sum;
	recipe->db_size = recipe->stored.size = recipe->revision = 1;
	recipe->size = recipe->db_size + SHA256_SIZE;
	recipe->taken_at = now_unix();
	int failed = make_text(recipe, &text, err);
	*recipe = (struct recipe){ .size = 0 };
	return failed;
}

static int write_recipe(struct save_part *part, struct err *err)
{
	scoped(store_put) struct store_put *put = NULL;

	part->text = (struct buf)BUF_INIT(RECIPE_MAX);
	if (!make_text(&part->recipe, &part->text, err)) {
		put = store_put(part->slot.store, part->slot.recipe, err);
		if (put && !sink_write(store_put_sink(put), part->text.data, part->text.len, err) &&
		    !sink_end(store_put_sink(put), err))
			return 0;
	}
	/* without its recipe it is not known for what it is */
	return err_in(err, "the recipe could not be written, so the snapshot was removed");
}

/* What could not be read may be whole all the same: it stays, and the error is told.  -1: it does not stay. */
static int prove_stored(const struct save *save, const struct save_part *part, bool files,
			struct err *unread, struct err *err)
{
	struct err said = ERR_INIT;

	if (!read_back(save, part, files, &said))
		return 0;
	if (said.code == ERR_CORRUPT || said.code == ERR_CANCELLED) {
		*err = said;
		return -1;
	}
	*unread = said;
	return 0;
}

int save_complete(struct node *node, void *arg, struct err *err)
{
	struct save *save = arg;
	struct save_part *part = &save->parts[node->index];
	struct err unread = ERR_INIT;

	if (prove_stored(save, part, false, &unread, err) ||
	    save_extras_put(&save->extras, save->found, save->place, &part->slot, &part->files,
			    err))
		return -1;
	if (save->extras.with_files) {
		part->recipe.files = (struct recipe_stored){
			.name = part->slot.files,
			.sha256 = part->files.stored.sha256, /* never plain: place.c sees to it */
			.size = part->files.stored.size,
			.compression = seal_compression(&save->place->seal),
			.encryption = seal_encryption(&save->place->seal),
		};
		if (prove_stored(save, part, true, &unread, err))
			return -1;
	}
	if (write_recipe(part, err))
		return -1;
	part->err = unread;
	return 0;
}
