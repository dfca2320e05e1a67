/*
 * etcd_auth: what etcd says to a caller whom its auth does not let ask.
 */
#ifndef ETCD_ETCD_AUTH_H
#define ETCD_ETCD_AUTH_H

#include "base/err.h"

#include <stdbool.h>

/*
 * Whether a call ended so because of etcd's auth: the certificate is of no user, or of one that may not.  Told by etcd's own
 * words only; nothing else that fails is taken for it.
 */
bool etcd_refused_by_auth(const struct err *err);

#endif
