/*
 * s3_xml: see s3_xml.h.  The only file that knows expat.  A reader keeps the path of the open elements and hands
 * each text to a taker by that path; the takers know the documents.
 */
#include "store/s3_xml.h"

#include "base/buf.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DEPTH_MAX = 8, ELEMENTS_MAX = 64 * 1024, PATH_LEN_MAX = 512, TEXT_MAX = 8 * 1024 };
enum { OBJECTS_MAX = 10000, KEY_MAX = 4096 };

/* Called at the end of each element with its own text; -1 ends the reading. */
typedef int take_fn(void *arg, const char *path, const char *text, struct err *err);

struct reader {
	XML_Parser parser;
	struct buf path; /* "ListBucketResult/Contents/Key" */
	struct buf text; /* since the last tag */
	size_t starts[DEPTH_MAX];
	size_t depth, elements;
	take_fn *take;
	void *arg;
	struct err *err;
	bool stopped;
};

static void stop(struct reader *r)
{
	r->stopped = true;
	XML_StopParser(r->parser, XML_FALSE);
}

static void XMLCALL on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	struct reader *r = arg;

	(void)attributes;
	if (r->stopped)
		return;
	buf_clear(&r->text);
	if (r->depth == DEPTH_MAX || r->elements++ == ELEMENTS_MAX) {
		err_set(r->err, ERR_STORE, "an XML answer that is too deep or too long");
		stop(r);
		return;
	}
	r->starts[r->depth] = r->path.len;
	if (buf_addf(&r->path, "%s%s", r->depth ? "/" : "", name)) {
		err_set(r->err, ERR_STORE, "an XML answer with names that are too long");
		stop(r);
		return;
	}
	r->depth++;
}

static void XMLCALL on_end(void *arg, const XML_Char *name)
{
	struct reader *r = arg;

	(void)name;
	if (r->stopped)
		return;
	if (r->take(r->arg, buf_str(&r->path), buf_str(&r->text), r->err)) {
		stop(r);
		return;
	}
	buf_clear(&r->text);
	r->path.len = r->starts[--r->depth];
	if (r->path.data)
		r->path.data[r->path.len] = '\0';
}

static void XMLCALL on_text(void *arg, const XML_Char *text, int len)
{
	struct reader *r = arg;

	if (r->stopped || !buf_add(&r->text, text, (size_t)len))
		return;
	err_set(r->err, ERR_STORE, "an XML answer with a text that is too long");
	stop(r);
}

static void XMLCALL on_doctype(void *arg, const XML_Char *name, const XML_Char *system,
			       const XML_Char *public, int internal)
{
	struct reader *r = arg;

	(void)name, (void)system, (void)public, (void)internal;
	err_set(r->err, ERR_STORE, "an XML answer with a document type, which S3 never sends");
	stop(r);
}

static int read_xml(const char *text, size_t len, take_fn *take, void *arg, struct err *err)
{
	struct reader r = { .path = BUF_INIT(PATH_LEN_MAX),
			    .text = BUF_INIT(TEXT_MAX),
			    .take = take,
			    .arg = arg,
			    .err = err };

	if (len > S3_XML_MAX)
		return err_set(err, ERR_STORE, "an XML answer of more than %d bytes", S3_XML_MAX);
	r.parser = XML_ParserCreate("UTF-8");
	if (!r.parser)
		abort();
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, on_start, on_end);
	XML_SetCharacterDataHandler(r.parser, on_text);
	XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
	bool failed = XML_Parse(r.parser, text, (int)len, 1) != XML_STATUS_OK;
	if (failed && !r.stopped)
		err_set(err, ERR_STORE, "an answer that is no XML: line %lu: %s",
			(unsigned long)XML_GetCurrentLineNumber(r.parser),
			XML_ErrorString(XML_GetErrorCode(r.parser)));
	XML_ParserFree(r.parser);
	buf_release(&r.path);
	buf_release(&r.text);
	return failed || r.stopped ? -1 : 0;
}

