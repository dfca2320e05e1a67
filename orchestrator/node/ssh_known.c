/*
 * ssh_known: see ssh_known.h.  Each line is cut into marker, hosts, type and key; a line that does not
 * parse is no line.  @cert-authority lines are passed over: certificates are not spoken here.
 */
#include "node/ssh_known.h"

#include "base/base64.h"
#include "base/hmac.h"
#include "base/mem.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LINE_MAX_BYTES = 64 * 1024, HOST_MAX = 300 };

struct field {
	const char *text;
	size_t len;
};

struct known_line {
	bool revoked;
	struct field hosts, type, key;
};

static struct field next_field(const char **at, const char *end)
{
	const char *p = *at;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	struct field field = { .text = p };
	while (p < end && *p != ' ' && *p != '\t' && *p != '\r')
		p++;
	field.len = (size_t)(p - field.text);
	*at = p;
	return field;
}

static bool field_is(struct field field, const char *text)
{
	return field.len == strlen(text) && memcmp(field.text, text, field.len) == 0;
}

static bool parse_line(const char *start, const char *end, struct known_line *out)
{
	const char *at = start;
	struct field first = next_field(&at, end);

	*out = (struct known_line){ 0 };
	if (!first.len || first.text[0] == '#' || end - start > LINE_MAX_BYTES)
		return false;
	if (first.text[0] == '@') {
		if (!field_is(first, "@revoked"))
			return false;
		out->revoked = true;
		first = next_field(&at, end);
	}
	out->hosts = first;
	out->type = next_field(&at, end);
	out->key = next_field(&at, end);
	return out->key.len > 0;
}

/* |1|base64(salt)|base64(HMAC-SHA1(salt, host)) */
static bool hashed_matches(struct field pattern, const char *host)
{
	char text[128];
	struct buf salt = BUF_INIT(64), want = BUF_INIT(64);
	uint8_t got[20];
	bool match = false;

	if (pattern.len >= sizeof(text))
		return false;
	memcpy(text, pattern.text, pattern.len);
	text[pattern.len] = '\0';
	char *bar = strchr(text + 3, '|');
	if (!bar)
		return false;
	if (!base64_decode(text + 3, (size_t)(bar - text - 3), &salt) &&
	    !base64_decode(bar + 1, strlen(bar + 1), &want) && salt.len &&
	    want.len == sizeof(got)) {
		hmac_sha1(salt.data, salt.len, host, strlen(host), got);
		match = memcmp(got, want.data, sizeof(got)) == 0;
	}
	buf_release(&salt);
	buf_release(&want);
	return match;
}

static bool pattern_matches(struct field pattern, const char *host)
{
	char text[HOST_MAX];

	if (pattern.len >= sizeof(text))
		return false;
	memcpy(text, pattern.text, pattern.len);
	text[pattern.len] = '\0';
	if (!strpbrk(text, "*?"))
		return strcasecmp(text, host) == 0;
	/* fnmatch knows brackets as sets; a name in brackets with a port has none to expand */
	char escaped[2 * HOST_MAX];
	size_t n = 0;
	for (const char *p = text; *p; p++) {
		if (*p == '[' || *p == ']' || *p == '\\')
			escaped[n++] = '\\';
		escaped[n++] = *p;
	}
	escaped[n] = '\0';
	return fnmatch(escaped, host, FNM_CASEFOLD) == 0;
}

/* A negated pattern (!name) that matches decides against the whole line. */
static bool hosts_match(struct field hosts, const char *host)
{
	const char *at = hosts.text, *end = hosts.text + hosts.len;
	bool match = false;

	while (at < end) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		struct field one = { at, (size_t)((comma ? comma : end) - at) };
		at = comma ? comma + 1 : end;
		if (one.len > 3 && memcmp(one.text, "|1|", 3) == 0) {
			match |= hashed_matches(one, host);
		} else if (one.len > 1 && one.text[0] == '!') {
			struct field rest = { one.text + 1, one.len - 1 };
			if (pattern_matches(rest, host))
				return false;
		} else if (one.len) {
			match |= pattern_matches(one, host);
		}
	}
	return match;
}

static void lookup_name(const char *host, unsigned port, char out[HOST_MAX])
{
	if (port == 22 || port == 0)
		snprintf(out, HOST_MAX, "%s", host);
	else
		snprintf(out, HOST_MAX, "[%s]:%u", host, port);
}

/* Calls back for each line of the host; stops when it returns true. */
static void each_line(const char *text, size_t len, const char *host, unsigned port,
		      bool (*fn)(void *arg, const struct known_line *line, size_t number),
		      void *arg)
{
	const char *at = text, *end = text + len;
	char name[HOST_MAX];

	lookup_name(host, port, name);
	for (size_t number = 1; at < end; number++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline ? newline : end;
		struct known_line line;
		if (parse_line(at, stop, &line) && hosts_match(line.hosts, name) &&
		    fn(arg, &line, number))
			return;
		at = newline ? newline + 1 : end;
	}
}

struct check {
	const char *type;
	const void *blob;
	size_t blob_len;
	enum ssh_known answer;
	size_t line;
};

static bool check_line(void *arg, const struct known_line *line, size_t number)
{
	struct check *check = arg;
	scoped(buf) struct buf key = BUF_INIT(LINE_MAX_BYTES);

	if (base64_decode(line->key.text, line->key.len, &key)) /* an old or broken line is none */
		return false;
	bool same = key.len == check->blob_len && memcmp(key.data, check->blob, key.len) == 0;

	if (line->revoked) {
		if (!same)
			return false;
		check->answer = SSH_KNOWN_REVOKED;
		check->line = number;
		return true;
	}
	if (same && field_is(line->type, check->type)) {
		check->answer = SSH_KNOWN_YES;
		check->line = number;
	} else if (check->answer == SSH_KNOWN_NO) {
		check->answer = SSH_KNOWN_CHANGED;
		check->line = number;
	}
	return false; /* a later line may still revoke */
}

enum ssh_known ssh_known_check(const char *text, size_t len, const char *host, unsigned port,
			       const char *key_type, const void *blob, size_t blob_len,
			       size_t *line)
{
	struct check check = { key_type, blob, blob_len, SSH_KNOWN_NO, 0 };

	each_line(text, len, host, port, check_line, &check);
	*line = check.line;
	return check.answer;
}

struct types {
	char *out;
	size_t size;
};

static bool listed(const char *list, struct field type)
{
	const char *at = list;

	while ((at = memmem(at, strlen(at), type.text, type.len))) {
		bool starts = at == list || at[-1] == ',';
		if (starts && (at[type.len] == ',' || at[type.len] == '\0'))
			return true;
		at++;
	}
	return false;
}

static bool types_line(void *arg, const struct known_line *line, size_t number)
{
	struct types *types = arg;
	size_t used = strlen(types->out);

	(void)number;
	if (line->revoked || listed(types->out, line->type) ||
	    used + line->type.len + 2 > types->size)
		return false;
	snprintf(types->out + used, types->size - used, "%s%.*s", used ? "," : "",
		 (int)line->type.len, line->type.text);
	return false;
}

void ssh_known_types(const char *text, size_t len, const char *host, unsigned port, char *out,
		     size_t size)
{
	struct types types = { out, size };

	out[0] = '\0';
	each_line(text, len, host, port, types_line, &types);
}
