/*
 * store_text: see store_text.h.
 */
#include "store/store_text.h"

struct text {
	struct sink sink;
	struct buf *out;
};

static int text_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct text *text = (struct text *)sink;

	return buf_add(text->out, data, len)
		       ? err_set(err, ERR_CONFIG, "it has at most %zu bytes", text->out->max)
		       : 0;
}

static int text_end(struct sink *sink, struct err *err)
{
	(void)sink;
	(void)err;
	return 0;
}

int store_text(struct store *store, const char *name, struct buf *out, struct err *err)
{
	struct text text = { .sink = { text_write, text_end }, .out = out };

	return store_get(store, name, &text.sink, err);
}
