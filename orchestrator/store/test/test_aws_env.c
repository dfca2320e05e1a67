/*
 * test_aws_env: where keys, region, endpoint and CA come from, and which place goes before which.
 */
#include "base/test/check.h"
#include "store/aws_env.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char credentials[] =
	"[default]\naws_access_key_id = AKDEFAULT\naws_secret_access_key = s/default=\n"
	"# a comment\n[other]\naws_access_key_id=AKOTHER\r\naws_secret_access_key=other ; why\r\n"
	"aws_session_token = token==\n[half]\naws_access_key_id = AKHALF\n";
static const char config[] =
	"[default]\nregion = eu-west-1\n[profile other]\nregion = eu-central-1 # home\n"
	"endpoint_url = https://general.example/\nservices = mine\n"
	"[services mine]\nec2 =\n  endpoint_url = https://ec2.example\ns3 =\n"
	"  endpoint_url = http://s3.example:9000\n[plain]\nregion = nowhere\n"
	"[profile run]\nregion = us-west-2\ncredential_process = /bin/sh -c 'echo \"$0\"' "
	"'{\"Version\": 1, \"AccessKeyId\": \"AKRUN\", \"SecretAccessKey\": \"run\", "
	"\"SessionToken\": \"t\"}'\n"
	"[profile fails]\nregion = a\ncredential_process = /bin/sh -c 'echo secret >&2; exit 3'\n"
	"[profile odd]\nregion = a\ncredential_process = echo '{\"SecretAccessKey\": \"hidden\"}'\n"
	"[profile quote]\nregion = a\ncredential_process = echo 'x\n"
	"[profile gone]\nregion = a\ncredential_process = /no/such/program\n";

static char dir[] = "/tmp/test_aws_env.XXXXXX";

static void write_file(const char *name, const char *text)
{
	scoped(mem) char *path = mem_printf("%s/%s", dir, name);
	FILE *file = fopen(path, "we");

	if (!file || fputs(text, file) < 0 || fclose(file))
		abort();
}

static void set_path(const char *variable, const char *name)
{
	scoped(mem) char *path = mem_printf("%s/%s", dir, name);

	setenv(variable, path, 1);
}

