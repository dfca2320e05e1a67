/*
 * swap: see swap.h.  The new data lies in a folder beside the live one: .restoring-RUN for a restore, .before-TARGET for a
 * rollback.  The old goes to .before-RUN.
 */
#include "play/swap.h"

#include "base/log.h"
#include "base/mem.h"
#include "play/look.h"
#include "play/paths.h"

#include <stddef.h>
#include <stdlib.h>

/* The names in one folder: `member` in a data dir, the files themselves in a WAL dir. */
struct swap {
	char *live, *staged, *old, *old_folder, *stray_folder;
};

enum { STRAYS_MAX = 9 };

static void swap_scoped(struct swap *swap)
{
	mem_scoped(&swap->live);
	mem_scoped(&swap->staged);
	mem_scoped(&swap->old);
	mem_scoped(&swap->old_folder);
	mem_scoped(&swap->stray_folder);
}

static struct swap member_swap(const struct play_ctx *ctx, const char *dir)
{
	return (struct swap){
		.live = mem_printf("%s/member", dir),
		.staged = path_new_data(ctx, dir, "member"),
		.old = path_beside(ctx, dir, "before", "member"),
		.old_folder = path_beside(ctx, dir, "before", NULL),
		.stray_folder = path_beside(ctx, dir, "stray", NULL),
	};
}

/* Moves `from` to the first free place in the folder for what is nobody's; says so, with those words. */
static int put_aside(struct node *node, const struct swap *swap, const char *from,
		     const char *words, uint64_t deadline, struct err *err)
{
	char *to[STRAYS_MAX];
	bool there[STRAYS_MAX];
	size_t free_at = 0;

	for (size_t i = 0; i < STRAYS_MAX; i++)
		to[i] = mem_printf("%s/%zu", swap->stray_folder, i + 1);
	int failed = look_exist(node, (const char *const *)to, STRAYS_MAX, deadline, there, err);
	while (!failed && free_at < STRAYS_MAX - 1 && there[free_at])
		free_at++;
	if (!failed)
		failed = node_run(node, argv("install", "-d", "-m", "0700", swap->stray_folder),
				  deadline, NULL, err) ||
			 node_move(node, from, to[free_at], deadline, err);
	if (!failed)
		log_at(0, "%s: %s %s", node->name, words, to[free_at]);
	for (size_t i = 0; i < STRAYS_MAX; i++)
		free(to[i]);
	return failed ? -1 : 0;
}

enum { FOLDER, OLD, STAGED, LIVE, PLACES };

static int look_swap(struct node *node, const struct swap *swap, uint64_t deadline,
		     bool there[PLACES], struct err *err)
{
	const char *const paths[PLACES] = { swap->old_folder, swap->old, swap->staged, swap->live };

	return look_exist(node, paths, PLACES, deadline, there, err);
}

/*
 * A kubelet that had not seen yet that the manifest is gone has started etcd once more, between the two renames: in an empty folder it
 * has begun a database of its own.  That is nobody's data, and kept all the same.
 */
static int put_stray_aside(struct node *node, const struct swap *swap, uint64_t deadline,
			   struct err *err)
{
	return put_aside(node, swap, swap->live,
			 "etcd had begun a database of its own while the data was moved; it can be "
			 "removed:",
			 deadline, err);
}

/* Old and new are both beside: what is in their place is neither. */
static bool is_stray(const bool there[PLACES])
{
	return there[OLD] && there[STAGED] && there[LIVE];
}

static int member_in(struct node *node, const struct swap *swap, uint64_t deadline, struct err *err)
{
	bool there[PLACES];

	if (look_swap(node, swap, deadline, there, err))
		return -1;
	if (!there[STAGED]) /* it is in place already, if anything is */
		return 0;
	if (is_stray(there)) {
		if (put_stray_aside(node, swap, deadline, err))
			return -1;
		there[LIVE] = false;
	}
	if (node_run(node, argv("install", "-d", "-m", "0700", swap->old_folder), deadline, NULL,
		     err))
		return -1;
	if (there[LIVE] && node_move(node, swap->live, swap->old, deadline, err))
		return -1;
	return node_move(node, swap->staged, swap->live, deadline, err);
}

static int member_out(struct node *node, const struct swap *swap, uint64_t deadline,
		      struct err *err)
{
	bool there[PLACES];
	int ignored;

	if (look_swap(node, swap, deadline, there, err))
		return -1;
	if (!there[FOLDER]) /* nothing was swapped */
		return 0;
	if (is_stray(there) && put_stray_aside(node, swap, deadline, err))
		return -1;
	if (!there[STAGED] && there[LIVE] &&
	    node_move(node, swap->live, swap->staged, deadline, err))
		return -1;
	if (there[OLD] && node_move(node, swap->old, swap->live, deadline, err))
		return -1;
	return node_try(node, argv("rmdir", swap->old_folder), deadline, NULL, &ignored, err);
}

/*
 * A WAL folder of its own holds its files directly.  They move in two halves, the old ones away and the new ones in; between
 * them a mark is set, so that what stands in the folder is known to be old or new whenever this is begun again.  What a stray etcd wrote there
 * never takes the place of a file: it stays when files move away, and gets another name, which etcd passes over, when they move in.
 */
#define AWAY "-n"
#define IN "--backup=numbered"

static int move_files(struct node *node, const char *from, const char *how, const char *to,
		      uint64_t deadline, struct err *err)
{
	return node_run(node,
			argv("find", from, "-mindepth", "1", "-maxdepth", "1", "-type", "f", "!",
			     "-name", SWAP_MARK, "-exec", "mv", how, "-t", to, "--", "{}", "+"),
			deadline, NULL, err);
}

