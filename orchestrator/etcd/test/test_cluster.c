/*
 * test_cluster: ids as etcdutl 3.5.16 gave them to a restored cluster, the one value of --initial-cluster, and
 * lists of members that are not the same.
 */
#include "base/test/check.h"
#include "etcd/cluster.h"

static struct cluster three(void)
{
	return (struct cluster){
		.count = 3,
		.members = { { .name = "a", .node = "cp-1", .peer_url = "https://10.0.0.1:2380" },
			     { .name = "b", .node = "cp-2", .peer_url = "https://10.0.0.2:2380" },
			     { .name = "c", .node = "cp-3", .peer_url = "https://10.0.0.3:2380" } }
	};
}

static void test_ids(void)
{
	struct cluster cluster = three();

	CHECK(member_id(&cluster.members[0], "tok") == 0xd737151a3f4cdcfe);
	CHECK(member_id(&cluster.members[1], "tok") == 0x43f49a1ac1c9bad1);
	CHECK(member_id(&cluster.members[2], "tok") == 0xa4d8459b0124de56);
	CHECK(cluster_id(&cluster, "tok") == 0x0e8f62e9af41c9c6);
	CHECK(cluster_id(&cluster, "other") != 0x0e8f62e9af41c9c6);

	/* the order of members does not matter, nor that of a member's URLs */
	struct member swap = cluster.members[0];
	cluster.members[0] = cluster.members[2];
	cluster.members[2] = swap;
	CHECK(cluster_id(&cluster, "tok") == 0x0e8f62e9af41c9c6);
	struct member one = { .peer_url = "https://a:2380,https://b:2380" };
	struct member two = { .peer_url = "https://b:2380 , https://a:2380" };
	CHECK(member_id(&one, "tok") == member_id(&two, "tok"));
}

static void test_initial(void)
{
	struct cluster cluster = three();
	scoped(buf) struct buf out = BUF_INIT(4096);
	struct err err = ERR_INIT;

	cluster.members[1].peer_url = "https://10.0.0.2:2380,https://[fd00::2]:2380";
	CHECK_INT(cluster_initial(&cluster, &out, &err), 0);
	CHECK_STR(buf_str(&out), "a=https://10.0.0.1:2380,b=https://10.0.0.2:2380,"
				 "b=https://[fd00::2]:2380,c=https://10.0.0.3:2380");
	struct buf small = BUF_INIT(30);
	CHECK_INT(cluster_initial(&cluster, &small, &err), -1);
	CHECK_HAS(err.text, "too long");
	buf_release(&small);
}

static void test_initial_bad(void)
{
	static const struct {
		const char *name, *url, *words;
	} bad[] = {
		{ NULL, "https://x:1", "no name" },
		{ "", "https://x:1", "no name" },
		{ "b", NULL, "peer-urls" },
		{ "b", " , ", "peer-urls" },
		{ "a", "https://x:1", "two members are called a" },
		{ "b", "https://x:1,https://10.0.0.1:2380", "same peer URL https://10.0.0.1:2380" },
		{ "b=c", "https://x:1", "no name for a member" },
		{ "b,c", "https://x:1", "no name for a member" },
		{ "b\n", "https://x:1", "no name for a member" },
		{ "b", "https://x :1", "no peer URL" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct cluster cluster = three();
		scoped(buf) struct buf out = BUF_INIT(4096);
		struct err err = ERR_INIT;
		cluster.members[1].name = bad[i].name;
		cluster.members[1].peer_url = bad[i].url;
		CHECK_INT(cluster_initial(&cluster, &out, &err), -1);
		CHECK_INT(err.code, ERR_CONFIG);
		CHECK_HAS(err.text, bad[i].words);
		CHECK_INT(out.len, 0);
	}
	struct cluster none = { .count = 0 };
	scoped(buf) struct buf out = BUF_INIT(4096);
	struct err err = ERR_INIT;
	CHECK_INT(cluster_initial(&none, &out, &err), -1);
}

static void test_same(void)
{
	struct cluster a = three(), b = three();
	struct err err = ERR_INIT;

	b.members[0] = a.members[2];
	b.members[2] = a.members[0];
	CHECK_INT(cluster_same_members(&a, &b, &err), 0);

	b.members[0].peer_url = "https://10.0.0.9:2380";
	CHECK_INT(cluster_same_members(&a, &b, &err), -1);
	CHECK_INT(err.code, ERR_UNSAFE);
	CHECK_HAS(err.text, "https://10.0.0.9:2380");

	b = three();
	b.count = 2;
	CHECK_INT(cluster_same_members(&a, &b, &err), -1);
	CHECK_INT(cluster_same_members(&b, &a, &err), -1);
	CHECK_HAS(err.text, "c is in one list only");
	a = b = three();
	a.members[0].peer_url = "https://x:1,https://y:1";
	b.members[0].peer_url = "https://y:1,https://x:1";
	CHECK_INT(cluster_same_members(&a, &b, &err), 0);
	b.members[0].peer_url = "https://y:1";
	CHECK_INT(cluster_same_members(&a, &b, &err), -1);
}

static void test_find(void)
{
	struct cluster cluster = three();

	CHECK(cluster_by_node(&cluster, "cp-2") == &cluster.members[1]);
	CHECK(cluster_by_name(&cluster, "c") == &cluster.members[2]);
	CHECK(!cluster_by_node(&cluster, "a") && !cluster_by_name(&cluster, "cp-1"));
	static const size_t quorum[] = { 1, 2, 2, 3, 3, 4, 4 };
	for (size_t i = 0; i < 7; i++) {
		cluster.count = i + 1;
		CHECK_INT(cluster_quorum(&cluster), quorum[i]);
	}
}

static void test_read_initial(void)
{
	static const char text[] = "a=https://10.0.0.1:2380,b=https://10.0.0.2:2380,"
				   "a=https://[fd00::1]:2380";
	static const char *const bad[] = { "", ",", "a", "a=", "=u", "a=u,,b=u", "a=u,b" };
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf many = BUF_INIT(4096);
	struct cluster cluster;
	struct err err = ERR_INIT;

	CHECK_INT(cluster_read_initial(text, arena, &cluster, &err), 0);
	CHECK_INT(cluster.count, 2);
	CHECK_STR(cluster.members[0].name, "a");
	CHECK_STR(cluster.members[0].peer_url, "https://10.0.0.1:2380,https://[fd00::1]:2380");
	CHECK_STR(cluster.members[1].name, "b");
	CHECK_STR(cluster.members[1].peer_url, "https://10.0.0.2:2380");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err = ERR_INIT;
		CHECK_INT(cluster_read_initial(bad[i], arena, &cluster, &err), -1);
		CHECK_INT(err.code, ERR_CONFIG);
	}
	for (int i = 0; i <= CLUSTER_MEMBERS_MAX; i++)
		buf_addf(&many, "%sm%d=u", i ? "," : "", i);
	CHECK_INT(cluster_read_initial(buf_str(&many), arena, &cluster, &err), -1);
	CHECK_HAS(err.text, "more than");
}

