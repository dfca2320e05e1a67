/*
 * program: see program.h.
 */
#include "play/program.h"

#include "base/mem.h"
#include "play/look.h"
#include "play/paths.h"

int program_fetch(struct node *node, const struct play_ctx *ctx, const char *name,
		  const char *member, const char *path, uint64_t deadline, struct err *err)
{
	scoped(mem) char *to = path_run(ctx, path);
	struct pids pids;

	if (look_processes(node, name, member ? "--name" : NULL, member, deadline, &pids, err))
		return -1;
	if (!pids.count)
		return err_set(err, ERR_REMOTE,
			       "%s does not run here, so there is no program of it to drill with",
			       name);
	/* also of a container: the kernel opens the file itself, whatever its path is called there */
	scoped(mem) char *exe = mem_printf("/proc/%s/exe", pids.list[0]);
	return node_run(node, argv("install", "-m", "0700", exe, to), deadline, NULL, err);
}
