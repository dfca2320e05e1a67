/*
 * etcd_api: see etcd_api.h.  The unary calls; the snapshot stream is in etcd_snapshot.c.  Field numbers are
 * those of rpc.proto.
 */
#include "etcd/etcd_api.h"

#include "base/digest.h"
#include "base/mem.h"
#include "etcd/grpc.h"
#include "etcd/proto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEM_MAX = 64 * 1024 };

/* "https://10.0.0.1:2379" or "https://[::1]:2379" */
static int read_url(struct etcd_client *client, const char *url, struct err *err)
{
	const char *at = url ? strstr(url, "://") : NULL;
	const char *colon = at ? strrchr(at + 3, ':') : NULL;
	uint64_t port;

	if (!colon || (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0) ||
	    strlen(url) >= sizeof(client->url) - 1)
		return err_set(err, ERR_CONFIG, "the member's client URL is \"%s\"",
			       url ? url : "");
	at += 3;
	scoped(mem) char *digits = mem_printf("%.*s", (int)strcspn(colon + 1, "/"), colon + 1);
	if (parse_uint(digits, 65535, &port) || !port)
		return err_set(err, ERR_CONFIG, "the member's client URL %s has no port", url);
	size_t len = (size_t)(colon - at);
	if (len > 2 && at[0] == '[' && at[len - 1] == ']') {
		at++;
		len -= 2;
	}
	if (!len || len >= sizeof(client->host))
		return err_set(err, ERR_CONFIG, "the member's client URL is \"%s\"", url);
	snprintf(client->host, sizeof(client->host), "%.*s", (int)len, at);
	snprintf(client->url, sizeof(client->url), "%.*s", (int)(colon + 1 + strlen(digits) - url),
		 url);
	client->port = (unsigned)port;
	return 0;
}

static int read_pem(struct node *node, const char *path, const char *flag, uint64_t deadline,
		    struct buf *out, struct err *err)
{
	if (!path)
		return err_set(err, ERR_CONFIG, "etcd has no %s in its manifest", flag);
	return node_get(node, path, deadline, out, err);
}

struct etcd_client *etcd_client_new(struct node *node, const struct member *member,
				    uint64_t deadline, struct err *err)
{
	struct etcd_client *client = mem_zalloc(sizeof(*client));
	uint8_t sum[SHA256_SIZE];

	client->node = node;
	client->ca = (struct buf)BUF_INIT(PEM_MAX);
	client->cert = (struct buf)BUF_INIT(PEM_MAX);
	client->key = (struct buf)BUF_SECRET(PEM_MAX);
	if (read_url(client, member->client_url ? member->client_url : member->listen_client, err))
		goto failed;
	if (strncmp(client->url, "https://", 8) != 0)
		return client;
	if (read_pem(node, member->ca_file, "--trusted-ca-file", deadline, &client->ca, err) ||
	    read_pem(node, member->cert_file, "--cert-file", deadline, &client->cert, err) ||
	    read_pem(node, member->key_file, "--key-file", deadline, &client->key, err))
		goto failed;
	if (digest_certificate(buf_str(&client->ca), client->ca.len, sum)) {
		err_set(err, ERR_CONFIG, "%s holds no certificate", member->ca_file);
		goto failed;
	}
	digest_hex(sum, sizeof(sum), client->fingerprint);
	return client;
failed:
	etcd_client_free(client);
	return NULL;
}

void etcd_client_free(struct etcd_client *client)
{
	if (!client)
		return;
	buf_release(&client->ca);
	buf_release(&client->cert);
	buf_release(&client->key);
	free(client);
}

void etcd_client_scoped(struct etcd_client **client)
{
	etcd_client_free(*client);
}

const char *etcd_client_ca_fingerprint(const struct etcd_client *client)
{
	return client->fingerprint;
}

uint64_t etcd_client_certificate_end(struct etcd_client *client, const struct member *member,
				     uint64_t deadline)
{
	scoped(buf) struct buf peer = BUF_INIT(PEM_MAX);
	struct buf *const texts[] = { &client->ca, &client->cert, &peer };
	uint64_t first = UINT64_MAX, end;
	struct err ignored = ERR_INIT;

	if (member->peer_cert_file)
		node_get(client->node, member->peer_cert_file, deadline, &peer, &ignored);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!digest_certificate_end(buf_str(texts[i]), texts[i]->len, &end) && end < first)
			first = end;
	return first == UINT64_MAX ? 0 : first;
}

struct header {
	uint64_t cluster, member, revision, term;
};

static void read_header(const struct proto_field *field, struct header *out)
{
	struct proto p = proto_of(field->data, field->len);
	struct proto_field f;

	while (field->type == 2 && proto_next(&p, &f)) {
		switch (f.number) {
		case 1:
			out->cluster = f.value;
			break;
		case 2:
			out->member = f.value;
			break;
		case 3:
			out->revision = f.value;
			break;
		case 4:
			out->term = f.value;
			break;
		default:
			break;
		}
	}
}

static int odd_answer(const struct proto *p, const char *what, struct err *err)
{
	return p->bad ? err_set(err, ERR_ETCD, "%s: an answer that does not parse", what) : 0;
}

