/*
 * test_ssh_known: known_hosts lines of every form, and a key that is known, new, changed or revoked.
 */
#include "base/test/check.h"
#include "node/ssh_known.h"

#define KEY_A "QUFB" /* AAA */
#define KEY_B "QkJC"

/* |1|"salt-salt-salt-salt-"|HMAC-SHA1 of cp-1, and of [cp-1]:2222 */
#define HASHED "|1|c2FsdC1zYWx0LXNhbHQtc2FsdC0=|QGHJLuiX6wsdC9BJippvy12QvJE="
#define HASHED_PORT "|1|c2FsdC1zYWx0LXNhbHQtc2FsdC0=|ul1QkukUhqtsopbaVdiD2DRUcI4="

static const struct {
	const char *text;
	unsigned port;
	enum ssh_known want;
	size_t line;
} cases[] = {
	/* plain */
	{ "", 22, SSH_KNOWN_NO, 0 },
	{ "cp-1 ssh-ed25519 " KEY_A, 22, SSH_KNOWN_YES, 1 },
	{ "cp-1 ssh-ed25519 " KEY_A "\n", 0, SSH_KNOWN_YES, 1 },
	{ "cp-1 ssh-ed25519 " KEY_A " root@cp-1 and words\n", 22, SSH_KNOWN_YES, 1 },
	{ "  cp-1\t ssh-ed25519\t" KEY_A "\n", 22, SSH_KNOWN_YES, 1 },
	{ "CP-1 ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_YES, 1 },
	{ "cp-10 ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_NO, 0 },
	{ "xcp-1 ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_NO, 0 },
	{ "10.0.0.1,cp-1,::1 ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_YES, 1 },
	{ "# head\n\nother ssh-ed25519 " KEY_B "\ncp-1 ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_YES,
	  4 },
	/* another port */
	{ "[cp-1]:2222 ssh-ed25519 " KEY_A "\n", 2222, SSH_KNOWN_YES, 1 },
	{ "[cp-1]:2222 ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_NO, 0 },
	{ "[cp-1]:2222 ssh-ed25519 " KEY_A "\n", 2223, SSH_KNOWN_NO, 0 },
	{ "cp-1 ssh-ed25519 " KEY_A "\n", 2222, SSH_KNOWN_NO, 0 },
	{ "[cp-*]:2222 ssh-ed25519 " KEY_A "\n", 2222, SSH_KNOWN_YES, 1 },
	/* hashed */
	{ HASHED " ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_YES, 1 },
	{ HASHED " ssh-ed25519 " KEY_A "\n", 2222, SSH_KNOWN_NO, 0 },
	{ HASHED " ssh-ed25519 " KEY_B "\n", 22, SSH_KNOWN_CHANGED, 1 },
	{ HASHED_PORT " ssh-ed25519 " KEY_A "\n", 2222, SSH_KNOWN_YES, 1 },
	{ HASHED_PORT " ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_NO, 0 },
	{ "|1| ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_NO, 0 },
	{ "|1|| ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_NO, 0 },
	{ "|1|!!|?? ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_NO, 0 },
	{ "|1|c2FsdA== ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_NO, 0 },
	{ "|1|c2FsdA==|QUFB ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_NO, 0 },
	/* wildcards */
	{ "* ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_YES, 1 },
	{ "cp-? ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_YES, 1 },
	{ "CP-* ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_YES, 1 },
	{ "cp-?? ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_NO, 0 },
	{ "[a-z]p-* ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_NO, 0 },
	/* negated: against the whole line, wherever it stands */
	{ "*,!cp-1 ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_NO, 0 },
	{ "!cp-1,* ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_NO, 0 },
	{ "cp-*,!*-1 ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_NO, 0 },
	{ "cp-*,!cp-2 ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_YES, 1 },
	{ "!cp-2 ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_NO, 0 },
	/* changed */
	{ "cp-1 ssh-ed25519 " KEY_B "\n", 22, SSH_KNOWN_CHANGED, 1 },
	{ "cp-1 ssh-rsa " KEY_B "\n", 22, SSH_KNOWN_CHANGED, 1 },
	{ "cp-1 ssh-rsa " KEY_A "\n", 22, SSH_KNOWN_CHANGED, 1 },
	{ "cp-1 ssh-ed25519 " KEY_B "\ncp-1 ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_YES, 2 },
	{ "cp-1 ssh-ed25519 " KEY_A "\ncp-1 ssh-ed25519 " KEY_B "\n", 22, SSH_KNOWN_YES, 1 },
	{ "cp-1 ssh-ed25519 QUE=\n", 22, SSH_KNOWN_CHANGED, 1 },
	{ "cp-1 ssh-ed25519 QUFBQQ==\n", 22, SSH_KNOWN_CHANGED, 1 },
	/* revoked, before and after a line that knows it */
	{ "@revoked cp-1 ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_REVOKED, 1 },
	{ "@revoked * ssh-ed25519 " KEY_A "\ncp-1 ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_REVOKED,
	  1 },
	{ "cp-1 ssh-ed25519 " KEY_A "\n@revoked * ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_REVOKED,
	  2 },
	{ "@revoked cp-1 ssh-ed25519 " KEY_B "\n", 22, SSH_KNOWN_NO, 0 },
	{ "@revoked cp-1 ssh-ed25519 " KEY_B "\ncp-1 ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_YES,
	  2 },
	/* certificates are not spoken, and unknown marks are no lines */
	{ "@cert-authority * ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_NO, 0 },
	{ "@cert-authority cp-1 ssh-ed25519 " KEY_B "\ncp-1 ssh-ed25519 " KEY_A "\n", 22,
	  SSH_KNOWN_YES, 2 },
	{ "@other cp-1 ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_NO, 0 },
	/* line ends and garbage */
	{ "x y z\r\ncp-1 ssh-ed25519 " KEY_A "\r\n", 22, SSH_KNOWN_YES, 2 },
	{ "cp-1\r\ncp-1 ssh-ed25519\r\n", 22, SSH_KNOWN_NO, 0 },
	{ "cp-1\n", 22, SSH_KNOWN_NO, 0 },
	{ "cp-1 ssh-ed25519\n", 22, SSH_KNOWN_NO, 0 },
	{ "#cp-1 ssh-ed25519 " KEY_A "\n", 22, SSH_KNOWN_NO, 0 },
	{ "\n\r\n \t\n,,, , ,\ncp-1 ssh-ed25519 " KEY_A, 22, SSH_KNOWN_YES, 5 },
};

static void test_check(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t line = 99;
		enum ssh_known got = ssh_known_check(cases[i].text, strlen(cases[i].text), "cp-1",
						     cases[i].port, "ssh-ed25519", "AAA", 3, &line);
		if (got != cases[i].want || line != cases[i].line)
			fprintf(stderr, "text: %s\n", cases[i].text);
		CHECK_INT(got, cases[i].want);
		CHECK_INT(line, cases[i].line);
	}
}

/* A text is not ended by a NUL, and one inside is a byte like others. */
static void test_len(void)
{
	static const char text[] = "a\0b ssh-rsa QUFB\ncp-1 ssh-ed25519 QUFBxxxx";
	size_t line;

	CHECK_INT(
		ssh_known_check(text, sizeof(text) - 5, "cp-1", 22, "ssh-ed25519", "AAA", 3, &line),
		SSH_KNOWN_YES);
	CHECK_INT(line, 2);
}

static void test_long_line(void)
{
	static char text[200 * 1024];
	static const char good[] = "\ncp-1 ssh-ed25519 QUFB\n";
	size_t line, len = sizeof(text) - sizeof(good);

	memset(text, 'x', len);
	memcpy(text, "cp-1 ssh-ed25519 ", 17);
	memcpy(text + len, good, sizeof(good));
	CHECK_INT(ssh_known_check(text, strlen(text), "cp-1", 22, "ssh-ed25519", "AAA", 3, &line),
		  SSH_KNOWN_YES);
	CHECK_INT(line, 2);
}

static void test_types(void)
{
	static const char text[] = "cp-1 ssh-ed25519 QUFB\r\n"
				   "other ssh-dss QUFB\n"
				   "cp-1,other ssh-rsa QUFB\n"
				   "@revoked cp-1 ssh-dss QUFB\n"
				   "@cert-authority cp-1 ssh-dss QUFB\n"
				   "cp-* ssh-ed25519 QkJC\n"
				   "cp-1 ssh-ed25 QkJC\n"
				   "[cp-1]:2222 ecdsa-sha2-nistp256 QkJC\n";
	static const struct {
		const char *host;
		unsigned port;
		size_t size;
		const char *want;
	} asked[] = {
		{ "cp-1", 22, 200, "ssh-ed25519,ssh-rsa,ssh-ed25" },
		{ "cp-1", 2222, 200, "ecdsa-sha2-nistp256" },
		{ "cp-9", 22, 200, "ssh-ed25519" },
		{ "nobody", 22, 200, "" },
		{ "cp-1", 22, 1, "" },
		{ "cp-1", 22, 20, "ssh-ed25519,ssh-rsa" },
		{ "cp-1", 22, 15, "ssh-ed25519" },
	};

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		char out[200];
		ssh_known_types(text, strlen(text), asked[i].host, asked[i].port, out,
				asked[i].size);
		CHECK(strlen(out) < asked[i].size);
		CHECK_STR(out, asked[i].want);
	}
}

TESTS(TEST(test_check), TEST(test_len), TEST(test_long_line), TEST(test_types))
