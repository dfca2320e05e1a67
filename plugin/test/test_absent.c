/*
 * test_absent: a member on none of the nodes: what each command is told to do about it; and nodes that are left out.
 */
#include "base/test/check.h"
#include "node/node_dir.h"
#include "plugin/absent.h"

static void add_missing(struct plan *plan, const char *name, const char *url)
{
	plan->found.missing[plan->found.missing_count++] =
		(struct member){ .name = name, .peer_url = url };
}

static void refuse(const char *command, const char *other, struct err *err)
{
	struct opts opts = { .command = command };
	struct plan plan;

	plan_begin(&plan);
	plan.found.cluster.count = 1;
	plan.found.cluster.members[0] =
		(struct member){ .name = "cp-1", .client_url = "https://10.0.0.1:2379" };
	plan.found.found[0].answers = plan.found.found[0].listed = true;
	add_missing(&plan, "cp-2", "https://10.0.0.2:2380");
	if (other)
		add_missing(&plan, other, "https://10.0.0.3:2380");
	*err = ERR_INIT;
	CHECK_INT(absent_check(&opts, &plan, err), -1);
	CHECK_INT(err->code, ERR_UNSAFE);
	plan_release(&plan);
}

/* No hint names a flag that the command does not take. */
static void test_hints(void)
{
	struct err err;

	refuse("restore", NULL, &err);
	CHECK_HAS(err.text, "member cp-2 is on none of the nodes");
	CHECK_HAS(err.hint, "--without cp-2");
	refuse("restore", "cp-3", &err);
	CHECK_HAS(err.text, "members cp-2, cp-3 are on none of the nodes");
	CHECK_HAS(err.hint, "name their nodes, too");
	CHECK_HAS(err.hint, "--without cp-2,cp-3");
	for (int i = 0; i < 2; i++) {
		refuse("drill", i ? "cp-3" : NULL, &err);
		CHECK_HAS(err.hint, "drill --local");
		CHECK_HAS(err.hint, "browse");
		CHECK(!strstr(err.hint, "--without"));
		refuse("rejoin", i ? "cp-3" : NULL, &err);
		CHECK_HAS(err.hint, "etcdctl member remove");
		CHECK(!strstr(err.hint, "--without"));
	}
}

/* One that was added and never started has no name: resume takes it for the one it is told to leave out, and nobody else does. */
static void test_never_started(void)
{
	struct opts opts = { .assume_down = true };
	struct node_dir dir = { .root = "/nonexistent" };
	struct plan plan;
	struct err err;

	for (int resume = 0; resume < 3; resume++) {
		err = ERR_INIT;
		opts.without = (struct texts){ { "cp-2" }, resume < 2 };
		opts.command = resume ? "resume" : "restore";
		plan_begin(&plan);
		plan.found.cluster.count = 1;
		plan.found.cluster.members[0] =
			(struct member){ .name = "cp-1", .client_url = "https://10.0.0.1:2379" };
		plan.found.found[0].answers = plan.found.found[0].listed = true;
		add_missing(&plan, "https://127.0.0.1:1", "https://127.0.0.1:1");
		node_dir_init(&plan.found.nodes[0], "cp-1", &dir);
		plan.found.fleet = fleet_new(plan.found.nodes, 1);
		plan.found.ssh.port = 1; /* nobody listens there */
		CHECK_INT(absent_check(&opts, &plan, &err), resume == 1 ? 0 : -1);
		if (resume == 1)
			CHECK_HAS(plan.left_out[0].words,
				  "cp-2 does not answer and is taken for down");
		else
			CHECK_HAS(err.text, "member https://127.0.0.1:1 is on none of the nodes");
		if (resume != 1)
			CHECK_HAS(err.hint, resume ? "--without MEMBER" : "--without https://");
		fleet_free(plan.found.fleet);
		plan.found.fleet = NULL;
		plan_release(&plan);
	}
}

/* cp-1 is all that is left of three; the others are listed, and nobody listens where they were. */
static int two(const char *const names[2], bool assume, struct plan *plan, struct err *err)
{
	struct opts opts = { .command = "restore",
			     .without = { { names[0], names[1] }, names[1] ? 2 : 1 },
			     .assume_down = assume };
	struct node_dir dir = { .root = "/nonexistent" };

	*err = ERR_INIT;
	plan_begin(plan);
	plan->found.cluster.count = 1;
	plan->found.cluster.members[0] =
		(struct member){ .name = "cp-1", .client_url = "https://10.0.0.1:2379" };
	plan->found.found[0].answers = plan->found.found[0].listed = true;
	add_missing(plan, "cp-2", "https://127.0.0.1:1");
	add_missing(plan, "cp-3", "https://127.0.0.1:1");
	node_dir_init(&plan->found.nodes[0], "cp-1", &dir);
	plan->found.fleet = fleet_new(plan->found.nodes, 1);
	plan->found.ssh.port = 1;
	int failed = absent_check(&opts, plan, err);
	if (!failed)
		failed = absent_named(&opts, plan, err);
	fleet_free(plan->found.fleet);
	plan->found.fleet = NULL;
	return failed;
}

