/*
 * test_playbook: the playbook that is built in, and every text that is none.
 */
#include "base/buf.h"
#include "base/test/check.h"
#include "play/playbook.h"

static int read_text(struct arena *arena, const char *text, struct playbook *book, struct err *err)
{
	*err = ERR_INIT;
	return playbook_read(arena, text, strlen(text), book, err);
}

static void test_restore(void)
{
	scoped(arena) struct arena *arena = arena_new();
	const struct playbook_text *text = playbook_text_find("restore");
	struct playbook book;
	struct err err = ERR_INIT;

	CHECK(text != NULL);
	if (!text)
		return;
	CHECK_INT(playbook_read(arena, text->text, text->len, &book, &err), 0);
	CHECK_STR(err.text, "");
	CHECK_STR(book.name, "restore");
	CHECK_INT(strlen(book.sha256), 64);
	CHECK_STR(book.steps[0].verb->name, "check-nodes");
	CHECK(book.commit > 0 && book.commit < book.count);
	CHECK_STR(book.steps[book.commit - 1].verb->name, "wait-etcd");
	CHECK_HAS(book.commit_text, "retried forward");
	CHECK_STR(book.steps[book.count - 1].verb->name, "unlock-nodes");
	for (size_t i = 0; i < book.count; i++) {
		const struct step *step = &book.steps[i];
		if (i < book.commit && step->verb->kind == VERB_CHANGES)
			CHECK_STR(step->undo ? step->undo->name : NULL, step->verb->inverse);
		if (i >= book.commit)
			CHECK(step->undo == NULL);
		CHECK_INT(step->timeout_ms, step->verb->timeout_ms);
	}
	CHECK(playbook_text_find("no-such") == NULL);
}

static void test_read(void)
{
	scoped(arena) struct arena *arena = arena_new();
	struct playbook book;
	struct err err;

	CHECK_INT(read_text(arena,
			    "name: x\n"
			    "steps:\n"
			    "- do: check-nodes\n"
			    "  timeout: 90s\n"
			    "  on: all\n"
			    "- {do: stop-etcd, undo: start-etcd, timeout: 3m, on: one-by-one}\n"
			    "- do: wait-etcd\n"
			    "  on: first\n"
			    "  timeout: 1800s\n",
			    &book, &err),
		  0);
	CHECK_STR(err.text, "");
	CHECK_INT(book.count, 3);
	CHECK_INT(book.commit, 3); /* there is none: all is undone */
	CHECK(book.commit_text == NULL);
	CHECK_INT(book.steps[0].timeout_ms, 90 * 1000);
	CHECK_INT(book.steps[0].on, ON_ALL);
	CHECK(book.steps[0].undo == NULL);
	CHECK_INT(book.steps[1].timeout_ms, 180 * 1000);
	CHECK_INT(book.steps[1].on, ON_ONE_BY_ONE);
	CHECK_STR(book.steps[1].undo->name, "start-etcd");
	CHECK_INT(book.steps[2].on, ON_FIRST);
	CHECK_INT(book.steps[2].timeout_ms, 1800 * 1000);

	/* the sum is of the text, as sha256sum gives it */
	CHECK_INT(read_text(arena, "name: x\nsteps: [do: check-nodes]\n", &book, &err), 0);
	CHECK_STR(book.sha256, "4273852eb1aa138cc82b5bcecae3692bfce7520bb2635bb100c918a2d7d8abfa");

	CHECK_INT(read_text(arena, "name: x\nsteps:\n- commit: at once\n- do: stop-etcd\n", &book,
			    &err),
		  0);
	CHECK_INT(book.commit, 0);
	CHECK_STR(book.commit_text, "at once");
}

#define HEAD "name: x\nsteps:\n"
#define CHECKS HEAD "- do: check-nodes\n"