static int to_seconds(int year, int month, int day, const int clock[3], uint64_t *out)
{
	struct tm tm = { .tm_year = year - 1900,
			 .tm_mon = month - 1,
			 .tm_mday = day,
			 .tm_hour = clock[0],
			 .tm_min = clock[1],
			 .tm_sec = clock[2] };

	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || clock[0] < 0 ||
	    clock[0] > 23 || clock[1] < 0 || clock[1] > 59 || clock[2] < 0 || clock[2] > 60)
		return -1;
	*out = (uint64_t)timegm(&tm);
	return 0;
}

int s3_time_iso(const char *text, uint64_t *out)
{
	int year, month, day, clock[3], used = 0;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &clock[0], &clock[1],
		   &clock[2], &used) != 6)
		return -1;
	text += used;
	if (*text == '.')
		text += 1 + strspn(text + 1, "0123456789");
	return strcmp(text, "Z") == 0 ? to_seconds(year, month, day, clock, out) : -1;
}

int s3_time_http(const char *text, uint64_t *out)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int year, day, clock[3], used = 0;
	char name[4] = "";

	if (sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &day, name, &year,
		   &clock[0], &clock[1], &clock[2], &used) != 6 ||
	    !used || text[used] || strlen(name) != 3)
		return -1;
	const char *at = strstr(months, name);
	if (!at || (at - months) % 3)
		return -1;
	return to_seconds(year, (int)((at - months) / 3) + 1, day, clock, out);
}

/* --- ListObjectsV2 */

