/*
 * test_save_recipe: a recipe is stored only when we read it ourselves.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "plugin/save_members.h"
#include "plugin/save_recipe.h"

#include <stdlib.h>
#include <unistd.h>

#define SHA "00000000000000000000000000000000000000000000000000000000000000aa"

static struct save save;
static struct opts opts;
static struct discovery found;
static struct place place;

/* Completes a snapshot of a member of that name, in an empty folder; *stored: its recipe is there. */
static int complete(const char *member, const char *tag, bool *stored, struct err *err)
{
	struct store_settings settings = { .cancel_fd = -1 };
	char dir[] = "/tmp/test_save_recipe.XXXXXX";
	struct node node = { .index = 0 };
	struct save_part *part = &save.parts[0];

	if (!mkdtemp(dir))
		abort();
	scoped(mem) char *recipe = mem_printf("%s/s.json", dir);
	*err = ERR_INIT;
	opts = (struct opts){ .compare = CHOICE_FALSE };
	place = (struct place){ .url = dir };
	save = (struct save){ .opts = &opts, .found = &found, .place = &place };
	found.cluster = (struct cluster){ .name = "prod", .count = 1 };
	found.found[0].read = true;
	found.cluster.members[0] = (struct member){ .name = member,
						    .node = "cp-1",
						    .address = "10.0.0.1",
						    .peer_url = "https://10.0.0.1:2380",
						    .data_dir = "/var/lib/etcd",
						    .version = "3.6.4" };
	opts.tags.items[0] = tag;
	opts.tags.count = tag ? 1 : 0;
	strcpy(part->status.storage_version, "3.6.0");
	strcpy(part->snapshot.file_sha256, SHA);
	part->snapshot.size = 100;
	part->slot.store = store_open(dir, &settings, err);
	part->slot.object = "s.db";
	part->slot.recipe = "s.json";
	part->slot.shown = "s";
	save_fill_recipe(&save, 0);
	int failed = save_complete(&node, &save, err);
	*stored = access(recipe, F_OK) == 0;
	unlink(recipe);
	CHECK_INT(rmdir(dir), 0); /* and nothing else was left there */
	store_close(part->slot.store);
	return failed;
}

static void test_read_again(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct recipe got = { 0 };
	struct err err;
	bool stored;

	CHECK_INT(complete("cp-1", "gold", &stored, &err), 0);
	CHECK(stored);
	const struct buf *text = &save.parts[0].text;
	CHECK_INT(recipe_read(arena, text->data, text->len, &got, &err), 0);
	CHECK_STR(got.tags[0], "gold");
	CHECK_STR(got.storage_version, "3.6.0");
	CHECK_STR(got.sha256, SHA);
	CHECK_STR(got.stored.sha256, SHA); /* nothing was done to the bytes */
	CHECK_INT(got.size, 132);
	/* what is known before the stream is looked at before it */
	CHECK_INT(save_check_recipe(&save, 0, &err), 0);
	found.cluster.members[0].peer_url = "https://10.0.0.1:2380, https://10.0.1.1:2380";
	CHECK_INT(save_check_recipe(&save, 0, &err), -1);
	CHECK_INT(err.code, ERR_BUG);
	buf_release(&save.parts[0].text);
}