/* Each of them is named, and each is asked after; all that is wrong is told at once. */
static void test_two(void)
{
	static const char *const both[] = { "cp-3,cp-2", NULL },
				 *const apart[] = { "cp-2", "cp-3" },
				 *const one[] = { "cp-3", NULL },
				 *const more[] = { "cp-2,cp-3", "cp-9" };
	struct plan plan;
	struct err err;

	for (int i = 0; i < 2; i++) {
		CHECK_INT(two(i ? both : apart, true, &plan, &err), 0);
		CHECK_INT(plan.left_out_count, 2);
		CHECK_HAS(plan.left_out[0].words, "cp-2 does not answer and is taken for down");
		CHECK_HAS(plan.left_out[1].words, "cp-3 does not answer and is taken for down");
		plan_release(&plan);
	}
	CHECK_INT(two(both, false, &plan, &err), -1);
	CHECK_HAS(err.text, "whether cp-2 is down cannot be told");
	CHECK_HAS(err.text, "whether cp-3 is down cannot be told");
	CHECK_HAS(err.hint, "--assume-down");
	plan_release(&plan);
	CHECK_INT(two(one, true, &plan, &err), -1);
	CHECK_INT(err.code, ERR_UNSAFE);
	CHECK_HAS(err.text, "member cp-2 is on none of the nodes");
	CHECK_HAS(err.hint, "--without cp-2,cp-3");
	CHECK_INT(plan.left_out_count, 0);
	plan_release(&plan);
	CHECK_INT(two(more, true, &plan, &err), -1);
	CHECK_INT(err.code, ERR_USAGE);
	CHECK_HAS(err.text, "--without cp-9: no member is called so");
	plan_release(&plan);
}

/* Of a member whose node was not read when the snapshot was taken the recipe has the name and the URL: it is missed all the same. */
static void test_recipe(void)
{
	struct opts opts = { .command = "restore" };
	struct plan plan;
	struct err err = ERR_INIT;

	plan_begin(&plan);
	plan.found.cluster.count = 1;
	plan.found.cluster.members[0] =
		(struct member){ .name = "cp-1", .client_url = "https://10.0.0.1:2379" };
	plan.source.has_recipe = true;
	plan.source.recipe.cluster = plan.found.cluster;
	plan.source.recipe.cluster.members[plan.source.recipe.cluster.count++] =
		(struct member){ .name = "cp-3", .peer_url = "https://10.0.0.3:2380" };
	CHECK_INT(absent_check(&opts, &plan, &err), -1);
	CHECK_INT(err.code, ERR_UNSAFE);
	CHECK_HAS(err.text, "member cp-3 is on none of the nodes");
	plan_release(&plan);
}

enum { SILENT, ANSWERS, RECIPE };

/* `restore --without NAME` on the nodes cp-1 and cp-2, both read, of a cluster of which that much is known. */
static int without(const char *name, int known, bool assume, char told[200], struct err *err)
{
	struct opts opts = { .command = "restore",
			     .without = { { name }, name != NULL },
			     .assume_down = assume };
	struct plan plan;

	plan_begin(&plan);
	plan.found.cluster.count = 2;
	plan.found.cluster.members[0] = (struct member){ .name = "cp-1", .node = "n1" };
	plan.found.cluster.members[1] = (struct member){ .name = "cp-2", .node = "n2" };
	plan.found.found[0].answers = plan.found.found[0].listed = known == ANSWERS;
	plan.source.has_recipe = known == RECIPE;
	if (known == RECIPE)
		plan.source.recipe.cluster = plan.found.cluster;
	*err = ERR_INIT;
	CHECK_INT(absent_check(&opts, &plan, err), 0);
	int failed = absent_named(&opts, &plan, err);
	snprintf(told, 200, "%s", plan.left_out_count ? plan.left_out[0].words : "");
	plan_release(&plan);
	return failed;
}

/* A node that nothing is known of is not left out without a word, and a misspelt one not at all. */
static void test_unknown(void)
{
	struct err err;
	char told[200];

	CHECK_INT(without("cp-3", SILENT, false, told, &err), -1);
	CHECK_INT(err.code, ERR_UNSAFE);
	CHECK_HAS(err.text, "nobody can tell whether it still serves");
	CHECK_HAS(err.text, "cp-3");
	CHECK_HAS(err.hint, "--assume-down");
	CHECK_HAS(err.hint, "switched off");
	CHECK_INT(without("cp-3", SILENT, true, told, &err), 0);
	CHECK_HAS(told, "cp-3 was not looked at");
	CHECK_INT(without(NULL, SILENT, false, told, &err), 0);
	CHECK_STR(told, "");
	for (int known = ANSWERS; known <= RECIPE; known++)
		for (int assume = 0; assume < 2; assume++) {
			CHECK_INT(without("cp-9", known, assume, told, &err), -1);
			CHECK_INT(err.code, ERR_USAGE);
			CHECK_HAS(err.text, "--without cp-9: no member is called so");
			CHECK_HAS(err.text, "cp-1, cp-2");
		}
	/* a node that is restored, too: by the member's name or the node's */
	for (int known = SILENT; known <= RECIPE; known++)
		for (int i = 0; i < 2; i++) {
			CHECK_INT(without(i ? "n2" : "cp-2", known, true, told, &err), -1);
			CHECK_INT(err.code, ERR_USAGE);
			CHECK_HAS(err.hint, "--nodes");
		}
}

