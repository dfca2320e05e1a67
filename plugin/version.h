/*
 * version: what `version` prints.
 */
#ifndef PLUGIN_VERSION_H
#define PLUGIN_VERSION_H

#define VERSION "0.1.0"

#endif
