/*
 * test_inspect_print: what `inspect` prints of facts that are made up here: hostile names, too many of them, no recipe.
 */
#include "base/json.h"
#include "base/mem.h"
#include "base/test/check.h"
#include "plugin/inspect_print.h"
#include "plugin/test/taken.h"

#include <unistd.h>

enum { MANY = 1000 };

struct made {
	struct source source;
	struct etcd_db_facts facts;
	struct etcd_hash hashkv;
	struct etcd_objects objects;
	struct object_count resources[2], places[MANY];
	struct object_large largest[2];
	struct inspection inspection;
};

static void make(struct made *m)
{
	memset(m, 0, sizeof(*m));
	m->source.shown = "prod.db";
	m->source.compression = "zstd";
	m->source.encryption = "age";
	m->source.stored_size = 1000;
	strcpy(m->source.file.sha256, "abcd");
	m->facts = (struct etcd_db_facts){ .revision = 8812093,
					   .compact_revision = 8800000,
					   .keys = 3,
					   .history = 17,
					   .size = 1048576,
					   .size_in_use = 4096,
					   .hash = 0xabc,
					   .auth = true,
					   .members.count = 1,
					   .members_all = 1 };
	strcpy(m->facts.members.list[0].name, "cp-1");
	strcpy(m->facts.members.list[0].peer_urls, "https://10.0.0.1:2380");
	m->facts.members.list[0].id = 0x1a2b;
	m->hashkv = (struct etcd_hash){ .hash = 0x1a2b3c, .revision = 8812093 };
	m->resources[0] = (struct object_count){ "pods", "", 2, 300 };
	m->resources[1] = (struct object_count){ "", "", 1, 20 };
	for (size_t i = 0; i < MANY; i++)
		m->places[i] = (struct object_count){ "pods", "ns1", 1, 150 };
	m->largest[0] = (struct object_large){ "/registry/pods/ns1/a", 200 };
	m->largest[1] = (struct object_large){ "/registry/pods/ns1/b", 100 };
	m->objects = (struct etcd_objects){ .resources = m->resources,
					    .resource_count = 2,
					    .places = m->places,
					    .place_count = 2,
					    .largest = m->largest,
					    .largest_count = 2,
					    .all = { .count = 3, .bytes = 320 } };
	m->inspection = (struct inspection){ &m->source, &m->facts, &m->hashkv, &m->objects };
}

static void make_recipe(struct recipe *r)
{
	*r = (struct recipe){ .cluster = { .name = "prod", .id = 0xfeed },
			      .etcd_version = "3.5.16",
			      .member = "cp-1",
			      .revision = 8812093,
			      .taken_at = 1700000000,
			      .tags = { "a", "before upgrade" },
			      .tag_count = 2 };
}

/* What inspect_print wrote; valid until the next call. */
static const char *printed(const struct inspection *inspection, const struct opts *opts)
{
	take_begin(stdout);
	inspect_print(inspection, opts);
	return take_end(stdout);
}

static void test_lines(void)
{
	static struct made m;
	const struct opts opts = { 0 };

	make(&m);
	const char *text = printed(&m.inspection, &opts);
	CHECK_HAS(text, "snapshot          prod.db\n"
			"stored as         compression zstd, encryption age, 1000 bytes\n"
			"sha256            abcd\n"
			"recipe            none\n"
			"revision          8812093\n"
			"compact revision  8800000\n"
			"keys              3\n"
			"keys in history   17\n"
			"size              1Mi (1048576 bytes)\n"
			"size in use       4Ki (4096 bytes)\n"
			"HashKV            001a2b3c\n"
			"hash of etcdutl   abc\n");
	CHECK_HAS(text, "auth              on\nalarms            none\n");
	CHECK_HAS(text, "\nMEMBER   ID     PEER-URLS               CLIENT-URLS\n"
			"cp-1     1a2b   https://10.0.0.1:2380   <none>\n");
	CHECK_HAS(text,
		  "\nRESOURCE   COUNT   BYTES\npods       2       300\n<none>     1       20\n");
	CHECK_HAS(text, "\nLARGEST                BYTES\n/registry/pods/ns1/a   200\n");
	CHECK(!strstr(text, "NAMESPACE"));
}

