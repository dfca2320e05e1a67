/*
 * certificate: a CA of one use and the one certificate that it has signed (OpenSSL): for servers on this machine that
 * only we may talk to.
 */
#ifndef BASE_CERTIFICATE_H
#define BASE_CERTIFICATE_H

#include "base/buf.h"
#include "base/err.h"

enum { CERTIFICATE_MAX = 16 * 1024 };

/* PEM texts. */
struct certificate {
	struct buf ca, cert, key; /* released by certificate_release, which wipes the key */
};

/*
 * Makes both, on curve P-256: `name` is the certificate's common name, `address` (an IP address) its only alternative
 * name, usable as server and as client, from an hour ago for `hours`.  The CA's own key is gone when this returns: no
 * other certificate can be made of it.  -1: CONFIG (OpenSSL does not offer it).
 */
int certificate_make(const char *name, const char *address, unsigned hours, struct certificate *out,
		     struct err *err);
void certificate_release(struct certificate *certificate);
void certificate_scoped(struct certificate *certificate);

#endif
