/*
 * store_text: a small object of a store, whole and in memory.
 */
#ifndef STORE_STORE_TEXT_H
#define STORE_STORE_TEXT_H

#include "base/buf.h"
#include "store/store.h"

/* Adds it to the buffer.  -1: CONFIG when it is longer than the buffer may be; as store_get. */
int store_text(struct store *store, const char *name, struct buf *out, struct err *err);

#endif
