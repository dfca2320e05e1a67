/*
 * test_interrupt: real signals in the middle of a real playbook on fake nodes.  Each run is in a process of its own, which
 * sends the signals to itself.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "fake_journal.h"
#include "fake_node.h"
#include "play/state.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NODES = 3, SHORT_MS = 2000 };

/* Steps by their numbers, from 1. */
static struct {
	size_t lock, stop_etcd, commit, start_apiserver, last; /* commit: the last one before it */
} at;

/* Which signals come, and when. */
struct moment {
	size_t step; /* from 1 */
	bool at_end; /* of the step; else at its beginning */
	int first;
	int second; /* at the first step of the undo, or right after; 0: none */
};

struct watch {
	const struct moment *moment;
	bool sent, sent_again;
	size_t number; /* of the step that is played */
};

static void send_second(struct watch *watch)
{
	if (watch->sent && !watch->sent_again && watch->moment->second) {
		watch->sent_again = true;
		kill(getpid(), watch->moment->second);
	}
}

static void on_begin(void *arg, size_t number, size_t of, const struct step *step, bool undo)
{
	struct watch *watch = arg;

	(void)of;
	(void)step;
	watch->number = number;
	send_second(watch);
	if (!undo && !watch->moment->at_end && number == watch->moment->step && !watch->sent) {
		watch->sent = true;
		kill(getpid(), watch->moment->first);
		if (number > at.commit)
			send_second(watch);
	}
}

static void on_end(void *arg, const struct step *step, uint64_t ms, bool failed, bool undo)
{
	struct watch *watch = arg;
	(void)step;
	(void)ms;
	(void)failed;
	if (!undo && watch->moment->at_end && watch->number == watch->moment->step &&
	    !watch->sent) {
		watch->sent = true;
		kill(getpid(), watch->moment->first);
	}
}

static size_t number_of(const struct playbook *book, const char *name)
{
	for (size_t i = 0; i < book->count; i++)
		if (strcmp(book->steps[i].verb->name, name) == 0)
			return i + 1;
	abort();
}

static void find_steps(void)
{
	scoped(arena) struct arena *arena = arena_new();
	const struct playbook_text *text = playbook_text_find("restore");
	struct playbook book;
	struct err err = ERR_INIT;

	CHECK_INT(playbook_read(arena, text->text, text->len, &book, &err), 0);
	at.lock = number_of(&book, "lock-nodes");
	at.stop_etcd = number_of(&book, "stop-etcd");
	at.commit = book.commit;
	at.start_apiserver = number_of(&book, "start-apiserver");
	at.last = book.count;
}

enum way { RUN, FINISH, UNDO };

/* Plays in this process; moment NULL: nothing comes. */
static enum play_outcome play_book(struct fake_world *world, enum way way,
				   const struct moment *moment, struct err *err)
{
	scoped(arena) struct arena *arena = arena_new();
	const struct playbook_text *text = playbook_text_find("restore");
	struct watch watch = { .moment = moment };
	struct playbook book;
	struct play play = { .playbook = &book, .fleet = world->fleet, .ctx = &world->ctx };

	if (playbook_read(arena, text->text, text->len, &book, err))
		abort();
	for (size_t i = 0; i < book.count; i++)
		if (book.steps[i].timeout_ms > SHORT_MS)
			book.steps[i].timeout_ms = SHORT_MS;
	if (moment)
		play.events = (struct play_events){ .arg = &watch,
						    .step_begins = on_begin,
						    .step_ended = on_end };
	return way == RUN      ? play_run(&play, err)
	       : way == FINISH ? play_resume(&play, true, err)
			       : play_undo(&play, err);
}

