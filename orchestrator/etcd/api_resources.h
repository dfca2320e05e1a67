/*
 * api_resources: which resources an API server serves, and how many objects it has of one.
 */
#ifndef ETCD_API_RESOURCES_H
#define ETCD_API_RESOURCES_H

#include "base/mem.h"
#include "etcd/apiserver.h"

enum { API_RESOURCES_MAX = 4096 };

struct api_resource {
	const char *name;            /* "pods", "widgets" */
	const char *group;           /* "": the core group */
	const char *path;            /* "/api/v1/pods", "/apis/example.com/v1/widgets" */
	const char *singular, *kind; /* "pod", "Pod"; NULL: not told */
	const struct tree *shorts;   /* a list: "po" */
	bool namespaced;
};

struct api_resources {
	struct api_resource *list; /* in the arena */
	size_t count;
	const char *
		silent; /* a group that did not answer, as one served elsewhere; NULL: there is none */
	bool old;       /* its lists of metadata do not say how many there are (before 1.21) */
};

/*
 * Asks for all groups, each in the version that it prefers; only resources that can be listed.  A group that does not answer is
 * left out.  -1: KUBE, TIMEOUT, CANCELLED, SSH.
 */
int api_resources_read(struct apiserver_client *client, struct arena *arena, uint64_t deadline,
		       struct api_resources *out, struct err *err);

/*
 * As kubectl names it ("pods", "pod", "Pod", "po", "widgets.example.com"); a name without a group is found in every group, in the
 * core group first.  NULL: none.
 */
const struct api_resource *api_resources_find(const struct api_resources *resources,
					      const char *name);

/* One object's path; `space` is not looked at where the resource is in none.  A new string. */
char *api_resources_path(const struct api_resource *resource, const char *space, const char *name);

/* How many objects there were at a revision of etcd.  -1: KUBE in the API server's own words, TIMEOUT, CANCELLED, SSH. */
int api_resources_count(struct apiserver_client *client, struct api_resources *resources,
			const struct api_resource *resource, uint64_t revision, uint64_t deadline,
			uint64_t *count, struct err *err);

/* What an answer that is not 200 says, as an error (KUBE).  -1. */
int api_resources_refused(const char *path, const struct http_answer *answer, struct err *err);

#endif
