/*
 * apiserver_flags: how an API server of our own is started over another etcd, on the node of a real one, with what that one
 * has to read the data: encryption provider configuration, feature gates.
 */
#ifndef ETCD_APISERVER_FLAGS_H
#define ETCD_APISERVER_FLAGS_H

#include "etcd/static_pod.h"

enum { APISERVER_FLAGS_MAX = 40 };

struct apiserver_scratch {
	const char *etcd_url;
	const char
		*folder; /* on the node; has the files below, and takes what it may want to write */
	unsigned port;
};

/* Names in the folder: a CA, a certificate of it for server and client, its key, and who may do what. */
#define APISERVER_CA "ca.crt"
#define APISERVER_CERT "drill.crt"
#define APISERVER_KEY "drill.key"
#define APISERVER_POLICY "policy.jsonl"

/* Whom the certificate names. */
#define APISERVER_USER "etcd-backup"

/*
 * The flags, as many as it returns, in the arena, and NULL behind them.  It listens on 127.0.0.1, lets in who has a certificate
 * of that CA, and lets nobody change anything: no role of the data counts, no token of the cluster, no administrator's
 * certificate.  It calls no webhook, and tells nobody where it is.  0 (CONFIG): its manifest does not
 * tell with which certificate it goes to etcd.
 */
size_t apiserver_flags(struct arena *arena, const struct apiserver *api,
		       const struct apiserver_scratch *scratch,
		       const char *out[APISERVER_FLAGS_MAX], struct err *err);

/* What stands in the policy file: APISERVER_USER may read everything. */
extern const char apiserver_policy[];

#endif