/* The recipe or the API still names it, and those that answer do not; or nobody answers. */
static void test_no_member_any_more(void)
{
	struct opts opts = { .command = "restore", .without = { { "cp-3" }, 1 } };
	struct plan plan;
	struct err err = ERR_INIT;

	for (int i = 0; i < 3; i++) {
		plan_begin(&plan);
		plan.found.cluster.count = 1;
		plan.found.cluster.members[0] = (struct member){ .name = "cp-1", .node = "n1" };
		plan.found.found[0].answers = plan.found.found[0].listed = i < 2;
		plan.found.left_out.count = i != 0;
		plan.found.left_out.members[0] = (struct member){ .name = "cp-3" };
		plan.source.has_recipe = true;
		plan.source.recipe.cluster.count = i == 0;
		plan.source.recipe.cluster.members[0] =
			(struct member){ .name = "cp-3", .peer_url = "https://10.0.0.3:2380" };
		CHECK_INT(absent_named(&opts, &plan, &err), i < 2 ? 0 : -1);
		if (i < 2)
			CHECK_HAS(plan.left_out[0].words, "cp-3 is no member any more");
		plan_release(&plan);
	}
	CHECK_INT(err.code, ERR_UNSAFE);
}

/* Where none tells the list, an absent member is not known of: said, where etcd's auth refuses it; else one will tell it later. */
static void test_no_list(void)
{
	struct opts opts = { .command = "rollback" };
	struct err err = ERR_INIT;
	struct plan plan;

	plan_begin(&plan);
	plan.found.arena = plan.arena;
	plan.found.cluster.count = 1;
	plan.found.cluster.members[0] = (struct member){ .name = "cp-1" };
	CHECK_INT(absent_check(&opts, &plan, &err), 0); /* none answers */
	CHECK_INT(plan.found.warning_count, 0);
	plan.found.found[0].refused = true;
	CHECK_INT(absent_check(&opts, &plan, &err), 0);
	CHECK_INT(plan.found.warning_count, 1);
	CHECK_HAS(plan.found.warnings[0], "etcd's auth refuses the list of members");
	plan.found.found[0].listed = true;
	CHECK_INT(absent_check(&opts, &plan, &err), 0);
	CHECK_INT(plan.found.warning_count, 1);
	plan.found.found[0] = (struct found_node){ .answers = true };
	CHECK_INT(absent_check(&opts, &plan, &err), -1);
	CHECK_HAS(err.text, "no member told the list of members");
	plan.found.arena = NULL;
	plan_release(&plan);
}

static void test_keep(void)
{
	static const char *const names[] = { "cp-1", "cp-2", "cp-3", "cp-4" };
	static const bool keep[] = { false, true, false, true };
	struct node_dir dirs[4];
	struct discovery d = { .cluster.count = 4, .node_count = 4 };

	for (size_t i = 0; i < 4; i++) {
		dirs[i] = (struct node_dir){ .root = "/nowhere" };
		node_dir_init(&d.nodes[i], names[i], &dirs[i]);
		d.cluster.members[i].node = names[i];
		d.found[i].revision = i + 1;
		d.arenas[i] = arena_new();
	}
	const struct arena *second = d.arenas[1];
	d.fleet = fleet_new(d.nodes, 4);
	discover_keep(&d, keep);
	CHECK_INT(d.cluster.count, 2);
	CHECK_INT(d.node_count, 4); /* all are released in the end */
	CHECK_INT(fleet_count(d.fleet), 2);
	CHECK_STR(d.nodes[0].name, "cp-2");
	CHECK_STR(d.nodes[1].name, "cp-4");
	CHECK_STR(d.cluster.members[1].node, "cp-4");
	CHECK_INT(d.found[0].revision, 2);
	CHECK(d.arenas[0] == second);
	CHECK_INT(d.found[2].revision + d.found[3].revision, 1 + 3);
	fleet_free(d.fleet);
	for (size_t i = 0; i < 4; i++)
		arena_free(d.arenas[i]);
}

TESTS(TEST(test_hints), TEST(test_never_started), TEST(test_two), TEST(test_recipe),
      TEST(test_unknown), TEST(test_no_member_any_more), TEST(test_no_list), TEST(test_keep))
