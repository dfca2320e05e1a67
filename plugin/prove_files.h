/*
 * prove_files: all that can be proved of the control plane's own files, which `save --with-pki` puts beside a snapshot.
 */
#ifndef PLUGIN_PROVE_FILES_H
#define PLUGIN_PROVE_FILES_H

#include "plugin/source.h"
#include "plugin/verification.h"

/*
 * Reads the whole object that the recipe names (none: does nothing) and adds a check to v: its size and SHA-256 are those of the
 * recipe; and when it can be opened, that it is authentic, and a tar archive up to its end with files of every member's
 * /etc/kubernetes/pki.  Without any key it is not opened, which the check says.  Nothing of it is kept.  -1: CORRUPT, also when it is not
 * there; CONFIG: no key fits; what the store says.
 */
int prove_files(struct verification *v, struct store *store, const struct recipe *recipe,
		const struct source_keys *keys, struct err *err);

#endif
