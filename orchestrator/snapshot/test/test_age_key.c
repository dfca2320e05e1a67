/*
 * test_age_key: keys as text and in files, with the vectors of BIP 173 and of the age specification.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "snapshot/age_bech32.h"
#include "snapshot/age_keyfile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char identity_text[] =
	"AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
static const char recipient_text[] =
	"age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

static char dir[64];

static const char *put(const char *name, const char *text, size_t len, mode_t mode)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
	scoped(fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK_INT(write(fd, text, len), len);
	CHECK_INT(fchmod(fd, mode), 0);
	return path;
}

static const char *put_text(const char *name, const char *text, mode_t mode)
{
	return put(name, text, strlen(text), mode);
}

static void test_bech32(void)
{
	scoped(buf) struct buf text = BUF_INIT(200);
	uint8_t data[32], again[32];

	CHECK_INT(age_bech32_decode("A12UEL5L", "A", data, 0), 0); /* BIP 173 */
	CHECK_INT(age_bech32_decode("a12uel5l", "a", data, 0), 0);
	CHECK_INT(age_bech32_decode("a12uel5l", "A", data, 0), -1);
	CHECK_INT(age_bech32_decode("A12uel5l", "A", data, 0), -1);
	CHECK_INT(age_bech32_decode("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef", data,
				    20),
		  0);
	CHECK_INT(data[1], 0x44);
	CHECK_INT(data[19], 0xdf);
	for (size_t len = 0; len <= sizeof(data); len++) {
		for (size_t i = 0; i < len; i++)
			data[i] = (uint8_t)(i * 77 + len);
		buf_clear(&text);
		CHECK_INT(age_bech32_encode("ab-", data, len, &text), 0);
		CHECK_INT(age_bech32_decode(buf_str(&text), "ab-", again, len), 0);
		CHECK(memcmp(data, again, len) == 0);
		CHECK_INT(age_bech32_decode(buf_str(&text), "ab-", again, len + 1), -1);
		CHECK_INT(age_bech32_decode(buf_str(&text), "ab", again, len), -1);
	}
	text.max = text.len + 5;
	CHECK_INT(age_bech32_encode("x", data, 32, &text), -1);
	CHECK_INT(strlen(buf_str(&text)), text.len);
}

static void test_text(void)
{
	scoped(age_identities) struct age_identities identities = { 0 };
	scoped(buf) struct buf text = BUF_SECRET(100);
	struct age_recipients recipients = { 0 };
	char public[AGE_RECIPIENT_TEXT];
	struct err err = ERR_INIT;

	CHECK_INT(age_identities_add(&identities, identity_text, &err), 0);
	CHECK_INT(identities.items[0].secret[5], 0x42);
	age_recipient_text(identities.items[0].recipient, public);
	CHECK_STR(public, recipient_text);
	CHECK_INT(age_identity_text(&identities.items[0], &text), 0);
	CHECK_STR(buf_str(&text), identity_text);
	CHECK_INT(age_recipients_add(&recipients, recipient_text, &err), 0);
	CHECK_INT(age_recipients_add(&recipients, recipient_text, &err), 0); /* once is enough */
	CHECK_INT(recipients.count, 1);
	CHECK(memcmp(recipients.items[0], identities.items[0].recipient, AGE_KEY) == 0);
}

/* Every wrong letter is found, and no message shows a secret. */
static void test_damaged_text(void)
{
	scoped(age_identities) struct age_identities identities = { 0 };
	struct age_recipients recipients = { 0 };
	struct err err = ERR_INIT;
	char text[80];

	for (size_t i = 0; i < sizeof(identity_text) - 1; i++) {
		strcpy(text, identity_text);
		text[i] = text[i] == 'Q' ? 'P' : 'Q';
		CHECK_INT(age_identities_add(&identities, text, &err), -1);
		CHECK_INT(err.code, ERR_CONFIG);
		CHECK(!strstr(err.text, "GFPYYS") && !strstr(err.hint, "GFPYYS"));
	}
	for (size_t i = 0; i < sizeof(recipient_text) - 1; i++) {
		strcpy(text, recipient_text);
		text[i] = text[i] == 'q' ? 'p' : 'q';
		CHECK_INT(age_recipients_add(&recipients, text, &err), -1);
	}
	CHECK_INT(identities.count + recipients.count, 0);
}

