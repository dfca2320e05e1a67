/*
 * test_discover: --nodes to a list of nodes, and the warnings about what does not fit.
 */
#include "base/test/check.h"
#include "plugin/discover_compare.h"
#include "plugin/discover_where.h"

static void test_nodes(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "cp-1=10.0.0.1", "cp-1@10.0.0.1 " },
		{ "cp-1=10.0.0.1,cp-2=10.0.0.2", "cp-1@10.0.0.1 cp-2@10.0.0.2 " },
		{ "10.0.0.1,b=c", "10.0.0.1@10.0.0.1 b@c " },
		{ "cp-1=10.0.0.1,", "cp-1@10.0.0.1 " },
		{ "cp-1=fd00::1", "cp-1@fd00::1 " },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped(arena) struct arena *arena = arena_new();
		scoped(buf) struct buf got = BUF_INIT(1000);
		struct cluster cluster = { 0 };
		struct err err = ERR_INIT;
		CHECK_INT(discover_parse_nodes(cases[i].text, arena, &cluster, &err), 0);
		for (size_t k = 0; k < cluster.count; k++)
			buf_addf(&got, "%s@%s ", cluster.members[k].node,
				 cluster.members[k].address);
		CHECK_STR(buf_str(&got), cases[i].want);
	}
}

static void test_nodes_bad(void)
{
	static const struct {
		const char *text, *words;
	} bad[] = {
		{ "", "--nodes is empty" },
		{ ",", "want name=address" },
		{ "a=1,,b=2", "want name=address" },
		{ "=1", "not \"=1\"" },
		{ "a=", "not \"a=\"" },
		{ "a=1,a=2", "a=2 is there twice" },
		{ "a=1,b=1", "b=1 is there twice" },
		{ "a,a", "a is there twice" },
		{ "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", "more than 15" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		scoped(arena) struct arena *arena = arena_new();
		struct cluster cluster = { 0 };
		struct err err = ERR_INIT;
		CHECK_INT(discover_parse_nodes(bad[i].text, arena, &cluster, &err), -1);
		CHECK_INT(err.code, ERR_USAGE);
		CHECK_HAS(err.text, bad[i].words);
	}
}

static const struct recipe three_nodes = {
	.cluster = { .count = 3,
		     .members = { { .name = "m1", .node = "cp-1", .address = "10.0.0.1" },
				  { .name = "m2", .node = "cp-2", .address = "10.0.0.2" },
				  { .name = "m3", .node = "cp-3", .address = "10.0.0.3" } } }
};

/* Nobody logs in to the node of a member that is left out; by the member's name or by the node's. */
static void test_where_without(void)
{
	static const struct texts out[] = {
		{ { NULL }, 0 },
		{ { "m2" }, 1 },
		{ { "cp-2" }, 1 },
		{ { "cp-9" }, 1 },
	};

	for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++) {
		struct discovery d = { .arena = arena_new() };
		struct opts opts = { .kubeconfig = "/nowhere", .without = out[i] };
		struct cluster where = { 0 };
		struct err err = ERR_INIT;
		bool left = i == 1 || i == 2;
		CHECK_INT(discover_where(&opts, &three_nodes, &d, &where, &err), 0);
		CHECK_INT(where.count, left ? 2 : 3);
		CHECK_INT(d.left_out.count, left);
		CHECK_STR(where.members[1].node, left ? "cp-3" : "cp-2");
		/* where the nodes are named, they are meant */
		opts.nodes = "cp-1=10.0.0.1,cp-2=10.0.0.2";
		opts.kubeconfig = NULL;
		where = (struct cluster){ 0 };
		CHECK_INT(discover_where(&opts, &three_nodes, &d, &where, &err), 0);
		CHECK_INT(where.count, 2);
		arena_free(d.arena);
	}
}