struct wal {
	char *staged, *old, *mark;
};

static void wal_scoped(struct wal *wal)
{
	mem_scoped(&wal->staged);
	mem_scoped(&wal->old);
	mem_scoped(&wal->mark);
}

static struct wal wal_of(const struct play_ctx *ctx, const char *dir)
{
	return (struct wal){ .staged = path_new_data(ctx, dir, NULL),
			     .old = path_beside(ctx, dir, "before", NULL),
			     .mark = path_beside(ctx, dir, "before", SWAP_MARK) };
}

static int wal_in(struct node *node, const struct play_ctx *ctx, const char *dir, uint64_t deadline,
		  struct err *err)
{
	scoped(wal) struct wal wal = wal_of(ctx, dir);
	const char *const paths[] = { wal.staged, wal.mark };
	bool there[2];

	if (look_exist(node, paths, 2, deadline, there, err))
		return -1;
	if (!there[0] && !there[1]) /* nothing to put in: what is there stays */
		return 0;
	if (!there[1] &&
	    (node_run(node, argv("install", "-d", "-m", "0700", wal.old), deadline, NULL, err) ||
	     move_files(node, dir, AWAY, wal.old, deadline, err) ||
	     node_run(node, argv("install", "-m", "0600", "/dev/null", wal.mark), deadline, NULL,
		      err) ||
	     node_run(node, argv("sync", dir, wal.old), deadline, NULL, err)))
		return -1;
	if (there[0] && move_files(node, wal.staged, IN, dir, deadline, err))
		return -1;
	return node_run(node, argv("sync", dir), deadline, NULL, err);
}

static int wal_out(struct node *node, const struct play_ctx *ctx, const char *dir,
		   uint64_t deadline, struct err *err)
{
	scoped(wal) struct wal wal = wal_of(ctx, dir);
	const char *const paths[] = { wal.old, wal.mark };
	bool there[2];
	int ignored;

	if (look_exist(node, paths, 2, deadline, there, err))
		return -1;
	if (!there[0])
		return 0;
	if (there[1] && (move_files(node, dir, AWAY, wal.staged, deadline, err) ||
			 node_run(node, argv("sync", dir, wal.staged), deadline, NULL, err) ||
			 node_run(node, argv("rm", "-f", wal.mark), deadline, NULL, err)))
		return -1;
	if (move_files(node, wal.old, IN, dir, deadline, err) ||
	    node_run(node, argv("sync", dir), deadline, NULL, err))
		return -1;
	return node_try(node, argv("rmdir", wal.old), deadline, NULL, &ignored, err);
}

/* The WAL goes first and comes back last: so the member's folder tells for both. */
int swap_is_done(struct node *node, const struct play_ctx *ctx, uint64_t deadline, bool *done,
		 struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	scoped(swap) struct swap swap = member_swap(ctx, member->data_dir);
	const char *const paths[] = { swap.old_folder, swap.staged };
	bool there[2];

	if (look_exist(node, paths, 2, deadline, there, err))
		return -1;
	*done = there[0] && !there[1];
	return 0;
}

int swap_is_undone(struct node *node, const struct play_ctx *ctx, uint64_t deadline, bool *undone,
		   struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	const char *wal = member->wal_dir ? member->wal_dir : member->data_dir;
	scoped(mem) char *old = path_beside(ctx, member->data_dir, "before", NULL);
	scoped(mem) char *wal_old = path_beside(ctx, wal, "before", NULL);
	const char *const paths[] = { old, wal_old };
	bool there[2];

	if (look_exist(node, paths, 2, deadline, there, err))
		return -1;
	*undone = !there[0] && !there[1];
	return 0;
}

int swap_has_stray(struct node *node, const struct play_ctx *ctx, uint64_t deadline, bool *stray,
		   struct err *err)
{
	scoped(swap) struct swap swap = member_swap(ctx, play_node(ctx, node)->member->data_dir);
	bool there[PLACES];

	if (look_swap(node, &swap, deadline, there, err))
		return -1;
	*stray = is_stray(there);
	return 0;
}

int swap_in(struct node *node, const struct play_ctx *ctx, uint64_t deadline, struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	scoped(swap) struct swap swap = member_swap(ctx, member->data_dir);

	if (member->wal_dir && wal_in(node, ctx, member->wal_dir, deadline, err))
		return -1;
	return member_in(node, &swap, deadline, err);
}

int swap_out(struct node *node, const struct play_ctx *ctx, uint64_t deadline, struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	scoped(swap) struct swap swap = member_swap(ctx, member->data_dir);

	if (member_out(node, &swap, deadline, err))
		return -1;
	return member->wal_dir ? wal_out(node, ctx, member->wal_dir, deadline, err) : 0;
}

int swap_keep(struct node *node, const struct play_ctx *ctx, uint64_t deadline, struct err *err)
{
	const struct member *member = play_node(ctx, node)->member;
	const char *dir = member->wal_dir ? member->wal_dir : member->data_dir;
	scoped(swap) struct swap swap = member_swap(ctx, member->data_dir);
	scoped(mem) char *wal = path_new_data(ctx, dir, NULL);
	scoped(mem) char *wal_to = path_beside(ctx, dir, "stray", NULL);
	const char *const paths[] = { swap.staged, wal };
	bool there[2];

	if (look_exist(node, paths, 2, deadline, there, err))
		return -1;
	if (member->wal_dir && there[1] && node_move(node, wal, wal_to, deadline, err))
		return -1;
	return there[0] ? put_aside(node, &swap, swap.staged,
				    "the data that it had got is of another cluster than the one "
				    "that answers now, and is kept until you remove it:",
				    deadline, err)
			: 0;
}