static void test_other_kinds(void)
{
	scoped(age_identities) struct age_identities identities = { 0 };
	struct age_recipients recipients = { 0 };
	struct err err = ERR_INIT;

	CHECK_INT(age_recipients_add(&recipients, identity_text, &err), -1);
	CHECK_HAS(err.text, "a secret key was given");
	CHECK(!strstr(err.text, "GFPYYS"));
	CHECK_INT(age_recipients_add(&recipients, "ssh-ed25519 AAAAC3NzaC1", &err), -1);
	CHECK_HAS(err.text, "only X25519");
	CHECK_INT(age_recipients_add(&recipients, "age1yubikey1qwt50d05nh5vutpdzmlg5wn80x", &err),
		  -1);
	CHECK_HAS(err.text, "only X25519");
	CHECK_INT(age_identities_add(&identities, recipient_text, &err), -1);
	CHECK_HAS(err.text, "a recipient was given");
	CHECK_INT(age_identities_add(&identities, "AGE-PLUGIN-YUBIKEY-1QQ", &err), -1);
	CHECK_HAS(err.text, "kind that is not known");
	CHECK_INT(age_identities_add(&identities, "age-encryption.org/v1", &err), -1);
	CHECK_HAS(err.hint, "age -d");
}

static void test_files(void)
{
	scoped(age_identities) struct age_identities identities = { 0 };
	struct age_recipients recipients = { 0 };
	struct err err = ERR_INIT;
	scoped(mem) char *secret = mem_printf("# created: x\r\n\n  \n%s \r\n", identity_text);
	scoped(mem) char *list = mem_printf("#\n%s\n", recipient_text);
	scoped(mem) char *broken = mem_printf("%s\n\nage1oops\n", recipient_text);
	const char *path;

	CHECK_INT(age_identities_file(&identities, put_text("id", secret, 0600), &err), 0);
	CHECK_INT(identities.count, 1);
	CHECK_INT(age_recipients_file(&recipients, put_text("to", list, 0644), &err), 0);
	CHECK_INT(recipients.count, 1);

	path = put_text("open", secret, 0640);
	CHECK_INT(age_identities_file(&identities, path, &err), -1);
	CHECK_HAS(err.text, "can be read by others (mode 0640)");
	CHECK_HAS(err.hint, "chmod 600 ");
	recipients.count = 0;
	CHECK_INT(age_recipients_file(&recipients, put_text("broken", broken, 0644), &err), -1);
	CHECK_HAS(err.text, "broken:3: \"age1oops\" is not a recipient");
	CHECK_INT(recipients.count, 0); /* the first line was good */
	CHECK_INT(age_recipients_file(&recipients, put_text("empty", "# none\n\n", 0644), &err),
		  -1);
	CHECK_HAS(err.text, "no key in it");
	CHECK_INT(age_recipients_file(&recipients, put_text("nothing", "", 0644), &err), -1);
	CHECK_INT(age_recipients_file(&recipients, put("nul", "#\0\n", 3, 0644), &err), -1);
	CHECK_HAS(err.text, "not a text file");
	CHECK_INT(age_recipients_file(&recipients, "/nonexistent/file", &err), -1);
	CHECK_HAS(err.text, "No such file");
	CHECK_INT(age_recipients_file(&recipients, "/dev/zero", &err), -1);
	CHECK_HAS(err.text, "longer than");
}

