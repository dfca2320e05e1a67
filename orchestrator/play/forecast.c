/*
 * forecast: see forecast.h.  The order is that of playbooks/restore.yaml; docs/drill.md has it in words.
 */
#include "play/forecast.h"

uint64_t forecast_api_down(const struct forecast_measured *m)
{
	uint64_t more = m->turns > 1 ? m->turns - 1 : 0;
	uint64_t down = FORECAST_STOP_MS + FORECAST_SWAP_MS;

	down += FORECAST_KUBELET_ETCD_MS + m->etcd_start;
	down += more * (FORECAST_KUBELET_TURN_MS + m->etcd_start);
	down += m->etcd_well;
	return down + FORECAST_KUBELET_API_MS + m->api_start;
}
