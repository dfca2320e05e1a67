/*
 * etcd_alarm: the alarms of a cluster, and what ends them: Maintenance/Alarm and Maintenance/Defragment.
 */
#ifndef ETCD_ETCD_ALARM_H
#define ETCD_ETCD_ALARM_H

#include "etcd/etcd_api.h"

/* 1 << the kind's number in rpc.proto (AlarmType). */
enum {
	ETCD_ALARM_NOSPACE = 1 << 1,
	ETCD_ALARM_CORRUPT = 1 << 2,
	ETCD_ALARM_OTHER = 1 << 3, /* one that is not known here */
	ETCD_ALARMS_MAX = 64,
};

struct etcd_alarm {
	uint64_t member, kind; /* as etcd numbers them */
};

struct etcd_alarm_list {
	struct etcd_alarm list[ETCD_ALARMS_MAX];
	size_t count;
	unsigned kinds; /* ETCD_ALARM_ flags of all of them */
};

unsigned etcd_alarm_kind(uint64_t kind); /* as a flag */

/* Which alarms there are; needs quorum. */
int etcd_alarm_list(struct etcd_client *client, uint64_t deadline, struct etcd_alarm_list *out,
		    struct err *err);

/* That answer as it comes.  -1 (ETCD): it does not parse, or has more than ETCD_ALARMS_MAX; *out is untouched. */
int etcd_alarm_decode(const void *data, size_t len, struct etcd_alarm_list *out, struct err *err);

/* Ends one; needs quorum.  One that is not there is no error. */
int etcd_alarm_disarm(struct etcd_client *client, const struct etcd_alarm *alarm, uint64_t deadline,
		      struct err *err);

/* Gives the free pages of this member's database back to its file system; it serves nothing meanwhile. */
int etcd_defragment(struct etcd_client *client, uint64_t deadline, struct err *err);

#endif