static void clean(void)
{
	static const char *const names[] = { "AWS_ACCESS_KEY_ID",
					     "AWS_SECRET_ACCESS_KEY",
					     "AWS_SESSION_TOKEN",
					     "AWS_PROFILE",
					     "AWS_REGION",
					     "AWS_DEFAULT_REGION",
					     "AWS_ENDPOINT_URL",
					     "AWS_ENDPOINT_URL_S3",
					     "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
					     "AWS_CA_BUNDLE",
					     "AWS_WEB_IDENTITY_TOKEN_FILE" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	setenv("HOME", dir, 1);
	set_path("AWS_SHARED_CREDENTIALS_FILE", "credentials");
	set_path("AWS_CONFIG_FILE", "config");
}

static void test_init(void)
{
	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(dir))
		abort();
	write_file("credentials", credentials);
	write_file("config", config);
	write_file("ca.pem", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n");
}

static void test_default_profile(void)
{
	struct store_s3_settings flags = { .path_style = -1 };
	struct aws_env env;
	struct err err = ERR_INIT;

	clean();
	CHECK_INT(aws_env_read(&flags, -1, &env, &err), 0);
	CHECK_STR(env.key_id, "AKDEFAULT");
	CHECK_STR(env.secret, "s/default=");
	CHECK_STR(env.token, NULL);
	CHECK_STR(env.region, "eu-west-1");
	CHECK_STR(env.endpoint, NULL);
	CHECK_STR(env.ca, NULL);
	CHECK_HAS(env.keys_from, "default");
	aws_env_release(&env);
}

static void test_environment_first(void)
{
	struct store_s3_settings flags = { .path_style = -1 };
	struct aws_env env;
	struct err err = ERR_INIT;

	clean();
	setenv("AWS_PROFILE", "other", 1);
	setenv("AWS_ACCESS_KEY_ID", "AKENV", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "env", 1);
	setenv("AWS_DEFAULT_REGION", "region-2", 1);
	setenv("AWS_REGION", "region-1", 1);
	setenv("AWS_ENDPOINT_URL", "http://one", 1);
	setenv("AWS_ENDPOINT_URL_S3", "http://two:80/", 1);
	set_path("AWS_CA_BUNDLE", "ca.pem");
	CHECK_INT(aws_env_read(&flags, -1, &env, &err), 0);
	CHECK_STR(env.key_id, "AKENV");
	CHECK_STR(env.secret, "env");
	CHECK_STR(env.token, NULL); /* not the profile's */
	CHECK_STR(env.region, "region-1");
	CHECK_STR(env.endpoint, "http://two:80");
	CHECK_HAS(env.ca, "AA==");
	aws_env_release(&env);
}

static void test_flags_first(void)
{
	struct store_s3_settings flags = {
		.endpoint = "https://flag", .region = "flag-1", .profile = "other", .path_style = -1
	};
	struct aws_env env;
	struct err err = ERR_INIT;

	clean();
	setenv("AWS_ACCESS_KEY_ID", "AKENV", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "env", 1);
	setenv("AWS_REGION", "region-1", 1);
	setenv("AWS_ENDPOINT_URL_S3", "http://two", 1);
	CHECK_INT(aws_env_read(&flags, -1, &env, &err), 0);
	CHECK_STR(env.key_id, "AKOTHER");
	CHECK_STR(env.secret, "other");
	CHECK_STR(env.token, "token==");
	CHECK_STR(env.region, "flag-1");
	CHECK_STR(env.endpoint, "https://flag");
	aws_env_release(&env);
}

static void test_endpoints(void)
{
	struct store_s3_settings flags = { .profile = "other", .path_style = -1 };
	struct aws_env env;
	struct err err = ERR_INIT;

	clean();
	CHECK_INT(aws_env_read(&flags, -1, &env, &err), 0);
	CHECK_STR(env.endpoint, "http://s3.example:9000");
	CHECK_STR(env.region, "eu-central-1");
	aws_env_release(&env);
	setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
	setenv("AWS_ENDPOINT_URL", "http://one", 1);
	CHECK_INT(aws_env_read(&flags, -1, &env, &err), 0);
	CHECK_STR(env.endpoint, NULL);
	aws_env_release(&env);
}

static void test_process(void)
{
	struct store_s3_settings flags = { .profile = "run", .path_style = -1 };
	struct aws_env env;
	struct err err = ERR_INIT;

	clean();
	CHECK_INT(aws_env_read(&flags, -1, &env, &err), 0);
	CHECK_STR(env.key_id, "AKRUN");
	CHECK_STR(env.secret, "run");
	CHECK_STR(env.token, "t");
	aws_env_release(&env);
}

struct failing {
	struct store_s3_settings flags;
	const char *variable, *value;
	enum err_code code;
	const char *words;
};

static const struct failing failing[] = {
	{ { .profile = "fails" }, NULL, NULL, ERR_CONFIG, "ended with 3" },
	{ { .profile = "odd" }, NULL, NULL, ERR_CONFIG, "did not print JSON" },
	{ { .profile = "quote" }, NULL, NULL, ERR_CONFIG, "open quote" },
	{ { .profile = "gone" }, NULL, NULL, ERR_CONFIG, "credential_process" },
	{ { .profile = "plain" }, NULL, NULL, ERR_CONFIG, "no AWS profile \"plain\"" },
	{ { .profile = "half", .region = "a" }, NULL, NULL, ERR_CONFIG, "no secret access key" },
	{ { .region = "a/b" }, NULL, NULL, ERR_USAGE, "no AWS region" },
	{ { .endpoint = "ftp://a" }, NULL, NULL, ERR_USAGE, "no S3 endpoint" },
	{ { .endpoint = "http://a/path" }, NULL, NULL, ERR_USAGE, "no S3 endpoint" },
	{ { .endpoint = "http://" }, NULL, NULL, ERR_USAGE, "no S3 endpoint" },
	{ { .endpoint = "http://u:hidden@a" }, NULL, NULL, ERR_USAGE, "no S3 endpoint" },
	{ { .ca_file = "/dev/null" }, NULL, NULL, ERR_CONFIG, "no certificate" },
	{ { .ca_file = "/dev/zero" }, NULL, NULL, ERR_CONFIG, "more than" },
	{ { .ca_file = "/no/such" }, NULL, NULL, ERR_CONFIG, "does not exist" },
	{ { .region = NULL }, "AWS_ACCESS_KEY_ID", "AKENV", ERR_CONFIG, "no secret access key" },
	{ { .region = NULL }, "AWS_CONFIG_FILE", "/none", ERR_CONFIG, "no AWS region" },
	{ { .region = "a" }, "AWS_SHARED_CREDENTIALS_FILE", "/none", ERR_CONFIG, "no access key" },
	{ { .region = "a" }, "AWS_SHARED_CREDENTIALS_FILE", "/dev/zero", ERR_CONFIG, "more than" },
};

static void test_failing(void)
{
	for (size_t i = 0; i < sizeof(failing) / sizeof(failing[0]); i++) {
		struct aws_env env;
		struct err err = ERR_INIT;

		clean();
		if (failing[i].variable)
			setenv(failing[i].variable, failing[i].value, 1);
		CHECK_INT(aws_env_read(&failing[i].flags, -1, &env, &err), -1);
		CHECK_INT(err.code, failing[i].code);
		CHECK_HAS(err.text, failing[i].words);
		CHECK(!strstr(err.text, "hidden") && !strstr(err.text, "secret >"));
	}
}

static void test_split(void)
{
	scoped(arena) struct arena *arena = arena_new();
	const char *const *words =
		aws_split_command(arena, "  a 'b c' \"d\\\"e\" f\\ g'' '' \"h'i\" \\");

	CHECK(words != NULL);
	static const char *const want[] = { "a", "b c", "d\"e", "f g", "", "h'i", "\\", NULL };
	for (size_t i = 0; words && i < sizeof(want) / sizeof(want[0]); i++)
		CHECK_STR(words[i], want[i]);
	CHECK(aws_split_command(arena, " ") == NULL);
	CHECK(aws_split_command(arena, "a \"b") == NULL);
}

static void test_end(void)
{
	static const char *const names[] = { "credentials", "config", "ca.pem" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		scoped(mem) char *path = mem_printf("%s/%s", dir, names[i]);
		unlink(path);
	}
	CHECK_INT(rmdir(dir), 0);
}

TESTS(TEST(test_init), TEST(test_default_profile), TEST(test_environment_first),
      TEST(test_flags_first), TEST(test_endpoints), TEST(test_process), TEST(test_failing),
      TEST(test_split), TEST(test_end))
