/*
 * drill_room: see drill.h.  A machine that runs out of memory kills whom it likes, and not only the drill.
 */
#include "plugin/drill.h"

#include "base/mem.h"
#include "play/drill.h"
#include "plugin/memory.h"
#include "plugin/print.h"

/* What a member has in its folder besides its database: two log files of 64 MiB that etcd makes in advance. */
static const uint64_t LOGS = 128ull << 20;

static const char *need_words(size_t members)
{
	return members == 1 ? "member needs" : "members need";
}

static int check_folder(const struct drill *d, uint64_t room, struct err *err)
{
	const struct drill_settings *s = d->settings;
	uint64_t need = s->members * (s->source->file.db_size + LOGS);
	char has[16], needs[16];

	if (room >= need)
		return 0;
	size_text(room, has);
	size_text(need, needs);
	err_set(err, ERR_FILE, "%s has %s free, and %zu %s %s", d->scratch.path, has, s->members,
		need_words(s->members), needs);
	return err_hint(err, "give a folder with more room with --scratch DIR");
}

/* Of a folder in memory the logs count, too; the database that etcd maps is then the folder's own, and counts once. */
static int check_memory(const struct drill *d, bool in_memory, struct err *err)
{
	const struct drill_settings *s = d->settings;
	uint64_t one = drill_etcd_memory(s->source->file.db_size) + (in_memory ? LOGS : 0);
	uint64_t room = memory_room(""), need = s->members * one;
	char has[16], needs[16];

	if (room >= need)
		return 0;
	size_text(room, has);
	size_text(need, needs);
	err_set(err, ERR_FILE, "%s of memory can be had here, and %zu %s %s%s%s", has, s->members,
		need_words(s->members), needs, in_memory ? " with the data in " : "",
		in_memory ? d->scratch.path : "");
	return err_hint(err,
			"%s%sdrill on a machine with more memory, or without --local on the nodes",
			s->members > 1 ? "give fewer members with --members N, " : "",
			in_memory ? "a folder on a disk with --scratch DIR, " : "");
}

int drill_room(struct drill *d, struct err *err)
{
	uint64_t room;
	bool in_memory;

	if (scratch_room(&d->scratch, &room, &in_memory, err) || check_folder(d, room, err) ||
	    check_memory(d, in_memory, err))
		return -1;
	if (!in_memory && !d->settings->quiet) {
		scoped(mem) char *words = mem_printf(
			"until the drill ends, the cluster's data lies in plain text on the disk "
			"of %s; --scratch /dev/shm keeps it in memory",
			d->scratch.path);
		print_warning(words);
	}
	return 0;
}
