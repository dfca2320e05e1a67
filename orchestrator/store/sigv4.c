/*
 * sigv4: see sigv4.h.  A request is written in its canonical form, that form is hashed into the text to sign, and
 * the text is signed with a key derived from the secret, the day, the region and the service.
 */
#include "store/sigv4.h"

#include "base/digest.h"
#include "base/hmac.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* A piece of the caller's text: a header's name or value, a parameter. */
struct part {
	const char *name, *value;
	size_t name_len, value_len;
};

struct parts {
	struct part at[SIGV4_PARTS_MAX];
	size_t count;
};

void sigv4_time(uint64_t at, char out[17])
{
	time_t seconds = (time_t)at;
	struct tm tm = { 0 };

	gmtime_r(&seconds, &tm);
	if (strftime(out, 17, "%Y%m%dT%H%M%SZ", &tm) == 0)
		out[0] = '\0';
}

int sigv4_encode(struct buf *out, const char *text, bool keep_slash)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";

	for (; *text; text++) {
		int failed = strchr(plain, *text) || (keep_slash && *text == '/')
				     ? buf_add(out, text, 1)
				     : buf_addf(out, "%%%02X", (unsigned)(unsigned char)*text);
		if (failed)
			return -1;
	}
	return 0;
}

static int compare(const char *a, size_t a_len, const char *b, size_t b_len, bool fold)
{
	size_t len = a_len < b_len ? a_len : b_len;
	int order = fold ? strncasecmp(a, b, len) : memcmp(a, b, len);

	return order || a_len == b_len ? order : a_len < b_len ? -1 : 1;
}

/* Keeps the order of equals: values of one header are joined in the order they came. */
static int insert(struct parts *parts, struct part part, bool is_header)
{
	size_t i = parts->count;

	if (parts->count == SIGV4_PARTS_MAX)
		return -1;
	for (; i > 0; i--) {
		const struct part *before = &parts->at[i - 1];
		int order = compare(before->name, before->name_len, part.name, part.name_len,
				    is_header);
		if (order == 0 && !is_header)
			order = compare(before->value, before->value_len, part.value,
					part.value_len, false);
		if (order <= 0)
			break;
		parts->at[i] = *before;
	}
	parts->at[i] = part;
	parts->count++;
	return 0;
}

static int split_headers(const char *const *headers, struct parts *out)
{
	for (size_t i = 0; headers && headers[i]; i++) {
		const char *colon = strchr(headers[i], ':');
		if (!colon)
			return -1;
		struct part part = { .name = headers[i],
				     .name_len = (size_t)(colon - headers[i]),
				     .value = colon + 1 };
		part.value_len = strlen(part.value);
		if (insert(out, part, true))
			return -1;
	}
	return 0;
}

static int split_query(const char *query, struct parts *out)
{
	while (query && *query) {
		size_t len = strcspn(query, "&");
		const char *equals = memchr(query, '=', len);
		struct part part = { .name = query, .name_len = len, .value = "" };
		if (equals) {
			part.name_len = (size_t)(equals - query);
			part.value = equals + 1;
			part.value_len = len - part.name_len - 1;
		}
		if (len && insert(out, part, false))
			return -1;
		query += len;
		query += *query == '&';
	}
	return 0;
}

static int add_lower(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 'a' - 'A');
		if (buf_add(out, &c, 1))
			return -1;
	}
	return 0;
}

/* Without spaces at its ends, and with one where there were several. */
static int add_trimmed(struct buf *out, const char *text, size_t len)
{
	bool space = false, begun = false;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == ' ' || text[i] == '\t') {
			space = begun;
			continue;
		}
		if ((space && buf_adds(out, " ")) || buf_add(out, &text[i], 1))
			return -1;
		space = false;
		begun = true;
	}
	return 0;
}

static bool is_repeated(const struct parts *headers, size_t i)
{
	if (i == 0 || i >= headers->count)
		return false;
	const struct part *one = &headers->at[i - 1], *two = &headers->at[i];
	return compare(one->name, one->name_len, two->name, two->name_len, true) == 0;
}

