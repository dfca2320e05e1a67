/*
 * forecast: how long the API would be down in a real restore, by what a drill has measured.  Pure.
 */
#ifndef PLAY_FORECAST_H
#define PLAY_FORECAST_H

#include <stddef.h>
#include <stdint.h>

/*
 * What a drill does not do, in ms: taken from restores of small snapshots on the cluster of docs/performance.md, which is
 * slow rather than fast.  None of it grows with the snapshot.
 */
enum {
	FORECAST_STOP_MS = 2000, /* stop-apiserver and stop-etcd, until nobody listens any more */
	FORECAST_SWAP_MS = 800,  /* swap-data, and etcd's manifests put back */
	FORECAST_KUBELET_ETCD_MS = 4000, /* kubelet, still busy with the old pod, starts etcd */
	FORECAST_KUBELET_TURN_MS = 1200, /* the same where it had the turns before to get done */
	FORECAST_KUBELET_API_MS = 1700   /* the API server's manifest back, and kubelet starts it */
};

/* Of a drill on the nodes, in ms. */
struct forecast_measured {
	uint64_t etcd_start; /* from a member's start until it listened; of the slowest */
	uint64_t etcd_well; /* from then until all were well and had told their HashKV: wait-etcd */
	uint64_t api_start; /* from an API server's start until it was ready */
	size_t turns; /* etcds start all at once: 1; one after another: as many as there are */
};

/*
 * From the first API server stopped to the first one ready again, in ms: stop, swap, the first turn of etcds, the other turns,
 * wait, one API server.  0 turns count as 1.
 */
uint64_t forecast_api_down(const struct forecast_measured *measured);

#endif