/* Several, in one word or in more; and not all. */
static void test_where_without_two(void)
{
	static const struct texts out[] = { { { "m3,cp-1" }, 1 },
					    { { "m3", "cp-1" }, 2 },
					    { { "m3,cp-2", "m1" }, 2 } };

	for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++) {
		struct discovery d = { .arena = arena_new() };
		struct opts opts = { .kubeconfig = "/nowhere", .without = out[i] };
		struct cluster where = { 0 };
		struct err err = ERR_INIT;
		CHECK_INT(discover_where(&opts, &three_nodes, &d, &where, &err), i < 2 ? 0 : -1);
		if (i < 2) {
			CHECK_INT(where.count, 1);
			CHECK_STR(where.members[0].node, "cp-2");
			CHECK_INT(d.left_out.count, 2);
		} else {
			CHECK_INT(err.code, ERR_USAGE);
			CHECK_HAS(err.text, "--without m3,cp-2,m1 leaves no member");
		}
		arena_free(d.arena);
	}
}

/* Of a member whose node was not read only the list of members told: where it would be with kubeadm. */
static void test_where_unread(void)
{
	const struct recipe recipe = {
		.cluster = { .count = 3,
			     .members = { { .name = "m1", .node = "n1", .address = "10.0.0.1" },
					  { .name = "m2", .peer_url = "https://[fd00::2]:2380" },
					  { .name = "m3",
					    .node = "n3",
					    .peer_url = "https://10.0.0.3:2380,https://x" } } }
	};
	static const char *const want[][2] = { { "n1", "10.0.0.1" },
					       { "m2", "fd00::2" },
					       { "n3", "10.0.0.3" } };
	struct discovery d = { .arena = arena_new() };
	struct opts opts = { .kubeconfig = "/nowhere" };
	struct cluster where = { 0 };
	struct err err = ERR_INIT;

	CHECK_INT(discover_where(&opts, &recipe, &d, &where, &err), 0);
	CHECK_INT(where.count, 3);
	for (size_t i = 0; i < 3; i++) {
		CHECK_STR(where.members[i].node, want[i][0]);
		CHECK_STR(where.members[i].address, want[i][1]);
	}
	arena_free(d.arena);
}

static struct member one(const char *node)
{
	return (struct member){ .node = node,
				.name = node,
				.peer_url = "https://10.0.0.1:2380",
				.client_url = "https://10.0.0.1:2379",
				.data_dir = "/var/lib/etcd",
				.image = "etcd:3.5.16-0" };
}

static void test_pod(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct discovery d = { .arena = arena };
	struct member manifest = one("cp-1"), pod = one("cp-1");

	/* other memory, the same words */
	pod.name = arena_strdup(arena, pod.name);
	discover_compare_pod(&d, &manifest, &pod);
	CHECK_INT(d.warning_count, 0);

	pod.name = "x";
	pod.peer_url = "https://10.0.0.9:2380";
	pod.client_url = NULL;
	pod.data_dir = "/other";
	pod.wal_dir = "/wal";
	pod.image = "etcd:3.4.0";
	discover_compare_pod(&d, &manifest, &pod);
	static const char *const want[] = {
		"cp-1: --name is cp-1 in the manifest and x in the running pod",
		"cp-1: --initial-advertise-peer-urls is https://10.0.0.1:2380 in the manifest and "
		"https://10.0.0.9:2380 in the running pod",
		"cp-1: --advertise-client-urls is https://10.0.0.1:2379 in the manifest and not "
		"set in the "
		"running pod",
		"cp-1: the data dir is /var/lib/etcd in the manifest and /other in the running pod",
		"cp-1: the WAL dir is not set in the manifest and /wal in the running pod",
		"cp-1: the image is etcd:3.5.16-0 in the manifest and etcd:3.4.0 in the running "
		"pod",
	};
	CHECK_INT(d.warning_count, 6);
	for (size_t i = 0; i < d.warning_count && i < 6; i++)
		CHECK_STR(d.warnings[i], want[i]);

	/* said once */
	discover_compare_pod(&d, &manifest, &pod);
	CHECK_INT(d.warning_count, 6);
}

