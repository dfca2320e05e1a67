/*
 * test_save_compare: what is compared and read back, and which members disagree.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "plugin/save_compare.h"

#include <stdlib.h>

static const uint64_t MIB = 1 << 20;

static void test_when(void)
{
	CHECK(save_compares(CHOICE_DEFAULT, 2048 * MIB - 1));
	CHECK(!save_compares(CHOICE_DEFAULT, 2048 * MIB));
	CHECK(save_compares(CHOICE_TRUE, 9000 * MIB));
	CHECK(!save_compares(CHOICE_FALSE, 1));
}

static void test_proof(void)
{
	enum { FILE_PLAIN, FILE_ZSTD, DIR_ZSTD, DIR_AGE, DIR_AGE_KEY, S3, S3_AGE };
	static const struct {
		int place;
		enum choice compare;
		bool prune;
		uint64_t mib;
		enum save_proof want;
	} cases[] = {
		{ FILE_PLAIN, CHOICE_DEFAULT, false, 2047, SAVE_PROVE_ALL },
		{ FILE_PLAIN, CHOICE_DEFAULT, false, 2048, SAVE_PROVE_NOT },
		{ FILE_PLAIN, CHOICE_FALSE, false, 1, SAVE_PROVE_NOT },
		{ FILE_PLAIN, CHOICE_TRUE, false, 4096, SAVE_PROVE_ALL },
		{ FILE_ZSTD, CHOICE_DEFAULT, false, 256, SAVE_PROVE_ALL },
		{ FILE_ZSTD, CHOICE_DEFAULT, false, 257, SAVE_PROVE_BYTES },
		{ DIR_ZSTD, CHOICE_DEFAULT, false, 256, SAVE_PROVE_ALL },
		{ DIR_ZSTD, CHOICE_TRUE, false, 257, SAVE_PROVE_ALL },
		{ DIR_AGE, CHOICE_DEFAULT, false, 1, SAVE_PROVE_BYTES },
		{ DIR_AGE, CHOICE_TRUE, true, 1, SAVE_PROVE_BYTES },
		{ DIR_AGE_KEY, CHOICE_DEFAULT, false, 1, SAVE_PROVE_ALL },
		{ S3, CHOICE_DEFAULT, false, 1, SAVE_PROVE_NOT },
		{ S3, CHOICE_DEFAULT, true, 1, SAVE_PROVE_ALL },
		{ S3, CHOICE_FALSE, true, 4096, SAVE_PROVE_ALL },
		{ S3, CHOICE_TRUE, false, 1, SAVE_PROVE_ALL },
		{ S3_AGE, CHOICE_DEFAULT, false, 1, SAVE_PROVE_NOT },
		{ S3_AGE, CHOICE_DEFAULT, true, 1, SAVE_PROVE_BYTES },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int p = cases[i].place;
		const struct opts opts = { .compare = cases[i].compare, .prune = cases[i].prune };
		const struct place place = {
			.url = p >= S3 ? "s3://b/p" : "/dir",
			.named = p <= FILE_ZSTD,
			.seal.compress.kind = p == FILE_PLAIN ? COMPRESS_NONE : COMPRESS_ZSTD,
			.recipients.count = p == DIR_AGE || p == DIR_AGE_KEY || p == S3_AGE,
			.identities.count = p == DIR_AGE_KEY,
		};
		CHECK_INT(save_proof(&opts, &place, cases[i].mib * MIB), cases[i].want);
	}
}

static void test_agree(void)
{
	struct discovery *d = mem_zalloc(sizeof(*d));
	struct save *save = mem_zalloc(sizeof(*save));
	struct save_part *part = &save->parts[1];
	struct err err = ERR_INIT;

	save->found = d;
	d->cluster.count = 3;
	for (size_t i = 0; i < 3; i++) {
		d->cluster.members[i].node = ((const char *const[]){ "n1", "n2", "n3" })[i];
		part->compared[i] = true;
		part->hashes[i] = (struct etcd_hash){ .hash = 17, .compact_revision = 5 };
	}
	part->revision = 99;
	CHECK_INT(save_agree(save, part, &err), 0);
	part->hashes[2].hash = 18;
	CHECK_INT(save_agree(save, part, &err), -1);
	CHECK_INT(err.code, ERR_CORRUPT);
	CHECK_HAS(err.text, "n1 and n3 differ at revision 99: HashKV 00000011 and 00000012");
	part->hashes[2].compact_revision = 6; /* of other revisions: says nothing */
	CHECK_INT(save_agree(save, part, &err), 0);
	part->hashes[2].compact_revision = 5;
	part->compared[2] = false;
	CHECK_INT(save_agree(save, part, &err), 0);
	free(save);
	free(d);
}

static void test_behind(void)
{
	struct save_part *part = mem_zalloc(sizeof(*part));
	bool which[3];
	size_t far;

	CHECK_INT(save_behind(part, 3, which, &far), 0); /* nobody has told */
	for (size_t i = 0; i < 3; i++) {
		part->compared[i] = true;
		part->hashes[i].compact_revision = 5;
	}
	CHECK_INT(save_behind(part, 3, which, &far), 0);
	part->hashes[1].compact_revision = 6;
	CHECK_INT(save_behind(part, 3, which, &far), 2);
	CHECK_INT(far, 1);
	CHECK(which[0] && !which[1] && which[2]);
	part->compared[2] = false;
	CHECK_INT(save_behind(part, 3, which, &far), 1);
	CHECK(which[0] && !which[2]);
	part->compared[1] = false; /* what has not told is no measure */
	CHECK_INT(save_behind(part, 3, which, &far), 0);
	free(part);
}

TESTS(TEST(test_when), TEST(test_proof), TEST(test_agree), TEST(test_behind))
