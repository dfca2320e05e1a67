/*
 * store_checks: what the tests of every store need: put some bytes, get them back, list.
 */
#ifndef STORE_TEST_STORE_CHECKS_H
#define STORE_TEST_STORE_CHECKS_H

#include "base/buf.h"
#include "base/mem.h"
#include "base/test/check.h"
#include "store/store.h"
#include "store/test/no_s3.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

/* Byte number i of the object that the tests put. */
static inline unsigned char byte_at(uint64_t i)
{
	return (unsigned char)(i * 7 + i / 4099 + i / 1000003);
}

/* size bytes in pieces of `piece`. */
static inline int put_bytes(struct sink *sink, uint64_t from, uint64_t size, size_t piece,
			    struct err *err)
{
	scoped(mem) char *data = mem_alloc(piece);

	for (uint64_t at = from; at < from + size;) {
		size_t n = from + size - at < piece ? (size_t)(from + size - at) : piece;
		for (size_t i = 0; i < n; i++)
			data[i] = (char)byte_at(at + i);
		if (sink_write(sink, data, n, err))
			return -1;
		at += n;
	}
	return 0;
}

static inline int put_object(struct store *store, const char *name, uint64_t size, size_t piece,
			     struct err *err)
{
	scoped(store_put) struct store_put *put = store_put(store, name, err);

	if (!put || put_bytes(store_put_sink(put), 0, size, piece, err))
		return -1;
	return sink_end(store_put_sink(put), err);
}

/* Compares what comes. */
struct judge {
	struct sink sink;
	uint64_t got, stop_at; /* 0: never */
	bool ended, wrong;
};

static inline int judge_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct judge *judge = (struct judge *)sink;

	for (size_t i = 0; i < len; i++)
		judge->wrong |= ((const unsigned char *)data)[i] != byte_at(judge->got + i);
	judge->got += len;
	if (judge->stop_at && judge->got >= judge->stop_at)
		return err_set(err, ERR_FILE, "the sink has had enough");
	return 0;
}

static inline int judge_end(struct sink *sink, struct err *err)
{
	struct judge *judge = (struct judge *)sink;

	(void)err;
	judge->ended = true;
	return 0;
}

static inline struct judge judge_new(void)
{
	return (struct judge){ .sink = { judge_write, judge_end } };
}

/* The object is there with these bytes. */
static inline void check_object(struct store *store, const char *name, uint64_t size)
{
	struct judge judge = judge_new();
	struct store_object object = { NULL, 0, 0 };
	struct err err = ERR_INIT;
	bool missing = true;

	CHECK_INT(store_get(store, name, &judge.sink, &err), 0);
	CHECK_STR(err.text, "");
	CHECK(judge.ended && !judge.wrong);
	CHECK_INT(judge.got, size);
	CHECK_INT(store_stat(store, name, &object, &missing, &err), 0);
	CHECK_STR(object.name, name);
	CHECK_INT(object.size, size);
	CHECK(!missing);
	CHECK(object.at + 600 > now_unix() && object.at < now_unix() + 600);
}

static inline void check_missing(struct store *store, const char *name)
{
	struct judge judge = judge_new();
	struct store_object object = { NULL, 0, 0 };
	struct err err = ERR_INIT;
	bool missing = false;

	CHECK_INT(store_stat(store, name, &object, &missing, &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK(missing);
	CHECK_INT(store_get(store, name, &judge.sink, &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_HAS(err.text, name);
	CHECK(!judge.ended);
}

static inline int add_name(void *arg, const struct store_object *object, struct err *err)
{
	(void)err;
	buf_addf(arg, "%s:%llu ", object->name, (unsigned long long)object->size);
	return 0;
}

/* The names with that prefix; the order is of one name in these tests, or does not matter. */
static inline void check_list(struct store *store, const char *prefix, const char *want)
{
	scoped(buf) struct buf names = BUF_INIT(4096);
	struct err err = ERR_INIT;

	CHECK_INT(store_list(store, prefix, add_name, &names, &err), 0);
	CHECK_STR(buf_str(&names), want);
	CHECK_STR(err.text, "");
}

/* The document "doc" is that text from now on, whatever was there. */
static inline int put_doc(struct store *store, const char *text, struct err *err)
{
	return store_replace(store, "doc", text, strlen(text), err);
}

/* An open file has that text, and no more. */
static inline void check_reads(int fd, const char *text)
{
	char came[64] = "";

	CHECK(pread(fd, came, sizeof(came) - 1, 0) >= 0);
	CHECK_STR(came, text);
}

/* How much is in a directory of this machine, dot files too; 0 when there is none. */
static inline size_t files_in(const char *path)
{
	DIR *entries = opendir(path);
	size_t count = 0;

	while (entries && readdir(entries))
		count++;
	if (!entries)
		return 0;
	closedir(entries);
	return count - 2;
}

#endif
