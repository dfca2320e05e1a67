/*
 * fuzz_playbook: text as a playbook; every changing step of one that is accepted is undone or stands after the
 * commit.
 */
#include "play/playbook.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	scoped(arena) struct arena *arena = arena_new();
	struct playbook book;
	struct err err = ERR_INIT;

	if (playbook_read(arena, (const char *)data, len, &book, &err))
		return 0;
	if (!book.count || book.commit > book.count)
		abort();
	for (size_t i = 0; i < book.count; i++) {
		const struct step *step = &book.steps[i];
		if (!step->timeout_ms || step->timeout_ms > step->verb->timeout_max_ms ||
		    (i < book.commit && step->verb->kind == VERB_CHANGES && !step->undo))
			abort();
	}
	return 0;
}