static void test_list(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct discovery d = { .arena = arena, .cluster = { .count = 2 } };
	static struct etcd_members list;

	d.cluster.members[0] = one("cp-1");
	d.cluster.members[1] = one("cp-2");
	d.cluster.members[1].peer_url = "https://10.0.0.2:2380";
	list = (struct etcd_members){
		.count = 2,
		.list = { { .name = "cp-2", .peer_urls = "https://10.0.0.2:2380" },
			  { .name = "cp-1", .peer_urls = "https://10.0.0.1:2380" } }
	};
	discover_compare_list(&d, &list, "cp-1");
	CHECK_INT(d.warning_count, 0);

	snprintf(list.list[1].peer_urls, sizeof(list.list[1].peer_urls), "https://10.0.0.7:2380");
	list.list[1].name[0] = '\0';
	discover_compare_list(&d, &list, "cp-2");
	CHECK_INT(d.warning_count, 2);
	CHECK_STR(d.warnings[0], "member without a name (https://10.0.0.7:2380) is in the list of "
				 "members but on none of the nodes");
	CHECK_STR(d.warnings[1], "cp-1: its member cp-1 is not in the list of members of cp-2");
	CHECK_STR(d.stranger, d.warnings[1]);

	/* several URLs, in whatever order; one more or one less is another member */
	static const struct {
		const char *manifest, *list;
		size_t warnings;
	} cases[] = {
		{ "https://b:2380,https://a:2380", "https://a:2380,https://b:2380", 0 },
		{ "https://a:2380,https://b:2380", "https://a:2380", 2 },
		{ "https://a:2380", "https://a:2380,https://b:2380", 2 },
		{ "https://a:23", "https://a:2380", 2 },
		{ "https://a:2380", "", 2 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct discovery one_member = { .arena = arena, .cluster = { .count = 1 } };
		one_member.cluster.members[0] = one("cp-1");
		one_member.cluster.members[0].peer_url = cases[i].manifest;
		list.count = 1;
		snprintf(list.list[0].peer_urls, sizeof(list.list[0].peer_urls), "%s",
			 cases[i].list);
		discover_compare_list(&one_member, &list, "cp-1");
		CHECK_INT(one_member.warning_count, cases[i].warnings);
	}

	list.count = 0;
	d.warning_count = 0;
	discover_compare_list(&d, &list, "cp-2");
	CHECK_INT(d.warning_count, 2);
}

static void test_count(void)
{
	scoped(arena) struct arena *arena = arena_new();

	for (size_t count = 1; count < 8; count++) {
		struct discovery d = { .arena = arena, .cluster = { .count = count } };
		discover_compare_count(&d);
		CHECK_INT(d.warning_count, count % 2 == 0);
		if (d.warning_count)
			CHECK_HAS(d.warnings[0], "an even number");
	}
}

static void test_etcd(void)
{
	scoped(arena) struct arena *arena = arena_new();
	static const struct {
		const char *then, *members[2], *others; /* others NULL: nothing is said */
	} cases[] = {
		{ "3.5.16", { "3.5.16", "3.5.21" }, NULL },
		{ "3.5.16",
		  { "3.5.16", "3.4.23" },
		  "3.5.16, and here another minor version runs: cp-2 3.4.23;" },
		{ "3.5.16", { "3.6.1", "3.50.1" }, ": cp-1 3.6.1, cp-2 3.50.1;" },
		{ "3.6.1", { "3.5.16-0", "4.6.0" }, ": cp-1 3.5.16-0, cp-2 4.6.0;" },
		/* what is no version is not compared */
		{ NULL, { "3.5.16", "3.4.23" }, NULL },
		{ "latest", { "3.5.16", "3.4.23" }, NULL },
		{ "3.5.16", { NULL, "v.x" }, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct discovery d = { .arena = arena, .cluster = { .count = 2 } };
		d.cluster.members[0] = one("cp-1");
		d.cluster.members[1] = one("cp-2");
		for (size_t k = 0; k < 2; k++)
			d.cluster.members[k].version = cases[i].members[k];
		discover_compare_etcd(&d, cases[i].then);
		CHECK_INT(d.warning_count, cases[i].others ? 1 : 0);
		if (d.warning_count)
			CHECK_HAS(d.warnings[0], cases[i].others);
	}
}

static void test_storage(void)
{
	static const struct {
		const char *version, *members[2], *refused; /* refused NULL: it is not */
	} cases[] = {
		{ "", { "3.4.23", "3.5.16" }, NULL },
		{ "3.6.0", { "3.6.1", "3.7.0" }, NULL },
		{ "3.6.0", { NULL, "3.6.4-0" }, NULL },
		{ "3.6.0", { "3.50.1", "4.0.0" }, NULL },
		{ "3.6.0", { "3.6.1", "3.5.21" }, "cp-2 runs etcd 3.5.21, which does not read" },
		{ "3.10.0", { "3.9.9", "3.10.0" }, "cp-1 runs etcd 3.9.9" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct discovery d = { .cluster = { .count = 2 } };
		struct err err = ERR_INIT;
		d.cluster.members[0] = one("cp-1");
		d.cluster.members[1] = one("cp-2");
		for (size_t k = 0; k < 2; k++)
			d.cluster.members[k].version = cases[i].members[k];
		CHECK_INT(discover_check_storage(&d, cases[i].version, &err),
			  cases[i].refused ? -1 : 0);
		if (!cases[i].refused)
			continue;
		CHECK_INT(err.code, ERR_UNSAFE);
		CHECK_HAS(err.text, cases[i].refused);
		CHECK_HAS(err.hint, "image");
	}
}

static void test_warn(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct discovery d = { .arena = arena };

	discover_warn(&d, "%s %d", "same", 1);
	discover_warn(&d, "same 1");
	CHECK_INT(d.warning_count, 1);
	for (int i = 0; i < 2 * WARNINGS_MAX; i++)
		discover_warn(&d, "warning %d", i);
	CHECK_INT(d.warning_count, WARNINGS_MAX);
	CHECK_STR(d.warnings[WARNINGS_MAX - 1], "warning 30");
	discover_warn(&(struct discovery){ .arena = arena }, "%5000d", 1); /* cut, not overrun */
}

/* A survey's node that did not answer may be the one that a list has: nothing is said of either. */
static void test_silent(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct discovery d = { .arena = arena };
	struct etcd_members list = { .count = 2 };

	strcpy(list.list[0].name, "cp-1");
	strcpy(list.list[0].peer_urls, "https://10.0.0.1:2380");
	strcpy(list.list[1].name, "cp-2");
	strcpy(list.list[1].peer_urls, "https://10.0.0.2:2380");
	d.cluster.count = 2;
	d.cluster.members[0] = one("cp-1");
	d.cluster.members[1] = (struct member){ .node = "cp-2" };
	discover_compare_list(&d, &list, "cp-1");
	CHECK_INT(d.warning_count, 0);
	CHECK_INT(d.missing_count, 0);
	CHECK_STR(discover_missing(&d), NULL);
	d.cluster.count = 1;
	discover_compare_list(&d, &list, "cp-1");
	CHECK_STR(discover_missing(&d), "cp-2");

	/* every one of them, and each once, however many lists have it */
	list.count = 4;
	strcpy(list.list[2].name, "cp-3");
	strcpy(list.list[2].peer_urls, "https://10.0.0.3:2380");
	strcpy(list.list[3].name, "cp-4");
	strcpy(list.list[3].peer_urls, "https://10.0.0.4:2380");
	for (int i = 0; i < 2; i++)
		discover_compare_list(&d, &list, "cp-1");
	CHECK_STR(discover_missing(&d), "cp-2, cp-3, cp-4");
	CHECK_STR(d.missing[2].peer_url, "https://10.0.0.4:2380");
}

/* One error of each kind beside a node that was read, and alone. */
static void test_goes_on(void)
{
	static const struct {
		enum err_code code;
		const char *hint;
		bool passed_over;
	} cases[] = {
		{ ERR_SSH, "", true },
		{ ERR_TIMEOUT, "", true },
		{ ERR_SSH, "no key was accepted: check with ssh", false },
		{ ERR_HOSTKEY, "", false },
		{ ERR_REMOTE, "sudo", false },
		{ ERR_CONFIG, "", false },
		{ ERR_CANCELLED, "", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct discovery d = { .cluster.count = 3 };
		struct err errs[3] = { ERR_INIT, ERR_INIT, ERR_INIT };
		err_set(&errs[2], cases[i].code, "words");
		if (*cases[i].hint)
			err_hint(&errs[2], "%s", cases[i].hint);
		CHECK(!discover_goes_on(&d, errs));
		d.passes_over = true;
		CHECK_INT(discover_goes_on(&d, errs), cases[i].passed_over);
		errs[0] = errs[1] = errs[2]; /* nobody */
		CHECK(!discover_goes_on(&d, errs));
		d.passes_over = false;
		d.survey = true;
		CHECK(!discover_goes_on(&d, errs));
		errs[1] = ERR_INIT;
		CHECK(discover_goes_on(&d, errs));
		/* all of them are told by whoever asked for that, but for who has ended it */
		d.survey = false;
		d.shows_all = true;
		CHECK_INT(discover_goes_on(&d, errs), cases[i].code != ERR_CANCELLED);
		errs[1] = errs[0];
		CHECK_INT(discover_goes_on(&d, errs), cases[i].code != ERR_CANCELLED);
	}
}

/* Each that has another CA than the first whose CA is known. */
static void test_ca(void)
{
	static const char *const cas[][4] = { { NULL, "aa", NULL, "aa" },
					      { "aa", "bb", "aa", "cc" },
					      { NULL, "aa", "bb", NULL },
					      { NULL, NULL, NULL, NULL } };
	static const char *const want[][4] = { { NULL, NULL, NULL, NULL },
					       { NULL, "cp-1", NULL, "cp-1" },
					       { NULL, NULL, "cp-2", NULL },
					       { NULL, NULL, NULL, NULL } };
	static const char *const names[] = { "cp-1", "cp-2", "cp-3", "cp-4" };
	static const char *const last[] = { NULL, "cp-4", "cp-3", NULL };

	for (size_t c = 0; c < sizeof(cas) / sizeof(cas[0]); c++) {
		scoped(arena) struct arena *arena = arena_new();
		struct discovery d = { .arena = arena, .cluster.count = 4 };
		for (size_t i = 0; i < 4; i++) {
			d.nodes[i].name = names[i];
			/* other memory, the same words */
			d.found[i].ca = arena_strdup(arena, cas[c][i]);
		}
		discover_compare_ca(&d);
		CHECK_STR(d.foreign, last[c]);
		for (size_t i = 0; i < 4; i++)
			CHECK_STR(d.found[i].foreign, want[c][i]);
		CHECK_INT(d.warning_count, c == 1 ? 2 : c == 2);
	}
}

/* All that the lists name, each once; of the client's URLs the first; not one that has never been started. */
static void test_listed(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct discovery d = { .arena = arena };
	struct etcd_members list = { .count = 3 };

	strcpy(list.list[0].name, "cp-1");
	strcpy(list.list[0].peer_urls, "https://10.0.0.1:2380");
	strcpy(list.list[1].peer_urls, "https://10.0.0.2:2380");
	strcpy(list.list[2].name, "cp-3");
	strcpy(list.list[2].peer_urls, "https://10.0.0.3:2380");
	strcpy(list.list[2].client_urls, "https://10.0.0.3:2379,https://x:2379");
	list.list[2].id = 77;
	list.list[2].learner = true;
	for (int i = 0; i < 2; i++)
		discover_compare_list(&d, &list, "cp-1");
	CHECK_INT(d.listed_count, 2);
	CHECK_STR(d.listed[0].name, "cp-1");
	CHECK(!d.listed[0].client_url && !d.listed[0].learner);
	CHECK_STR(d.listed[1].peer_url, "https://10.0.0.3:2380");
	CHECK_STR(d.listed[1].client_url, "https://10.0.0.3:2379");
	CHECK_INT(d.listed[1].id, 77);
	CHECK(d.listed[1].learner);
	CHECK_STR(discover_voters(d.arena, &list), "https://10.0.0.1:2380 https://10.0.0.2:2380");
}

TESTS(TEST(test_nodes), TEST(test_nodes_bad), TEST(test_where_without),
      TEST(test_where_without_two), TEST(test_where_unread), TEST(test_pod), TEST(test_list),
      TEST(test_count), TEST(test_etcd), TEST(test_storage), TEST(test_warn), TEST(test_silent),
      TEST(test_listed), TEST(test_goes_on), TEST(test_ca))
