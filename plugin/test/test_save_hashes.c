/*
 * test_save_hashes: members that have compacted less than the others are asked again, and named when they stay behind.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "node/node_dir.h"
#include "plugin/save_compare.h"
#include "plugin/save_hashes.h"
#include "plugin/test/taken.h"

#include <stdlib.h>

enum { MEMBERS = 3, ROUNDS = 3, FAR = 6, NEAR = 5, SILENT = 0 };

/* What each says it has compacted, round by round; it is asked no oftener than wanted. */
struct script {
	uint64_t says[ROUNDS][MEMBERS];
	size_t asked[MEMBERS];
	const char *warning; /* a part of it; NULL: none */
	enum choice compare;
};

static const struct script *playing;
static size_t asked[MEMBERS];

static int ask(struct node *node, void *arg, struct err *err)
{
	struct save *save = arg;
	struct save_part *part = &save->parts[1];
	size_t i = node->index, round = asked[i]++;
	uint64_t compacted = playing->says[round < ROUNDS ? round : ROUNDS - 1][i];

	(void)err;
	if (compacted == SILENT) {
		if (!part->compared[i])
			snprintf(save->no_hash[i], sizeof(save->no_hash[i]), "it has compacted it");
		return 0;
	}
	part->compared[i] = true;
	part->hashes[i] =
		(struct etcd_hash){ .hash = (uint32_t)compacted, .compact_revision = compacted };
	return 0;
}

static void play(const struct script *script)
{
	static struct node_dir dirs[MEMBERS];
	const struct opts opts = { .compare = script->compare };
	struct discovery *d = mem_zalloc(sizeof(*d));
	struct save *save = mem_zalloc(sizeof(*save));
	struct err err = ERR_INIT;

	playing = script;
	memset(asked, 0, sizeof(asked));
	save->opts = &opts;
	save->found = d;
	save->wanted[1] = true;
	d->cluster.count = d->node_count = MEMBERS;
	for (size_t i = 0; i < MEMBERS; i++) {
		const char *name = ((const char *const[]){ "n1", "n2", "n3" })[i];
		dirs[i].root = "/nowhere";
		node_dir_init(&d->nodes[i], name, &dirs[i]);
		d->cluster.members[i].node = name;
		d->found[i].answers = true;
	}
	d->fleet = fleet_new(d->nodes, MEMBERS);
	take_begin(stderr);
	CHECK_INT(save_hashes(save, ask, &err), 0);
	const char *said = take_end(stderr);
	CHECK_STR(err.text, "");
	for (size_t i = 0; i < MEMBERS; i++)
		CHECK_INT(asked[i], script->asked[i]);
	if (script->warning)
		CHECK_HAS(said, script->warning);
	else
		CHECK_STR(said, "");
	CHECK_INT(save_agree(save, &save->parts[1], &err), 0);
	fleet_free(d->fleet);
	free(save);
	free(d);
}

static void test_at_once(void)
{
	play(&(struct script){ .says = { { FAR, FAR, FAR } }, .asked = { 1, 1, 1 } });
}

/* The usual: a compaction is on its way to the others. */
static void test_follow(void)
{
	play(&(struct script){ .says = { { FAR, NEAR, NEAR }, { 0, FAR, NEAR }, { 0, 0, FAR } },
			       .asked = { 1, 2, 3 } });
}

static void test_stay_behind(void)
{
	play(&(struct script){
		.says = { { FAR, FAR, NEAR }, { 0, 0, NEAR }, { 0, 0, NEAR } },
		.asked = { 1, 1, 3 },
		.warning = "warning: n3 was not compared with n1: it has compacted up to revision "
			   "5, and n1 up to 6; the next save compares them again\n" });
}

/* The second time it cannot tell: what it has said before stands, and is told. */
static void test_silent(void)
{
	play(&(struct script){
		.says = { { FAR, NEAR, SILENT }, { 0, SILENT, 0 }, { 0, SILENT, 0 } },
		.asked = { 1, 3, 1 },
		.warning = "warning: n2 was not compared with n1: " });
	play(&(struct script){ .says = { { FAR, FAR, SILENT } },
			       .asked = { 1, 1, 1 },
			       .compare = CHOICE_TRUE,
			       .warning = "warning: n3 was not compared: it has compacted it\n" });
}

TESTS(TEST(test_at_once), TEST(test_follow), TEST(test_stay_behind), TEST(test_silent))
