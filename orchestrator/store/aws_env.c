/*
 * aws_env: see aws_env.h.
 */
#include "store/aws_env.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROCESS_MS = 60 * 1000, PROCESS_OUTPUT_MAX = 64 * 1024 };

/* While reading: both files of the one profile. */
struct reading {
	const struct store_s3_settings *flags;
	const char *name; /* of the profile */
	bool named;       /* by flag or environment: it must exist */
	struct aws_profile credentials, config;
	struct aws_env *env;
	int cancel_fd;
	struct err *err;
};

static const char *from_env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static int read_file(const char *path, struct buf *out, bool *missing, struct err *err)
{
	int failed = file_read_path(path, O_NONBLOCK, out); /* no FIFO holds us */

	*missing = failed && (errno == ENOENT || errno == ENOTDIR);
	if (!failed || *missing)
		return 0;
	return errno == EFBIG
		       ? err_set(err, ERR_CONFIG, "%s has more than %d bytes", path, AWS_FILE_MAX)
		       : err_errno(err, ERR_CONFIG, "cannot read %s", path);
}

static const char *file_path(struct reading *r, const char *variable, const char *name)
{
	const char *path = from_env(variable), *home = from_env("HOME");

	if (path && path[0] == '~' && path[1] == '/' && home)
		return arena_printf(r->env->arena, "%s%s", home, path + 1);
	if (path)
		return path;
	return home ? arena_printf(r->env->arena, "%s/.aws/%s", home, name) : NULL;
}

static int read_profile(struct reading *r, const char *variable, const char *file, bool is_config,
			struct aws_profile *out)
{
	scoped(buf) struct buf text = BUF_SECRET(AWS_FILE_MAX);
	const char *path = file_path(r, variable, file);
	bool missing;

	if (!path)
		return 0;
	if (read_file(path, &text, &missing, r->err))
		return -1;
	if (!missing)
		aws_profile_read(r->env->arena, buf_str(&text), text.len, is_config, r->name, out);
	return 0;
}

static int read_profiles(struct reading *r)
{
	const char *name = r->flags->profile ? r->flags->profile : from_env("AWS_PROFILE");

	r->named = name != NULL;
	r->name = arena_strdup(r->env->arena, name ? name : "default");
	if (read_profile(r, "AWS_SHARED_CREDENTIALS_FILE", "credentials", false, &r->credentials) ||
	    read_profile(r, "AWS_CONFIG_FILE", "config", true, &r->config))
		return -1;
	if (r->named && !r->credentials.found && !r->config.found) {
		err_set(r->err, ERR_CONFIG, "there is no AWS profile \"%s\"", r->name);
		return err_hint(r->err, "profiles are read from ~/.aws/credentials and "
					"~/.aws/config, or where AWS_SHARED_CREDENTIALS_FILE and "
					"AWS_CONFIG_FILE say");
	}
	return 0;
}

/* What the process said is a secret, also in its errors: only its exit code is told. */
static int take_process(struct reading *r, const char *said, size_t len)
{
	struct arena *arena = arena_new();
	struct err ignored = ERR_INIT;
	const struct tree *tree = json_parse(arena, said, len, PROCESS_OUTPUT_MAX, &ignored);
	const char *id = tree ? tree_string(tree, "AccessKeyId") : NULL;
	const char *secret = tree ? tree_string(tree, "SecretAccessKey") : NULL;
	const char *token = tree ? tree_string(tree, "SessionToken") : NULL;
	const char *version = tree ? tree_string(tree, "Version") : NULL;
	bool good = id && *id && secret && *secret && version && strcmp(version, "1") == 0;

	if (good) {
		r->env->key_id = arena_strdup(r->env->arena, id);
		r->env->secret = arena_strdup(r->env->arena, secret);
		r->env->token = token && *token ? arena_strdup(r->env->arena, token) : NULL;
	}
	arena_wipe(arena);
	return good ? 0
		    : err_set(r->err, ERR_CONFIG,
			      "the credential_process of profile \"%s\" did not print JSON with "
			      "Version 1, AccessKeyId and SecretAccessKey",
			      r->name);
}

