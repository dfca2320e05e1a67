/*
 * age_wrap: see age_wrap.h.
 */
#include "snapshot/age_wrap.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "base/digest.h"
#include "base/mem.h"

#include <string.h>

enum { WRAPPED = AGE_FILE_KEY + CRYPTO_TAG, SALT = 16, TEXT = 128 };

static const char x25519_info[] = "age-encryption.org/v1/X25519";
static const char scrypt_label[] = "age-encryption.org/v1/scrypt";
static const char other_copy[] = "fetch the file again, or use another copy";
static const uint8_t zero_nonce[CRYPTO_NONCE]; /* every wrapping key is used once */
static const struct crypto_aad nothing;

/* The key that wraps the file key: bound to both public keys.  -1 when there is no shared secret. */
static int x25519_key(const uint8_t secret[AGE_KEY], const uint8_t peer[AGE_KEY],
		      const uint8_t share[AGE_KEY], const uint8_t recipient[AGE_KEY],
		      uint8_t out[AGE_KEY])
{
	uint8_t shared[AGE_KEY], salt[2 * AGE_KEY];

	if (crypto_x25519_shared(secret, peer, shared))
		return -1;
	memcpy(salt, share, AGE_KEY);
	memcpy(salt + AGE_KEY, recipient, AGE_KEY);
	crypto_hkdf(shared, sizeof(shared), salt, sizeof(salt), x25519_info,
		    sizeof(x25519_info) - 1, out);
	mem_wipe(shared, sizeof(shared));
	return 0;
}

static int add_stanza(struct buf *header, const struct buf *args, const uint8_t *body,
		      struct err *err)
{
	if (age_header_stanza(header, buf_str(args), body, WRAPPED))
		return err_set(err, ERR_CONFIG, "too many recipients for an age file");
	return 0;
}

int age_wrap_x25519(const uint8_t recipient[AGE_KEY], const uint8_t file_key[AGE_FILE_KEY],
		    struct buf *header, struct err *err)
{
	scoped(buf) struct buf args = BUF_INIT(TEXT);
	uint8_t secret[AGE_KEY], share[AGE_KEY], key[AGE_KEY], body[WRAPPED];

	random_bytes(secret, sizeof(secret));
	crypto_x25519_public(secret, share);
	int bad = x25519_key(secret, recipient, share, recipient, key);
	mem_wipe(secret, sizeof(secret));
	if (bad) {
		err_set(err, ERR_CONFIG, "the recipient is not a usable key (low order)");
		return err_hint(err, "make a new key pair with age-keygen");
	}

	crypto_seal(key, zero_nonce, nothing, file_key, AGE_FILE_KEY, body);
	mem_wipe(key, sizeof(key));
	buf_adds(&args, "X25519 ");
	base64_encode(share, sizeof(share), false, &args);
	return add_stanza(header, &args, body, err);
}

static int scrypt_key(const struct buf *passphrase, const uint8_t salt[SALT], unsigned work,
		      uint8_t out[AGE_KEY], struct err *err)
{
	uint8_t labelled[sizeof(scrypt_label) - 1 + SALT];

	memcpy(labelled, scrypt_label, sizeof(scrypt_label) - 1);
	memcpy(labelled + sizeof(scrypt_label) - 1, salt, SALT);
	if (!crypto_scrypt(buf_str(passphrase), passphrase->len, labelled, sizeof(labelled), work,
			   out))
		return 0;
	err_set(err, ERR_CONFIG, "not enough memory for scrypt with work factor %u", work);
	return err_hint(err, "it needs %lu MiB: use a machine that has them, or a key pair",
			(1ul << work) / 1024);
}

int age_wrap_scrypt(const struct buf *passphrase, unsigned work,
		    const uint8_t file_key[AGE_FILE_KEY], struct buf *header, struct err *err)
{
	scoped(buf) struct buf args = BUF_INIT(TEXT);
	uint8_t salt[SALT], key[AGE_KEY], body[WRAPPED];

	random_bytes(salt, sizeof(salt));
	if (scrypt_key(passphrase, salt, work, key, err))
		return -1;

	crypto_seal(key, zero_nonce, nothing, file_key, AGE_FILE_KEY, body);
	mem_wipe(key, sizeof(key));
	buf_adds(&args, "scrypt ");
	base64_encode(salt, sizeof(salt), false, &args);
	buf_addf(&args, " %u", work);
	return add_stanza(header, &args, body, err);
}

static int malformed(struct err *err, const char *kind, const char *what)
{
	err_set(err, ERR_CORRUPT, "the header of the age file is damaged: its %s stanza %s", kind,
		what);
	return err_hint(err, "%s", other_copy);
}