static void test_not_readable(void)
{
	static const struct {
		const char *member, *tag, *words;
	} cases[] = {
		{ "cp-1", "a\x1b[2J", "one of its tags has a control character" },
		{ "cp\n1", NULL, "control character" },
		{ "", NULL, "without name" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err;
		bool stored;
		CHECK_INT(complete(cases[i].member, cases[i].tag, &stored, &err), -1);
		CHECK_INT(err.code, ERR_BUG);
		CHECK_HAS(err.text, cases[i].words);
		CHECK_HAS(err.text, "the snapshot was removed");
		CHECK(!stored);
		CHECK_INT(save_check_recipe(&save, 0, &err), -1);
		CHECK_HAS(err.text, cases[i].words);
		buf_release(&save.parts[0].text);
	}
}

/* Of what was packed the sum is another one than of what was in it. */
static void test_packed(void)
{
	struct save_part *part = &save.parts[0];

	place = (struct place){ .seal.compress.kind = COMPRESS_ZSTD };
	save = (struct save){ .opts = &opts, .found = &found, .place = &place };
	strcpy(part->snapshot.file_sha256, SHA);
	part->snapshot.size = 100;
	strcpy(part->seal.stored.sha256, "5e");
	part->seal.stored.size = 77;
	save_fill_recipe(&save, 0);
	CHECK_STR(part->recipe.sha256, SHA);
	CHECK_INT(part->recipe.size, 132);
	CHECK_STR(part->recipe.stored.sha256, "5e");
	CHECK_INT(part->recipe.stored.size, 77);
}

/* What another member says may be of another part of the history. */
static void test_hash(void)
{
	struct save_part *part = &save.parts[0];

	place = (struct place){ .url = "/" };
	save = (struct save){ .opts = &opts, .found = &found, .place = &place };
	found.cluster.count = 2;
	part->compared[1] = true;
	part->hashes[1] = (struct etcd_hash){ .hash = 0xbad, .compact_revision = 6 };
	save_fill_recipe(&save, 0);
	CHECK_STR(part->recipe.hashkv, NULL);
	CHECK_INT(part->recipe.compact_revision, 0);
	part->compared[0] = true;
	part->hashes[0] = (struct etcd_hash){ .hash = 0xbeef, .compact_revision = 5 };
	save_fill_recipe(&save, 0);
	CHECK_STR(part->recipe.hashkv, "0000beef");
	CHECK_INT(part->recipe.compact_revision, 5);
	found.cluster.count = 1;
}

static struct member listed(const char *name, const char *peer)
{
	return (struct member){
		.name = name, .peer_url = peer, .client_url = "https://c", .id = 3
	};
}

/* The list's members are all in it: cp-1 was read; of m2 and m3 the nodes did not answer; nobody named that of m4. */
static void test_members(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct discovery d = { .arena = arena, .cluster = { .name = "prod", .count = 3 } };
	static const char *const nodes[] = { "cp-1", "n2", "m3" };
	static struct cluster out;

	for (size_t i = 0; i < 3; i++)
		d.nodes[i].name = nodes[i];
	d.nodes[0].host_key = "ssh-ed25519 AAAA";
	d.nodes[1].address = "10.0.0.2";
	d.nodes[2].address = "192.168.0.3";
	d.found[0].read = true;
	d.cluster.members[0] = (struct member){ .name = "cp-1",
						.node = "cp-1",
						.peer_url = "https://10.0.0.1:2380",
						.data_dir = "/d" };
	d.listed_count = 4;
	d.listed[0] = listed("m4", "https://10.0.0.4:2380");
	d.listed[1] = listed("m3", "https://10.0.0.3:2380");
	d.listed[2] = listed("m2", "https://10.0.0.2:2380");
	d.listed[2].learner = true;
	d.listed[3] = listed("cp-1", "https://10.0.0.1:2380");
	save_members(&d, &out);
	CHECK_INT(out.count, 4);
	CHECK_STR(out.members[0].name, "cp-1");
	CHECK_STR(out.members[0].data_dir, "/d");
	CHECK_STR(out.members[0].host_key, "ssh-ed25519 AAAA");
	CHECK_INT(out.members[0].id, 3);
	CHECK_STR(out.members[1].name, "m4");
	CHECK(!out.members[1].node && !out.members[1].address && !out.members[1].data_dir);
	CHECK_STR(out.members[1].client_url, "https://c");
	CHECK_STR(out.members[2].node, "m3"); /* as kubeadm calls them */
	CHECK_STR(out.members[2].address, "192.168.0.3");
	CHECK_STR(out.members[3].node, "n2"); /* by its address */
	CHECK(out.members[3].learner);

	/* what the API says of paths is not what the node's manifest says */
	d.cluster.members[1] = (struct member){ .name = "m2",
						.peer_url = "https://10.0.0.2:2380",
						.data_dir = "/d" };
	d.listed_count = 0;
	save_members(&d, &out);
	CHECK_INT(out.count, 2);
	CHECK_STR(out.members[1].name, "m2");
	CHECK_STR(out.members[1].node, "n2");
	CHECK(!out.members[1].data_dir);
}

TESTS(TEST(test_read_again), TEST(test_not_readable), TEST(test_packed), TEST(test_hash),
      TEST(test_members))
