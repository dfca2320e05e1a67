/*
 * age_key: the keys of age as text: recipients (age1..., public) and identities (AGE-SECRET-KEY-1..., secret), X25519
 * only.  Files of them are in age_keyfile.
 */
#ifndef SNAPSHOT_AGE_KEY_H
#define SNAPSHOT_AGE_KEY_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { AGE_KEY = 32, AGE_KEYS_MAX = 64, AGE_RECIPIENT_TEXT = 63 };

/* Whom to encrypt for.  Starts as {0}; nothing to release. */
struct age_recipients {
	uint8_t items[AGE_KEYS_MAX][AGE_KEY];
	size_t count;
};

/* A secret key and its recipient. */
struct age_identity {
	uint8_t secret[AGE_KEY];
	uint8_t recipient[AGE_KEY];
};

/* What to decrypt with.  Starts as {0}. */
struct age_identities {
	struct age_identity items[AGE_KEYS_MAX];
	size_t count;
};

void age_identities_release(struct age_identities *identities); /* wipes; usable again */
void age_identities_scoped(struct age_identities *identities);

/* Adds the recipient that a text names (age1...).  One that is there already is not added again. */
int age_recipients_add(struct age_recipients *recipients, const char *text, struct err *err);

/* Adds the identity that a text is (AGE-SECRET-KEY-1...).  No error shows any of the text. */
int age_identities_add(struct age_identities *identities, const char *text, struct err *err);

/* The recipient as text. */
void age_recipient_text(const uint8_t recipient[AGE_KEY], char out[AGE_RECIPIENT_TEXT]);

/* Appends the secret key as text: the buffer should be one for secrets.  -1 when it is full. */
int age_identity_text(const struct age_identity *identity, struct buf *out);

/* A new key pair. */
void age_identity_new(struct age_identity *out);

#endif
