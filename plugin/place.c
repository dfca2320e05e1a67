/*
 * place: see place.h.
 */
#include "plugin/place.h"

#include "base/mem.h"
#include "base/text.h"
#include "plugin/store_flags.h"
#include "snapshot/age_keyfile.h"
#include "snapshot/drill_report.h"
#include "store/catalog.h"

#include <ctype.h>
#include <string.h>
#include <sys/stat.h>

/* FILE's name says what it is, as it does for zstd and age themselves; a store has zstd. */
static const char *usual_compression(const struct place *place, const char *file)
{
	scoped(mem) char *name = mem_strdup(file ? file : "");

	if (!place->named)
		return "zstd";
	if (text_ends(name, ".age"))
		name[strlen(name) - 4] = '\0';
	return text_ends(name, ".zst") ? "zstd" : text_ends(name, ".gz") ? "gzip" : "none";
}

/* An identity that does not fit would be noticed when the snapshot is there. */
static int check_identities(const struct place *place, struct err *err)
{
	const struct age_recipients *to = &place->recipients;

	for (size_t i = 0; i < place->identities.count; i++)
		for (size_t k = 0; k < to->count; k++)
			if (memcmp(place->identities.items[i].recipient, to->items[k], AGE_KEY) ==
			    0)
				return 0;
	if (!place->identities.count)
		return 0;
	err_set(err, ERR_USAGE, "no --identity is the key of a recipient given");
	return err_hint(err, "save uses it to read the snapshot back; leave it away, or encrypt "
			     "for it, too");
}

static int read_keys(struct place *place, const struct opts *opts, struct err *err)
{
	for (size_t i = 0; i < opts->encrypt_to.count; i++)
		if (age_recipients_add(&place->recipients, opts->encrypt_to.items[i], err))
			return err_in(err, "--encrypt-to");
	if (opts->recipients_file &&
	    age_recipients_file(&place->recipients, opts->recipients_file, err))
		return err_in(err, "--recipients-file");
	if (opts->passphrase_file &&
	    age_passphrase_file(opts->passphrase_file, &place->passphrase, err))
		return err_in(err, "--passphrase-file");
	for (size_t i = 0; i < opts->identities.count; i++)
		if (age_identities_file(&place->identities, opts->identities.items[i], err))
			return err_in(err, "--identity");
	if (place->recipients.count && place->passphrase.len)
		return err_set(err, ERR_USAGE,
			       "recipients and a passphrase: an age file has the one or the other");
	place->seal.recipients = &place->recipients;
	place->seal.passphrase = &place->passphrase;
	return check_identities(place, err);
}

static int check_secrecy(const struct place *place, const struct opts *opts, const char *file,
			 struct err *err)
{
	bool encrypted = place->recipients.count || place->passphrase.len;

	if (opts->with_pki && !encrypted) {
		err_set(err, ERR_UNSAFE,
			"--with-pki: the keys of the cluster are kept encrypted only, and no key "
			"to encrypt them for was given");
		return err_hint(err, "--encrypt-to age1... (kubectl etcd-backup keygen makes a "
				     "key), --recipients-file or --passphrase-file");
	}

	if (encrypted && opts->plaintext)
		return err_set(err, ERR_USAGE, "--plaintext with a key: which?");
	if (!encrypted && file && text_ends(file, ".age"))
		return err_set(err, ERR_USAGE, "%s: to encrypt it a key is needed: --encrypt-to",
			       file);
	if (encrypted || opts->plaintext || !store_is_remote(place->url))
		return 0;
	err_set(err, ERR_UNSAFE,
		"%s: a snapshot holds every Secret of the cluster, and no key was given",
		place->url);
	return err_hint(err, "--encrypt-to age1... (kubectl etcd-backup keygen makes a key), or "
			     "--plaintext if whoever reads that store may read all Secrets");
}

static int check_free(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st))
		return 0;
	err_set(err, ERR_FILE, "%s is there already", path);
	return err_hint(err, "a snapshot is never overwritten: choose another name");
}

static int split_file(struct place *place, const char *file, struct err *err)
{
	const char *slash = strrchr(file, '/');
	scoped(mem) char *beside = mem_printf("%s.json", file);

	if (check_free(file, err) || check_free(beside, err))
		return -1;
	place->named = true;
	place->url = slash ? arena_printf(place->arena, "%.*s/", (int)(slash - file), file) : ".";
	place->file = file;
	if (drill_report_is_name(beside))
		return err_set(err, ERR_USAGE,
			       "%s: its recipe would have the name of a drill's report", file);
	return store_name_check(slash ? slash + 1 : file, err);
}

int place_init(struct place *place, const struct opts *opts, struct err *err)
{
	const char *file = opts->arg_count ? opts->args[0] : NULL;

	*place = (struct place){ .arena = arena_new(),
				 .passphrase = BUF_SECRET(AGE_PASSPHRASE_MAX) };
	if (!file == !opts->to) {
		err_set(err, ERR_USAGE, "save needs FILE or --to URL%s", file ? ", not both" : "");
		return err_hint(err, "see '%s save --help' for usage", opts->program);
	}
	place->url = opts->to;
	if (file && split_file(place, file, err))
		return -1;
	if (compress_parse(opts->compress ? opts->compress : usual_compression(place, file),
			   &place->seal.compress, err) ||
	    read_keys(place, opts, err))
		return -1;
	return check_secrecy(place, opts, file, err);
}

