/*
 * prove_files: see prove_files.h.
 */
#include "plugin/prove_files.h"

#include "plugin/control_files.h"
#include "snapshot/tap.h"
#include "snapshot/tar_check.h"
#include "snapshot/unseal.h"

#include <string.h>

/* Goes on to the end of the object whatever is wrong inside: its sum is to be known in any case. */
struct opening {
	struct sink sink;
	struct sink *to;
	struct err err; /* why it cannot be opened */
};

static int opening_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct opening *opening = (struct opening *)sink;

	(void)err;
	if (!opening->err.code)
		sink_write(opening->to, data, len, &opening->err);
	return 0;
}

static int opening_end(struct sink *sink, struct err *err)
{
	struct opening *opening = (struct opening *)sink;

	(void)err;
	if (!opening->err.code)
		sink_end(opening->to, &opening->err);
	return 0;
}

/* What is in it. */
struct contents {
	const struct cluster *cluster;
	bool seen[CLUSTER_MEMBERS_MAX]; /* a file of that member's pki */
	size_t files;
};

/* Of one whose node was not read the archive has nothing. */
static bool was_read(const struct member *m)
{
	return m->node && m->data_dir;
}

static void see(void *arg, const char *path)
{
	static const char pki[] = "/etc/kubernetes/pki/";
	struct contents *c = arg;

	c->files++;
	for (size_t i = 0; i < c->cluster->count; i++) {
		const char *node = c->cluster->members[i].node;
		if (!was_read(&c->cluster->members[i]))
			continue;
		size_t len = strlen(node);
		if (strncmp(path, node, len) == 0 && strncmp(path + len, pki, sizeof(pki) - 1) == 0)
			c->seen[i] = true;
	}
}

static int check_contents(const struct contents *c, struct err *err)
{
	for (size_t i = 0; i < c->cluster->count; i++)
		if (!c->seen[i] && was_read(&c->cluster->members[i]))
			return err_set(err, ERR_CORRUPT,
				       "there is no file of /etc/kubernetes/pki of %s in it",
				       c->cluster->members[i].node);
	return 0;
}

static int check_stored(const struct tap *tap, const struct recipe_stored *said, struct err *err)
{
	if (tap->size != said->size)
		return err_set(err, ERR_CORRUPT, "it has %llu bytes, and its recipe says %llu",
			       (unsigned long long)tap->size, (unsigned long long)said->size);
	if (strcmp(tap->sha256, said->sha256) != 0)
		return err_set(err, ERR_CORRUPT, "its SHA-256 is not the one in its recipe");
	return 0;
}

static int read_it(struct store *store, const char *name, struct sink *to, struct err *err)
{
	struct store_object object;
	bool missing = false;

	if (!store_stat(store, name, &object, &missing, err))
		return store_get(store, name, to, err);
	return missing ? err_set(err, ERR_CORRUPT, "it is not there, and the recipe names it") : -1;
}

/* The words of a check that holds. */
static int read_and_judge(struct verification *v, struct store *store, const struct recipe *recipe,
			  const struct source_keys *keys, const char **opened, struct err *err)
{
	const struct unseal_settings settings = {
		.identities = keys->identities,
		.passphrase = keys->passphrase,
		.max = (recipe->cluster.count + 1) * (uint64_t)CONTROL_FILES_MAX,
	};
	struct contents contents = { .cluster = &recipe->cluster };
	struct opening opening = { .sink = { opening_write, opening_end } };
	struct tar_check tar;
	struct tap tap;

	tar_check_init(&tar, see, &contents);
	struct unseal *unseal = unseal_new(&settings, &tar.sink);
	opening.to = unseal_sink(unseal);
	tap_init(&tap, &opening.sink);
	int failed = read_it(store, recipe->files.name, &tap.sink, err) ||
		     check_stored(&tap, &recipe->files, err);
	tap_release(&tap);
	unseal_free(unseal);
	if (failed)
		return -1;
	if (opening.err.code == ERR_CONFIG && !keys->identities->count && !keys->passphrase->len) {
		*opened = "not opened: no key was given";
		return 0;
	}
	if (opening.err.code || check_contents(&contents, &opening.err)) {
		*err = opening.err;
		return -1;
	}
	size_t nodes = 0;
	for (size_t i = 0; i < recipe->cluster.count; i++)
		nodes += was_read(&recipe->cluster.members[i]);
	*opened = arena_printf(v->arena, "%zu files in it, of %s%zu nodes", contents.files,
			       nodes == recipe->cluster.count ? "all " : "", nodes);
	return 0;
}

int prove_files(struct verification *v, struct store *store, const struct recipe *recipe,
		const struct source_keys *keys, struct err *err)
{
	static const char check[] = "control plane";
	const char *name = recipe->files.name, *opened = NULL;

	if (!name)
		return 0;
	if (!read_and_judge(v, store, recipe, keys, &opened, err)) {
		verification_add(v, true, check, "%s: %llu bytes, sha256 ok (recipe), %s", name,
				 (unsigned long long)recipe->files.size, opened);
		return 0;
	}
	verification_add(v, false, check, "%s: %s", name, err->text);
	err_in(err, "the control plane's files, %s", name);
	if (err->code != ERR_CORRUPT)
		return -1;
	return err_hint(err,
			"the snapshot itself is whole and can be restored; put a good copy of %s "
			"back, or take a new save --with-pki",
			name);
}