static void test_recipe(void)
{
	static struct made m;
	const struct opts opts = { 0 };

	make(&m);
	m.source.has_recipe = true;
	make_recipe(&m.source.recipe);
	const char *text = printed(&m.inspection, &opts);
	CHECK_HAS(text, "cluster           prod (000000000000feed)\n"
			"taken at          2023-11-14T22:13:20Z\n"
			"taken from        cp-1\n"
			"Kubernetes        not known\n"
			"etcd              3.5.16\n"
			"tags              a, before upgrade\n");
}

static void test_wide(void)
{
	static struct made m;
	const struct opts opts = { .output = OUTPUT_WIDE, .no_headers = true };

	make(&m);
	m.objects.place_count = MANY;
	m.objects.left_out = (struct object_count){ "", "", 5, 600 };
	m.objects.largest_count = 0;
	const char *text = printed(&m.inspection, &opts);
	CHECK_HAS(text, "\npods   ns1   1   150\n");
	CHECK_HAS(text, "\n5 objects of 600 bytes are not counted by name");
	CHECK(!strstr(text, "RESOURCE"));
	CHECK(!strstr(text, "LARGEST"));
}

/* No name makes a line of its own or reaches the terminal. */
static void test_hostile(void)
{
	static struct made m;
	const struct opts opts = { 0 };

	make(&m);
	m.source.shown = "x\nauth              off";
	m.largest[0].key = "/registry/\x1b[2J\n/registry/forged";
	m.resources[0].resource = "\x1b]0;title\x07\r";
	strcpy(m.facts.members.list[0].name, "cp\n\x1b[1m");
	m.facts.alarms = 1;
	strcpy(m.facts.alarm_words, "\xc2\x9b"
				    "31m");
	m.facts.check.meta_bad[1] = "checksum";
	const char *text = printed(&m.inspection, &opts);
	CHECK_HAS(text, "snapshot          x?auth              off\n");
	CHECK_HAS(text, "/registry/^[[2J?/registry/forged");
	CHECK_HAS(text, "cp?^[[1m");
	CHECK_HAS(text, "alarms            ?31m\n");
	CHECK_HAS(text, "meta page 1: checksum; the other one is used");
	CHECK(!strchr(text, '\x1b'));
	CHECK(!strchr(text, '\r'));
}

static void test_document(void)
{
	static struct made m;
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf text = BUF_INIT(1024 * 1024);
	struct err err = ERR_INIT;

	make(&m);
	m.objects.place_count = MANY;
	m.largest[1].key = "/registry/\xff";
	CHECK_INT(json_write(inspect_tree(arena, &m.inspection), true, &text, &err), 0);
	const struct tree *top = json_parse(arena, buf_str(&text), text.len, 1024 * 1024, &err);
	CHECK(top != NULL);
	CHECK_STR(tree_string(top, "kind"), "SnapshotInspection");
	CHECK_STR(tree_string(top, "apiVersion"), "etcd-backup/v1");
	CHECK_INT(tree_get(top, "recipe")->kind, TREE_NULL);
	CHECK_STR(tree_text(tree_at(top, "snapshot", "stored", "compression", NULL)), "zstd");
	CHECK_STR(tree_text(tree_at(top, "database", "hashKV", NULL)), "001a2b3c");
	CHECK_STR(tree_text(tree_at(top, "database", "hash", NULL)), "2748");
	CHECK_STR(tree_text(tree_at(top, "database", "auth", NULL)), "true");
	CHECK_INT(tree_count(tree_at(top, "objects", "namespaces", NULL)), MANY);
	CHECK_INT(tree_count(tree_at(top, "objects", "resources", NULL)), 2);
	CHECK_STR(tree_text(tree_at(top, "objects", "all", "bytes", NULL)), "320");
	CHECK_STR(tree_string(tree_get(top, "members")->first, "id"), "0000000000001a2b");

	m.source.has_recipe = true;
	make_recipe(&m.source.recipe);
	top = inspect_tree(arena, &m.inspection);
	CHECK_STR(tree_text(tree_at(top, "recipe", "cluster", "id", NULL)), "000000000000feed");
	CHECK_INT(tree_count(tree_at(top, "recipe", "tags", NULL)), 2);
}

TESTS(TEST(test_lines), TEST(test_recipe), TEST(test_wide), TEST(test_hostile), TEST(test_document))
