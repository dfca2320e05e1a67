/*
 * test_save_flags: which flags of `save` are refused before anybody is asked.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "plugin/save_flags.h"

#include <string.h>

static int check_tag(const char *tag, struct err *err)
{
	struct opts opts = { .arg_count = 1, .args = { "f" } };

	opts.tags.items[opts.tags.count++] = "good";
	opts.tags.items[opts.tags.count++] = tag;
	*err = ERR_INIT;
	return save_flags_check(&opts, err);
}

static void test_tags(void)
{
	static const struct {
		const char *tag, *words;
	} cases[] = {
		{ "v1.32", NULL },
		{ "", NULL },
		{ "gr\xc3\xb6\xc3\x9f"
		  "er, and \"quoted\"",
		  NULL },
		{ "a\nb", "has a control character" },
		{ "a\x1b[2J", "has a control character" },
		{ "a\x7f", "has a control character" },
		{ "gr\xf6\xdf", "is not UTF-8" },
		{ "\xc0\xaf", "is not UTF-8" },
		{ "\xed\xa0\x80", "is not UTF-8" },
	};
	scoped(mem) char *longest = mem_printf("%2048s", "x");
	scoped(mem) char *longer = mem_printf("%2049s", "x");
	struct err err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_INT(check_tag(cases[i].tag, &err), cases[i].words ? -1 : 0);
		if (!cases[i].words)
			continue;
		CHECK_INT(err.code, ERR_USAGE);
		CHECK_HAS(err.text, "--tag");
		CHECK_HAS(err.text, cases[i].words);
		CHECK_HAS(err.hint, "UTF-8");
	}
	CHECK_INT(check_tag(longest, &err), 0);
	CHECK_INT(check_tag(longer, &err), -1);
	CHECK_HAS(err.text, "is longer than 2048 bytes");
}

static void test_compare(void)
{
	struct opts opts = { .arg_count = 1, .args = { "false" }, .compare = CHOICE_TRUE };
	struct err err = ERR_INIT;

	CHECK_INT(save_flags_check(&opts, &err), -1);
	CHECK_INT(err.code, ERR_USAGE);
	CHECK_HAS(err.hint, "--compare=false needs the \"=\"");
	opts.args[0] = "./false";
	CHECK_INT(save_flags_check(&opts, &err), 0);
	opts.args[0] = "false";
	opts.compare = CHOICE_DEFAULT;
	CHECK_INT(save_flags_check(&opts, &err), 0);
}

TESTS(TEST(test_compare), TEST(test_tags))