/* Whether the identity opens this stanza: 1, 0, or -1 for a stanza that cannot be. */
static int unwrap_x25519(const struct age_stanza *stanza, const struct age_identity *identity,
			 uint8_t file_key[AGE_FILE_KEY], struct err *err)
{
	uint8_t share[AGE_KEY], key[AGE_KEY], opened[AGE_FILE_KEY];

	if (stanza->arg_count != 2 || age_base64_exactly(stanza->args[1], share, AGE_KEY))
		return malformed(err, "X25519", "has no public key of 32 bytes");
	if (stanza->body_len != WRAPPED)
		return malformed(err, "X25519", "has no wrapped key of 32 bytes");
	if (x25519_key(identity->secret, share, share, identity->recipient, key))
		return malformed(err, "X25519", "has a public key of low order");

	bool ours = !crypto_open(key, zero_nonce, nothing, stanza->body, WRAPPED, opened);
	mem_wipe(key, sizeof(key));
	if (ours)
		memcpy(file_key, opened, sizeof(opened));
	mem_wipe(opened, sizeof(opened));
	return ours;
}

static int work_of(struct age_text text, unsigned *out, struct err *err)
{
	unsigned work = 0;

	if (text.at[0] == '0')
		return malformed(err, "scrypt", "has no work factor");
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return malformed(err, "scrypt", "has no work factor");
		work = work > 1000 ? work : 10 * work + (unsigned)(text.at[i] - '0');
	}
	if (work > AGE_WORK_MAX) {
		err_set(err, ERR_CONFIG,
			"the age file wants scrypt with work factor %.*s: too much",
			text.len < 8 ? (int)text.len : 8, text.at);
		return err_hint(err, "up to %d is accepted; age can decrypt it where you trust it",
				AGE_WORK_MAX);
	}
	*out = work;
	return 0;
}

static int unwrap_scrypt(const struct age_stanza *stanza, const struct buf *passphrase,
			 uint8_t file_key[AGE_FILE_KEY], struct err *err)
{
	uint8_t salt[SALT], key[AGE_KEY], opened[AGE_FILE_KEY];
	unsigned work = 0;

	if (stanza->arg_count != 3 || age_base64_exactly(stanza->args[1], salt, SALT))
		return malformed(err, "scrypt", "has no salt of 16 bytes");
	if (stanza->body_len != WRAPPED)
		return malformed(err, "scrypt", "has no wrapped key of 32 bytes");
	if (work_of(stanza->args[2], &work, err))
		return -1;
	if (!passphrase || !passphrase->len) {
		err_set(err, ERR_CONFIG, "the age file needs a passphrase, and none was given");
		return err_hint(err, "give the passphrase; an identity file does not open it");
	}
	if (scrypt_key(passphrase, salt, work, key, err))
		return -1;

	bool ours = !crypto_open(key, zero_nonce, nothing, stanza->body, WRAPPED, opened);
	mem_wipe(key, sizeof(key));
	if (ours)
		memcpy(file_key, opened, sizeof(opened));
	mem_wipe(opened, sizeof(opened));
	if (ours)
		return 0;
	err_set(err, ERR_CONFIG, "the passphrase does not open the age file");
	return err_hint(err, "is it the one of this file, without anything before or after it?");
}

static int nobody(const struct age_header *header, const struct age_identities *identities,
		  size_t x25519_count, const struct age_text *other, struct err *err)
{
	if (!x25519_count) {
		err_set(err, ERR_CONFIG,
			"the age file is for readers of kinds that are not known here (%.*s)",
			other->len < 40 ? (int)other->len : 40, other->at);
		return err_hint(err,
				"decrypt it with age and the plugin or key that it was made for");
	}
	if (!identities->count) {
		err_set(err, ERR_CONFIG,
			"the age file is for %zu recipients, and no identity was given",
			header->count);
		return err_hint(err,
				"give the identity file (AGE-SECRET-KEY-1...) of one recipient");
	}
	err_set(err, ERR_CONFIG,
		"none of %zu identities opens the age file, which is for %zu recipients",
		identities->count, header->count);
	return err_hint(err,
			"`age-keygen -y FILE` shows the recipient of an identity file: compare "
			"it with those the backup was made for");
}

int age_unwrap(const struct age_header *header, const struct age_identities *identities,
	       const struct buf *passphrase, uint8_t file_key[AGE_FILE_KEY], struct err *err)
{
	const struct age_text *other = &header->stanzas[0].args[0];
	size_t x25519_count = 0;

	for (size_t i = 0; i < header->count; i++) {
		if (!age_text_is(header->stanzas[i].args[0], "scrypt"))
			continue;
		if (header->count != 1)
			return malformed(err, "scrypt", "is not the only one");
		return unwrap_scrypt(&header->stanzas[i], passphrase, file_key, err);
	}
	for (size_t i = 0; i < header->count; i++) {
		if (!age_text_is(header->stanzas[i].args[0], "X25519"))
			continue;
		x25519_count++;
		for (size_t k = 0; k < identities->count; k++) {
			int found = unwrap_x25519(&header->stanzas[i], &identities->items[k],
						  file_key, err);
			if (found)
				return found < 0 ? -1 : 0;
		}
	}
	return nobody(header, identities, x25519_count, other, err);
}
