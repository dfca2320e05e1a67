/*
 * etcd_alarm: see etcd_alarm.h.  Field numbers are those of rpc.proto (AlarmRequest, AlarmMember).
 */
#include "etcd/etcd_alarm.h"

#include "etcd/grpc.h"
#include "etcd/proto.h"

#include <stdio.h>
#include <string.h>

enum { ACTION_DEACTIVATE = 2, KINDS = 3 };

#define ALARM "/etcdserverpb.Maintenance/Alarm"

unsigned etcd_alarm_kind(uint64_t kind)
{
	return kind < KINDS ? 1u << kind : (unsigned)ETCD_ALARM_OTHER;
}

static bool read_alarm(const struct proto_field *field, struct etcd_alarm_list *out)
{
	struct proto inner = proto_of(field->data, field->len);
	struct etcd_alarm alarm = { 0 };
	struct proto_field f;

	while (proto_next(&inner, &f)) {
		if (f.number == 1)
			alarm.member = f.value;
		else if (f.number == 2)
			alarm.kind = f.value;
	}
	out->list[out->count++] = alarm;
	out->kinds |= etcd_alarm_kind(alarm.kind);
	return !inner.bad;
}

int etcd_alarm_decode(const void *data, size_t len, struct etcd_alarm_list *out, struct err *err)
{
	struct etcd_alarm_list found = { .count = 0 };
	struct proto_field f;
	struct proto p = proto_of(data, len);
	bool bad = false;

	while (proto_next(&p, &f)) {
		if (f.number != 2 || f.type != 2)
			continue;
		if (found.count == ETCD_ALARMS_MAX)
			return err_set(err, ERR_ETCD, "Alarm: more than %d alarms",
				       ETCD_ALARMS_MAX);
		bad |= !read_alarm(&f, &found);
	}
	if (bad || p.bad)
		return err_set(err, ERR_ETCD, "Alarm: an answer that does not parse");
	*out = found;
	return 0;
}

int etcd_alarm_list(struct etcd_client *client, uint64_t deadline, struct etcd_alarm_list *out,
		    struct err *err)
{
	struct buf nothing = BUF_INIT(1);
	scoped(buf) struct buf answer = BUF_INIT(64 * 1024);

	return grpc_unary(client, ALARM, &nothing, false, deadline, &answer, err)
		       ? -1
		       : etcd_alarm_decode(buf_str(&answer), answer.len, out, err);
}

int etcd_alarms(struct etcd_client *client, uint64_t deadline, size_t *count, char words[256],
		struct err *err)
{
	static const char *const names[] = { "NONE", "NOSPACE", "CORRUPT" };
	struct etcd_alarm_list found;

	if (etcd_alarm_list(client, deadline, &found, err))
		return -1;
	words[0] = '\0';
	for (size_t i = 0; i < found.count; i++) {
		size_t len = strlen(words);
		snprintf(words + len, 256 - len, "%s%s on %llx", i ? "; " : "",
			 found.list[i].kind < KINDS ? names[found.list[i].kind] : "an alarm",
			 (unsigned long long)found.list[i].member);
	}
	*count = found.count;
	return 0;
}

int etcd_alarm_disarm(struct etcd_client *client, const struct etcd_alarm *alarm, uint64_t deadline,
		      struct err *err)
{
	scoped(buf) struct buf message = BUF_INIT(64);
	scoped(buf) struct buf answer = BUF_INIT(64 * 1024);

	proto_add_varint(&message, 1, ACTION_DEACTIVATE);
	proto_add_varint(&message, 2, alarm->member);
	proto_add_varint(&message, 3, alarm->kind);
	return grpc_unary(client, ALARM, &message, true, deadline, &answer, err);
}

int etcd_defragment(struct etcd_client *client, uint64_t deadline, struct err *err)
{
	struct buf nothing = BUF_INIT(1);
	scoped(buf) struct buf answer = BUF_INIT(64 * 1024);

	return grpc_unary(client, "/etcdserverpb.Maintenance/Defragment", &nothing, false, deadline,
			  &answer, err);
}
