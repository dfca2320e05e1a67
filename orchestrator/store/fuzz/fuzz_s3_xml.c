/*
 * fuzz_s3_xml: text as each of the answers of an S3 server (s3_xml.c).
 */
#include "store/s3_xml.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	scoped(arena) struct arena *arena = arena_new();
	const char *text = (const char *)data, *id = NULL;
	struct s3_list list;
	struct s3_refusal refusal;
	struct err err = ERR_INIT;
	uint64_t at;

	if (!s3_xml_list(arena, text, len, &list, &err)) {
		for (size_t i = 0; i < list.count; i++) {
			if (!list.objects[i].key)
				abort();
		}
	}
	if (!s3_xml_upload_id(arena, text, len, &id, &err) && !*id)
		abort();
	s3_xml_complete(text, len, &refusal, &err);
	s3_xml_error(text, len, &refusal);
	const char *copy = arena_strndup(arena, text, len);
	if (!s3_time_iso(copy, &at) && strlen(copy) < 12)
		abort();
	s3_time_http(copy, &at);
	return 0;
}