static void add_words(char *out, size_t size, const struct proto_field *f)
{
	size_t len = strlen(out);

	if (len && len < size - 3) {
		memcpy(out + len, "; ", 3);
		len += 2;
	}
	if (len < size - 1)
		proto_text(f, out + len, size - len);
}

/* "memberID:10276657743932975437 alarm:NOSPACE "; a member 0 is left out of it */
unsigned etcd_trouble(const char *text, uint64_t own_id)
{
	const char *member = strstr(text, "memberID:"), *at = strstr(text, "alarm:");

	if (strstr(text, "no leader"))
		return ETCD_NO_LEADER;
	if (at && strncmp(at, "alarm:NOSPACE", 13) == 0)
		return ETCD_FULL;
	if (!at || strncmp(at, "alarm:CORRUPT", 13) != 0)
		return ETCD_ODD;
	return member && strtoull(member + 9, NULL, 10) != own_id ? ETCD_CORRUPT_ELSEWHERE
								  : ETCD_CORRUPT;
}

static void status_error(const struct proto_field *f, struct etcd_status *s)
{
	char text[256];

	add_words(s->errors, sizeof(s->errors), f);
	proto_text(f, text, sizeof(text));
	s->troubles |= etcd_trouble(text, s->member_id);
}

static void status_field(const struct proto_field *f, struct etcd_status *s)
{
	switch (f->number) {
	case 2:
		proto_text(f, s->version, sizeof(s->version));
		break;
	case 3:
		s->db_size = f->value;
		break;
	case 4:
		s->leader = f->value;
		break;
	case 5:
		s->raft_index = f->value;
		break;
	case 7:
		s->raft_applied = f->value;
		break;
	case 8:
		status_error(f, s);
		break;
	case 9:
		s->db_in_use = f->value;
		break;
	case 10:
		s->learner = f->value;
		break;
	case 11:
		proto_text(f, s->storage_version, sizeof(s->storage_version));
		break;
	case 12:
		s->quota = f->value;
		break;
	default:
		break;
	}
}

int etcd_status_decode(const void *data, size_t len, struct etcd_status *out, struct err *err)
{
	struct etcd_status s = { 0 };
	struct header h = { 0 };
	struct proto_field f;
	struct proto p = proto_of(data, len);

	while (proto_next(&p, &f))
		if (f.number == 1)
			read_header(&f, &h);
	s.cluster_id = h.cluster;
	s.member_id = h.member;
	s.revision = h.revision;
	s.term = h.term;
	p = proto_of(data, len);
	while (proto_next(&p, &f)) /* errors name members: whose they are must be known first */
		status_field(&f, &s);
	if (odd_answer(&p, "Status", err))
		return -1;
	*out = s;
	return 0;
}

int etcd_status(struct etcd_client *client, uint64_t deadline, struct etcd_status *out,
		struct err *err)
{
	struct buf nothing = BUF_INIT(1);
	scoped(buf) struct buf answer = BUF_INIT(1024 * 1024);

	return grpc_unary(client, "/etcdserverpb.Maintenance/Status", &nothing, false, deadline,
			  &answer, err)
		       ? -1
		       : etcd_status_decode(buf_str(&answer), answer.len, out, err);
}

/* Adds a URL to a comma separated list, if it fits. */
static void add_url(char *list, size_t size, const struct proto_field *f)
{
	size_t len = strlen(list);

	if (len + f->len + 2 > size)
		return;
	if (len)
		list[len++] = ',';
	proto_text(f, list + len, size - len);
}

static bool read_member(const struct proto_field *field, struct etcd_member *m)
{
	struct proto p = proto_of(field->data, field->len);
	struct proto_field f;

	while (proto_next(&p, &f)) {
		if (f.number == 1)
			m->id = f.value;
		else if (f.number == 2)
			proto_text(&f, m->name, sizeof(m->name));
		else if (f.number == 3)
			add_url(m->peer_urls, sizeof(m->peer_urls), &f);
		else if (f.number == 4)
			add_url(m->client_urls, sizeof(m->client_urls), &f);
		else if (f.number == 5)
			m->learner = f.value;
	}
	return !p.bad;
}

int etcd_members_decode(const void *data, size_t len, struct etcd_members *out, struct err *err)
{
	struct etcd_members found = { .count = 0 };
	struct header h = { 0 };
	struct proto_field f;
	struct proto p = proto_of(data, len);

	while (proto_next(&p, &f)) {
		if (f.number == 1)
			read_header(&f, &h);
		if (f.number != 2 || f.type != 2)
			continue;
		if (found.count == CLUSTER_MEMBERS_MAX)
			return err_set(err, ERR_ETCD, "MemberList: more than %d members",
				       CLUSTER_MEMBERS_MAX);
		p.bad |= !read_member(&f, &found.list[found.count++]);
	}
	if (odd_answer(&p, "MemberList", err))
		return -1;
	found.cluster_id = h.cluster;
	*out = found;
	return 0;
}

