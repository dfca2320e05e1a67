/*
 * grpc: see grpc.h.
 */
#include "etcd/grpc.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD = 5 };

static size_t frame_len(const unsigned char *head)
{
	return (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
}

/* Uses up whole frames at the start of data; returns how many bytes, or -1. */
static ssize_t use_frames(struct grpc_frames *frames, const unsigned char *data, size_t len,
			  struct err *err)
{
	size_t at = 0;

	while (len - at >= HEAD) {
		size_t size = frame_len(data + at);
		if (data[at] != 0)
			return err_set(err, ERR_ETCD,
				       "etcd sent a compressed message that nobody asked for");
		if (size > GRPC_MESSAGE_MAX)
			return err_set(err, ERR_ETCD, "etcd sent a message of %zu bytes", size);
		if (len - at - HEAD < size)
			break;
		if (frames->on_message(frames->arg, data + at + HEAD, size, err))
			return -1;
		at += HEAD + size;
	}
	return (ssize_t)at;
}

int grpc_frames_add(struct grpc_frames *frames, const void *data, size_t len, struct err *err)
{
	ssize_t used;

	frames->partial.max = GRPC_MESSAGE_MAX + HEAD + 1024 * 1024;
	if (!frames->partial.len) { /* most bytes are used where they are */
		used = use_frames(frames, data, len, err);
		if (used < 0)
			return -1;
		data = (const char *)data + used;
		len -= (size_t)used;
	}
	if (len && buf_add(&frames->partial, data, len))
		return err_set(err, ERR_ETCD, "etcd sent a message that is too long");
	used = use_frames(frames, (const unsigned char *)buf_str(&frames->partial),
			  frames->partial.len, err);
	if (used < 0)
		return -1;
	buf_drop(&frames->partial, (size_t)used);
	return 0;
}

void grpc_frames_release(struct grpc_frames *frames)
{
	buf_release(&frames->partial);
}

static int on_body(void *arg, const void *data, size_t len, struct err *err)
{
	return grpc_frames_add(arg, data, len, err);
}

/* Why an answer is none. */
static int judge(const char *name, const struct http_answer *answer,
		 const struct grpc_frames *frames, struct err *err)
{
	if (answer->status != 200)
		return err_set(err, ERR_ETCD, "%s: HTTP %ld", name, answer->status);
	if (answer->grpc_status < 0)
		return err_set(err, ERR_ETCD, "%s: etcd ended the answer in the middle", name);
	if (answer->grpc_status)
		return err_set(err, ERR_ETCD, "%s: etcd said: %s (code %d)", name,
			       answer->grpc_message[0] ? answer->grpc_message : "nothing",
			       answer->grpc_status);
	if (frames->partial.len)
		return err_set(err, ERR_ETCD, "%s: the last message is cut off", name);
	return 0;
}

int grpc_do(struct etcd_client *client, const struct grpc_call *call, struct err *err)
{
	const char *const headers[] = { "content-type: application/grpc", "te: trailers",
					call->has_leader ? "hasleader: true" : NULL, NULL };
	scoped(buf) struct buf body = BUF_INIT(64 * 1024);
	scoped(mem) char *url = mem_printf("%s%s", client->url, call->method);
	struct grpc_frames frames = { .on_message = call->on_message, .arg = call->arg };
	struct http_carrier carrier;
	size_t len = call->message->len;
	char head[HEAD] = { 0, (char)(len >> 24), (char)(len >> 16), (char)(len >> 8), (char)len };

	buf_add(&body, head, HEAD);
	buf_add(&body, buf_str(call->message), len);
	if (node_tunnel(client->node, client->host, client->port, call->deadline, &carrier, err))
		return -1;
	struct http_request request = {
		.method = "POST",
		.url = url,
		.headers = headers,
		.body = body.data,
		.body_len = body.len,
		.http2 = true,
		.carrier = carrier.local ? &carrier : NULL,
		.proxy = carrier.local ? NULL : "", /* a member on this machine is behind none */
		.deadline = call->deadline,
		.stall_ms = call->stall_ms,
		.cancel_fd = client->node->cancel_fd,
		.on_body = on_body,
		.arg = &frames,
	};
	if (client->ca.len)
		request.tls =
			(struct http_tls){ .ca = buf_str(&client->ca),
					   .cert = client->cert.len ? buf_str(&client->cert) : NULL,
					   .key = client->key.len ? buf_str(&client->key) : NULL };
	const char *name = strrchr(call->method, '.') + 1; /* "Maintenance/Status" */
	struct http_answer answer;
	int failed = http_do(&request, &answer, err);
	if (failed && err->code == ERR_KUBE) /* http's word for a server that does not answer */
		err->code = ERR_ETCD;
	failed = failed ? err_in(err, "%s", name) : judge(name, &answer, &frames, err);
	http_answer_release(&answer);
	node_tunnel_close(client->node);
	grpc_frames_release(&frames);
	return failed ? -1 : 0;
}

/* A unary call is answered by one message. */
struct unary {
	struct buf *message;
	size_t count;
};

static int keep_message(void *arg, const void *data, size_t len, struct err *err)
{
	struct unary *unary = arg;

	if (unary->count++)
		return err_set(err, ERR_ETCD, "more than one answer");
	if (buf_add(unary->message, data, len))
		return err_set(err, ERR_ETCD, "an answer of more than %zu bytes",
			       unary->message->max);
	return 0;
}

int grpc_unary(struct etcd_client *client, const char *method, const struct buf *message,
	       bool has_leader, uint64_t deadline, struct buf *answer, struct err *err)
{
	struct unary unary = { .message = answer };
	struct grpc_call one = { .method = method,
				 .message = message,
				 .has_leader = has_leader,
				 .deadline = deadline,
				 .on_message = keep_message,
				 .arg = &unary };

	if (grpc_do(client, &one, err))
		return -1;
	return unary.count ? 0 : err_set(err, ERR_ETCD, "%s: no answer", strrchr(method, '.') + 1);
}