static const struct {
	const char *text, *words;
} bad[] = {
	/* the document */
	{ "", "want name and a list of steps" },
	{ "name: x\n", "want name and a list of steps" },
	{ "steps: [do: check-nodes]\n", "want name and a list of steps" },
	{ "name: [x]\nsteps: [do: check-nodes]\n", "want name and a list of steps" },
	{ "name: x\nsteps: {do: check-nodes}\n", "want name and a list of steps" },
	{ "name: x\nsteps:\n", "want name and a list of steps" },
	{ "- do: check-nodes\n", "want name and a list of steps" },
	{ "name: x\nsteps: []\n", "no steps" },
	{ HEAD "- commit: only\n", "no steps" },
	{ "name: x\nvars: 1\nsteps: [do: check-nodes]\n", "line 2: unknown key \"vars\"" },
	{ CHECKS "---\n" CHECKS, "more than one document" },
	{ "name: x\nname: y\nsteps: [do: check-nodes]\n", "line 2: \"name\" is there twice" },
	{ HEAD "- do: [\n", "playbook: YAML line 4" },
	/* keys and verbs */
	{ CHECKS "  when: never\n", "line 4: unknown key \"when\"" },
	{ CHECKS "- check-nodes\n", "line 4: a step says do: VERB" },
	{ CHECKS "- undo: stop-etcd\n", "line 4: a step says do: VERB" },
	{ CHECKS "-\n", "a step says do: VERB" },
	{ CHECKS "- do: [check-nodes]\n", "line 4: a step says do: VERB" },
	{ CHECKS "- do: no-such\n", "line 4: no verb is called \"no-such\"" },
	{ CHECKS "- do: Check-Nodes\n", "line 4: no verb is called" },
	{ CHECKS "- do: ''\n", "line 4: no verb is called" },
	{ CHECKS "- do: check-nodes\n  do: check-nodes\n", "line 5: \"do\" is there twice" },
	/* undo */
	{ HEAD "- do: stop-etcd\n  undo: start-apiserver\n",
	  "line 3: stop-etcd is undone by start-etcd" },
	{ HEAD "- do: stop-etcd\n  undo: no-such\n", "line 3: stop-etcd is undone by start-etcd" },
	{ HEAD "- do: check-nodes\n  undo: check-nodes\n",
	  "line 3: check-nodes is undone by nothing" },
	{ CHECKS "- do: stop-etcd\n", "line 4: stop-etcd changes nodes: it needs its undo" },
	{ CHECKS "- do: stop-etcd\n  undo:\n", "line 5: undo: want one word" },
	{ CHECKS "  undo: [x]\n", "line 4: undo: want one word" },
	{ CHECKS "- do: restart-controllers\n", "line 4: restart-controllers changes nodes" },
	{ HEAD "- commit: here\n- do: stop-etcd\n  undo: start-etcd\n",
	  "line 4: nothing is undone after the commit" },
	/* commit */
	{ HEAD "- commit: one\n- do: check-nodes\n- commit: two\n", "line 5: a second commit" },
	{ CHECKS "- commit: here\n  do: check-nodes\n", "line 5: unknown key \"do\"" },
	{ CHECKS "- commit:\n", "line 4: a step says do: VERB" },
	/* on */
	{ CHECKS "  on: last\n", "want all, first or one-by-one" },
	{ CHECKS "  on: true\n", "on: \"true\": want all, first or one-by-one" },
	{ CHECKS "  on: [first]\n", "line 4: on: want one word" },
	/* ahead */
	{ CHECKS "  ahead: nothing\n", "ahead: \"nothing\": want a verb that only looks" },
	{ CHECKS "  ahead: stop-etcd\n", "line 3: ahead: \"stop-etcd\": want a verb that only" },
	{ CHECKS "  on: first\n  ahead: wait-etcd\n", "in a step on all" },
	{ CHECKS "  ahead: [wait-etcd]\n", "line 4: ahead: want one word" },
	/* timeout: at most 600 s here */
	{ CHECKS "  timeout: 90\n", "line 3: timeout \"90\": want 90s or 3m" },
	{ CHECKS "  timeout: s\n", "want 90s or 3m" },
	{ CHECKS "  timeout: ''\n", "want 90s or 3m" },
	{ CHECKS "  timeout: 1h\n", "want 90s or 3m" },
	{ CHECKS "  timeout: 500ms\n", "timeout \"500ms\"" },
	{ CHECKS "  timeout: 1m30s\n", "timeout \"1m30s\"" },
	{ CHECKS "  timeout: -1s\n", "timeout \"-1s\"" },
	{ CHECKS "  timeout: 0s\n", "timeout \"0s\"" },
	{ CHECKS "  timeout: 601s\n", "check-nodes takes at most 600 s" },
	{ CHECKS "  timeout: 11m\n", "check-nodes takes at most 600 s" },
	{ CHECKS "  timeout: 99999999999999999999s\n", "want 90s or 3m" },
	{ CHECKS "  timeout: 18446744073709s\n", "check-nodes takes at most 600 s" },
	{ CHECKS "  timeout: {s: 1}\n", "line 4: timeout: want one word" },
};

static void test_bad(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		scoped(arena) struct arena *arena = arena_new();
		struct playbook book;
		struct err err;
		CHECK_INT(read_text(arena, bad[i].text, &book, &err), -1);
		CHECK_INT(err.code, ERR_CONFIG);
		CHECK_HAS(err.text, bad[i].words);
	}
}

static void test_limits(void)
{
	for (int steps = PLAYBOOK_STEPS_MAX; steps < PLAYBOOK_STEPS_MAX + 2; steps++) {
		scoped(arena) struct arena *arena = arena_new();
		scoped(buf) struct buf text = BUF_INIT(PLAYBOOK_MAX);
		struct playbook book;
		struct err err;
		buf_adds(&text, HEAD);
		for (int i = 0; i < steps; i++)
			buf_adds(&text, "- do: check-nodes\n");
		CHECK_INT(read_text(arena, buf_str(&text), &book, &err),
			  steps > PLAYBOOK_STEPS_MAX ? -1 : 0);
		if (steps > PLAYBOOK_STEPS_MAX)
			CHECK_HAS(err.text, "more than 64 steps");
	}
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf text = BUF_INIT(2 * PLAYBOOK_MAX);
	struct playbook book;
	struct err err;
	buf_adds(&text, CHECKS);
	while (text.len <= PLAYBOOK_MAX)
		buf_adds(&text, "# words\n");
	CHECK_INT(read_text(arena, buf_str(&text), &book, &err), -1);
	CHECK_HAS(err.text, "more than 65536 bytes");
}

/* Of the table of verbs: an inverse is a verb, and its inverse is the first. */
static void test_inverses(void)
{
	for (const struct verb *verb = verbs; verb->name; verb++) {
		CHECK(verb_find(verb->name) == verb);
		CHECK(verb->timeout_ms && verb->timeout_ms <= verb->timeout_max_ms);
		if (!verb->inverse)
			continue;
		const struct verb *inverse = verb_find(verb->inverse);
		CHECK(inverse != NULL);
		CHECK_STR(inverse ? inverse->inverse : NULL, verb->name);
		CHECK_INT(verb->kind, VERB_CHANGES);
	}
	CHECK(verb_find("") == NULL);
}

TESTS(TEST(test_restore), TEST(test_read), TEST(test_bad), TEST(test_limits), TEST(test_inverses))
