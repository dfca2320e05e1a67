/*
 * browse_config: the kubeconfig of a browse, in a file.
 */
#ifndef PLUGIN_BROWSE_CONFIG_H
#define PLUGIN_BROWSE_CONFIG_H

#include "plugin/browse.h"

/*
 * Writes it, mode 0600: to --write-kubeconfig, which must not be there yet, else to a temporary file.  `port` is that of
 * this machine.  The path is a new string; whoever has it removes the file.  NULL: FILE.
 */
char *browse_config_write(const struct browse *browse, unsigned port, struct err *err);

#endif