struct list_taker {
	struct arena *arena;
	struct s3_list list;
	struct s3_object object; /* the one that is open */
	bool is_list, encoded;
	size_t room;
};

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What encoding-type=url asked for: %XX, and + for a space.  A NUL in a key would cut it: -1. */
static int decode(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		int hi, lo;
		if (*from == '+') {
			*to++ = ' ';
		} else if (*from == '%') {
			hi = hex(from[1]);
			lo = hi < 0 ? -1 : hex(from[2]);
			if (lo < 0 || hi + lo == 0)
				return -1;
			*to++ = (char)(hi * 16 + lo);
			from += 2;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return 0;
}

static int take_object(struct list_taker *t, struct err *err)
{
	if (!t->object.key)
		return err_set(err, ERR_STORE, "a listing with an object that has no key");
	if (t->list.count == OBJECTS_MAX)
		return err_set(err, ERR_STORE, "a page of more than %d objects", OBJECTS_MAX);
	if (t->list.count == t->room) {
		size_t room = t->room ? 2 * t->room : 64;
		struct s3_object *grown = arena_alloc(t->arena, room * sizeof(*grown));
		if (t->list.count)
			memcpy(grown, t->list.objects, t->list.count * sizeof(*grown));
		t->list.objects = grown;
		t->room = room;
	}
	t->list.objects[t->list.count++] = t->object;
	t->object = (struct s3_object){ 0 };
	return 0;
}

static int take_list(void *arg, const char *path, const char *text, struct err *err)
{
	struct list_taker *t = arg;

	if (strncmp(path, "ListBucketResult", 16) != 0 || (path[16] && path[16] != '/'))
		return err_set(err, ERR_STORE, "not a listing but <%.40s>", path);
	t->is_list = true;
	path += 16 + (path[16] == '/');
	if (strcmp(path, "Contents/Key") == 0) {
		if (strlen(text) > KEY_MAX)
			return err_set(err, ERR_STORE, "a listing with a key that is too long");
		t->object.key = arena_strdup(t->arena, text);
	} else if (strcmp(path, "Contents/Size") == 0) {
		if (parse_uint(text, UINT64_MAX / 2, &t->object.size))
			return err_set(err, ERR_STORE, "a listing with the size \"%.40s\"", text);
	} else if (strcmp(path, "Contents/LastModified") == 0) {
		if (s3_time_iso(text, &t->object.at))
			t->object.at = 0;
	} else if (strcmp(path, "Contents") == 0) {
		return take_object(t, err);
	} else if (strcmp(path, "IsTruncated") == 0) {
		t->list.truncated = strcmp(text, "true") == 0;
	} else if (strcmp(path, "NextContinuationToken") == 0) {
		t->list.next = *text ? arena_strdup(t->arena, text) : NULL;
	} else if (strcmp(path, "EncodingType") == 0) {
		t->encoded = strcmp(text, "url") == 0;
	}
	return 0;
}

int s3_xml_list(struct arena *arena, const char *text, size_t len, struct s3_list *out,
		struct err *err)
{
	struct list_taker t = { .arena = arena };

	if (read_xml(text, len, take_list, &t, err))
		return -1;
	if (!t.is_list)
		return err_set(err, ERR_STORE, "an answer that is no listing");
	for (size_t i = 0; t.encoded && i < t.list.count; i++) {
		char *key = arena_strdup(arena, t.list.objects[i].key);
		if (decode(key))
			return err_set(err, ERR_STORE,
				       "a listing with a key that is badly encoded");
		t.list.objects[i].key = key;
	}
	*out = t.list;
	return 0;
}

/* --- multipart uploads */

struct id_taker {
	struct arena *arena;
	const char *id;
};

static int take_id(void *arg, const char *path, const char *text, struct err *err)
{
	struct id_taker *t = arg;

	(void)err;
	if (strcmp(path, "InitiateMultipartUploadResult/UploadId") == 0)
		t->id = arena_strdup(t->arena, text);
	return 0;
}

int s3_xml_upload_id(struct arena *arena, const char *text, size_t len, const char **out,
		     struct err *err)
{
	struct id_taker t = { .arena = arena };

	if (read_xml(text, len, take_id, &t, err))
		return -1;
	if (!t.id || !*t.id || strlen(t.id) > 1024)
		return err_set(err, ERR_STORE, "an answer without the id of the upload");
	*out = t.id;
	return 0;
}

struct error_taker {
	struct s3_refusal refusal;
	bool is_error, is_result;
};

static void copy(char *to, size_t room, const char *text)
{
	snprintf(to, room, "%s", text);
}

static int take_error(void *arg, const char *path, const char *text, struct err *err)
{
	struct error_taker *t = arg;
	struct s3_refusal *r = &t->refusal;

	(void)err;
	if (strcmp(path, "Error/Code") == 0)
		copy(r->code, sizeof(r->code), text);
	else if (strcmp(path, "Error/Message") == 0)
		copy(r->message, sizeof(r->message), text);
	else if (strcmp(path, "Error/Region") == 0)
		copy(r->region, sizeof(r->region), text);
	else if (strcmp(path, "Error/RequestId") == 0)
		copy(r->request_id, sizeof(r->request_id), text);
	else if (strcmp(path, "Error") == 0)
		t->is_error = true;
	else if (strcmp(path, "CompleteMultipartUploadResult") == 0)
		t->is_result = true;
	return 0;
}

int s3_xml_complete(const char *text, size_t len, struct s3_refusal *refusal, struct err *err)
{
	struct error_taker t = { .is_error = false };

	if (read_xml(text, len, take_error, &t, err))
		return -1;
	if (!t.is_error && !t.is_result)
		return err_set(err, ERR_STORE, "an answer that does not say what became of it");
	*refusal = t.refusal;
	return t.is_error ? 1 : 0;
}

void s3_xml_error(const char *text, size_t len, struct s3_refusal *out)
{
	struct error_taker t = { .is_error = false };
	struct err ignored = ERR_INIT;

	*out = (struct s3_refusal){ .code = "" };
	if (len && !read_xml(text, len, take_error, &t, &ignored) && t.is_error)
		*out = t.refusal;
}
