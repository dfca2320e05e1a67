/*
 * save_compare: see save_compare.h.
 */
#include "plugin/save_compare.h"

/* HashKV stops a member's writes for 0.3 s a GiB. */
static const uint64_t COMPARE_MAX = 2ull << 30;
/* What is packed is unpacked into memory. */
static const uint64_t UNPACK_MAX = 256ull << 20;

size_t save_at(const struct save *save, enum save_stage stage, bool which[])
{
	size_t found = 0;

	for (size_t i = 0; i < CLUSTER_MEMBERS_MAX; i++) {
		bool is = save->wanted[i] && save->parts[i].stage == stage;
		found += is;
		if (which)
			which[i] = is;
	}
	return found;
}

bool save_compares(enum choice compare, uint64_t db_size)
{
	return compare == CHOICE_TRUE || (compare == CHOICE_DEFAULT && db_size < COMPARE_MAX);
}

enum save_proof save_proof(const struct opts *opts, const struct place *place, uint64_t db_size)
{
	bool asked = opts->prune || opts->compare == CHOICE_TRUE;
	bool in_place = place_is_plain(place) && place->named; /* needs no memory */

	if (!asked && (!save_compares(opts->compare, db_size) || store_is_remote(place->url)))
		return SAVE_PROVE_NOT;
	if (!place_can_open(place))
		return SAVE_PROVE_BYTES;
	return asked || in_place || db_size <= UNPACK_MAX ? SAVE_PROVE_ALL : SAVE_PROVE_BYTES;
}

int save_agree(const struct save *save, const struct save_part *part, struct err *err)
{
	const struct cluster *cluster = &save->found->cluster;

	for (size_t i = 0; i < cluster->count; i++)
		for (size_t k = i + 1; k < cluster->count; k++) {
			const struct etcd_hash *a = &part->hashes[i], *b = &part->hashes[k];
			if (!part->compared[i] || !part->compared[k] || a->hash == b->hash ||
			    a->compact_revision != b->compact_revision)
				continue;
			err_set(err, ERR_CORRUPT,
				"%s and %s differ at revision %llu: HashKV %08x and %08x",
				cluster->members[i].node, cluster->members[k].node,
				(unsigned long long)part->revision, a->hash, b->hash);
			return err_hint(err,
					"one of them has other data than the cluster agreed on: "
					"find out which before you trust any snapshot "
					"(etcdctl endpoint hashkv); --all-members --compare=false "
					"keeps what each of them has");
		}
	return 0;
}

size_t save_behind(const struct save_part *part, size_t count, bool which[], size_t *furthest)
{
	size_t behind = 0, far = count;

	for (size_t i = 0; i < count; i++)
		if (part->compared[i] &&
		    (far == count ||
		     part->hashes[i].compact_revision > part->hashes[far].compact_revision))
			far = i;
	for (size_t i = 0; i < count; i++) {
		which[i] = part->compared[i] &&
			   part->hashes[i].compact_revision < part->hashes[far].compact_revision;
		behind += which[i];
	}
	*furthest = far;
	return behind;
}
