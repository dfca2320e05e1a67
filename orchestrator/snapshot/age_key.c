/*
 * age_key: see age_key.h.
 */
#include "snapshot/age_key.h"

#include "base/crypto.h"
#include "base/digest.h"
#include "base/mem.h"
#include "snapshot/age_bech32.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char recipient_prefix[] = "age";
static const char identity_prefix[] = "AGE-SECRET-KEY-";

void age_identities_release(struct age_identities *identities)
{
	mem_wipe(identities, sizeof(*identities));
}

void age_identities_scoped(struct age_identities *identities)
{
	age_identities_release(identities);
}

static bool begins(const char *text, const char *with)
{
	return strncasecmp(text, with, strlen(with)) == 0;
}

static int bad_recipient(const char *text, struct err *err)
{
	if (begins(text, identity_prefix)) {
		err_set(err, ERR_CONFIG, "a secret key was given where a recipient is wanted");
		return err_hint(err, "give its public key, age1...: age-keygen -y FILE shows it");
	}
	if (begins(text, "ssh-") || begins(text, "AGE-PLUGIN-") ||
	    (begins(text, "age1") && strchr(text + 4, '1'))) {
		err_set(err, ERR_CONFIG, "recipient %.40s: only X25519 keys (age1...) can be used",
			text);
		return err_hint(err,
				"make one with age-keygen; SSH keys and plugins are unknown here");
	}
	err_set(err, ERR_CONFIG, "\"%.70s\" is not a recipient", text);
	return err_hint(err,
			"a recipient is age1 and 58 more characters; is one lost or mistyped?");
}

int age_recipients_add(struct age_recipients *recipients, const char *text, struct err *err)
{
	uint8_t key[AGE_KEY];

	if (age_bech32_decode(text, recipient_prefix, key, sizeof(key)))
		return bad_recipient(text, err);
	for (size_t i = 0; i < recipients->count; i++)
		if (memcmp(recipients->items[i], key, sizeof(key)) == 0)
			return 0;
	if (recipients->count == AGE_KEYS_MAX)
		return err_set(err, ERR_CONFIG, "more than %d recipients", AGE_KEYS_MAX);
	memcpy(recipients->items[recipients->count++], key, sizeof(key));
	return 0;
}

static int bad_identity(const char *text, struct err *err)
{
	if (begins(text, "age1")) {
		err_set(err, ERR_CONFIG, "a recipient was given where an identity is wanted");
		return err_hint(err, "give the file with the secret key, AGE-SECRET-KEY-1...");
	}
	if (begins(text, "age-encryption.org/") || begins(text, "-----BEGIN AGE ENCRYPTED")) {
		err_set(err, ERR_CONFIG, "the identity file is encrypted itself");
		return err_hint(err,
				"decrypt it first: age -d -o OUT FILE, where only you can read");
	}
	if (begins(text, "-----BEGIN ") || begins(text, "AGE-PLUGIN-") ||
	    begins(text, "AGE-SECRET-KEY-PQ-")) {
		err_set(err, ERR_CONFIG, "an identity of a kind that is not known here");
		return err_hint(err, "only X25519 identities (AGE-SECRET-KEY-1...) can be used");
	}
	err_set(err, ERR_CONFIG, "not an identity");
	return err_hint(err, "an identity is AGE-SECRET-KEY-1 and 58 more characters, upper case");
}

int age_identities_add(struct age_identities *identities, const char *text, struct err *err)
{
	struct age_identity *new = &identities->items[identities->count];
	uint8_t secret[AGE_KEY];

	if (age_bech32_decode(text, identity_prefix, secret, sizeof(secret)))
		return bad_identity(text, err);
	if (identities->count == AGE_KEYS_MAX) {
		mem_wipe(secret, sizeof(secret));
		return err_set(err, ERR_CONFIG, "more than %d identities", AGE_KEYS_MAX);
	}
	if (crypto_ready(err)) {
		mem_wipe(secret, sizeof(secret));
		return -1;
	}
	memcpy(new->secret, secret, sizeof(secret));
	crypto_x25519_public(secret, new->recipient);
	mem_wipe(secret, sizeof(secret));
	identities->count++;
	return 0;
}

void age_recipient_text(const uint8_t recipient[AGE_KEY], char out[AGE_RECIPIENT_TEXT])
{
	scoped(buf) struct buf text = BUF_INIT(AGE_RECIPIENT_TEXT);

	if (age_bech32_encode(recipient_prefix, recipient, AGE_KEY, &text))
		abort(); /* the length is fixed */
	memcpy(out, buf_str(&text), AGE_RECIPIENT_TEXT);
}

int age_identity_text(const struct age_identity *identity, struct buf *out)
{
	return age_bech32_encode(identity_prefix, identity->secret, AGE_KEY, out);
}

void age_identity_new(struct age_identity *out)
{
	random_bytes(out->secret, sizeof(out->secret));
	crypto_x25519_public(out->secret, out->recipient);
}
