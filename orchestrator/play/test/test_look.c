/*
 * test_look: what is read out of pgrep, /proc/net/tcp and URLs.
 */
#include "base/mem.h"
#include "base/test/check.h"
#include "play/look.h"

static const char pgrep[] = "101 etcd --name=cp-1 --data-dir=/var/lib/etcd\n"
			    "102 etcd --data-dir /var/lib/etcd --name cp-1\n"
			    "103 etcd --name=cp-10 --data-dir=/x\n"
			    "104 etcd --name cp-10\n"
			    "105 etcd --other-name=cp-1\n"
			    "106 etcd --names=cp-1\n"
			    "107 etcd --name=xcp-1\n"
			    "108 etcd --name=cp-1.example --name-too cp-1\n"
			    "109 etcd --initial-cluster=cp-1=https://a:2380 --name=cp-2\n"
			    "110 etcd\n"
			    "111 etcd --name=cp-2 --name=cp-1\n";

static void test_pids(void)
{
	static const struct {
		const char *text, *flag, *value, *want;
	} cases[] = {
		{ pgrep, "--name", "cp-1", "101 102 111 " },
		{ pgrep, "--name", "cp-10", "103 104 " },
		{ pgrep, "--name", "cp-2", "109 111 " },
		{ pgrep, "--name", "cp", "" },
		{ pgrep, "--data-dir", "/var/lib/etcd", "101 102 " },
		{ pgrep, NULL, NULL, "101 102 103 104 105 106 107 108 109 110 111 " },
		{ "", NULL, NULL, "" },
		{ "7 etcd", NULL, NULL, "7 " },
		{ "7 etcd --name", "--name", "x", "" },
		{ "7 etcd -name=x\n8 etcd -name x\n9 etcd ---name=x\n10 etcd a-name=x\n", "--name",
		  "x", "7 8 " },
		{ "7 etcd --name=", "--name", "x", "" },
		{ "\n\nwords\n12\n-3 etcd\n 4 etcd\n99999999999999 etcd\n5 etcd\n", NULL, NULL,
		  "5 " },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped(buf) struct buf got = BUF_INIT(1000);
		struct pids pids = { .count = 9 };
		look_parse(cases[i].text, cases[i].flag, cases[i].value, &pids);
		for (size_t k = 0; k < pids.count; k++)
			buf_addf(&got, "%s ", pids.list[k]);
		CHECK_STR(buf_str(&got), cases[i].want);
	}
}

static void test_pids_max(void)
{
	scoped(buf) struct buf text = BUF_INIT(1000);
	struct pids pids;

	for (int i = 0; i < PIDS_MAX + 5; i++)
		buf_addf(&text, "%d etcd\n", 100 + i);
	look_parse(buf_str(&text), NULL, NULL, &pids);
	CHECK_INT(pids.count, PIDS_MAX);
	CHECK_STR(pids.list[PIDS_MAX - 1], "115");
}

/* 2379 is 094B, 2380 is 094C, 6443 is 192B */
static const char tcp[] =
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
	"   0: 0100007F:094B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
	"   1: 0B00000A:094C 0C00000A:C350 01 00000000:00000000 00:00000000 00000000     0\n"
	"   2: 0B00000A:C351 0C00000A:192B 01 00000000:00000000 00:00000000 00000000     0\n";
static const char tcp6[] =
	"  sl  local_address                         remote_address                        st\n"
	"   0: 00000000000000000000000000000000:192B 00000000000000000000000000000000:0000 0A 0\n"
	"   1: 00000000000000000000000001000000:094C 00000000000000000000000001000000:0050 06 0\n";