static void passphrase_is(const char *text, size_t len, const char *want, const char *error)
{
	scoped(buf) struct buf got = BUF_SECRET(AGE_PASSPHRASE_MAX);
	struct err err = ERR_INIT;
	int result = age_passphrase_file(put("pass", text, len, 0600), &got, &err);

	CHECK_INT(result, want ? 0 : -1);
	CHECK_STR(buf_str(&got), want ? want : "");
	if (error) {
		CHECK_INT(err.code, ERR_CONFIG);
		CHECK_HAS(err.text, error);
	}
}

static void test_passphrase(void)
{
	scoped(buf) struct buf got = BUF_SECRET(AGE_PASSPHRASE_MAX), big = BUF_INIT(4096);
	struct err err = ERR_INIT;
	int fds[2];

	passphrase_is("two words", 9, "two words", NULL);
	passphrase_is(" two words \n", 12, " two words ", NULL);
	passphrase_is("a\r\n", 3, "a", NULL);
	passphrase_is("a\r", 2, "a\r", NULL);
	passphrase_is("", 0, NULL, "empty");
	passphrase_is("\n", 1, NULL, "empty");
	passphrase_is("a\nb", 3, NULL, "more than one line");
	passphrase_is("a\n\n", 3, NULL, "more than one line");
	passphrase_is("a\0b\n", 4, NULL, "more than one line");
	for (int i = 0; i < AGE_PASSPHRASE_MAX; i++)
		buf_adds(&big, "x");
	passphrase_is(big.data, big.len, big.data, NULL);
	buf_adds(&big, "x");
	passphrase_is(big.data, big.len, NULL, "longer than 1024");
	CHECK_INT(age_passphrase_file(put_text("pass", "a\n", 0604), &got, &err), -1);
	CHECK_HAS(err.text, "can be read by others");

	CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
	CHECK_INT(write(fds[1], "from a pipe\n", 12), 12);
	close(fds[1]);
	CHECK_INT(age_passphrase_fd(fds[0], &got, &err), 0);
	CHECK_STR(buf_str(&got), "from a pipe");
	close(fds[0]);
	CHECK_INT(age_passphrase_fd(fds[0], &got, &err), -1);
}

static void test_keygen(void)
{
	scoped(mem) char *path = mem_printf("%s/new", dir);
	scoped(age_identities) struct age_identities identities = { 0 };
	char public[AGE_RECIPIENT_TEXT], again[AGE_RECIPIENT_TEXT] = "kept", text[300] = "";
	struct err err = ERR_INIT;
	struct stat st;

	CHECK_INT(age_keygen(path, public, &err), 0);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	CHECK(strncmp(text, "# created: 20", 13) == 0);
	CHECK_HAS(text, "Z\n# public key: age1");
	CHECK_HAS(text, public);
	CHECK_HAS(text, "\nAGE-SECRET-KEY-1");
	CHECK_INT(age_identities_file(&identities, path, &err), 0);
	age_recipient_text(identities.items[0].recipient, again);
	CHECK_STR(again, public);

	strcpy(again, "kept");
	CHECK_INT(age_keygen(path, again, &err), -1);
	CHECK_INT(err.code, ERR_CONFIG);
	CHECK_HAS(err.text, "is there already");
	CHECK_STR(again, "kept");
	CHECK_INT(age_keygen("/nonexistent/key", again, &err), -1);
	CHECK_INT(err.code, ERR_FILE);
}

static void test_remove(void)
{
	scoped(mem) char *command = mem_printf("rm -rf %s", dir);

	CHECK_INT(system(command), 0);
}

static void test_prepare(void)
{
	strcpy(dir, "/tmp/test_age_key.XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
}

TESTS(TEST(test_prepare), TEST(test_bech32), TEST(test_text), TEST(test_damaged_text),
      TEST(test_other_kinds), TEST(test_files), TEST(test_passphrase), TEST(test_keygen),
      TEST(test_remove))
