/*
 * fake_clock: see fake_clock.h.
 */
#include "fake_clock.h"

#include "play/look.h"

#include <limits.h>

static struct {
	bool stands;
	uint64_t ms;
} the_clock;

void fake_clock_stand_still(void)
{
	the_clock.stands = true;
	the_clock.ms = 1000;
}

bool fake_clock_stands(void)
{
	return the_clock.stands;
}

void fake_clock_reach(uint64_t ms)
{
	if (the_clock.stands && ms > the_clock.ms)
		the_clock.ms = ms;
}

uint64_t __wrap_now_ms(void)
{
	return the_clock.stands ? the_clock.ms : __real_now_ms();
}

uint64_t __wrap_deadline_in(uint64_t ms)
{
	return __wrap_now_ms() + ms;
}

int __wrap_ms_until(uint64_t deadline)
{
	uint64_t now = __wrap_now_ms();

	if (deadline <= now)
		return 0;
	return deadline - now > INT_MAX ? INT_MAX : (int)(deadline - now);
}

uint64_t __wrap_now_unix(void)
{
	return the_clock.stands ? 1795257600 : __real_now_unix();
}

int __wrap_look_pause(struct node *node, unsigned ms, struct err *err)
{
	if (!the_clock.stands)
		return __real_look_pause(node, ms < 2 ? ms : 2, err);
	the_clock.ms += ms;
	return __real_look_pause(node, 0, err);
}

int __wrap_fleet_each(struct fleet *fleet, node_fn *fn, void *arg, const bool only[],
		      struct err errs[], fleet_ended *ended, void *ended_arg)
{
	uint64_t start = the_clock.ms, end = start;
	bool all_well = true;

	if (!the_clock.stands)
		return __real_fleet_each(fleet, fn, arg, only, errs, ended, ended_arg);
	for (size_t i = 0; i < fleet_count(fleet); i++) {
		struct node *node = fleet_node(fleet, i);
		errs[i] = ERR_INIT;
		if (only && !only[i])
			continue;
		the_clock.ms = start;
		bool failed = fn(node, arg, &errs[i]) != 0;
		if (!failed)
			errs[i].code = ERR_NONE;
		else if (errs[i].code == ERR_NONE)
			err_set(&errs[i], ERR_BUG, "failed without saying why");
		all_well &= !failed;
		if (ended)
			ended(ended_arg, node, the_clock.ms - start, failed ? &errs[i] : NULL);
		if (the_clock.ms > end)
			end = the_clock.ms;
	}
	the_clock.ms = end;
	return all_well ? 0 : -1;
}