static void test_listening(void)
{
	scoped(mem) char *both = mem_printf("%s%s", tcp, tcp6);
	const struct {
		const char *text;
		unsigned wanted[4], want;
	} cases[] = {
		{ tcp, { 2379 }, 2379 },
		{ tcp, { 2380 }, 0 },
		{ tcp, { 6443 }, 0 },
		{ tcp, { 2380, 2379 }, 2379 },
		{ tcp6, { 6443 }, 6443 },
		{ tcp6, { 2379, 2380 }, 0 },
		{ both, { 6443 }, 6443 },
		{ both, { 2380, 6443 }, 6443 },
		{ both, { 2379 }, 2379 },
		{ both, { 0 }, 0 },
		{ "", { 2379 }, 0 },
		{ "garbage\n: :\n0: 094B\n", { 2379 }, 0 },
		{ "0: x 0 0A", { 2379 }, 0 },
		{ "0: 0:094B 0:0 0A", { 2379 }, 2379 },
		{ "0: 0:094B 0:0 0B", { 2379 }, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_INT(look_parse_listening(cases[i].text, cases[i].wanted), cases[i].want);
}

static void test_url_port(void)
{
	static const struct {
		const char *url;
		unsigned want;
	} cases[] = {
		{ "https://10.0.0.1:2379", 2379 },
		{ "https://10.0.0.1:2379/", 2379 },
		{ "https://10.0.0.1:2379/path", 2379 },
		{ "https://[fd00::1]:2379", 2379 },
		{ "http://localhost:65535", 65535 },
		{ "https://10.0.0.1", 0 },
		{ "https://[fd00::1]", 0 },
		{ "https://x:", 0 },
		{ "https://x:65536", 0 },
		{ "https://x:23a", 0 },
		{ "", 0 },
		{ NULL, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_INT(look_url_port(cases[i].url), cases[i].want);
}

static void test_url_host(void)
{
	static const struct {
		const char *url, *want;
	} cases[] = {
		{ "https://10.0.0.1:2380", "10.0.0.1" },
		{ "https://10.0.0.1", "10.0.0.1" },
		{ "https://cp-1.example/", "cp-1.example" },
		{ "https://[fd00::1]:2380", "fd00::1" },
		{ "https://10.0.0.1:2380,https://10.0.0.2:2380", "10.0.0.1" },
		{ "10.0.0.1:2380", "10.0.0.1" },
		{ "https://[fd00::1", "fd00::1" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped(mem) char *host = look_url_host(cases[i].url);
		CHECK_STR(host, cases[i].want);
	}
}

static void test_safe_paths(void)
{
	static const struct {
		const char *line;
		bool last;
		const char *wrong; /* NULL: nothing */
	} cases[] = {
		{ "755 0 0 directory|/var/lib", false, NULL },
		{ "775 0 0 directory|/var/lib", false, NULL },
		{ "700 0 0 directory|/var/lib/etcd", true, NULL },
		{ "700 999 998 directory|/var/lib/etcd", true, NULL },
		{ "777 0 0 symbolic link|/var/lib/etcd", true, "/var/lib/etcd is a symbolic link" },
		{ "1777 0 0 directory|/tmp", false,
		  "/tmp can be written to by everybody (mode 1777)" },
		{ "2775 0 50 directory|/data", false,
		  "/data can be written to by its group (50, mode 2775)" },
		{ "770 999 998 directory|/data/etcd", true, "can be written to by its group" },
		{ "755 1000 1000 directory|/data", false,
		  "/data belongs to another user than root (1000)" },
	};
	static const char *const bad[] = {
		"", "nonsense", "755", "755 0", "755 0 0", "755 0 0 directory", "755 directory|/var"
	};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		err = ERR_INIT;
		CHECK_INT(look_parse_safe(cases[i].line, cases[i].last, &err),
			  cases[i].wrong ? -1 : 0);
		if (!cases[i].wrong)
			continue;
		CHECK_INT(err.code, ERR_UNSAFE);
		CHECK_HAS(err.text, cases[i].wrong);
		CHECK(err.hint[0] != 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_INT(look_parse_safe(bad[i], false, &err), -1);
		CHECK_INT(err.code, ERR_REMOTE);
	}
}

TESTS(TEST(test_safe_paths), TEST(test_pids), TEST(test_pids_max), TEST(test_listening),
      TEST(test_url_port), TEST(test_url_host))