static int add_headers(struct buf *out, const struct parts *headers)
{
	for (size_t i = 0; i < headers->count; i++) {
		const struct part *part = &headers->at[i];
		bool repeated = is_repeated(headers, i);
		if ((repeated && buf_adds(out, ",")) ||
		    (!repeated && i > 0 && buf_adds(out, "\n")) ||
		    (!repeated &&
		     (add_lower(out, part->name, part->name_len) || buf_adds(out, ":"))) ||
		    add_trimmed(out, part->value, part->value_len))
			return -1;
	}
	return buf_adds(out, "\n");
}

static int add_names(struct buf *out, const struct parts *headers)
{
	for (size_t i = 0; i < headers->count; i++) {
		if (is_repeated(headers, i))
			continue;
		if ((i > 0 && buf_adds(out, ";")) ||
		    add_lower(out, headers->at[i].name, headers->at[i].name_len))
			return -1;
	}
	return 0;
}

int sigv4_canonical(const struct sigv4_request *request, struct buf *out)
{
	struct parts headers = { .count = 0 }, query = { .count = 0 };

	if (split_headers(request->headers, &headers) || split_query(request->query, &query) ||
	    buf_addf(out, "%s\n%s\n", request->method, request->path))
		return -1;
	for (size_t i = 0; i < query.count; i++) {
		const struct part *part = &query.at[i];
		if (buf_addf(out, "%s%.*s=%.*s", i ? "&" : "", (int)part->name_len, part->name,
			     (int)part->value_len, part->value))
			return -1;
	}
	if (buf_adds(out, "\n") || add_headers(out, &headers) || buf_adds(out, "\n") ||
	    add_names(out, &headers) || buf_addf(out, "\n%s", request->payload_sha256))
		return -1;
	return 0;
}

static int add_scope(const struct sigv4_request *request, struct buf *out)
{
	char time[17];

	sigv4_time(request->at, time);
	return buf_addf(out, "%.8s/%s/%s/aws4_request", time, request->region, request->service);
}

int sigv4_to_sign(const struct sigv4_request *request, const struct buf *canonical, struct buf *out)
{
	uint8_t hash[SHA256_SIZE];
	char text[SHA256_TEXT], time[17];

	digest_sha256(canonical->data, canonical->len, hash);
	digest_hex(hash, sizeof(hash), text);
	sigv4_time(request->at, time);
	if (buf_addf(out, "AWS4-HMAC-SHA256\n%s\n", time) || add_scope(request, out) ||
	    buf_addf(out, "\n%s", text))
		return -1;
	return 0;
}

static void derive(const char *secret, const struct sigv4_request *request, uint8_t out[32])
{
	scoped(buf) struct buf first = BUF_SECRET(SIGV4_TEXT_MAX);
	char time[17];
	uint8_t one[32] = { 0 }, two[32];

	sigv4_time(request->at, time);
	if (buf_addf(&first, "AWS4%s", secret))
		return; /* no secret is that long: the signature will be a wrong one */
	hmac_sha256(first.data, first.len, time, 8, one);
	hmac_sha256(one, 32, request->region, strlen(request->region), two);
	hmac_sha256(two, 32, request->service, strlen(request->service), one);
	hmac_sha256(one, 32, "aws4_request", 12, out);
	mem_wipe(one, sizeof(one));
	mem_wipe(two, sizeof(two));
}

int sigv4_authorization(const struct sigv4_key *key, const struct sigv4_request *request,
			struct buf *out)
{
	scoped(buf) struct buf canonical = BUF_SECRET(SIGV4_TEXT_MAX); /* a session token in it */
	scoped(buf) struct buf to_sign = BUF_INIT(SIGV4_TEXT_MAX);
	struct parts headers = { .count = 0 };
	uint8_t signing[32] = { 0 }, mac[32];
	char text[65];

	if (sigv4_canonical(request, &canonical) || sigv4_to_sign(request, &canonical, &to_sign) ||
	    split_headers(request->headers, &headers))
		return -1;
	derive(key->secret, request, signing);
	hmac_sha256(signing, 32, to_sign.data, to_sign.len, mac);
	mem_wipe(signing, sizeof(signing));
	digest_hex(mac, sizeof(mac), text);
	if (buf_addf(out, "AWS4-HMAC-SHA256 Credential=%s/", key->id) || add_scope(request, out) ||
	    buf_adds(out, ", SignedHeaders=") || add_names(out, &headers) ||
	    buf_addf(out, ", Signature=%s", text))
		return -1;
	return 0;
}
