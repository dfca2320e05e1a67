/*
 * drill_store: the report of a drill, beside its snapshot.
 */
#ifndef PLUGIN_DRILL_STORE_H
#define PLUGIN_DRILL_STORE_H

#include "plugin/opts.h"
#include "plugin/source.h"
#include "snapshot/drill_report.h"

/*
 * Puts NAME.drill.json beside the snapshot, in the place of that of an earlier drill.  -1: ALARM, since the drill itself
 * went well.
 */
int drill_store(const struct opts *opts, const struct source *source,
		const struct drill_report *report, int cancel_fd, struct err *err);

#endif
