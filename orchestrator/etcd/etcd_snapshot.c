/*
 * etcd_snapshot: the call Maintenance/Snapshot; what its stream must be is in snapshot_stream.c.
 */
#include "base/mem.h"
#include "etcd/grpc.h"
#include "etcd/snapshot_stream.h"

int etcd_snapshot(struct etcd_client *client, bool has_leader, uint64_t deadline, uint64_t stall_ms,
		  int (*on_data)(void *arg, const void *data, size_t len, struct err *err),
		  void *arg, struct etcd_snapshot *out, struct err *err)
{
	struct buf nothing = BUF_INIT(1);
	struct snapshot_stream stream = { .on_data = on_data, .arg = arg };
	struct grpc_call call = { .method = "/etcdserverpb.Maintenance/Snapshot",
				  .message = &nothing,
				  .has_leader = has_leader,
				  .deadline = deadline,
				  .stall_ms = stall_ms,
				  .on_message = snapshot_stream_message,
				  .arg = &stream };
	int failed = grpc_do(client, &call, err);

	if (!failed)
		failed = snapshot_stream_prove(&stream, out, err);
	snapshot_stream_release(&stream);
	return failed ? -1 : 0;
}
