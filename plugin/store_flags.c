/*
 * store_flags: see store_flags.h.
 */
#include "plugin/store_flags.h"

#include <string.h>

static int path_style(const char *text, int *out, struct err *err)
{
	if (text && strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return err_set(err, ERR_USAGE, "--s3-path-style=%s: true or false", text);
	*out = !text ? -1 : strcmp(text, "true") == 0;
	return 0;
}

static int sse(const struct opts *opts, struct err *err)
{
	const char *how = opts->s3_sse;

	if (how && strcmp(how, "AES256") != 0 && strcmp(how, "aws:kms") != 0)
		return err_set(err, ERR_USAGE, "--s3-sse=%s: AES256 or aws:kms", how);
	if (opts->s3_kms_key_id && (!how || strcmp(how, "aws:kms") != 0))
		return err_set(err, ERR_USAGE, "--s3-kms-key-id is for --s3-sse=aws:kms");
	return 0;
}

int store_from_opts(const struct opts *opts, const char *url, int cancel_fd, struct store **out,
		    struct err *err)
{
	struct store_settings settings = {
		.s3 = { .endpoint = opts->s3_endpoint,
			.region = opts->s3_region,
			.profile = opts->s3_profile,
			.ca_file = opts->s3_ca_file,
			.sse = opts->s3_sse,
			.kms_key_id = opts->s3_kms_key_id },
		.ssh = { .user = opts->ssh_user,
			 .key = opts->ssh_key,
			 .port = (unsigned)opts->ssh_port,
			 .known_hosts = opts->ssh_known_hosts },
		.cancel_fd = cancel_fd,
		.shares_memory = opts->all_members,
	};

	if (path_style(opts->s3_path_style, &settings.s3.path_style, err) || sse(opts, err))
		return -1;
	struct store *store = store_open(url, &settings, err);
	if (!store)
		return -1;
	*out = store;
	return 0;
}
