/*
 * browse: a snapshot behind an API server of its own on one node, for as long as somebody looks into it.
 */
#ifndef PLUGIN_BROWSE_H
#define PLUGIN_BROWSE_H

#include "base/certificate.h"
#include "plugin/plan.h"

/* What whoever looks is given. */
struct browse {
	const struct opts *opts;
	struct plan *
		plan; /* of one node; its fleet catches signals, which undo nothing: see fleet_take_signal */
	const struct certificate *certificate; /* of the API server, and to ask it with */
	unsigned port;                         /* of the API server, on the node's 127.0.0.1 */
	const char *name;                      /* of the snapshot */
	uint64_t
		deadline; /* of looking: --timeout's, or a little before the node ends what runs there */
};

/* Returns an exit status; err is set when not 0, but for that of a command. */
typedef int browse_look(struct browse *browse, struct err *err);

/*
 * Opens the snapshot that is opts' first word, restores and starts everything, lets `look` look, and undoes everything, also after
 * a failure, Ctrl-C, and --timeout, which is counted from here.  The exit status: that of `look`; 5 when something is left on the node.
 */
int browse_run(const struct opts *opts, browse_look *look, struct err *err);

/* Sets what to say when the deadline has passed; returns -1 (TIMEOUT). */
int browse_over(const struct browse *browse, struct err *err);

#endif
