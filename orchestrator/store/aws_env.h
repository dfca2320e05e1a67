/*
 * aws_env: who we are to S3 and where it is, from the places where the aws CLI looks too: flag, then environment,
 * then the profile in ~/.aws/credentials and ~/.aws/config, then a default.
 */
#ifndef STORE_AWS_ENV_H
#define STORE_AWS_ENV_H

#include "base/err.h"
#include "base/mem.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>

enum { AWS_FILE_MAX = 1024 * 1024 };

struct aws_env {
	struct arena *arena; /* all of the below; wiped by aws_env_release */
	const char *key_id;
	const char *secret;
	const char *token;     /* NULL: none */
	const char *keys_from; /* "the environment", "profile \"x\"" */
	const char *region;
	const char *endpoint; /* "https://host[:port]", no slash at the end; NULL: AWS's own */
	const char *ca;       /* PEM text; NULL: the system's */
};

/*
 * Reads files and may run the profile's credential_process (argv, no shell; cancel_fd ends it).  -1: CONFIG (no keys, no
 * region for AWS's own endpoint, a file that is too big or that names nothing), USAGE (a flag's value), TIMEOUT,
 * CANCELLED.  No text of an error holds a secret.
 */
int aws_env_read(const struct store_s3_settings *flags, int cancel_fd, struct aws_env *out,
		 struct err *err);
void aws_env_release(struct aws_env *env);

/* What a profile may say; NULL: nothing. */
struct aws_profile {
	bool found;
	const char *key_id, *secret, *token;
	const char *process; /* credential_process */
	const char *region, *endpoint, *ca_file;
	const char *services;    /* name of its services section */
	const char *s3_endpoint; /* endpoint_url under s3 in that section */
};

/*
 * Adds what the text of a profile file says of the profile.  In a config file a profile other than "default" is
 * "[profile name]", in a credentials file "[name]".  What is no line of such a file is passed over, as the aws CLI does.
 */
void aws_profile_read(struct arena *arena, const char *text, size_t len, bool is_config,
		      const char *name, struct aws_profile *out);

/* Splits a command at white space; '..', ".." and \ keep it.  NULL: an open quote, nothing, over 64 words. */
const char *const *aws_split_command(struct arena *arena, const char *command);

#endif