#define URL(n) "https://10.0.0." n ":2380"

/* By the voters of the data where any member's are known; else more than half of so many. */
static void test_can_serve(void)
{
	static const char both[] = URL("1") "," URL("9");
	static const struct {
		const char *voters[3];
		bool only[3];
		size_t count;
		bool can;
	} cases[] = {
		{ { NULL, NULL, NULL }, { true, true, true }, 5, true },
		{ { NULL, NULL, NULL }, { true, true, false }, 4, false },
		{ { NULL, NULL, NULL }, { true, true, false }, 3, true },
		{ { URL("1"), NULL, NULL }, { true, false, false }, 9, true },
		{ { URL("1"), NULL, NULL }, { false, true, true }, 9, false },
		{ { URL("1") " " URL("2"), NULL, NULL }, { true, false, false }, 0, false },
		{ { URL("1") " " URL("2"), NULL, NULL }, { true, true, false }, 0, true },
		{ { URL("1") " " URL("2") " " URL("4"), NULL, NULL },
		  { true, true, true },
		  0,
		  true },
		{ { URL("1") " " URL("5") " " URL("4"), NULL, NULL },
		  { true, true, true },
		  0,
		  false },
		{ { URL("1") " " URL("5"), URL("2"), NULL }, { true, true, true }, 9, true },
		{ { URL("9") "," URL("1"), NULL, NULL }, { true, false, false }, 9, true },
	};
	const struct cluster here = { .count = 3,
				      .members = { { .peer_url = both },
						   { .peer_url = URL("2") },
						   { .peer_url = URL("3") } } };
	const struct cluster plain = { .count = 3,
				       .members = { { .peer_url = URL("1") },
						    { .peer_url = URL("2") },
						    { .peer_url = URL("3") } } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const bool two = strchr(cases[i].voters[0] ? cases[i].voters[0] : "", ',') != NULL;
		CHECK(cluster_can_serve(two ? &here : &plain, cases[i].voters, cases[i].only,
					cases[i].count) == cases[i].can);
	}
	CHECK(cluster_can_serve(&plain, cases[0].voters, NULL, 5));
	CHECK(!cluster_can_serve(&plain, cases[0].voters, NULL, 6));
	CHECK(cluster_has_voters(&plain, cases[0].voters));
	CHECK(cluster_has_voters(&plain, cases[6].voters));
	CHECK(!cluster_has_voters(&plain, cases[7].voters)); /* a quorum, and not all */
	CHECK(cluster_has_voters(&here, cases[10].voters));
	CHECK(cluster_is_voter(cases[7].voters[0], &plain.members[1]));
	CHECK(!cluster_is_voter(cases[7].voters[0], &plain.members[2]));
	CHECK(cluster_is_voter(cases[10].voters[0], &here.members[0]));
}

TESTS(TEST(test_can_serve), TEST(test_read_initial), TEST(test_ids), TEST(test_initial),
      TEST(test_initial_bad), TEST(test_same), TEST(test_find))