static int run_process(struct reading *r, const char *command)
{
	const char *const *argv = aws_split_command(r->env->arena, command);
	scoped(buf) struct buf out = BUF_SECRET(PROCESS_OUTPUT_MAX);
	scoped(buf) struct buf errs = BUF_SECRET(PROCESS_OUTPUT_MAX);
	int status = 0;

	if (!argv)
		return err_set(r->err, ERR_CONFIG,
			       "the credential_process of profile \"%s\" is no command: an open "
			       "quote, or too many words",
			       r->name);
	struct proc_request request = { .argv = argv,
					.input_fd = -1,
					.deadline = deadline_in(PROCESS_MS),
					.cancel_fd = r->cancel_fd };
	if (proc_run(&request, &out, &errs, &status, r->err)) {
		if (r->err->code != ERR_TIMEOUT && r->err->code != ERR_CANCELLED)
			r->err->code = ERR_CONFIG;
		return err_in(r->err, "the credential_process of profile \"%s\"", r->name);
	}
	if (status)
		return err_set(r->err, ERR_CONFIG,
			       "the credential_process of profile \"%s\" (%s) ended with %d",
			       r->name, argv[0], status);
	return take_process(r, buf_str(&out), out.len);
}

static int take_keys(struct reading *r, const char *id, const char *secret, const char *token,
		     const char *from)
{
	struct aws_env *env = r->env;

	if (!id || !secret)
		return err_set(r->err, ERR_CONFIG, "%s has a%s but no %s", from,
			       id ? "n access key id" : " secret access key",
			       id ? "secret access key" : "access key id");
	env->key_id = arena_strdup(env->arena, id);
	env->secret = arena_strdup(env->arena, secret);
	env->token = arena_strdup(env->arena, token);
	env->keys_from = from;
	return 0;
}