int etcd_members(struct etcd_client *client, uint64_t deadline, struct etcd_members *out,
		 struct err *err)
{
	struct buf nothing = BUF_INIT(1);
	scoped(buf) struct buf answer = BUF_INIT(1024 * 1024);

	return grpc_unary(client, "/etcdserverpb.Cluster/MemberList", &nothing, false, deadline,
			  &answer, err)
		       ? -1
		       : etcd_members_decode(buf_str(&answer), answer.len, out, err);
}

int etcd_hash_decode(const void *data, size_t len, struct etcd_hash *out, struct err *err)
{
	struct etcd_hash hash = { 0 };
	struct header h = { 0 };
	struct proto_field f;
	struct proto p = proto_of(data, len);

	while (proto_next(&p, &f)) {
		if (f.number == 1)
			read_header(&f, &h);
		else if (f.number == 2)
			hash.hash = (uint32_t)f.value;
		else if (f.number == 3) /* -1: never compacted */
			hash.compact_revision = f.value == UINT64_MAX ? 0 : f.value;
	}
	if (odd_answer(&p, "HashKV", err))
		return -1;
	hash.revision = h.revision;
	*out = hash;
	return 0;
}

int etcd_hashkv(struct etcd_client *client, uint64_t revision, uint64_t deadline,
		struct etcd_hash *out, struct err *err)
{
	scoped(buf) struct buf message = BUF_INIT(64);
	scoped(buf) struct buf answer = BUF_INIT(64 * 1024);

	if (revision)
		proto_add_varint(&message, 1, revision);
	return grpc_unary(client, "/etcdserverpb.Maintenance/HashKV", &message, false, deadline,
			  &answer, err)
		       ? -1
		       : etcd_hash_decode(buf_str(&answer), answer.len, out, err);
}

int etcd_linearizable_revision(struct etcd_client *client, uint64_t deadline, uint64_t *revision,
			       struct err *err)
{
	scoped(buf) struct buf message = BUF_INIT(64);
	scoped(buf) struct buf answer = BUF_INIT(64 * 1024);
	struct header h = { 0 };
	struct proto_field f;

	proto_add_bytes(&message, 1, "\0", 1); /* key: one that nobody has */
	proto_add_varint(&message, 3, 1);      /* limit */
	proto_add_varint(&message, 8, 1);      /* keys_only */
	if (grpc_unary(client, "/etcdserverpb.KV/Range", &message, true, deadline, &answer, err))
		return -1;
	struct proto p = proto_of(buf_str(&answer), answer.len);
	while (proto_next(&p, &f))
		if (f.number == 1)
			read_header(&f, &h);
	if (odd_answer(&p, "Range", err))
		return -1;
	if (!h.revision)
		return err_set(err, ERR_ETCD, "KV/Range: an answer without a revision");
	*revision = h.revision;
	return 0;
}

/* mvccpb.KeyValue: the value is field 5. */
static int read_value(const struct proto_field *kv, struct buf *out, struct err *err)
{
	struct proto p = proto_of(kv->data, kv->len);
	struct proto_field f;

	while (proto_next(&p, &f))
		if (f.number == 5 && f.type == 2 && buf_add(out, f.data, f.len))
			return err_set(err, ERR_ETCD, "a value of more than %zu bytes", out->max);
	return odd_answer(&p, "Range", err);
}

int etcd_value(struct etcd_client *client, const char *key, uint64_t deadline, struct buf *out,
	       bool *found, struct err *err)
{
	scoped(buf) struct buf message = BUF_INIT(4096);
	scoped(buf) struct buf answer = BUF_SECRET(out->max + 4096);
	struct proto_field f;
	bool there = false;

	proto_add_bytes(&message, 1, key, strlen(key));
	proto_add_varint(&message, 7, 1); /* serializable */
	if (grpc_unary(client, "/etcdserverpb.KV/Range", &message, false, deadline, &answer, err))
		return -1;
	struct proto p = proto_of(buf_str(&answer), answer.len);
	while (proto_next(&p, &f)) {
		if (f.number != 2 || f.type != 2 || there)
			continue;
		there = true;
		if (read_value(&f, out, err))
			return -1;
	}
	if (odd_answer(&p, "Range", err))
		return -1;
	*found = there;
	return 0;
}

int etcd_put(struct etcd_client *client, const char *key, const char *value, uint64_t deadline,
	     uint64_t *revision, struct err *err)
{
	scoped(buf) struct buf message = BUF_INIT(64 * 1024);
	scoped(buf) struct buf answer = BUF_INIT(64 * 1024);
	struct header h = { 0 };
	struct proto_field f;

	proto_add_bytes(&message, 1, key, strlen(key));
	proto_add_bytes(&message, 2, value, strlen(value));
	if (grpc_unary(client, "/etcdserverpb.KV/Put", &message, true, deadline, &answer, err))
		return -1;
	struct proto p = proto_of(buf_str(&answer), answer.len);
	while (proto_next(&p, &f))
		if (f.number == 1)
			read_header(&f, &h);
	if (odd_answer(&p, "Put", err))
		return -1;
	if (!h.revision)
		return err_set(err, ERR_ETCD, "KV/Put: an answer without a revision");
	*revision = h.revision;
	return 0;
}