/* What a name in a store may not have becomes '-'. */
static char *plain(struct arena *arena, const char *text)
{
	char *name = arena_printf(arena, "%.80s", text);

	for (char *at = name; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("._-", *at))
			*at = '-';
	if (*name == '.')
		*name = '-';
	return name;
}

/* prod-20260821T104107Z */
void place_name(struct place *place, const char *cluster)
{
	char when[21];

	time_text(now_unix(), when);
	place->stem = arena_printf(place->arena, "%s-%.4s%.2s%.2sT%.2s%.2s%.2sZ",
				   plain(place->arena, cluster), when, when + 5, when + 8,
				   when + 11, when + 14, when + 17);
}

static int check_name(const struct place *place, struct store *store, const char *name,
		      struct err *err)
{
	struct store_object object;
	struct err said = ERR_INIT;
	bool missing = false;

	if (store_stat(store, name, &object, &missing, &said)) {
		if (missing)
			return 0;
		*err = said;
		return -1;
	}
	err_set(err, ERR_STORE, "%s: %s is there already", place->url, name);
	return err_hint(err, "a snapshot is never overwritten: choose another name");
}

int slot_open(struct slot *slot, struct place *place, const struct opts *opts, const char *member,
	      int cancel_fd, struct err *err)
{
	struct arena *arena = place->arena;
	const char *slash = place->named ? strrchr(place->file, '/') : NULL;

	if (store_from_opts(opts, place->url, cancel_fd, &slot->store, err))
		return -1;
	if (place->named) {
		slot->shown = place->file;
		slot->object = slash ? slash + 1 : place->file;
		slot->recipe = arena_printf(arena, "%s.json", slot->object);
	} else {
		slot->shown =
			member ? arena_printf(arena, "%s-%s", place->stem, plain(arena, member))
			       : place->stem;
		slot->object = arena_printf(arena, "%s%s", slot->shown, seal_suffix(&place->seal));
		slot->recipe = arena_printf(arena, "%s.json", slot->shown);
	}
	if (opts->with_pki) /* its ending is that of the snapshot, but for ".db" */
		slot->files = arena_printf(arena, "%s.pki.tar%s",
					   place->named ? slot->object : slot->shown,
					   seal_suffix(&place->seal) + strlen(".db"));
	return check_name(place, slot->store, slot->object, err) ||
			       check_name(place, slot->store, slot->recipe, err) ||
			       (slot->files && check_name(place, slot->store, slot->files, err))
		       ? -1
		       : 0;
}

void slot_release(struct slot *slot)
{
	store_close(slot->store);
	slot->store = NULL;
}

struct newest {
	struct arena *arena;
	const char *name;
};

static int take_newest(void *arg, const struct store_object *object, struct err *err)
{
	struct newest *newest = arg;

	(void)err;
	if (text_ends(object->name, ".json") &&
	    (!newest->name || strcmp(object->name, newest->name) > 0))
		newest->name = arena_strdup(newest->arena, object->name);
	return 0;
}

/* A directory that is not there yet cannot be listed; the first snapshot makes it. */
static bool is_new(struct store *store)
{
	struct store_object object;
	struct err ignored = ERR_INIT;
	bool missing = false;

	return store_stat(store, "none.json", &object, &missing, &ignored) && missing;
}

int place_previous(struct place *place, struct store *store, const char *cluster,
		   struct recipe *recipe, struct err *err)
{
	const char *prefix = arena_printf(place->arena, "%s-2", plain(place->arena, cluster));
	struct newest newest = { .arena = place->arena };
	struct catalog_entry entry;

	if (place->named)
		return 0;
	if (store_list(store, prefix, take_newest, &newest, err))
		return is_new(store) ? (*err = ERR_INIT, 0) : -1;
	if (!newest.name)
		return 0;
	char *name = arena_strndup(place->arena, newest.name, strlen(newest.name) - 5);
	struct err odd = ERR_INIT;
	if (catalog_find(store, place->arena, name, &entry, &odd) || entry.state == CATALOG_UNREAD)
		return 0; /* list --check tells of it; a new snapshot must not fail for an old one */
	recipe->previous = name;
	recipe->previous_sha256 = entry.recipe.sha256;
	return 0;
}

bool place_is_plain(const struct place *place)
{
	return seal_is_plain(&place->seal);
}

bool place_can_open(const struct place *place)
{
	return !place->recipients.count || place->identities.count;
}

void place_release(struct place *place)
{
	age_identities_release(&place->identities);
	buf_release(&place->passphrase);
	arena_free(place->arena);
	*place = (struct place){ .arena = NULL };
}

void place_scoped(struct place *place)
{
	place_release(place);
}
