/*
 * fuzz_static_pod: text as a manifest: read as a member and as an API server (static_pod.c), and annotated
 * (static_pod_edit.c), and told which members there are (static_pod_join.c).
 */
#include "base/yaml.h"
#include "etcd/static_pod.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf out = BUF_INIT(2 * MANIFEST_MAX);
	struct member member = { 0 };
	struct apiserver api = { 0 };
	struct cluster cluster = { .count = 1 };
	struct err err = ERR_INIT;
	const struct tree *pod = yaml_parse(arena, (const char *)data, len, MANIFEST_MAX, &err);

	if (!pod)
		return 0;
	if (!static_pod_member(arena, pod, &member, &err) &&
	    (member.data_dir[0] != '/' || strstr(member.data_dir, "/..") == member.data_dir))
		abort();
	cluster.members[0] = member;
	if (!static_pod_apiserver(arena, pod, &api, &err))
		static_pod_etcd_is_local(api.etcd_servers, &cluster);
	static_pod_annotate((const char *)data, len, "etcd-backup/run", "run", &out, &err);
	buf_clear(&out);
	if (!static_pod_join((const char *)data, len, "a=b,c=d", &out, &err) &&
	    !strstr(buf_str(&out), "--initial-cluster=a=b,c=d"))
		abort();
	return 0;
}
