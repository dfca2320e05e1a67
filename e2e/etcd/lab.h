/*
 * lab: etcd processes for tests, with certificates that ./run makes, asked through a tcp_node.
 */
#ifndef E2E_ETCD_LAB_H
#define E2E_ETCD_LAB_H

#include "etcd/etcd_api.h"

#include <sys/types.h>

enum { CALL_MS = 5000 };

/* One member. */
struct etcd {
	pid_t pid; /* -1: does not run */
	bool tls;
	char name[8], client[64], peer[64], dir[256];
	char other_client[64]; /* it listens there, too, and its certificate does not say so */
	char ca[256], cert[256], key[256];
	struct member member;
};

struct lab {
	const char *bin, *work;
	struct node node;
	struct etcd members[10];
	size_t count;
};

/* From the environment: ETCD_BIN, the folder of etcd's programs, and ETCD_WORK, a folder to work in. */
void lab_init(struct lab *lab);
void lab_release(struct lab *lab); /* kills what still runs */

/* DIR/NAME in the folder to work in; the caller frees. */
char *lab_path(const struct lab *lab, const char *name);

/* A new member with free ports; then the value of --initial-cluster for some of them. */
struct etcd *lab_member(struct lab *lab, const char *name, bool tls);
char *lab_initial(struct etcd *const members[], size_t count);

/* Starts it; `more` is one more flag or NULL.  Token "tok". */
void lab_start(struct lab *lab, struct etcd *etcd, const char *initial, const char *more);
void lab_end(struct etcd *etcd, int signal);

/* Until it answers and has a leader (or has none); exits when it does not within 30 s. */
struct etcd_status lab_wait(struct lab *lab, struct etcd *etcd, bool leader);

/* A client that is sure to be there. */
struct etcd_client *lab_client(struct lab *lab, const struct etcd *etcd);

/* etcdctl with those words, its standard input from a file or NULL; its exit status. */
int lab_etcdctl(struct lab *lab, const struct etcd *etcd, const char *const args[],
		const char *input, struct buf *out);
/* `snapshot status` as JSON, by etcdutl when there is one. */
int lab_snapshot_status(struct lab *lab, const char *path, struct buf *out);

/* Fills it with values of 1 MiB, one revision each; their file is work/large. */
void lab_fill(struct lab *lab, const struct etcd *etcd, int values);

#endif