static int no_keys(struct reading *r)
{
	err_set(r->err, ERR_CONFIG, "no access key for S3");
	if (from_env("AWS_WEB_IDENTITY_TOKEN_FILE") ||
	    from_env("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
		return err_hint(r->err, "web identity and container credentials are not used here; "
					"a credential_process that runs `aws configure "
					"export-credentials` brings them");
	return err_hint(r->err, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile");
}

/* A profile that was asked for by a flag goes before keys in the environment, as with the aws CLI. */
static int read_keys(struct reading *r)
{
	const struct aws_profile *credentials = &r->credentials, *config = &r->config;
	const char *id = from_env("AWS_ACCESS_KEY_ID"), *secret = from_env("AWS_SECRET_ACCESS_KEY");
	const char *from = arena_printf(r->env->arena, "profile \"%s\"", r->name);
	const char *process = credentials->process ? credentials->process : config->process;

	if ((id || secret) && !r->flags->profile)
		return take_keys(r, id, secret, from_env("AWS_SESSION_TOKEN"), "the environment");
	if (credentials->key_id || credentials->secret)
		return take_keys(r, credentials->key_id, credentials->secret, credentials->token,
				 from);
	r->env->keys_from = from;
	if (process)
		return run_process(r, process);
	if (config->key_id || config->secret)
		return take_keys(r, config->key_id, config->secret, config->token, from);
	return no_keys(r);
}

/* Only scheme, host and port: a path, a query or a password would not be what anybody means. */
static int check_endpoint(struct reading *r, const char *text)
{
	static const char host[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789.-_:[]";
	size_t scheme = strncmp(text, "https://", 8) == 0  ? 8
			: strncmp(text, "http://", 7) == 0 ? 7
							   : 0;
	size_t len = scheme + strspn(text + scheme, host), whole = strlen(text);

	while (whole > len && text[whole - 1] == '/')
		whole--;
	if (scheme == 0 || len == scheme || whole != len || len > 300) {
		err_set(r->err, r->flags->endpoint ? ERR_USAGE : ERR_CONFIG,
			"\"%.100s\" is no S3 endpoint", strchr(text, '@') ? "..." : text);
		return err_hint(r->err, "write http[s]://host[:port], without a path");
	}
	r->env->endpoint = arena_strndup(r->env->arena, text, len);
	return 0;
}

static int read_endpoint(struct reading *r)
{
	const char *ignore = from_env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
	const char *found = r->flags->endpoint;

	if (!found && !(ignore && strcasecmp(ignore, "true") == 0)) {
		const char *const order[] = { from_env("AWS_ENDPOINT_URL_S3"),
					      from_env("AWS_ENDPOINT_URL"), r->config.s3_endpoint,
					      r->config.endpoint, r->credentials.endpoint };
		for (size_t i = 0; !found && i < sizeof(order) / sizeof(order[0]); i++)
			found = order[i];
	}
	return found ? check_endpoint(r, found) : 0;
}

static int read_region(struct reading *r)
{
	const char *const order[] = { r->flags->region, from_env("AWS_REGION"),
				      from_env("AWS_DEFAULT_REGION"), r->config.region,
				      r->credentials.region };
	const char *region = NULL;

	for (size_t i = 0; !region && i < sizeof(order) / sizeof(order[0]); i++)
		region = order[i];
	if (!region && r->env->endpoint)
		region = "us-east-1"; /* what servers other than AWS take for any */
	if (!region) {
		err_set(r->err, ERR_CONFIG, "no AWS region");
		return err_hint(r->err, "set AWS_REGION, or region in the profile");
	}
	if (strspn(region, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") !=
		    strlen(region) ||
	    strlen(region) > 63 || !*region)
		return err_set(r->err, r->flags->region ? ERR_USAGE : ERR_CONFIG,
			       "\"%.64s\" is no AWS region", region);
	r->env->region = arena_strdup(r->env->arena, region);
	return 0;
}

static int read_ca(struct reading *r)
{
	scoped(buf) struct buf text = BUF_INIT(AWS_FILE_MAX);
	const char *const order[] = { r->flags->ca_file, from_env("AWS_CA_BUNDLE"),
				      r->config.ca_file };
	const char *path = NULL;
	bool missing;

	for (size_t i = 0; !path && i < sizeof(order) / sizeof(order[0]); i++)
		path = order[i];
	if (!path)
		return 0;
	if (read_file(path, &text, &missing, r->err))
		return err_in(r->err, "the CA bundle for S3");
	if (missing || !strstr(buf_str(&text), "-----BEGIN CERTIFICATE-----"))
		return err_set(r->err, ERR_CONFIG, "the CA bundle for S3: %s %s", path,
			       missing ? "does not exist" : "has no certificate in it");
	r->env->ca = arena_strdup(r->env->arena, buf_str(&text));
	return 0;
}

/* What would break a header line: keys are opaque, but they are printable. */
static int check_keys(struct reading *r)
{
	const char *const keys[] = { r->env->key_id, r->env->secret, r->env->token };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		for (const char *at = keys[i]; at && *at; at++) {
			if (*at <= ' ' || *at > '~')
				return err_set(
					r->err, ERR_CONFIG,
					"a key or token of %s has characters that no key has",
					r->env->keys_from);
		}
		if (keys[i] && strlen(keys[i]) > 16 * 1024)
			return err_set(r->err, ERR_CONFIG, "a key or token of %s is too long",
				       r->env->keys_from);
	}
	return 0;
}

int aws_env_read(const struct store_s3_settings *flags, int cancel_fd, struct aws_env *out,
		 struct err *err)
{
	struct aws_env env = { .arena = arena_new() };
	struct reading r = { .flags = flags, .env = &env, .cancel_fd = cancel_fd, .err = err };

	if (read_profiles(&r) || read_endpoint(&r) || read_region(&r) || read_ca(&r) ||
	    read_keys(&r) || check_keys(&r)) {
		arena_wipe(env.arena);
		return -1;
	}
	*out = env;
	return 0;
}

void aws_env_release(struct aws_env *env)
{
	if (env->arena)
		arena_wipe(env->arena);
	*env = (struct aws_env){ .arena = NULL };
}
