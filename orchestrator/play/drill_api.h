/*
 * drill_api: asking the API server of a drill.
 */
#ifndef PLAY_DRILL_API_H
#define PLAY_DRILL_API_H

#include "etcd/apiserver.h"
#include "play/verb.h"

#define DRILL_API_FOLDER "api" /* in the run's folder */

/* By the certificate that lies beside it on the node.  NULL: as apiserver_client_new. */
struct apiserver_client *drill_api_client(struct node *node, const struct play_ctx *ctx,
					  uint64_t deadline, struct err *err);

#endif
