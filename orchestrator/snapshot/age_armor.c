/*
 * age_armor: see age_armor.h.
 */
#include "snapshot/age_armor.h"

#include "snapshot/age_header.h"

#include <string.h>

enum { LINE = 64, BLANKS_MAX = 1024 };

static const char begin[] = "-----BEGIN AGE ENCRYPTED FILE-----";
static const char end[] = "-----END AGE ENCRYPTED FILE-----";

static int damaged(const struct age_armor *armor, const char *what, struct err *err)
{
	err_set(err, ERR_CORRUPT, "the armor of the age file is damaged: line %llu: %s",
		(unsigned long long)armor->number + 1, what);
	return err_hint(err, "fetch the file again, or use another copy");
}

static int body_line(struct age_armor *armor, struct age_text line, struct buf *out,
		     struct err *err)
{
	if (age_text_is(line, end)) {
		armor->place = AGE_ARMOR_AFTER;
		return 0;
	}
	if (armor->last)
		return damaged(armor, "it follows the last line", err);
	if (!line.len || line.len > LINE || age_base64(line, true, out))
		return damaged(armor, "not canonical base64 in lines of 64", err);
	armor->last = line.len < LINE || line.at[LINE - 1] == '=';
	return 0;
}

/* A whole line, the newline not in it. */
static int take_line(struct age_armor *armor, struct buf *out, struct err *err)
{
	struct age_text line = { armor->line, armor->len };
	int bad = 0;

	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	if (armor->place == AGE_ARMOR_BODY)
		bad = body_line(armor, line, out, err);
	else if (!age_text_is(line, begin))
		bad = damaged(armor, "it is not the beginning of an age file's armor", err);
	else
		armor->place = AGE_ARMOR_BODY;
	armor->len = 0;
	armor->number++;
	return bad;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* White space before and after the armor is passed over, within reason. */
static int blank(struct age_armor *armor, struct err *err)
{
	if (++armor->blanks > BLANKS_MAX)
		return damaged(armor, "too much white space around it", err);
	return 0;
}

static int take(struct age_armor *armor, char c, struct buf *out, struct err *err)
{
	bool outside = armor->place == AGE_ARMOR_AFTER ||
		       (armor->place == AGE_ARMOR_BEGIN && armor->len == 0);

	if (outside && is_blank(c))
		return blank(armor, err);
	if (armor->place == AGE_ARMOR_AFTER)
		return damaged(armor, "something follows its end", err);
	if (c == '\n')
		return take_line(armor, out, err);
	if (armor->len == sizeof(armor->line))
		return damaged(armor, "it is too long", err);
	armor->line[armor->len++] = c;
	return 0;
}

int age_armor_add(struct age_armor *armor, const void *data, size_t len, struct buf *out,
		  struct err *err)
{
	const char *in = data;

	if (armor->place == AGE_ARMOR_UNKNOWN && len)
		armor->place = in[0] == '-' || is_blank(in[0]) ? AGE_ARMOR_BEGIN : AGE_ARMOR_NONE;
	if (armor->place == AGE_ARMOR_NONE) {
		if (buf_add(out, data, len))
			return err_set(err, ERR_BUG, "no room for %zu bytes of an age file", len);
		return 0;
	}
	for (size_t i = 0; i < len; i++)
		if (take(armor, in[i], out, err))
			return -1;
	return 0;
}

int age_armor_end(struct age_armor *armor, struct err *err)
{
	if (armor->place == AGE_ARMOR_UNKNOWN || armor->place == AGE_ARMOR_NONE ||
	    armor->place == AGE_ARMOR_AFTER)
		return 0;
	if (armor->place == AGE_ARMOR_BODY) { /* the last line needs no newline */
		struct age_text line = { armor->line, armor->len };
		if (age_text_is(line, end)) {
			armor->place = AGE_ARMOR_AFTER;
			return 0;
		}
	}
	return damaged(armor, "the file ends before the armor does", err);
}
