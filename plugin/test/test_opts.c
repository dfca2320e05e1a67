/*
 * test_opts: command lines in every form that pflag takes, and those that it refuses.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "plugin/opts.h"
#include "plugin/test/taken.h"

#include <unistd.h>

enum { WORDS_MAX = 16 };

/* Cuts a line at blanks; _ stands for an empty word.  The words stay until the next call. */
static int parse(const char *line, struct opts *opts, struct err *err)
{
	static char text[500];
	char *words[WORDS_MAX + 1];
	int count = 0;

	snprintf(text, sizeof(text), "%s", line);
	for (char *at = strtok(text, " "); at && count < WORDS_MAX; at = strtok(NULL, " "))
		words[count++] = strcmp(at, "_") == 0 ? at + 1 : at;
	words[count] = NULL;
	*err = ERR_INIT;
	return opts_parse(count, words, opts, err);
}

static void test_forms(void)
{
	static const struct {
		const char *line, *command, *arg, *nodes;
		enum output output;
		bool quiet, yes, no_headers;
	} cases[] = {
		{ .line = "x save f", .command = "save", .arg = "f" },
		{ .line = "x save f --nodes a=1", .command = "save", .arg = "f", .nodes = "a=1" },
		{ .line = "x save f --nodes=a=1", .command = "save", .arg = "f", .nodes = "a=1" },
		{ .line = "x --nodes a=1 save f", .command = "save", .arg = "f", .nodes = "a=1" },
		{ .line = "x save --nodes=a=1 f", .command = "save", .arg = "f", .nodes = "a=1" },
		{ .line = "x save --nodes= f", .command = "save", .arg = "f", .nodes = "" },
		{ .line = "x save --nodes _ f", .command = "save", .arg = "f", .nodes = "" },
		{ .line = "x save --nodes --quiet f",
		  .command = "save",
		  .arg = "f",
		  .nodes = "--quiet" },
		{ .line = "x save --nodes=a --nodes=b f",
		  .command = "save",
		  .arg = "f",
		  .nodes = "b" },
		{ .line = "x save -q f", .command = "save", .arg = "f", .quiet = true },
		{ .line = "x save --quiet f", .command = "save", .arg = "f", .quiet = true },
		{ .line = "x save --quiet=true f", .command = "save", .arg = "f", .quiet = true },
		{ .line = "x save --quiet=1 f", .command = "save", .arg = "f", .quiet = true },
		{ .line = "x save --quiet=false f", .command = "save", .arg = "f" },
		{ .line = "x save -q --quiet=0 f", .command = "save", .arg = "f" },
		{ .line = "x save -q=false f", .command = "save", .arg = "f" },
		{ .line = "x save -q=true f", .command = "save", .arg = "f", .quiet = true },
		/* a bool takes no word after it */
		{ .line = "x save --quiet false",
		  .command = "save",
		  .arg = "false",
		  .quiet = true },
		{ .line = "x restore -qy f",
		  .command = "restore",
		  .arg = "f",
		  .quiet = true,
		  .yes = true },
		{ .line = "x restore -yq f",
		  .command = "restore",
		  .arg = "f",
		  .quiet = true,
		  .yes = true },
		{ .line = "x restore -qy=false f",
		  .command = "restore",
		  .arg = "f",
		  .quiet = true },
		{ .line = "x discover -ojson", .command = "discover", .output = OUTPUT_JSON },
		{ .line = "x discover -o json", .command = "discover", .output = OUTPUT_JSON },
		{ .line = "x discover -o=json", .command = "discover", .output = OUTPUT_JSON },
		{ .line = "x discover --output yaml",
		  .command = "discover",
		  .output = OUTPUT_YAML },
		{ .line = "x discover --output=wide",
		  .command = "discover",
		  .output = OUTPUT_WIDE },
		{ .line = "x discover -oname", .command = "discover", .output = OUTPUT_NAME },
		{ .line = "x discover -qoyaml",
		  .command = "discover",
		  .output = OUTPUT_YAML,
		  .quiet = true },
		{ .line = "x discover --no-headers", .command = "discover", .no_headers = true },
		{ .line = "x save -- -q", .command = "save", .arg = "-q" },
		{ .line = "x save -- --nodes", .command = "save", .arg = "--nodes" },
		{ .line = "x -- save f", .command = "save", .arg = "f" },
		{ .line = "x save -q -- f", .command = "save", .arg = "f", .quiet = true },
		{ .line = "x save -", .command = "save", .arg = "-" },
		{ .line = "x" },
		{ .line = "x -q", .quiet = true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct opts opts;
		struct err err;
		int failed = parse(cases[i].line, &opts, &err);
		if (failed)
			fprintf(stderr, "%s: %s\n", cases[i].line, err.text);
		CHECK_INT(failed, 0);
		CHECK_STR(opts.command, cases[i].command);
		CHECK_INT(opts.arg_count, cases[i].arg ? 1 : 0);
		CHECK_STR(opts.args[0], cases[i].arg);
		CHECK_STR(opts.nodes, cases[i].nodes);
		CHECK_INT(opts.output, cases[i].output);
		CHECK_INT(opts.quiet, cases[i].quiet);
		CHECK_INT(opts.yes, cases[i].yes);
		CHECK_INT(opts.no_headers, cases[i].no_headers);
	}
}

static void test_all_flags(void)
{
	struct opts opts;
	struct err err;

	CHECK_INT(parse("x restore f --kubeconfig k --context c --ssh-user u --ssh-key y "
			"--ssh-known-hosts h --ssh-port 2222 -v=4",
			&opts, &err),
		  0);
	CHECK_STR(opts.kubeconfig, "k");
	CHECK_STR(opts.context, "c");
	CHECK_STR(opts.ssh_user, "u");
	CHECK_STR(opts.ssh_key, "y");
	CHECK_STR(opts.ssh_known_hosts, "h");
	CHECK_INT(opts.ssh_port, 2222);
	CHECK_INT(opts.verbose, 4);
	CHECK_INT(opts.request_timeout_ms, 10 * 1000);
	CHECK_INT(opts.grace_ms, 2 * 1000);
	CHECK_INT(opts.timeout_ms, 0);
	CHECK(!opts.force_cluster);
	CHECK_INT(parse("x restore f --etcdutl e --force-cluster -v6 --timeout 1h", &opts, &err),
		  0);
	CHECK_STR(opts.etcdutl, "e");
	CHECK(opts.force_cluster);
	CHECK_INT(opts.verbose, 6);
	CHECK_INT(opts.timeout_ms, 3600 * 1000);
	CHECK_INT(parse("x drill f --local --report r.html --no-report", &opts, &err), 0);
	CHECK_STR(opts.report, "r.html");
	CHECK(opts.local && opts.no_report);
	CHECK_INT(parse("x drill --from d", &opts, &err), 0);
	CHECK_INT(opts.arg_count, 0);
	CHECK_INT(parse("x playbook show restore", &opts, &err), 0);
	CHECK_INT(opts.arg_count, 2);
	CHECK_STR(opts.args[1], "restore");
}

static void test_durations(void)
{
	static const struct {
		const char *text;
		int result;
		uint64_t ms;
	} cases[] = {
		{ "500ms", 0, 500 },
		{ "2s", 0, 2000 },
		{ "1m30s", 0, 90000 },
		{ "1h", 0, 3600000 },
		{ "90", 0, 90000 },
		{ "0", 0, 0 },
		{ "0s", 0, 0 },
		{ "1h1m1s1ms", 0, 3661001 },
		{ "_", -1, 0 },
		{ "s", -1, 0 },
		{ "5x", -1, 0 },
		{ "5", 0, 5000 },
		{ "1m30", -1, 0 },
		{ "-5s", -1, 0 },
		{ "1.5s", -1, 0 },
		{ "5s5", -1, 0 },
		{ "99999999999h", -1, 0 },
		{ "99999999999999999999", -1, 0 },
		{ "forever", -1, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped(mem) char *line = mem_printf("x save f --timeout %s", cases[i].text);
		struct opts opts;
		struct err err;
		CHECK_INT(parse(line, &opts, &err), cases[i].result);
		if (cases[i].result)
			CHECK_HAS(err.text, "for --timeout");
		else
			CHECK_INT(opts.timeout_ms, cases[i].ms);
	}
}

static void test_bad(void)
{
	static const struct {
		const char *line, *words, *hint;
	} bad[] = {
		{ "x save f --no-such", "unknown flag: --no-such", "'x save --help'" },
		{ "x save f --no-such=1", "unknown flag: --no-such", "'x save --help'" },
		{ "x --no-such", "unknown flag: --no-such", "'x --help'" },
		{ "x save f --node a", "unknown flag: --node", "'x save --help'" },
		{ "x save f --=a", "unknown flag: --", "'x save --help'" },
		{ "x save f -z", "unknown shorthand flag: 'z' in -z", "'x save --help'" },
		{ "x save f -qz", "unknown shorthand flag: 'z' in -qz", "'x save --help'" },
		/* of another command, before or after it */
		{ "x save f --yes", "unknown flag: --yes", "'x save --help'" },
		{ "x -y save f", "unknown flag: --yes", "'x save --help'" },
		{ "x rejoin f --without a", "unknown flag: --without", "'x rejoin --help'" },
		{ "x rollback f -ojson", "unknown flag: --output", "'x rollback --help'" },
		{ "x version --nodes a", "unknown flag: --nodes", "'x version --help'" },
		{ "x discover --grace 2s", "unknown flag: --grace", "'x discover --help'" },
		{ "x status --yes", "unknown flag: --yes", "'x status --help'" },
		{ "x restore f --max-age 6h", "unknown flag: --max-age", "" },
		{ "x diff f g --undo", "unknown flag: --undo", "" },
		{ "x resume r --live", "unknown flag: --live", "" },
		{ "x clean r --report a.html", "unknown flag: --report", "" },
		{ "x browse f --report a.html", "unknown flag: --report", "" },
		{ "x playbook show restore --no-headers", "unknown flag: --no-headers",
		  "playbook" },
		/* values */
		{ "x save f --nodes", "flag needs an argument: --nodes", "'x save --help'" },
		{ "x discover -o", "flag needs an argument: --output", "'x discover --help'" },
		{ "x discover -o xml",
		  "invalid value \"xml\" for --output: want wide|json|yaml|name", "" },
		{ "x discover -oJSON", "invalid value \"JSON\" for --output", "" },
		{ "x save f --quiet=maybe", "invalid value \"maybe\" for --quiet",
		  "'x save --help'" },
		{ "x save f --quiet=", "invalid value \"\" for --quiet", "'x save --help'" },
		{ "x save f --ssh-port 65536", "invalid value \"65536\" for --ssh-port", "" },
		{ "x save f --ssh-port -1", "invalid value \"-1\" for --ssh-port", "" },
		{ "x save f -v", "flag needs an argument: --v", "" },
		{ "x save f -vq", "invalid value \"q\" for --v", "" },
		/* words */
		{ "x nosuch", "unknown command \"nosuch\" for \"x\"", "'x --help'" },
		{ "x nosuch --help", "unknown command \"nosuch\"", "'x --help'" },
		{ "x help nosuch", "unknown command \"nosuch\"", "'x --help'" },
		{ "x _", "unknown command \"\"", "'x --help'" },
		{ "x Save f", "unknown command \"Save\"", "'x --help'" },
		{ "x restore", "restore takes SNAPSHOT", "'x restore --help'" },
		{ "x browse --from d", "browse takes SNAPSHOT", "'x browse --help'" },
		{ "x drill a b", "drill takes [SNAPSHOT]", "'x drill --help'" },
		{ "x save a b", "save takes [FILE]", "'x save --help'" },
		{ "x save -- a -q", "save takes [FILE]", "'x save --help'" },
		{ "x version a", "version takes no words", "'x version --help'" },
		{ "x save a b c d e", "too many words: e", "'x save --help'" },
		{ "x save -- a b c d e", "too many words: e", "'x save --help'" },
		{ "/bin/kubectl-etcd_backup nosuch", "for \"kubectl etcd-backup\"",
		  "'kubectl etcd-backup --help'" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct opts opts;
		struct err err;
		CHECK_INT(parse(bad[i].line, &opts, &err), -1);
		CHECK_INT(err.code, ERR_USAGE);
		CHECK_HAS(err.text, bad[i].words);
		CHECK_HAS(err.hint, bad[i].hint);
		CHECK_HAS(err.hint, "--help' for usage");
	}
}

static void test_program(void)
{
	static const struct {
		const char *line, *program;
	} cases[] = {
		{ "kubectl-etcd_backup version", "kubectl etcd-backup" },
		{ "/usr/local/bin/kubectl-etcd_backup version", "kubectl etcd-backup" },
		{ "./etcd-backup version", "etcd-backup" },
		{ "/opt/kubectl-x/tool version", "tool" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct opts opts;
		struct err err;
		CHECK_INT(parse(cases[i].line, &opts, &err), 0);
		CHECK_STR(opts.program, cases[i].program);
	}
}

static void test_help_asked(void)
{
	static const struct {
		const char *line, *command;
		bool help, version;
	} cases[] = {
		{ "x --help", NULL, true, false },
		{ "x -h", NULL, true, false },
		{ "x save --help", "save", true, false },
		{ "x --help save", "save", true, false },
		{ "x save a b c -h", "save", true, false },
		{ "x help", NULL, true, false },
		{ "x help save", "save", true, false },
		{ "x --version", NULL, false, true },
		{ "x save f", "save", false, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct opts opts;
		struct err err;
		CHECK_INT(parse(cases[i].line, &opts, &err), 0);
		CHECK_STR(opts.command, cases[i].command);
		CHECK_INT(opts.help, cases[i].help);
		CHECK_INT(opts.version, cases[i].version);
	}
}

/* What opts_help prints. */
static const char *help_text(const struct opts *opts, const char *command)
{
	take_begin(stdout);
	opts_help(opts, command);
	return take_end(stdout);
}

static void test_help(void)
{
	struct opts opts;
	struct err err;

	CHECK_INT(parse("kubectl-etcd_backup", &opts, &err), 0);
	const char *text = help_text(&opts, NULL);
	for (const struct command *c = commands; c->name; c++) {
		CHECK_HAS(text, c->name);
		CHECK_HAS(text, c->about);
	}
	CHECK_HAS(text, "\"kubectl etcd-backup COMMAND --help\"");
	CHECK_HAS(text, "Exit status: 0 done");

	text = help_text(&opts, "restore");
	CHECK_HAS(text, "Usage:\n  kubectl etcd-backup restore SNAPSHOT [flags]\n");
	CHECK_HAS(text, "Examples:\n");
	CHECK_HAS(text, "-y, --yes ");
	CHECK_HAS(text, "    --grace=2s ");
	CHECK_HAS(text, "-v, --v=0");
	text = help_text(&opts, "rollback");
	CHECK(!strstr(text, "--output"));

	text = help_text(&opts, "discover");
	CHECK_HAS(text, "-o, --output=wide|json|yaml|name");
	CHECK(!strstr(text, "--force-cluster"));

	text = help_text(&opts, "version");
	CHECK(!strstr(text, "--nodes"));
	CHECK_HAS(text, "-h, --help");
}

static void test_inspect(void)
{
	struct opts opts;
	struct err err;

	CHECK_INT(parse("x inspect f", &opts, &err), 0);
	CHECK_INT(opts.largest, 10);
	CHECK_INT(parse("x inspect f --largest=0 --from dir -o wide", &opts, &err), 0);
	CHECK_INT(opts.largest, 0);
	CHECK_STR(opts.from, "dir");
	CHECK_INT(parse("x verify f --identity a -o json", &opts, &err), 0);
	CHECK_INT(opts.identities.count, 1);
	CHECK_INT(parse("x verify f --largest 3", &opts, &err), -1);
	CHECK_INT(err.code, ERR_USAGE);
	CHECK_INT(parse("x verify", &opts, &err), -1);
	CHECK_INT(parse("x inspect f g", &opts, &err), -1);
	CHECK_INT(parse("x inspect f --kubeconfig k", &opts, &err), -1);
}

static void test_save(void)
{
	static const struct {
		const char *line;
		enum choice want;
	} compare[] = {
		{ "x save f", CHOICE_DEFAULT },
		{ "x save f --compare", CHOICE_TRUE },
		{ "x save --compare f", CHOICE_TRUE }, /* takes no word after it */
		{ "x save f --compare=true", CHOICE_TRUE },
		{ "x save f --compare=false", CHOICE_FALSE },
		{ "x save f --compare=false --compare", CHOICE_TRUE },
	};
	struct opts opts;
	struct err err;

	for (size_t i = 0; i < sizeof(compare) / sizeof(compare[0]); i++) {
		CHECK_INT(parse(compare[i].line, &opts, &err), 0);
		CHECK_INT(opts.compare, compare[i].want);
		CHECK_STR(opts.args[0], "f");
	}
	CHECK_INT(parse("x save f --compare=often", &opts, &err), -1);
	CHECK_HAS(err.text, "--compare: want true|false");
	CHECK_INT(parse("x save --to d --all-members --allow-degraded --prune --keep-daily 7",
			&opts, &err),
		  0);
	CHECK(opts.all_members && opts.allow_degraded && opts.prune);
	CHECK_STR(opts.keep_daily, "7");
	CHECK_INT(parse("x save f --dry-run client", &opts, &err), -1);
	CHECK_INT(parse("x prune --from d --prune", &opts, &err), -1);
	CHECK_INT(parse("x restore f --all-members", &opts, &err), -1);
}

static void test_dry_run(void)
{
	static const struct {
		const char *line, *value, *arg;
		bool warned;
	} cases[] = {
		{ "x restore f", NULL, "f", false },
		{ "x restore f --dry-run", "client", "f", true },
		{ "x restore --dry-run f", "client", "f", true }, /* f is no value of it */
		{ "x restore --dry-run -y f", "client", "f", true },
		{ "x restore --dry-run=client f", "client", "f", false },
		{ "x restore --dry-run=server f", "server", "f", false },
		{ "x restore --dry-run server f", "server", "f", false },
		{ "x restore f --dry-run none", "none", "f", false },
		{ "x restore f --dry-run=odd", "odd", "f", false }, /* the command refuses it */
		{ "x prune --from d --dry-run", "client", NULL, true },
		{ "x prune --dry-run --from d", "client", NULL, true },
		{ "x prune --from d --dry-run client", "client", NULL, false },
		{ "x rejoin --dry-run cp-3", "client", "cp-3", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct opts opts;
		struct err err;
		take_begin(stderr);
		int failed = parse(cases[i].line, &opts, &err);
		const char *said = take_end(stderr);
		CHECK_INT(failed, 0);
		CHECK_STR(opts.dry_run, cases[i].value);
		CHECK_STR(opts.args[0], cases[i].arg);
		CHECK_STR(said, cases[i].warned ? "warning: --dry-run without a value means "
						  "--dry-run=client\n"
						: "");
	}
}

/* A switch takes no word after it: who gave one is told. */
static void test_hints(void)
{
	struct opts opts;
	struct err err;

	CHECK_INT(parse("x save f --compare false", &opts, &err), -1);
	CHECK_HAS(err.hint, "--compare=false needs the \"=\"");
	CHECK_INT(parse("x drill f --api false", &opts, &err), -1);
	CHECK_HAS(err.hint, "--api=false needs the \"=\"");
	CHECK_INT(parse("x save f false", &opts, &err), -1);
	CHECK(!strstr(err.hint, "needs"));
	CHECK_INT(parse("x status --max-age 6x", &opts, &err), -1);
	CHECK_HAS(err.text, "the units are d, h, m, s and ms");
}

/* Words after -- are another program's, with what looks like flags of ours. */
static void test_tail(void)
{
	const char *const words[] = { "x",       "browse", "-q", "s.db", "--",
				      "kubectl", "get",    "-o", "yaml", NULL };
	struct err err = ERR_INIT;
	struct opts opts;

	CHECK_INT(opts_parse(9, (char *const *)(uintptr_t)words, &opts, &err), 0);
	CHECK_INT(opts.arg_count, 1);
	CHECK(opts.quiet);
	CHECK(opts.tail == (char *const *)(uintptr_t)(words + 5)); /* as it was given */
	CHECK_INT(parse("x browse s.db --", &opts, &err), 0);
	CHECK(!opts.tail);
	CHECK_INT(parse("x browse s.db kubectl", &opts, &err), -1);
	CHECK_INT(parse("x save -- -q", &opts, &err), 0);
	CHECK_STR(opts.args[0], "-q");
}

TESTS(TEST(test_dry_run), TEST(test_hints), TEST(test_tail), TEST(test_save), TEST(test_inspect),
      TEST(test_forms), TEST(test_all_flags), TEST(test_durations), TEST(test_bad),
      TEST(test_program), TEST(test_help_asked), TEST(test_help))
