/*
 * fake_clock: time for plays on fake nodes.  Linked in by --wrap (see the Makefile) before now_ms, deadline_in, ms_until,
 * now_unix, look_pause and fleet_each.
 */
#ifndef PLAY_TEST_FAKE_CLOCK_H
#define PLAY_TEST_FAKE_CLOCK_H

#include "base/err.h"
#include "node/fleet.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * From here on time passes only where somebody waits, and nodes take their turns on the calling thread, each from the time
 * at which the step began: a play is the same every time, and waiting costs nothing.  Without this the clock is the
 * machine's, nodes run at once, and only pauses are shorter.
 */
void fake_clock_stand_still(void);
bool fake_clock_stands(void);

/* It is that late now. */
void fake_clock_reach(uint64_t ms);

uint64_t __real_now_ms(void);
uint64_t __wrap_now_ms(void);
uint64_t __wrap_deadline_in(uint64_t ms);
int __wrap_ms_until(uint64_t deadline);
uint64_t __real_now_unix(void);
uint64_t __wrap_now_unix(void);
int __real_look_pause(struct node *node, unsigned ms, struct err *err);
int __wrap_look_pause(struct node *node, unsigned ms, struct err *err);
int __real_fleet_each(struct fleet *fleet, node_fn *fn, void *arg, const bool only[],
		      struct err errs[], fleet_ended *ended, void *ended_arg);
int __wrap_fleet_each(struct fleet *fleet, node_fn *fn, void *arg, const bool only[],
		      struct err errs[], fleet_ended *ended, void *ended_arg);

#endif