/* In a process of its own; what it ended with: an outcome, 50 + it when err was CANCELLED, or 5 when it stopped at once. */
enum { STOPPED_AT_ONCE = 5, CANCELLED = 50 };
static int play_child(struct fake_world *world, const struct moment *moment)
{
	int status = 0;

	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		struct err err = ERR_INIT;
		/* libuv's threads do not live through a fork: a fleet of its own */
		world->fleet = fleet_new(world->fleet_nodes, world->count);
		fake_exit_counts();
		int outcome = (int)play_book(world, RUN, moment, &err);
		if (outcome == PLAY_NEEDS_YOU && !err.hint[0])
			outcome = 99; /* the way on is missing */
		_exit(outcome + (err.code == ERR_CANCELLED ? CANCELLED : 0));
	}
	CHECK(child > 0 && waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

static void check_undone(const struct moment *moment)
{
	struct fake_world world;

	fake_world_open(&world, NODES, false);
	scoped(mem) char *before = fake_world_tree(&world);
	CHECK_INT(play_child(&world, moment), CANCELLED + PLAY_UNDONE);
	scoped(mem) char *now = fake_world_tree(&world);
	CHECK_STR(now, before);
	CHECK(fake_world_serves(&world, FAKE_OLD_TOKEN));
	fake_world_close(&world);
}

/* Before the commit, at each changing step: all as it was. */
static void test_undoes(void)
{
	for (size_t s = 0; s < 3; s++)
		for (size_t step = at.lock + 1; step <= at.commit; step++) {
			const struct moment moment = { .step = step, .first = signals[s] };
			check_undone(&moment);
		}
}

/* When the last step before the commit has just ended it is not too late. */
static void test_undoes_just_before_the_commit(void)
{
	const struct moment moment = { .step = at.commit, .at_end = true, .first = SIGINT };

	check_undone(&moment);
}

/* Past the commit: the step is ended, the next is not begun, and a resume goes to the end. */
static void test_stops_past_the_commit(void)
{
	for (size_t s = 0; s < 3; s++)
		for (size_t step = at.commit + 1; step <= at.last; step++) {
			const struct moment moment = { .step = step, .first = signals[s] };
			struct fake_world world;
			struct err err = ERR_INIT;
			fake_world_open(&world, NODES, false);
			int status = play_child(&world, &moment);
			CHECK_INT(status, step == at.last ? PLAY_DONE : CANCELLED + PLAY_NEEDS_YOU);
			/* its API servers are started only by the step that does that */
			bool served = fake_world_serves(&world, FAKE_TOKEN);
			CHECK_INT(served, step >= at.start_apiserver);
			CHECK_INT(play_book(&world, FINISH, NULL, &err), PLAY_DONE);
			CHECK_STR(err.text, "");
			CHECK(fake_world_serves(&world, FAKE_TOKEN));
			CHECK_STR(fake_world_broken(&world), NULL);
			fake_world_close(&world);
		}
}

/* The second Ctrl-C ends the undo where it is, and what is left can be undone. */
static void test_second_stops_at_once(void)
{
	const struct moment moment = { .step = at.stop_etcd, .first = SIGINT, .second = SIGINT };
	struct fake_world world;
	struct err err = ERR_INIT;

	fake_world_open(&world, NODES, false);
	scoped(mem) char *before = fake_world_tree(&world);
	CHECK_INT(play_child(&world, &moment), STOPPED_AT_ONCE);
	scoped(mem) char *middle = fake_world_tree(&world);
	CHECK(strcmp(middle, before) != 0);
	CHECK_INT(play_book(&world, UNDO, NULL, &err), PLAY_UNDONE);
	scoped(mem) char *now = fake_world_tree(&world);
	CHECK_STR(now, before);
	fake_world_close(&world);
}

/* So does it past the commit. */
static void test_second_stops_at_once_past_the_commit(void)
{
	const struct moment moment = { .step = at.start_apiserver + 1,
				       .first = SIGTERM,
				       .second = SIGINT };
	struct fake_world world;
	struct err err = ERR_INIT;

	fake_world_open(&world, NODES, false);
	CHECK_INT(play_child(&world, &moment), STOPPED_AT_ONCE);
	CHECK_INT(play_book(&world, FINISH, NULL, &err), PLAY_DONE);
	CHECK(fake_world_serves(&world, FAKE_TOKEN));
	fake_world_close(&world);
}

/* A lost terminal sends SIGHUP more than once, and who ends services SIGTERM: that is not impatience. */
static void test_second_hangup_is_no_hurry(void)
{
	for (size_t s = 1; s < 3; s++) {
		const struct moment moment = { .step = at.stop_etcd,
					       .first = SIGHUP,
					       .second = signals[s] };
		check_undone(&moment);
	}
}

TESTS(TEST(find_steps), TEST(test_undoes), TEST(test_undoes_just_before_the_commit),
      TEST(test_stops_past_the_commit), TEST(test_second_stops_at_once),
      TEST(test_second_stops_at_once_past_the_commit), TEST(test_second_hangup_is_no_hurry))
